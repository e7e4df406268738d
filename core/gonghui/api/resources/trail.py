"""The audit trail over HTTP, read-only; who read it stands in it."""

from __future__ import annotations

from typing import Any

import orjson
from flask import Response
from marshmallow import Schema, fields, validate

from gonghui.api.operations import Blueprint, operation
from gonghui.api.paging import PageQuery, decode_cursor, page_response
from gonghui.audit import reading
from gonghui.audit.reading import READ, Wanted
from gonghui.db.unit_of_work import UnitOfWork

blueprint = Blueprint("audit", __name__, url_prefix="/api/v1/audit", description="The audit trail")


class EntryQuery(PageQuery):
    object_id = fields.UUID()
    action = fields.String()


class Entry(Schema):
    id = fields.UUID()
    at = fields.DateTime()
    action = fields.String()
    operation = fields.String()
    actor_kind = fields.String()
    actor = fields.String(allow_none=True)
    on_behalf_by = fields.String(allow_none=True)
    object_table = fields.String(allow_none=True)
    object_id = fields.UUID(allow_none=True)
    request_id = fields.String()
    payload = fields.Dict(allow_none=True)


class SampleQuery(Schema):
    seed = fields.String(
        required=True,
        validate=validate.Length(1, 200),
        metadata={"description": "The same seed draws the same entries again"},
    )
    size = fields.Integer(load_default=25, validate=validate.Range(1, 200))
    up_to = fields.Integer(
        validate=validate.Range(1),
        metadata={"description": "Draw among this many; without it, all that are sealed"},
    )


class SampledEntry(Entry):
    seq = fields.Integer(metadata={"description": "Place in the sealed chain"})
    hash = fields.String()


class EntrySample(Schema):
    up_to = fields.Integer()
    items = fields.List(fields.Nested(SampledEntry))


class EntryPage(Schema):
    items = fields.List(fields.Nested(Entry))
    next = fields.String(allow_none=True)


@blueprint.route("", methods=["GET"])
@operation(READ)
@blueprint.arguments(EntryQuery, location="query")
@blueprint.response(200, EntryPage)
def list_entries(uow: UnitOfWork, query: dict[str, Any]) -> Response:
    """Entries about what I see, newest first; those about no org unit show to whoever holds the root."""
    after = decode_cursor(query.get("cursor"), (int,))
    wanted = Wanted(object_id=query.get("object_id"), action=query.get("action"))
    limit = query["limit"]
    rows = reading.list_entries(uow, wanted, after=after[0] if after else None, limit=limit + 1)
    items = [_item(row) for row in rows[:limit]]
    reading.note_reading(uow, wanted, len(items))
    return page_response(items, (rows[limit - 1].number,) if len(rows) > limit else None)


@blueprint.route("/sample", methods=["GET"])
@operation(READ)
@blueprint.arguments(SampleQuery, location="query")
@blueprint.response(200, EntrySample)
def sample_entries(uow: UnitOfWork, query: dict[str, Any]) -> Response:
    """Sealed entries drawn by a seed, in the order in which they were drawn; of them those about what I see."""
    up_to, rows = reading.sample(uow, query["seed"], query["size"], query.get("up_to"))
    items = [{**_item(row), "seq": row.seq, "hash": row.hash.hex()} for row in rows]
    return Response(orjson.dumps({"up_to": up_to, "items": items}), content_type="application/json")


def _item(row: Any) -> dict[str, Any]:
    item = {name: getattr(row, name) for name in reading.COLUMNS}
    return {**item, "actor": row.actor, "payload": orjson.loads(row.content) if row.content else None}
