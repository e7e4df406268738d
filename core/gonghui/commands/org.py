"""`gonghui org`: the tree at the terminal."""

from __future__ import annotations

from typing import Any

import click

from gonghui.errors import NotFound
from gonghui.i18n import _
from gonghui.lifecycle.reorganising import settle
from gonghui.tenancy.tenants import all_codes


@click.group("org")
def org() -> None:
    """The tree of org units."""


@org.command("settle")
@click.option("--tenant", help="Code of the tenant; without it, every tenant.")
@click.pass_obj
def settle_due(open_installation: Any, tenant: str | None) -> None:
    """Apply reorganisations that were planned for a day up to today."""
    with open_installation() as installation:
        for code in [tenant] if tenant else all_codes(installation.database):
            try:
                _settle(installation, code)
            except NotFound as error:
                # A tenant without a host, or gone meanwhile, is no reason to leave the others.
                if tenant:
                    raise
                click.echo(f"{code}  {error.detail}", err=True)


def _settle(installation: Any, code: str) -> None:
    with installation.acting(code, None, command="gonghui org settle") as uow:
        for record in settle(uow):
            failed = f"  {record.reason}" if record.reason else ""
            click.echo(f"{code}  {record.effective_on}  {record.kind}  {record.state}{failed}")
            if failed:
                click.echo(str(_("这项调整没有办成，请看原因后重新办理。")), err=True)
