"""Erasing from the trail: entries stay with their digests, payloads that tell of somebody go."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple
from uuid import UUID

import orjson
from sqlalchemy import ARRAY, Uuid, any_, cast, func, literal, or_, select

from gonghui.audit.entries import AuditEntry, AuditPayload
from gonghui.db.unit_of_work import UnitOfWork

Rows = Mapping[str, Collection[UUID]]
_AT_ONCE = 5_000


class Told(NamedTuple):
    """A row of which a payload tells."""

    table: str
    id: UUID


def erase_payloads(uow: UnitOfWork, rows: Rows, mentioned: Collection[UUID]) -> tuple[int, set[Told]]:
    """Erase the payloads that tell what `rows` (ids by table) held; how many, and which other rows they told of.

    Those others have to be told anew. The payload of a bundle stands under another row, so every payload in which one
    of `mentioned` occurs is looked at, which is a scan of the tenant's trail: erasing is rare, and it is thorough.
    """
    wanted = {Told(table, row_id) for table, ids in rows.items() for row_id in ids}
    gone: list[UUID] = []
    others: set[Told] = set()
    for entry_id, table, object_id, content in _suspects(uow, {each.id for each in wanted}, mentioned):
        told = _told(table, object_id, orjson.loads(content))
        if told & wanted:
            gone.append(entry_id)
            others |= told - wanted
    count = 0
    for start in range(0, len(gone), _AT_ONCE):
        these = cast(literal(gone[start : start + _AT_ONCE], ARRAY(Uuid())), ARRAY(Uuid()))
        count += uow.session.scalar(select(func.core.erase_payloads(these))) or 0
    return count, others


def touched_since(uow: UnitOfWork, number: int) -> set[Told]:
    """Rows of which this transaction has written entries after that number."""
    found = select(AuditEntry.object_table, AuditEntry.object_id).where(
        AuditEntry.number > number,
        AuditEntry.request_id == uow.request_id,
        AuditEntry.object_id.is_not(None),
        AuditEntry.operation.in_(("insert", "update", "delete")),
    )
    return {Told(str(table), row_id) for table, row_id in uow.session.execute(found) if row_id is not None}


def last_number(uow: UnitOfWork) -> int:
    """The number of the tenant's latest entry."""
    return uow.session.scalar(select(func.max(AuditEntry.number))) or 0


def _suspects(uow: UnitOfWork, ids: Collection[UUID], mentioned: Collection[UUID]) -> Any:
    named = AuditEntry.object_id == any_(literal(list(ids), ARRAY(Uuid())))
    held = [func.strpos(AuditPayload.content, str(one)) > 0 for one in mentioned]
    return uow.session.execute(
        select(AuditEntry.id, AuditEntry.object_table, AuditEntry.object_id, AuditPayload.content)
        .join(
            AuditPayload,
            (AuditPayload.tenant_id == AuditEntry.tenant_id) & (AuditPayload.entry_id == AuditEntry.id),
        )
        .where(or_(named, *held))
    ).all()


def _told(table: str | None, object_id: UUID | None, payload: dict[str, Any]) -> set[Told]:
    """The rows whose values a payload holds; a note holds none."""
    if table is None or object_id is None or not {"before", "after"} & payload.keys():
        return set()
    return {
        Told(table, object_id),
        *(Told(each["table"], UUID(each["id"])) for each in payload.get("with", ())),
    }
