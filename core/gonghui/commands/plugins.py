"""`gonghui plugin`: plugins of this installation and of a tenant, at the terminal."""

from __future__ import annotations

from typing import Any

import click
import orjson

from gonghui.auth.scope import require_whole
from gonghui.commands import plugin_authoring
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.i18n import Text, _
from gonghui.lifecycle.installation import at_tenant
from gonghui.lifecycle.plugin_preview import preview
from gonghui.lifecycle.plugin_removal_commands import uninstall
from gonghui.plugin_host.installed import installed
from gonghui.plugin_host.manifest import Plugin
from gonghui.plugin_host.previews import LEAVING, OFF, ON, STOPPED, UNPLANNED, all_standing, brings
from gonghui.plugin_host.registry import discover
from gonghui.plugin_host.switching import put_in_plan, switch_off, switch_on

_STATES = {
    ON: _("已启用"),
    OFF: _("未启用"),
    STOPPED: _("已被平台停用"),
    UNPLANNED: _("不在方案内"),
    LEAVING: _("待清除"),
}
_KINDS = {
    "requires": _("需要"),
    "required_by": _("被这些插件需要"),
    "permissions": _("权限"),
    "roles": _("角色"),
    "record_types": _("档案"),
    "registers": _("名册"),
    "deadlines": _("期限"),
    "figures": _("数据"),
    "events": _("发布的事件"),
    "reacts_to": _("响应的事件"),
    "answers": _("可供查询"),
    "schedules": _("定时任务"),
    "personal_data": _("个人数据"),
    "rows": _("现有数据"),
}


@click.group("plugin")
def plugin() -> None:
    """Plugins of this installation and of a tenant."""


for command in plugin_authoring.COMMANDS:
    plugin.add_command(command)


@plugin.command("list")
@click.option("--tenant", help="Code of a tenant: how each plugin stands there.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.pass_obj
def list_plugins(open_installation: Any, tenant: str | None, as_json: bool) -> None:
    """Plugins that are installed, and those that were refused with the reason."""
    if tenant is None:
        registry = discover()
        rows = [{"id": p.id, "name": str(p.name), "version": p.version} for p in registry.plugins.values()]
        _print_list(rows, as_json)
        return
    with (
        open_installation() as installation,
        installation.acting(tenant, None, command="gonghui plugin list") as uow,
    ):
        _print_list(all_standing(uow, installation.registry), as_json)


@plugin.command("show")
@click.argument("plugin_id")
@click.option("--tenant", help="Code of a tenant: how the plugin stands there, and with which others.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.pass_obj
def show_plugin(open_installation: Any, plugin_id: str, tenant: str | None, as_json: bool) -> None:
    """What a plugin brings, what it needs and what needs it."""
    found = installed(plugin_id)
    if tenant is None:
        told = {"id": found.id, "name": str(found.name), "version": found.version, "brings": brings(found)}
        _print_preview(told, as_json)
        return
    with (
        open_installation() as installation,
        installation.acting(tenant, None, command="gonghui plugin show") as uow,
    ):
        _print_preview(preview(uow, installation.registry, found), as_json)


@plugin.command("enable")
@click.argument("plugin_id")
@at_tenant
def enable_plugin(uow: UnitOfWork, plugin_id: str) -> None:
    """Switch a plugin on for a tenant, and with it those that it requires."""
    require_whole(uow.principal, "core.plugin.switch")
    changed = switch_on(uow, discover(), installed(plugin_id))
    _say(_("已启用：{plugins}。", plugins=_names(changed)), changed)


@plugin.command("disable")
@click.argument("plugin_id")
@click.option("--with-dependents", is_flag=True, help="Also those that are on and require it.")
@at_tenant
def disable_plugin(uow: UnitOfWork, plugin_id: str, with_dependents: bool) -> None:
    """Switch a plugin off for a tenant; its data stays."""
    require_whole(uow.principal, "core.plugin.switch")
    found = installed(plugin_id)
    changed = switch_off(uow, discover(), found, with_dependents=with_dependents)
    _say(_("已停用：{plugins}。", plugins=_names(changed)), changed)


@plugin.command("plan")
@click.argument("plugin_id")
@click.option("--in/--out", "planned", required=True, help="Whether the tenant may switch the plugin on.")
@at_tenant
def plan_plugin(uow: UnitOfWork, plugin_id: str, planned: bool) -> None:
    """Take a plugin into a tenant's plan or out of it, with those that belong to it. For operators."""
    require_whole(uow.principal, "core.plugin.plan")
    found = installed(plugin_id)
    changed = put_in_plan(uow, discover(), found, planned=planned)
    names = _names(changed)
    done = (
        _("已列入方案：{plugins}。", plugins=names)
        if planned
        else _("已移出方案：{plugins}。", plugins=names)
    )
    _say(done, changed)


plugin.add_command(uninstall)


def _names(plugins: list[Plugin]) -> list[Any]:
    return [each.name for each in plugins]


def _say(done: Text, changed: list[Plugin]) -> None:
    click.echo(str(done if changed else _("没有变化。")))


def _print_list(rows: list[dict[str, Any]], as_json: bool) -> None:
    refused = [{"name": each.name, "reason": each.reason} for each in discover().rejected]
    if as_json:
        click.echo(orjson.dumps({"plugins": rows, "rejected": refused}, option=orjson.OPT_INDENT_2).decode())
        return
    for row in rows:
        state = f"  {_STATES[row['state']]}" if "state" in row else ""
        reason = f"  {row['reason']}" if row.get("reason") else ""
        click.echo(f"{row['id']}  {row['version']}  {row['name']}{state}{reason}")
    for each in refused:
        click.echo(str(_("{plugin}  未载入：{reason}", plugin=each["name"], reason=each["reason"])))


def _print_preview(told: dict[str, Any], as_json: bool) -> None:
    if as_json:
        click.echo(orjson.dumps(told, option=orjson.OPT_INDENT_2).decode())
        return
    state = f"  {_STATES[told['state']]}" if "state" in told else ""
    click.echo(f"{told['id']}  {told['version']}  {told['name']}{state}")
    if told.get("health"):
        click.echo(f"{'✓' if told['health']['is_well'] else '✗'} {told['health']['sentence']}")
    for kind, title in _KINDS.items():
        rows = told.get(kind) or told["brings"].get(kind)
        if rows:
            click.echo(f"{title}")
            for row in rows:
                count = f"  {row['rows']}" if "rows" in row else ""
                click.echo(f"  {row.get('code') or row['id']}  {row.get('title') or row['name']}{count}")
