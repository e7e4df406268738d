"""Figures of a period, each opening to the records behind it."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import orjson
from flask import Response, g
from marshmallow import Schema, fields, validate

from gonghui.api.operations import Blueprint, operation
from gonghui.api.paging import PageQuery, decode_cursor, page_response
from gonghui.api.plugins_here import registry_here
from gonghui.auth.scope import unit_within
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.errors import FieldFault, forbidden, invalid
from gonghui.i18n import _
from gonghui.plugin_host.plugin_figures import figures_of
from gonghui.reporting.indicators import Indicator, Place, find, open_figure, tree_of
from gonghui.reporting.presentation import figure_json, record_json
from gonghui.values.periods import Period

blueprint = Blueprint(
    "figures", __name__, url_prefix="/api/v1/figures", description="Figures and what they open to"
)

READ = "core.figure.read"


class FigureQuery(Schema):
    period = fields.String(
        required=True, metadata={"example": "2024H1", "description": "2024, 2024H1, 2024Q3, 2024M07"}
    )
    org_unit_id = fields.UUID(metadata={"description": "Only this unit and those below it"})
    tree = fields.String(
        validate=validate.OneOf(["then", "now"]),
        load_default="then",
        metadata={
            "description": "Who stands below the unit: by the tree of the last day of a period that is over "
            "(then), or by the present one (now)"
        },
    )
    tree_on = fields.Date(metadata={"description": "By the tree of this day"})


class RecordQuery(FigureQuery, PageQuery):
    """Which figure's records, and which page of them."""


class FigureOut(Schema):
    code = fields.String()
    title = fields.String()
    value = fields.Integer()
    unit = fields.String()
    aggregation = fields.String()
    definition = fields.String()
    parts = fields.Dict(keys=fields.String(), values=fields.Integer())
    part_titles = fields.Dict(keys=fields.String(), values=fields.String())
    records = fields.Integer(metadata={"description": "How many records the figure opens to"})
    href = fields.String()


class FiguresOut(Schema):
    period = fields.String()
    first = fields.Date()
    last = fields.Date()
    org_unit_id = fields.UUID(allow_none=True)
    tree_on = fields.Date(
        allow_none=True, metadata={"description": "By the tree of which day; null: the present one"}
    )
    figures = fields.List(fields.Nested(FigureOut))


class RecordOut(Schema):
    id = fields.UUID()
    label = fields.String()
    part = fields.String()
    on = fields.Date()
    org_unit_id = fields.UUID()


class RecordPage(Schema):
    items = fields.List(fields.Nested(RecordOut))
    next = fields.String(allow_none=True)


@blueprint.route("", methods=["GET"])
@operation(READ)
@blueprint.arguments(FigureQuery, location="query")
@blueprint.response(200, FiguresOut)
def list_figures(uow: UnitOfWork, query: dict[str, Any]) -> Response:
    """The figures that I may see, over the records that I may see."""
    period = _period(query["period"])
    place = _place(uow, query, period)
    mine = [i for i in _indicators() if uow.principal.holds(i.permission)]
    content = {
        "period": period.code,
        "first": period.first,
        "last": period.last,
        "org_unit_id": query.get("org_unit_id"),
        "tree_on": place.tree_on if place else None,
        "figures": [
            figure_json(f, period, place) for f in figures_of(registry_here(), uow, mine, period, place)
        ],
    }
    return Response(orjson.dumps(content), content_type="application/json")


@blueprint.route("/<string:code>/records", methods=["GET"])
@operation(READ)
@blueprint.arguments(RecordQuery, location="query")
@blueprint.response(200, RecordPage)
def list_figure_records(uow: UnitOfWork, query: dict[str, Any], code: str) -> Response:
    """The records behind one figure."""
    indicator = find(_indicators(), code)
    if not uow.principal.holds(indicator.permission):
        raise forbidden(indicator.permission)
    after = decode_cursor(query.get("cursor"), (date.fromisoformat, UUID, str))
    limit = query["limit"]
    period = _period(query["period"])
    rows = open_figure(uow, indicator, period, _place(uow, query, period), after=after, limit=limit + 1)
    last = rows[limit - 1] if len(rows) > limit else None
    return page_response(
        [record_json(r) for r in rows[:limit]], (last.on, last.id, last.key) if last else None
    )


def _indicators() -> list[Indicator]:
    indicators = registry_here().indicators(g.tenant.plugins_on)
    return indicators


def _period(code: str) -> Period:
    try:
        return Period.parse(code)
    except ValueError:
        fault = FieldFault(
            "/query/period", "unknown_period", _("期间应写成 2024、2024H1、2024Q3 或 2024M07。")
        )
        raise invalid(fault) from None


def _place(uow: UnitOfWork, query: dict[str, Any], period: Period) -> Place | None:
    if "org_unit_id" not in query:
        return None
    unit = unit_within(uow, uow.principal, READ, query["org_unit_id"])
    then = tree_of(period) if query["tree"] == "then" else None
    return Place(unit, query.get("tree_on", then))
