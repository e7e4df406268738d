"""The audit trail over HTTP, read-only; who read it stands in it."""

from __future__ import annotations

from typing import Any

import orjson
from flask import Response
from marshmallow import Schema, fields, validate
from sqlalchemy import Select, and_, func, select

from gonghui.api.operations import Blueprint, operation
from gonghui.api.paging import PageQuery, decode_cursor, page_response
from gonghui.audit.entries import AuditEntry, AuditPayload
from gonghui.audit.sampling import drawn
from gonghui.audit.seals import AuditSeal
from gonghui.auth.scope import visible
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.errors import FieldFault, invalid
from gonghui.i18n import _
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
    entry: Any = AuditEntry.__table__.c
    wanted = [visible(uow.principal, READ, entry.org_unit_id)]
    wanted += [entry[key] == query[key] for key in ("object_id", "action") if key in query]
    after = decode_cursor(query.get("cursor"), (int,))
    if after is not None:
        wanted.append(entry.number < after[0])
    limit = query["limit"]
    found = _told().where(*wanted).order_by(entry.number.desc()).limit(limit + 1)
    rows = uow.session.execute(found).all()
    items = [_item(row) for row in rows[:limit]]
    narrowed = {key: str(query[key]) for key in ("object_id", "action") if key in query}
    uow.note("core.audit.read", rows=len(items), narrowed=narrowed)
    return page_response(items, (rows[limit - 1].number,) if len(rows) > limit else None)


@blueprint.route("/sample", methods=["GET"])
@operation(READ)
@blueprint.arguments(SampleQuery, location="query")
@blueprint.response(200, EntrySample)
def sample_entries(uow: UnitOfWork, query: dict[str, Any]) -> Response:
    """Sealed entries drawn by a seed, in the order in which they were drawn; of them those about what I see."""
    entry: Any = AuditEntry.__table__.c
    seal: Any = AuditSeal.__table__.c
    sealed = uow.session.scalar(select(func.max(seal.seq))) or 0
    up_to = query.get("up_to", sealed)
    if up_to > sealed:
        raise invalid(FieldFault("/up_to", "not_sealed", _("封存的只有 {n} 条。", n=sealed)))
    numbers = drawn(query["seed"], query["size"], up_to)
    found = (
        _told()
        .add_columns(seal.seq, seal.hash)
        .join(AuditSeal.__table__, and_(seal.tenant_id == entry.tenant_id, seal.entry_id == entry.id))
        .where(visible(uow.principal, READ, entry.org_unit_id), seal.seq.in_(numbers))
    )
    rows = {row.seq: row for row in uow.session.execute(found)}
    items = [{**_item(rows[n]), "seq": n, "hash": rows[n].hash.hex()} for n in numbers if n in rows]
    uow.note("core.audit.sampled", seed=query["seed"], size=query["size"], up_to=up_to)
    return Response(orjson.dumps({"up_to": up_to, "items": items}), content_type="application/json")


def _told() -> Select[Any]:
    """Entries with the names of those who acted, and with their values."""
    entry: Any = AuditEntry.__table__.c
    payload: Any = AuditPayload.__table__.c
    person: Any = Person.__table__.c
    return (
        select(*(entry[name] for name in _COLUMNS), entry.number, person.name.label("actor"), payload.content)
        .outerjoin(
            AuditPayload.__table__, and_(payload.tenant_id == entry.tenant_id, payload.entry_id == entry.id)
        )
        .outerjoin(Person.__table__, and_(person.tenant_id == entry.tenant_id, person.id == entry.person_id))
    )


_COLUMNS = (
    "id", "at", "action", "operation", "actor_kind", "on_behalf_by", "object_table", "object_id", "request_id",
)  # fmt: skip


def _item(row: Any) -> dict[str, Any]:
    item = {name: getattr(row, name) for name in _COLUMNS}
    return {**item, "actor": row.actor, "payload": orjson.loads(row.content) if row.content else None}
