"""`gonghui plugin`: plugins of this installation and of a tenant, at the terminal."""

from __future__ import annotations

import click

from gonghui.auth.scope import require_whole
from gonghui.commands import plugin_authoring
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.errors import NotFound
from gonghui.i18n import _
from gonghui.lifecycle.installation import at_tenant
from gonghui.plugin_host.registry import discover
from gonghui.plugin_host.switching import switch_plugin


@click.group("plugin")
def plugin() -> None:
    """Plugins of this installation and of a tenant."""


for command in plugin_authoring.COMMANDS:
    plugin.add_command(command)


@plugin.command("list")
def list_plugins() -> None:
    """Plugins that are installed, and those that were refused with the reason."""
    registry = discover()
    for found in registry.plugins.values():
        click.echo(f"{found.id}  {found.version}  {found.name}")
    for rejected in registry.rejected:
        click.echo(f"{rejected.name}  rejected: {rejected.reason}")


@plugin.command("enable")
@click.argument("plugin_id")
@at_tenant
def enable_plugin(uow: UnitOfWork, plugin_id: str) -> None:
    """Switch a plugin on for a tenant."""
    _switch(uow, plugin_id, on=True)


@plugin.command("disable")
@click.argument("plugin_id")
@at_tenant
def disable_plugin(uow: UnitOfWork, plugin_id: str) -> None:
    """Switch a plugin off for a tenant; its data stays."""
    _switch(uow, plugin_id, on=False)


def _switch(uow: UnitOfWork, plugin_id: str, *, on: bool) -> None:
    found = discover().plugins.get(plugin_id)
    if found is None:
        raise NotFound("unknown_plugin", _("没有安装名为 {plugin} 的插件。", plugin=plugin_id))
    require_whole(uow.principal, "core.plugin.switch")
    switch_plugin(uow, found, on=on)
