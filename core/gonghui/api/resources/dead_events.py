"""What events called for and could not be done: the list of it, and another attempt."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response
from marshmallow import Schema, fields

from gonghui.api.operations import Blueprint, operation
from gonghui.api.paging import PageQuery, decode_cursor, page_response
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.events.dead_letters import list_deliveries, resume
from gonghui.events.deliveries import DeliveryState

blueprint = Blueprint(
    "events",
    __name__,
    url_prefix="/api/v1/events",
    description="What events called for and could not be done",
)

READ, RESUME = "core.event.read", "core.event.resume"


class Resumed(Schema):
    id = fields.UUID()
    handler = fields.String(metadata={"description": "What is to be done"})
    state = fields.String()


class DeadEvent(Resumed):
    event = fields.String(allow_none=True, metadata={"description": "Name of the fact; none for an hour"})
    subject_id = fields.UUID(allow_none=True)
    key = fields.String(metadata={"description": "Id of the event, or the hour"})
    queue = fields.String()
    attempts = fields.Integer()
    made_at = fields.DateTime()
    due_at = fields.DateTime()
    done_at = fields.DateTime(allow_none=True)
    error = fields.String(allow_none=True, metadata={"description": "For whoever mends the plugin"})


class DeadEventPage(Schema):
    items = fields.List(fields.Nested(DeadEvent))
    next = fields.String(allow_none=True)


@blueprint.route("/dead", methods=["GET"])
@operation(READ, of_whole=True)
@blueprint.arguments(PageQuery, location="query")
@blueprint.response(200, DeadEventPage)
def list_dead(uow: UnitOfWork, query: dict[str, Any]) -> Response:
    """What was given up after the last attempt, the newest first."""
    limit = query["limit"]
    after = decode_cursor(query.get("cursor"), (UUID,))
    rows = list_deliveries(uow, state=DeliveryState.DEAD, after=after[0] if after else None, limit=limit + 1)
    items = [dict(row._mapping) for row in rows[:limit]]
    return page_response(items, (rows[limit - 1].id,) if len(rows) > limit else None)


@blueprint.route("/dead/<uuid:delivery_id>/resume", methods=["POST"])
@operation(RESUME, of_whole=True)
@blueprint.response(200, Resumed)
def resume_dead(uow: UnitOfWork, delivery_id: UUID) -> dict[str, Any]:
    """Let it begin anew, with all its attempts."""
    delivery = resume(uow, delivery_id)
    return {"id": delivery.id, "handler": delivery.handler, "state": delivery.state}
