"""`gonghui parameters`: the figures of law and local rule that bind a federation."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import click
import orjson

from gonghui.auth.scope import require
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.errors import not_found
from gonghui.i18n import _
from gonghui.lifecycle.installation import at_tenant
from gonghui.reporting.parameter_json import codes_here, effective_json, figure_as_json, history_json
from gonghui.tenancy.parameters import ParameterMissing, figure
from gonghui.tenancy.switches import plugins_on


@click.command("parameters")
@click.argument("code", required=False)
@click.option("--on", type=click.DateTime(["%Y-%m-%d"]), help="The day; today without it.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@at_tenant
def parameters(uow: UnitOfWork, code: str | None, on: datetime | None, as_json: bool) -> None:
    """The figures of law that bind a federation, or one of them (CODE) with its history."""
    require(uow.principal, "core.parameter.read")
    known = codes_here(plugins_on(uow))
    if code is not None and code not in known:
        raise not_found()
    shown = [_shown(uow, each, on) for each in ([code] if code else known)]
    if code is not None:
        shown[0]["history"] = history_json(uow, code)
    if as_json:
        content = shown[0] if code else shown
        click.echo(orjson.dumps(content, option=orjson.OPT_INDENT_2).decode())
        return
    for row in shown:
        _print(row)


def _shown(uow: UnitOfWork, code: str, on: datetime | None) -> dict[str, Any]:
    row = effective_json(uow, code)
    if on is None:
        return row
    try:
        return row | figure_as_json(figure(uow, code, on.date()))
    except ParameterMissing:
        return {**dict.fromkeys(row), "code": code, "coming": row["coming"]}


def _print(row: dict[str, Any]) -> None:
    if row["version"] is None:
        none = _("这一天没有生效的数值")
        click.echo(f"{row['code']}  {none}")
    else:
        value = orjson.dumps(row["value"]).decode()
        click.echo(
            f"{row['code']}  {value} {row['unit']}  {row['version']}  {row['basis']} [{row['confidence']}]"
        )
    for coming in row["coming"]:
        click.echo(f"  {coming['from']} → {orjson.dumps(coming['value']).decode()}  {coming['version']}")
    for past in row.get("history", ()):
        mark = _("已撤回")
        withdrawn = f"  {mark}" if past.get("withdrawn_at") else ""
        click.echo(f"  {past['version']}  {orjson.dumps(past['value']).decode()}  {past['basis']}{withdrawn}")
