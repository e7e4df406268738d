"""Hints over HTTP: parts that a union could set up, and what to know about a union worker."""

from __future__ import annotations

from uuid import UUID

import orjson
from flask import Response
from marshmallow import Schema, fields

from gonghui.sdk import Blueprint, UnitOfWork, operation
from gonghui_organising import staff_remarks, subdivision_advice
from gonghui_organising.founding import READ
from gonghui_organising.staff import staff_members

blueprint = Blueprint(
    "organising_hints", __name__, url_prefix="/api/v1/organising", description="Organising: hints"
)


class HintOut(Schema):
    kind = fields.String()
    members_from = fields.Integer()
    has_some = fields.Boolean(metadata={"description": "The union has such a part already"})
    reason = fields.String()
    basis = fields.String()


class HintsOut(Schema):
    members = fields.Integer()
    hints = fields.List(fields.Nested(HintOut))


class RemarkOut(Schema):
    code = fields.String()
    reason = fields.String()
    basis = fields.String(allow_none=True)


@blueprint.route("/unions/<uuid:union_id>/subdivision-hints", methods=["GET"])
@operation(READ)
@blueprint.response(200, HintsOut)
def get_hints(uow: UnitOfWork, union_id: UUID) -> Response:
    """Branches and groups that a union of this size could set up."""
    members, found = subdivision_advice.hints(uow, union_id)
    listed = [
        {
            "kind": one.kind,
            "members_from": one.members_from,
            "has_some": one.has_some,
            "reason": str(one.reason),
            "basis": one.basis,
        }
        for one in found
    ]
    return _json({"members": members, "hints": listed})


@blueprint.route("/staff-members/<uuid:staff_member_id>/remarks", methods=["GET"])
@operation(staff_members.permission("read"))
@blueprint.response(200, RemarkOut(many=True))
def get_remarks(uow: UnitOfWork, staff_member_id: UUID) -> Response:
    """What an officer should know about a union worker; nothing is refused for it."""
    found = staff_remarks.remarks(uow, staff_member_id)
    return _json([{"code": one.code, "reason": str(one.text), "basis": one.basis} for one in found])


def _json(content: object) -> Response:
    return Response(orjson.dumps(content), content_type="application/json")
