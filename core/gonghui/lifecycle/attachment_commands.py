"""Attachments at the command line: the sweep, for whoever runs it every day."""

from __future__ import annotations

from typing import Any

import click
import orjson

from gonghui.i18n import _
from gonghui.records.attachments.sweeping import sweep_orphans, sweep_removed
from gonghui.tenancy.switches import plugins_on
from gonghui.values.principal import system


@click.group()
def attachments() -> None:
    """Files of records."""


@attachments.command()
@click.option("--tenant", required=True, help="Code of the tenant.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.pass_context
def sweep(context: click.Context, /, tenant: str, as_json: bool) -> None:
    """Delete files whose days of grace are over or whose record is gone, then objects that no record knows of.

    Run it once a day.
    """
    with (
        context.obj() as installation,
        installation.acting(tenant, None, command=context.command_path) as uow,
    ):
        uow.become(system(uow.tenant_id))
        kinds = installation.registry.record_types(plugins_on(uow))
        done: dict[str, Any] = {"removed": sweep_removed(uow, kinds), "orphans": sweep_orphans(uow)}
        uow.commit()  # what the report says must be so before anybody reads it
        line = _("已清除附件 {removed} 个，无主文件 {orphans} 个。", **done)
        click.echo(orjson.dumps(done) if as_json else str(line))
