"""The recorder: each insert, update and delete of a record leaves an audit entry in its own transaction."""

from __future__ import annotations

from datetime import date, datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import event, inspect
from sqlalchemy.orm import Mapper
from sqlalchemy.orm.attributes import History

from gonghui.audit.writing import entry, sealed_entry, write
from gonghui.db.base import Base
from gonghui.db.unit_of_work import Note, TenantSession, UnitOfWork, install_recorder

REDACTED = "…"


def json_value(value: Any) -> Any:
    """A column's value as JSON that `replay` can read back by the column's type."""
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.hex()
    return value


@event.listens_for(TenantSession, "before_flush")
def _open_door(session: TenantSession, _context: Any, _instances: Any) -> None:
    session.info["door"] = session.connection().info
    session.info["door"]["recorded"] = True


@event.listens_for(TenantSession, "after_flush")
def _record(session: TenantSession, _context: Any) -> None:
    uow, connection = session.uow, session.connection()
    changes = [
        *((row, "insert") for row in session.new),
        *((row, "update") for row in session.dirty),
        *((row, "delete") for row in session.deleted),
    ]
    recorded = [(row, operation) for row, operation in changes if isinstance(row, Base) and type(row).audited]
    payloads = [(row, operation, _payload(row, operation)) for row, operation in recorded]
    write(uow, connection, [_entry_of(uow, *change) for change in payloads if change[2] is not None])
    connection.info["recorded"] = False


def _entry_of(uow: UnitOfWork, row: Base, operation: str, payload: Any) -> dict[str, Any]:
    if type(row).sealed_audit:
        note = uow.current_note
        return sealed_entry(uow, note.action if note else f"{_table(row)}.{operation}")
    return entry(
        uow,
        operation,
        payload,
        table=_table(row),
        object_id=getattr(row, "id", None),
        org_unit_id=getattr(row, "org_unit_id", None),
    )


def _table(row: Base) -> str:
    return str(row.__table__.fullname)  # type: ignore[attr-defined]


def _payload(row: Base, operation: str) -> dict[str, Any] | None:
    """Values before and after; None for an update that changes nothing."""
    state = inspect(row)
    columns = _columns(state.mapper)
    if operation != "update":
        values = {c.name: shown(c, getattr(row, key)) for key, c in columns}
        return {"after": values} if operation == "insert" else {"before": values}
    before, after = {}, {}
    for key, column in columns:
        history: History = state.attrs[key].history
        if history.has_changes():
            before[column.name] = shown(column, history.deleted[0] if history.deleted else None)
            after[column.name] = shown(column, getattr(row, key))
    if not after:
        return None
    # What the flush itself wrote: the version, and columns that follow each change.
    version = state.mapper.version_id_col
    for key, column in columns:
        if column is version or column.onupdate is not None:
            after[column.name] = shown(column, getattr(row, key))
    return {"before": before, "after": after}


@cache
def _columns(mapper: Mapper[Any]) -> list[tuple[str, Any]]:
    return [(attribute.key, attribute.columns[0]) for attribute in mapper.column_attrs]


def shown(column: Any, value: Any) -> Any:
    """A column's value as the trail may hold it."""
    return REDACTED if column.info.get("redacted") and value is not None else json_value(value)


def _close_notes(uow: UnitOfWork) -> None:
    """Notes that no row took up, or that carry facts of their own, become entries."""
    entries = [_entry_of_note(uow, note) for note in uow.pending_notes]
    uow.pending_notes = []
    if entries:
        connection = uow.session.connection()
        connection.info["recorded"] = True
        write(uow, connection, entries)
        connection.info["recorded"] = False


def _entry_of_note(uow: UnitOfWork, note: Note) -> dict[str, Any]:
    subject: Any = note.subject
    if subject is not None and type(subject).sealed_audit:
        return sealed_entry(uow, note.action)
    return entry(
        uow,
        "note",
        {"detail": {key: json_value(value) for key, value in note.detail.items()}},
        table=subject.__table__.fullname if subject is not None else None,
        object_id=subject.id if subject is not None else None,
        org_unit_id=getattr(subject, "org_unit_id", None),
        action=note.action,
    )


install_recorder(_close_notes)
