"""Uninstalling at the command line: look first, keep a file, then let the plugin's rows go in time or at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import orjson

from gonghui.auth.scope import require_whole
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.i18n import _
from gonghui.lifecycle.installation import at_tenant
from gonghui.lifecycle.plugin_export import Manifest, export_rows
from gonghui.lifecycle.plugin_holdings import RowCount, personal_data, row_counts
from gonghui.lifecycle.plugin_removal import cancel_removal, due_removals, purge, request_removal
from gonghui.lifecycle.whole_files import whole_file
from gonghui.plugin_host.installed import installed
from gonghui.plugin_host.manifest import Plugin
from gonghui.plugin_host.registry import Registry, discover
from gonghui.settings import settings
from gonghui.values import clock

UNINSTALL = "core.plugin.uninstall"


@click.command("uninstall")
@click.argument("plugin_id", metavar="ID")
@click.option("--preview", is_flag=True, help="Only say which rows there are; change nothing.")
@click.option(
    "--export",
    "export_to",
    type=click.Path(dir_okay=False, path_type=Path),
    help="First write the rows into this zip file.",
)
@click.option("--reason", help="Open sealed values in the file, for this reason; it is recorded.")
@click.option("--now", is_flag=True, help="Purge at once, without days of grace.")
@click.option("--yes", is_flag=True, help="With --now: do not ask whether it is meant.")
@click.option("--cancel", is_flag=True, help="Take an uninstalling back while its days of grace last.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@at_tenant
def uninstall(
    uow: UnitOfWork,
    plugin_id: str,
    preview: bool,
    export_to: Path | None,
    reason: str | None,
    now: bool,
    yes: bool,
    cancel: bool,
    as_json: bool,
) -> None:
    """Uninstall the plugin ID at a tenant: its rows are counted, may be written to a file, and go after a grace.

    The plugin has to be off, and so have those that require it. Roles lose its permissions, the trail stays.
    """
    if preview + now + cancel > 1 or (cancel and export_to) or (reason and not export_to):
        raise click.UsageError(
            "--preview, --now and --cancel exclude each other; --reason goes with --export"
        )
    plugin = installed(plugin_id)
    require_whole(uow.principal, UNINSTALL)
    said: dict[str, Any] = {"plugin": plugin.id}
    if cancel:
        cancel_removal(uow, plugin)
        said["cancelled"] = True
    else:
        said |= _counted(uow, plugin)
        if export_to is not None:
            said["export"] = _export(uow, plugin, export_to, reason)
        if now and not yes:
            rows = sum(each["rows"] for each in said["rows"])
            question = _(
                "插件“{plugin}”的 {n} 行数据将立即清除，不能恢复。继续吗？", plugin=plugin.name, n=rows
            )
            click.confirm(str(question), abort=True, err=True)
        if not preview:
            said |= _remove(uow, plugin, now=now)
    uow.commit()  # what is said must be so before anybody reads it
    _show(plugin, said, as_json=as_json)


def purge_due(uow: UnitOfWork, registry: Registry) -> dict[str, list[RowCount]]:
    """Purge the plugins whose day has come; what went, by plugin. One that is not installed any more waits."""
    done = {}
    for plugin_id in due_removals(uow, clock.today()):
        plugin = registry.plugins.get(plugin_id)
        if plugin is not None:
            done[plugin_id] = purge(uow, plugin, others=registry.plugins.values())
    return done


def _counted(uow: UnitOfWork, plugin: Plugin) -> dict[str, Any]:
    return {
        "rows": [_as_json(each) for each in row_counts(uow, plugin)],
        "personal_data": [str(each.sentence) for each in personal_data(plugin)],
    }


def _remove(uow: UnitOfWork, plugin: Plugin, *, now: bool) -> dict[str, Any]:
    others = discover().plugins.values()
    if now:
        return {"purged": [_as_json(each) for each in purge(uow, plugin, others=others)]}
    return {"purge_on": request_removal(uow, plugin, settings().plugin_grace_days, others=others)}


def _export(uow: UnitOfWork, plugin: Plugin, path: Path, reason: str | None) -> dict[str, Any]:
    """Write the file; it bears its name once the trail tells of it, and only its owner may read it."""
    with whole_file(path) as file:
        manifest: Manifest = export_rows(uow, plugin, file, reason=reason)
        uow.commit()
    return {
        "file": str(path),
        "rows": sum(each.rows for each in manifest.tables),
        "is_open": manifest.is_open,
    }


def _as_json(count: RowCount) -> dict[str, Any]:
    return {"table": count.table, "title": str(count.title), "rows": count.rows}


def _show(plugin: Plugin, said: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        click.echo(orjson.dumps(said, option=orjson.OPT_INDENT_2).decode())
        return
    for each in said.get("rows", ()):
        click.echo(f"{each['rows']:>10}  {each['table']}  {each['title']}")
    for sentence in said.get("personal_data", ()):
        click.echo(str(_("个人信息：{sentence}", sentence=sentence)))
    if "export" in said:
        done = said["export"]
        click.echo(str(_("已导出 {rows} 行到 {file}。", rows=done["rows"], file=done["file"])))
    if "purge_on" in said:
        line = _("插件 {plugin} 的数据将在 {day} 清除，在此之前可以用 --cancel 撤回。", plugin=plugin.name,
                 day=said["purge_on"])  # fmt: skip
        click.echo(str(line))
    if "purged" in said:
        click.echo(purged_line(plugin.id, sum(each["rows"] for each in said["purged"])))
    if "cancelled" in said:
        click.echo(str(_("已撤回插件 {plugin} 的卸载，数据都还在。", plugin=plugin.name)))


def purged_line(plugin_id: str, rows: int) -> str:
    """What a terminal reads after a purge."""
    return str(_("插件 {plugin} 的数据已清除，共 {rows} 行。", plugin=plugin_id, rows=rows))
