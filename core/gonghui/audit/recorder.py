"""The recorder: each insert, update and delete of a record leaves an audit entry in its own transaction."""

from __future__ import annotations

import os
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, event, insert, inspect
from sqlalchemy.orm.attributes import History

from gonghui.audit.entries import AuditEntry, AuditPayload, canonical, digest
from gonghui.db.base import Base
from gonghui.db.unit_of_work import Note, TenantSession, UnitOfWork, install_recorder
from gonghui.values import clock
from gonghui.values.ids import new_id

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


def entry_for(
    uow: UnitOfWork,
    operation: str,
    *,
    table: str | None,
    object_id: UUID | None,
    org_unit_id: UUID | None,
    payload: dict[str, Any],
    action: str | None = None,
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Entry and payload of one change, as rows to insert."""
    principal, note = uow.principal, uow.current_note
    entry_id, salt, content = new_id(), os.urandom(16), canonical(payload)
    entry = {
        "tenant_id": uow.tenant_id,
        "id": entry_id,
        "at": clock.now(),
        "actor_kind": principal.kind.value,
        "account_id": principal.account_id,
        "person_id": principal.person_id,
        "on_behalf_by": principal.on_behalf_by or None,
        "org_unit_id": org_unit_id,
        "action": action or (note.action if note else f"{table}.{operation}"),
        "operation": operation,
        "object_table": table,
        "object_id": object_id,
        "request_id": uow.request_id,
        "digest": digest(salt, content),
    }
    return entry, {
        "tenant_id": uow.tenant_id,
        "entry_id": entry_id,
        "salt": salt,
        "content": content.decode(),
    }


def write(
    uow: UnitOfWork, connection: Connection, pairs: Iterable[tuple[dict[str, Any], dict[str, Any]]]
) -> None:
    """Insert entries and payloads."""
    rows = list(pairs)
    if rows:
        connection.execute(insert(AuditEntry.__table__), [entry for entry, _ in rows])  # type: ignore[arg-type]
        connection.execute(insert(AuditPayload.__table__), [payload for _, payload in rows])  # type: ignore[arg-type]
        current = uow.current_note
        if current is not None and not current.detail and current in uow.pending_notes:
            uow.pending_notes.remove(current)


@event.listens_for(TenantSession, "before_flush")
def _open_door(session: TenantSession, _context: Any, _instances: Any) -> None:
    session.info["door"] = session.connection().info
    session.info["door"]["recorded"] = True


@event.listens_for(TenantSession, "after_soft_rollback")
def _close_door(session: TenantSession, _undone: Any) -> None:
    """A flush that failed wrote nothing, and leaves no door open behind it."""
    session.info.get("door", {})["recorded"] = False


@event.listens_for(TenantSession, "after_flush")
def _record(session: TenantSession, _context: Any) -> None:
    uow, connection = session.uow, session.connection()
    changes = [
        *((row, "insert") for row in session.new),
        *((row, "update") for row in session.dirty),
        *((row, "delete") for row in session.deleted),
    ]
    pairs = []
    for row, operation in changes:
        if isinstance(row, Base) and type(row).audited:
            payload = _payload(row, operation)
            if payload is not None:
                pairs.append(_entry_of(uow, row, operation, payload))
    write(uow, connection, pairs)
    connection.info["recorded"] = False


def _entry_of(uow: UnitOfWork, row: Base, operation: str, payload: dict[str, Any]) -> Any:
    return entry_for(
        uow,
        operation,
        table=row.__table__.fullname,  # type: ignore[attr-defined]
        object_id=getattr(row, "id", None),
        org_unit_id=getattr(row, "org_unit_id", None),
        payload=payload,
    )


def _payload(row: Base, operation: str) -> dict[str, Any] | None:
    """Values before and after; None for an update that changes nothing."""
    state = inspect(row)
    columns = [(attr.key, attr.columns[0]) for attr in state.mapper.column_attrs]
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


def shown(column: Any, value: Any) -> Any:
    """A column's value as the trail may hold it."""
    return REDACTED if column.info.get("redacted") and value is not None else json_value(value)


def _close_notes(uow: UnitOfWork) -> None:
    """Notes that no row took up, or that carry facts of their own, become entries."""
    pairs = []
    for note in uow.pending_notes:
        pairs.append(_entry_of_note(uow, note))
    uow.pending_notes = []
    if pairs:
        connection = uow.session.connection()
        connection.info["recorded"] = True
        write(uow, connection, pairs)
        connection.info["recorded"] = False


def _entry_of_note(uow: UnitOfWork, note: Note) -> Any:
    subject: Any = note.subject
    return entry_for(
        uow,
        "note",
        table=subject.__table__.fullname if subject is not None else None,
        object_id=subject.id if subject is not None else None,
        org_unit_id=getattr(subject, "org_unit_id", None),
        payload={"detail": {key: json_value(value) for key, value in note.detail.items()}},
        action=note.action,
    )


install_recorder(_close_notes)
