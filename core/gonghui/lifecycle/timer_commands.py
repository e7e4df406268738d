"""Timers at the command line: what time does to records and to plugins, for whoever runs it every day."""

from __future__ import annotations

from typing import Any

import click
import orjson

from gonghui.i18n import _
from gonghui.lifecycle.plugin_holdings import RowCount
from gonghui.lifecycle.plugin_removal import PURGED
from gonghui.lifecycle.plugin_removal_commands import purge_due, purged_line
from gonghui.records.timers import TimerRun, run_timers
from gonghui.tenancy.switches import plugins_on
from gonghui.values.principal import system


@click.command()
@click.option("--tenant", required=True, help="Code of the tenant.")
@click.option("--json", "as_json", is_flag=True, help="As JSON, with the records that stayed as they were.")
@click.pass_context
def timers(context: click.Context, /, tenant: str, as_json: bool) -> None:
    """Take the steps whose deadline has passed, as the system, for records of the plugins that are on.

    Then purge the rows of plugins that were uninstalled and whose days of grace are over.

    Run it once a day. A run takes up to 500 records for each step; run it again for more.
    """
    with (
        context.obj() as installation,
        installation.acting(tenant, None, command=context.command_path) as uow,
    ):
        uow.become(system(uow.tenant_id))
        done = run_timers(uow, installation.registry.record_types(plugins_on(uow)))
        uow.commit()  # what the report says must be so before anybody reads it
        purged = purge_due(uow, installation.registry)
        uow.commit()
        _show(done, purged, as_json=as_json)


def _show(done: dict[str, TimerRun], purged: dict[str, list[RowCount]], *, as_json: bool) -> None:
    if as_json:
        said: dict[str, Any] = {name: _as_json(run) for name, run in done.items()}
        if purged:
            said[PURGED] = {name: sum(each.rows for each in counts) for name, counts in purged.items()}
        click.echo(orjson.dumps(said, option=orjson.OPT_INDENT_2))
        return
    for name, run in done.items():
        line = _("{step}：已办理 {moved} 条，未能办理 {refused} 条。", step=name, moved=run.moved,
                 refused=len(run.refused))  # fmt: skip
        click.echo(str(line))
        for record_id, refusal in run.refused.items():
            click.echo(f"  {record_id}  {refusal.detail} [{refusal.code}]")
    for name, counts in purged.items():
        click.echo(purged_line(name, sum(each.rows for each in counts)))


def _as_json(run: TimerRun) -> dict[str, Any]:
    refused = [
        {"id": str(record_id), "code": refusal.code, "detail": str(refusal.detail)}
        for record_id, refusal in run.refused.items()
    ]
    return {"moved": run.moved, "refused": refused}
