"""`gonghui reset-second-factor`: for somebody who lost the phone, where nobody can do it in the console."""

from __future__ import annotations

import click

from gonghui.auth.accounts import find_account
from gonghui.auth.second_factor import reset
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.errors import NotFound
from gonghui.i18n import _
from gonghui.lifecycle.installation import at_tenant


@click.command("reset-second-factor")
@click.argument("login_to_reset", metavar="LOGIN")
@click.option("--reason", required=True, help="Why; the trail keeps it.")
@at_tenant
def reset_second_factor(uow: UnitOfWork, login_to_reset: str, reason: str) -> None:
    """Let the account LOGIN sign in by password alone until it sets up another phone."""
    account = find_account(uow, login_to_reset)
    if account is None:
        raise NotFound("unknown_account", _("没有登录名为 {login} 的账号。", login=login_to_reset))
    reset(uow, account, reason)
