"""Figures of a period, each opening to the records behind it."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import orjson
from flask import Response, current_app, g
from marshmallow import Schema, fields

from gonghui.api.operations import Blueprint, operation
from gonghui.api.paging import PageQuery, decode_cursor, page_response
from gonghui.auth.scope import unit_within
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.errors import FieldFault, forbidden, invalid
from gonghui.i18n import _
from gonghui.reporting.indicators import Indicator, figures, find, open_figure
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
    period, path = _period(query["period"]), _path(uow, query)
    mine = [i for i in _indicators() if uow.principal.holds(i.permission)]
    content = {
        "period": period.code,
        "first": period.first,
        "last": period.last,
        "org_unit_id": query.get("org_unit_id"),
        "figures": [
            figure_json(f, period, query.get("org_unit_id")) for f in figures(uow, mine, period, path)
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
    rows = open_figure(
        uow,
        indicator,
        _period(query["period"]),
        _path(uow, query),
        after=after,
        limit=limit + 1,
    )
    last = rows[limit - 1] if len(rows) > limit else None
    return page_response(
        [record_json(r) for r in rows[:limit]], (last.on, last.id, last.key) if last else None
    )


def _indicators() -> list[Indicator]:
    indicators: list[Indicator] = current_app.extensions["gonghui"].registry.indicators(g.tenant.plugins_on)
    return indicators


def _period(code: str) -> Period:
    try:
        return Period.parse(code)
    except ValueError:
        fault = FieldFault(
            "/query/period", "unknown_period", _("期间应写成 2024、2024H1、2024Q3 或 2024M07。")
        )
        raise invalid(fault) from None


def _path(uow: UnitOfWork, query: dict[str, Any]) -> str | None:
    if "org_unit_id" not in query:
        return None
    return unit_within(uow, uow.principal, READ, query["org_unit_id"]).path
