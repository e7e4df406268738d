"""Bulk writing: the one door for statements over many rows, which writes their audit in the same batch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, insert

from gonghui.audit.recorder import shown
from gonghui.audit.writing import entry, sealed_entry, write
from gonghui.db.base import Base
from gonghui.db.sensitive import seal_values, sealed_columns
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.tenancy.keys import keyring
from gonghui.values.ids import new_id


def insert_many(uow: UnitOfWork, model: type[Base], rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Insert `rows` (by column name) in one statement batch, with an audit entry for each.

    Ids, the tenant and column defaults are filled in; the completed rows are given back.
    """
    if not rows:
        return []
    uow.session.flush()
    table: Any = model.__table__
    complete = [_complete(uow, table, row) for row in rows]
    if sealed_columns(table):
        for row in complete:
            seal_values(keyring(uow), table, row)
    with unaudited(uow) as connection:
        connection.execute(insert(table), complete)
        if model.audited:
            write(uow, connection, (_entry(uow, "insert", "after", model, row) for row in complete))
    return complete


def delete_many(uow: UnitOfWork, model: type[Base], wanted: ColumnElement[bool]) -> int:
    """Delete the rows that `wanted` names, with an audit entry for each; how many there were."""
    uow.session.flush()
    table: Any = model.__table__
    with unaudited(uow) as connection:
        # Gone rows come back with the statement that deletes them, so that the trail cannot miss one.
        gone = connection.execute(delete(table).where(wanted).returning(*table.columns)).mappings().all()
        if model.audited:
            write(uow, connection, (_entry(uow, "delete", "before", model, dict(row)) for row in gone))
    return len(gone)


@contextmanager
def unaudited(uow: UnitOfWork) -> Iterator[Connection]:
    """A connection on which statements may change rows: for tables that are not audited, and for this module."""
    connection = uow.session.connection()
    connection.info["recorded"] = True
    try:
        yield connection
    finally:
        connection.info["recorded"] = False


def _complete(uow: UnitOfWork, table: Any, row: dict[str, Any]) -> dict[str, Any]:
    full = {"tenant_id": uow.tenant_id, **row}
    full.setdefault("id", new_id())
    for column in table.columns:
        if column.name not in full:
            full[column.name] = _default(column)
    return full


def _default(column: Any) -> Any:
    if column.default is None:
        return None
    return column.default.arg({}) if column.default.is_callable else column.default.arg


def _entry(
    uow: UnitOfWork, operation: str, when: str, model: type[Base], row: dict[str, Any]
) -> dict[str, Any]:
    table: Any = model.__table__
    if model.sealed_audit:
        note = uow.current_note
        return sealed_entry(uow, note.action if note else f"{table.fullname}.{operation}")
    return entry(
        uow,
        operation,
        {when: {column.name: shown(column, row[column.name]) for column in table.columns}},
        table=table.fullname,
        object_id=row["id"],
        org_unit_id=row.get("org_unit_id"),
    )
