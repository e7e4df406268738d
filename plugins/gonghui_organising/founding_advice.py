"""Advice on founding over HTTP; the operations on unions follow from their declaration (`unions.py`)."""

from __future__ import annotations

import orjson
from flask import Response
from marshmallow import Schema, fields, validate

from gonghui.sdk import Blueprint, UnitOfWork, operation
from gonghui_organising.forms import advise
from gonghui_organising.founding import READ

blueprint = Blueprint(
    "organising", __name__, url_prefix="/api/v1/organising", description="Organising: advice"
)

_COUNT = validate.Range(0, 10_000_000)


class AdviceQuery(Schema):
    members = fields.Integer(required=True, validate=_COUNT, metadata={"example": 24})
    headcount = fields.Integer(validate=_COUNT)


class AdviceOut(Schema):
    members = fields.Integer()
    forms = fields.List(fields.String())
    is_duty = fields.Boolean(metadata={"description": "The law says shall, not may"})
    reason = fields.String()
    basis = fields.String()
    seats = fields.List(fields.Integer(), metadata={"description": "Least and most seats of the committee"})
    seats_basis = fields.String()
    remarks = fields.List(fields.String())


@blueprint.route("/founding-advice", methods=["GET"])
@operation(READ)
@blueprint.arguments(AdviceQuery, location="query")
@blueprint.response(200, AdviceOut)
def get_advice(uow: UnitOfWork, query: dict[str, int]) -> Response:
    """Which form of organisation the law asks for or allows, with the article."""
    advice = advise(uow, query["members"], query.get("headcount"))
    content = {
        **{
            name: getattr(advice, name)
            for name in ("members", "forms", "is_duty", "basis", "seats", "seats_basis")
        },
        "reason": str(advice.reason),
        "remarks": [str(remark) for remark in advice.remarks],
    }
    return Response(orjson.dumps(content), content_type="application/json")
