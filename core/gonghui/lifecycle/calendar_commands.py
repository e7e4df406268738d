"""The calendar at the command line: when a time limit is due, with a federation's own days or without."""

from __future__ import annotations

from datetime import date
from typing import Any

import click
import orjson

from gonghui.auth.scope import require_whole
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.i18n import _
from gonghui.lifecycle.installation import at_tenant
from gonghui.records.deadlines import recompute_open
from gonghui.tenancy.holidays import calendar_of
from gonghui.values.calendar import ANNOUNCED
from gonghui.values.time_limits import FIRST_YEAR, LAST_YEAR, answer, limit_of


@click.group()
def calendar() -> None:
    """Working days and time limits."""


@calendar.command()
@click.argument("start")
@click.option("--days", type=int, help="Days of the calendar.")
@click.option("--working-days", type=int, help="Working days, make-up working days among them.")
@click.option("--months", type=int, help="Months of the calendar.")
@click.option("--years", type=int, help="Years of the calendar.")
@click.option("--tenant", help="Code of a tenant: with its own days. Without it no database is needed.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.pass_context
def due(
    context: click.Context, /, start: str, tenant: str | None, as_json: bool, **given: int | None
) -> None:
    """When a time limit is due that begins on START (2024-02-01), and why."""
    try:
        first = date.fromisoformat(start)
    except ValueError:
        raise click.BadParameter(str(_("此项应为日期，例如 2024-06-30。")), param_hint="START") from None
    limit = limit_of(given)
    if tenant is None:
        content = answer(first, limit, ANNOUNCED)
    else:
        with (
            context.obj() as installation,
            installation.acting(tenant, None, command=context.command_path) as uow,
        ):
            content = answer(first, limit, calendar_of(uow))
    _show(content, as_json=as_json)


@calendar.command()
@click.argument("year", type=click.IntRange(FIRST_YEAR, LAST_YEAR))
@at_tenant
def recompute(uow: UnitOfWork, year: int) -> None:
    """Compute open deadlines anew that hang on YEAR, once a newer version knows its holidays."""
    require_whole(uow.principal, "core.calendar.change")
    recompute_open(uow, year)


def _show(content: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        click.echo(orjson.dumps(content, option=orjson.OPT_INDENT_2).decode())
    else:
        click.echo(content["due_on"].isoformat())
        click.echo(content["explanation"])
