"""`gonghui revision` and `gonghui plugin migration`: one way to write what brings tables to what models say."""

from __future__ import annotations

import click

from gonghui.db.migrations import CORE, Component, new_revision
from gonghui.i18n import _
from gonghui.lifecycle.installation import migrated
from gonghui.plugin_host.installed import installed
from gonghui.settings import settings


@click.command("revision")
@click.argument("component")
@click.argument("message")
def revision(component: str, message: str) -> None:
    """Write the migration that brings the tables of COMPONENT (core or a plugin) to what its models say."""
    _write(CORE if component == CORE.schema else installed(component).component, message)


@click.command("migration")
@click.argument("name")
@click.argument("message")
def migration(name: str, message: str) -> None:
    """Write the migration that brings the tables of the plugin NAME to what its models say."""
    _write(installed(name).component, message)


def _write(component: Component, message: str) -> None:
    with migrated(settings()) as installation:
        written = new_revision(installation.database, component, message)
    if written is None:
        click.echo(str(_("{component} 的数据表与模型一致，没有可写的迁移。", component=component.schema)))
    else:
        click.echo(str(_("已写入 {path}。", path=written)))
