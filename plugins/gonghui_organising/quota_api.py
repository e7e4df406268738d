"""The streets' ranking over HTTP; everything else of quotas follows from the record type."""

from __future__ import annotations

from typing import Any

import orjson
from flask import Response
from marshmallow import Schema, fields, validate

from gonghui.sdk import Blueprint, FieldFault, Period, UnitOfWork, _, forbidden, invalid, operation
from gonghui_organising.quotas import COUNTED, READ, ranking

blueprint = Blueprint(
    "organising_quota_ranking",
    __name__,
    url_prefix="/api/v1/organising/quotas",
    description="Organising: how the streets rank",
)


class RankingQuery(Schema):
    period = fields.String(required=True, metadata={"example": "2024H1"})
    indicator = fields.String(
        required=True,
        validate=validate.OneOf(list(COUNTED)),
        metadata={"example": "organising.unions_founded"},
    )


class Rank(Schema):
    quota_id = fields.UUID()
    org_unit_id = fields.UUID()
    org_unit_name = fields.String()
    target = fields.Integer()
    done = fields.Integer()
    rate = fields.String(metadata={"description": "Percent of the target, to one place: 33.3"})
    rank = fields.Integer(metadata={"description": "Among all streets with this quota"})
    streets = fields.Integer(metadata={"description": "How many streets have this quota"})


class Ranking(Schema):
    period = fields.String()
    indicator = fields.String()
    title = fields.String()
    unit = fields.String()
    items = fields.List(fields.Nested(Rank))


@blueprint.route("/ranking", methods=["GET"])
@operation(READ)
@blueprint.arguments(RankingQuery, location="query")
@blueprint.response(200, Ranking)
def rank_streets(uow: UnitOfWork, query: dict[str, Any]) -> Response:
    """Streets by the share of their quota that they reached; what is done is the indicator's figure."""
    indicator = COUNTED[query["indicator"]]
    if not uow.principal.holds(indicator.permission):
        raise forbidden(indicator.permission)
    try:
        period = Period.parse(query["period"])
    except ValueError:
        message = _("期间应写成 2024、2024H1、2024Q3 或 2024M07。")
        raise invalid(FieldFault("/query/period", "unknown_period", message)) from None
    content = {
        "period": period.code,
        "indicator": indicator.code,
        "title": str(indicator.title),
        "unit": str(indicator.unit),
        "items": ranking(uow, period, indicator),
    }
    return Response(orjson.dumps(content), content_type="application/json")
