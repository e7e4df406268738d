"""Changes of the tree over HTTP. Each change can be looked at first: `"preview": true` changes nothing."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import orjson
from flask import Response
from marshmallow import Schema, fields, validate
from sqlalchemy import select

from gonghui.api.contents import name_rules
from gonghui.api.idempotency import idempotent
from gonghui.api.operations import Blueprint, operation
from gonghui.api.paging import PageQuery, decode_cursor, page_response
from gonghui.auth.scope import unit_within
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.lifecycle.reorganisation import (
    Change,
    Close,
    Merge,
    Move,
    Rename,
    Reorganisation,
    ReorganisationKind,
    ReorganisationState,
    Split,
)
from gonghui.lifecycle.reorganising import cancel, preview, reorganise, settle

blueprint = Blueprint(
    "reorganisations", __name__, url_prefix="/api/v1/org-units", description="Changes of the tree"
)

REORGANISE = "core.org_unit.reorganise"
_MOST_UNITS = 500
_STATES = [state.value for state in ReorganisationState]
_SHOWN = ("id", "kind", "state", "effective_on", "decision", "content", "recorded_at", "settled_at", "reason")


class ChangeBody(Schema):
    """What every change may say."""

    effective_on = fields.Date(
        metadata={
            "description": "From which day; today without it. A day to come is planned; "
            "one before today needs core.org_unit.backdate"
        }
    )
    decision = fields.String(
        validate=validate.Length(1, 500), metadata={"description": "Number or words of the decision"}
    )
    preview = fields.Boolean(load_default=False, metadata={"description": "Only say what it would touch"})


class MoveBody(ChangeBody):
    parent_id = fields.UUID(required=True, metadata={"x-sample": "org_parent_id"})


class MergeBody(ChangeBody):
    unit_ids = fields.List(
        fields.UUID(),
        required=True,
        validate=validate.Length(2, _MOST_UNITS),
        metadata={"x-sample": "org_unit_ids", "description": "Units of one kind"},
    )
    into_id = fields.UUID(
        required=True,
        allow_none=True,
        metadata={
            "x-sample": "org_into_id",
            "description": "Which of them goes on; null: a new unit called `name`",
        },
    )
    name = fields.String(validate=name_rules(), metadata={"description": "Of the new unit"})
    parent_id = fields.UUID(metadata={"description": "Of the new unit, where theirs differ"})


class SplitBody(ChangeBody):
    name = fields.String(required=True, validate=name_rules(), metadata={"example": "示例分设工联会"})
    child_ids = fields.List(
        fields.UUID(),
        required=True,
        validate=validate.Length(1, _MOST_UNITS),
        metadata={"x-sample": "org_child_ids", "description": "Units right below that go to the new one"},
    )


class RenameBody(ChangeBody):
    name = fields.String(required=True, validate=name_rules(), metadata={"example": "示例新名工联会"})


class EffectsOut(Schema):
    units = fields.Integer(metadata={"description": "Touched units with all that is below them"})
    records = fields.Dict(
        keys=fields.String(),
        values=fields.Integer(),
        metadata={"description": "Records filed there, by table"},
    )
    role_assignments = fields.Integer(metadata={"description": "In force at these units"})
    assignments_staying = fields.Integer(metadata={"description": "At units that are merged or closed"})


class OutcomeOut(Schema):
    id = fields.UUID(allow_none=True)
    state = fields.String(validate=validate.OneOf(["preview", *_STATES]))
    effective_on = fields.Date()
    effects = fields.Nested(EffectsOut)
    notices = fields.List(fields.String())


class ReorganisationOut(Schema):
    id = fields.UUID()
    kind = fields.String(validate=validate.OneOf([kind.value for kind in ReorganisationKind]))
    state = fields.String(validate=validate.OneOf(_STATES))
    effective_on = fields.Date()
    decision = fields.String(allow_none=True)
    content = fields.Dict()
    recorded_at = fields.DateTime()
    settled_at = fields.DateTime(allow_none=True)
    reason = fields.String(allow_none=True)


class ReorganisationPage(Schema):
    items = fields.List(fields.Nested(ReorganisationOut))
    next = fields.String(allow_none=True)


class ReorganisationQuery(PageQuery):
    state = fields.String(validate=validate.OneOf(_STATES))


@blueprint.route("/<uuid:org_unit_id>/move", methods=["POST"])
@operation(REORGANISE, of_whole=True)
@idempotent
@blueprint.arguments(MoveBody)
@blueprint.response(200, OutcomeOut)
def move_unit(uow: UnitOfWork, body: dict[str, Any], org_unit_id: UUID) -> Response:
    """Set a unit, and what is below it, under another parent from a day on."""
    return _done(uow, body, Move(_here(uow, org_unit_id), body["parent_id"]))


@blueprint.route("/merge", methods=["POST"])
@operation(REORGANISE, of_whole=True)
@idempotent
@blueprint.arguments(MergeBody)
@blueprint.response(200, OutcomeOut)
def merge_units(uow: UnitOfWork, body: dict[str, Any]) -> Response:
    """Make several units of one kind into one: one of them, or a new one.

    What stood below them moves; they themselves are closed and stand below their successor, which so finds what is
    filed at them.
    """
    merge = Merge(tuple(body["unit_ids"]), body["into_id"], body.get("name"), body.get("parent_id"))
    return _done(uow, body, merge)


@blueprint.route("/<uuid:org_unit_id>/split", methods=["POST"])
@operation(REORGANISE, of_whole=True)
@idempotent
@blueprint.arguments(SplitBody)
@blueprint.response(200, OutcomeOut)
def split_unit(uow: UnitOfWork, body: dict[str, Any], org_unit_id: UUID) -> Response:
    """Set some units that stand right below a unit under a new one beside it."""
    return _done(uow, body, Split(_here(uow, org_unit_id), body["name"], tuple(body["child_ids"])))


@blueprint.route("/<uuid:org_unit_id>/rename", methods=["POST"])
@operation(REORGANISE, of_whole=True)
@idempotent
@blueprint.arguments(RenameBody)
@blueprint.response(200, OutcomeOut)
def rename_unit(uow: UnitOfWork, body: dict[str, Any], org_unit_id: UUID) -> Response:
    """Give a unit another name from a day on; the name of before is kept with its days."""
    return _done(uow, body, Rename(_here(uow, org_unit_id), body["name"]))


@blueprint.route("/<uuid:org_unit_id>/close", methods=["POST"])
@operation(REORGANISE, of_whole=True)
@idempotent
@blueprint.arguments(ChangeBody)
@blueprint.response(200, OutcomeOut)
def close_unit(uow: UnitOfWork, body: dict[str, Any], org_unit_id: UUID) -> Response:
    """Close a unit under which no other stands. It stays where it stands, with what is filed at it."""
    return _done(uow, body, Close(_here(uow, org_unit_id)))


@blueprint.route("/reorganisations", methods=["GET"])
@operation(REORGANISE, of_whole=True)
@blueprint.arguments(ReorganisationQuery, location="query")
@blueprint.response(200, ReorganisationPage)
def list_reorganisations(uow: UnitOfWork, query: dict[str, Any]) -> Response:
    """Reorganisations, newest first: planned, applied, cancelled, and those that failed on their day."""
    settle(uow)
    wanted = [Reorganisation.state == query["state"]] if "state" in query else []
    after = decode_cursor(query.get("cursor"), (UUID,))
    if after is not None:
        wanted.append(Reorganisation.id < after[0])
    limit = query["limit"]
    page = select(Reorganisation).where(*wanted).order_by(Reorganisation.id.desc()).limit(limit + 1)
    rows = uow.session.scalars(page).all()
    return page_response(
        [_record(row) for row in rows[:limit]], (rows[limit - 1].id,) if len(rows) > limit else None
    )


@blueprint.route("/reorganisations/<uuid:reorganisation_id>/cancel", methods=["POST"])
@operation(REORGANISE, of_whole=True)
@blueprint.response(200, ReorganisationOut)
def cancel_reorganisation(uow: UnitOfWork, reorganisation_id: UUID) -> Response:
    """Give up a reorganisation that is still planned."""
    return _json(_record(cancel(uow, reorganisation_id)))


def _here(uow: UnitOfWork, org_unit_id: UUID) -> UUID:
    """The unit of the path. Raises `NotFound`."""
    return unit_within(uow, uow.principal, REORGANISE, org_unit_id).id


def _done(uow: UnitOfWork, body: dict[str, Any], change: Change) -> Response:
    day = body.get("effective_on")
    if body["preview"]:
        outcome = preview(uow, change, day)
    else:
        outcome = reorganise(uow, change, effective_on=day, decision=body.get("decision"))
    effects = outcome.effects
    content = {
        "id": outcome.record.id if outcome.record else None,
        "state": outcome.state,
        "effective_on": outcome.effective_on,
        "effects": {
            "units": effects.units,
            "records": effects.records,
            "role_assignments": effects.role_assignments,
            "assignments_staying": effects.assignments_staying,
        },
        "notices": [str(notice) for notice in outcome.notices],
    }
    return _json(content)


def _record(row: Reorganisation) -> dict[str, Any]:
    return {name: getattr(row, name) for name in _SHOWN}


def _json(content: dict[str, Any]) -> Response:
    return Response(orjson.dumps(content), content_type="application/json")
