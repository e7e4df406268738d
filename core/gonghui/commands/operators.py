"""`gonghui operator`: keys by which operators work over HTTP."""

from __future__ import annotations

from typing import Any

import click

from gonghui.auth.operators import issue_key, revoke_keys
from gonghui.errors import NotFound
from gonghui.i18n import _
from gonghui.lifecycle.onboarding import note_platform


@click.group("operator")
def operator() -> None:
    """Operators of the platform."""


@operator.command("key")
@click.argument("name")
@click.option("--days", type=click.IntRange(1, 90), default=7, show_default=True, help="How long it serves.")
@click.pass_obj
def make_key(open_installation: Any, name: str, days: int) -> None:
    """Give the operator NAME a key; it is printed once."""
    if not name.strip():
        raise click.UsageError("NAME says who the operator is")
    with open_installation() as installation:
        key, secret = issue_key(installation.database, name, days)
        note_platform(
            installation.database, "operator.key_made", "gonghui operator key", name=name, days=days
        )
        click.echo(secret)
        click.echo(
            str(_("有效至 {moment}。只显示这一次。", moment=f"{key.expires_at:%Y-%m-%d %H:%M} UTC")), err=True
        )


@operator.command("revoke")
@click.argument("name")
@click.pass_obj
def revoke(open_installation: Any, name: str) -> None:
    """End every key of the operator NAME."""
    with open_installation() as installation:
        count = revoke_keys(installation.database, name)
        if not count:
            raise NotFound("unknown_operator", _("操作员 {name} 没有有效的密钥。", name=name))
        note_platform(installation.database, "operator.keys_revoked", "gonghui operator revoke", name=name)
        click.echo(str(_("已停用 {n} 个密钥。", n=count)))
