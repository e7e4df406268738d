"""The half-year's figures over what one sees, and the records that each opens to."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from flask import Blueprint, current_app, g, render_template, request

from gonghui.api.paging import decode_cursor, encode_cursor
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.errors import not_found
from gonghui.plugin_host.plugin_figures import figures_of
from gonghui.reporting.indicators import Figure, figures, find, open_figure
from gonghui.values import clock
from gonghui.values.periods import Period
from gonghui.web.page import page
from gonghui.web.units import place_in_view

blueprint = Blueprint("figures_pages", __name__, template_folder="templates")

READ = "core.figure.read"
_AT_ONCE = 200


@blueprint.get("/console/figures")
@page(READ)
def show_figures(uow: UnitOfWork) -> str:
    """Every figure of a period, for the unit in view."""
    period = chosen_period()
    return render_template(
        "figures.html",
        period=period,
        periods=periods_to_choose(period),
        figures=figures_in_view(uow, period),
    )


@blueprint.get("/console/figures/<string:code>")
@page(READ)
def show_figure(uow: UnitOfWork, code: str) -> str:
    """The records behind a figure."""
    indicator, period = find(_indicators(), code), chosen_period()
    if not uow.principal.holds(indicator.permission):
        raise not_found()
    place = place_in_view(uow, period)
    after = decode_cursor(request.args.get("cursor"), (date.fromisoformat, UUID, str))
    rows = open_figure(uow, indicator, period, place, after=after, limit=_AT_ONCE + 1)
    last = rows[_AT_ONCE - 1] if len(rows) > _AT_ONCE else None
    return render_template(
        "figure.html",
        figure=figures(uow, [indicator], period, place)[0],
        period=period,
        rows=rows[:_AT_ONCE],
        is_first=after is None,
        next_cursor=encode_cursor((last.on, last.id, last.key)) if last else None,
    )


def figures_in_view(uow: UnitOfWork, period: Period, *, most: int | None = None) -> list[Figure]:
    """The figures of a period that the reader may see, for the unit in view; only the first `most` of them."""
    if not uow.principal.holds(READ):
        return []
    mine = [each for each in _indicators() if uow.principal.holds(each.permission)][:most]
    return figures_of(
        current_app.extensions["gonghui"].registry, uow, mine, period, place_in_view(uow, period)
    )


def chosen_period() -> Period:
    """The period that the address names; else the half-year that runs."""
    try:
        return Period.parse(request.args.get("period", ""))
    except ValueError:
        today = clock.today()
        return Period.parse(f"{today.year}H{1 if today.month <= 6 else 2}")


def periods_to_choose(shown: Period) -> list[Period]:
    """Half-years that have begun, newest first, and the one that is shown."""
    today = clock.today()
    years = range(today.year, today.year - 4, -1)
    halves = [Period.parse(f"{year}H{half}") for year in years for half in (2, 1)]
    begun = [half for half in halves if half.first <= today]
    return begun if shown in begun else [shown, *begun]


def _indicators() -> list[Any]:
    found: list[Any] = current_app.extensions["gonghui"].registry.indicators(g.tenant.plugins_on)
    return found
