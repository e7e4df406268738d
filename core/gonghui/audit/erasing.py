"""Erasing from the trail: entries stay with their digests, payloads that tell of somebody go."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

import orjson
from sqlalchemy import ARRAY, ColumnElement, Uuid, any_, cast, false, func, literal, or_, select

from gonghui.audit.entries import AuditEntry, AuditPayload
from gonghui.db.unit_of_work import UnitOfWork

_AT_ONCE = 5_000


class Told(NamedTuple):
    """A row of which a payload tells."""

    table: str
    id: UUID


class Owners(NamedTuple):
    """Rows of which a column names one of these ids, whether they are still there or not."""

    table: str
    column: str
    ids: Collection[UUID]


def erase_payloads(
    uow: UnitOfWork, rows: Collection[Told], owners: Collection[Owners]
) -> tuple[int, set[Told]]:
    """Erase the payloads that tell what rows held; how many, and which other rows they told of.

    Those others have to be told anew. The payload of a bundle stands under another row, and a row that is gone is
    known by its owner alone, so every payload in which an owner occurs is looked at. That is a scan of the tenant's
    trail: erasing is rare, and it is thorough.
    """
    owned = {(each.table, each.column): frozenset(map(str, each.ids)) for each in owners}
    wanted, seen = set(rows), dict[UUID, set[Told]]()
    marks = {row_id for each in owners for row_id in each.ids}
    for entry_id, told in _payloads(
        uow, [func.strpos(AuditPayload.content, str(mark)) > 0 for mark in marks]
    ):
        seen[entry_id] = set(told)
        wanted |= {row for row, values in told.items() if _is_owned(row.table, values, owned)}
    ids = literal([row.id for row in wanted], ARRAY(Uuid()))
    seen |= {key: set(told) for key, told in _payloads(uow, [AuditEntry.object_id == any_(ids)])}
    gone = [entry_id for entry_id, told in seen.items() if told & wanted]
    others = {row for entry_id in gone for row in seen[entry_id]} - wanted
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


def _payloads(
    uow: UnitOfWork, wanted: Sequence[ColumnElement[bool]]
) -> Iterator[tuple[UUID, dict[Told, list[dict[str, Any]]]]]:
    """Entries that meet one of the conditions, with the rows that each tells of and what it tells."""
    found = uow.session.execute(
        select(AuditEntry.id, AuditEntry.object_table, AuditEntry.object_id, AuditPayload.content)
        .join(
            AuditPayload,
            (AuditPayload.tenant_id == AuditEntry.tenant_id) & (AuditPayload.entry_id == AuditEntry.id),
        )
        .where(or_(false(), *wanted))
    )
    for entry_id, table, object_id, content in found.all():
        yield entry_id, _told(table, object_id, orjson.loads(content))


def _told(
    table: str | None, object_id: UUID | None, payload: dict[str, Any]
) -> dict[Told, list[dict[str, Any]]]:
    """The rows whose values a payload holds; a note holds none."""
    held = [payload[when] for when in ("before", "after") if when in payload]
    if table is None or object_id is None or not held:
        return {}
    others = {Told(each["table"], UUID(each["id"])): [each["after"]] for each in payload.get("with", ())}
    return {Told(table, object_id): held, **others}


def _is_owned(
    table: str, values: Sequence[dict[str, Any]], owned: Mapping[tuple[str, str], frozenset[str]]
) -> bool:
    return any(
        str(value) in owned.get((table, column), frozenset())
        for told in values
        for column, value in told.items()
    )
