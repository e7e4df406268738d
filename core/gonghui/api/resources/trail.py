"""The audit trail over HTTP, read-only."""

from __future__ import annotations

from typing import Any

import orjson
from flask import Response
from marshmallow import Schema, fields
from sqlalchemy import and_, select

from gonghui.api.operations import Blueprint, operation
from gonghui.api.paging import PageQuery, decode_cursor, page_response
from gonghui.audit.entries import AuditEntry, AuditPayload
from gonghui.auth.scope import visible
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.parties.persons import Person

blueprint = Blueprint("audit", __name__, url_prefix="/api/v1/audit", description="The audit trail")

READ = "core.audit.read"


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


class EntryPage(Schema):
    items = fields.List(fields.Nested(Entry))
    next = fields.String(allow_none=True)


@blueprint.route("", methods=["GET"])
@operation(READ)
@blueprint.arguments(EntryQuery, location="query")
@blueprint.response(200, EntryPage)
def list_entries(uow: UnitOfWork, query: dict[str, Any]) -> Response:
    """Entries about what I see, newest first; those about no org unit show to whoever holds the root."""
    entry: Any = AuditEntry.__table__.c
    payload: Any = AuditPayload.__table__.c
    person: Any = Person.__table__.c
    wanted = [visible(uow.principal, READ, entry.org_unit_id)]
    wanted += [entry[key] == query[key] for key in ("object_id", "action") if key in query]
    after = decode_cursor(query.get("cursor"), (int,))
    if after is not None:
        wanted.append(entry.number < after[0])
    limit = query["limit"]
    rows = uow.session.execute(
        select(*(entry[name] for name in _COLUMNS), entry.number, person.name.label("actor"), payload.content)
        .outerjoin(
            AuditPayload.__table__, and_(payload.tenant_id == entry.tenant_id, payload.entry_id == entry.id)
        )
        .outerjoin(Person.__table__, and_(person.tenant_id == entry.tenant_id, person.id == entry.person_id))
        .where(*wanted)
        .order_by(entry.number.desc())
        .limit(limit + 1)
    ).all()
    items = [_item(row) for row in rows[:limit]]
    return page_response(items, (rows[limit - 1].number,) if len(rows) > limit else None)


_COLUMNS = (
    "id", "at", "action", "operation", "actor_kind", "on_behalf_by", "object_table", "object_id", "request_id",
)  # fmt: skip


def _item(row: Any) -> dict[str, Any]:
    item = {name: getattr(row, name) for name in _COLUMNS}
    return {**item, "actor": row.actor, "payload": orjson.loads(row.content) if row.content else None}
