"""Bulk writing: the one door for statements over many rows, which writes their audit in the same batch."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Table,
    Uuid,
    any_,
    delete,
    insert,
    literal,
    select,
    text,
    update,
)
from sqlalchemy.sql.functions import FunctionElement

from gonghui.audit.recorder import shown
from gonghui.audit.writing import ERASE, PURGE, entry, sealed_entry, write
from gonghui.db.base import Base, parts_of
from gonghui.db.sensitive import seal_values, sealed_columns
from gonghui.db.unit_of_work import UnitOfWork, unaudited
from gonghui.db.writers import refuse_strange
from gonghui.tenancy.keys import keyring
from gonghui.tenancy.org_tree import EdgeCause, OrgEdge, OrgUnit, first_edge
from gonghui.values.ids import new_id


def insert_many(uow: UnitOfWork, model: type[Base], rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Insert `rows` (by column name) in one statement batch, with an audit entry for each.

    Ids, the tenant and column defaults are filled in, plain texts of sensitive columns sealed; the completed rows are
    given back.
    """
    if not rows:
        return []
    refuse_strange(uow, model)
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
    if model is OrgUnit:  # as the session does for a unit that is added to it
        insert_many(uow, OrgEdge, [first_edge(row, EdgeCause.FOUNDED) for row in complete])
    return complete


def update_many(
    uow: UnitOfWork, model: type[Base], wanted: ColumnElement[bool], values: Mapping[str, Any]
) -> int:
    """Give the rows that `wanted` names `values` (or SQL expressions), each with an audit entry; how many there were.

    For tables without versions and sealed columns: a record changes one by one. Raises `TypeError` for another.
    """
    refuse_strange(uow, model)
    table: Any = model.__table__
    if "version" in table.columns or sealed_columns(table):
        raise TypeError(f"rows of {table.fullname} change through the session")
    uow.session.flush()
    columns = [table.c[name] for name in values]
    kept = [table.c.id, *([table.c.org_unit_id] if "org_unit_id" in table.c else [])]
    with unaudited(uow) as connection:
        held = connection.execute(select(table.c.id, *columns).where(wanted).with_for_update()).all()
        before = {row[0]: row[1:] for row in held}
        these = table.c.id == any_(literal(list(before), ARRAY(Uuid())))
        done = connection.execute(
            update(table).where(these).values(**values).returning(*kept, *columns)
        ).all()
        after = {row[0]: row for row in done}
        if model.audited:
            write(uow, connection, (_change(uow, model, columns, before[key], after[key]) for key in before))
    _forget(uow, model)
    return len(before)


def delete_many(uow: UnitOfWork, model: type[Base], wanted: ColumnElement[bool]) -> int:
    """Delete the rows that `wanted` names, with an audit entry for each; how many there were. Their parts go first."""
    refuse_strange(uow, model)
    uow.session.flush()
    table: Any = model.__table__
    for part, column in parts_of(table):
        delete_many(uow, part, column.in_(select(table.c.id).where(wanted)))
    with unaudited(uow) as connection:
        # Gone rows come back with the statement that deletes them, so that the trail cannot miss one.
        gone = connection.execute(delete(table).where(wanted).returning(*table.columns)).mappings().all()
        if model.audited:
            write(uow, connection, (_entry(uow, "delete", "before", model, dict(row)) for row in gone))
    return len(gone)


def purge_many(
    uow: UnitOfWork,
    table: Table,
    wanted: ColumnElement[bool],
    told: Mapping[str, Any] | None = None,
    *,
    by: FunctionElement[int] | None = None,
) -> int:
    """Delete the rows that `wanted` names, with one audit entry for all of them; how many there were.

    The entry holds their number and what `told` says of which they were, and no value: for rows that are to leave no
    trace. Nothing goes along with them, and the statement may take as long as it needs. `by` is a function of the
    database that deletes them and counts, where the application itself may not.
    """
    uow.session.flush()
    with unaudited(uow) as connection:
        connection.execute(text("SET LOCAL statement_timeout = 0"))
        if by is None:
            gone = connection.execute(delete(table).where(wanted)).rowcount
        else:
            gone = connection.scalar(select(by)) or 0
        if gone:
            payload = {"rows": gone, **(told or {})}
            write(uow, connection, [entry(uow, PURGE, payload, table=table.fullname)])
    for row in list(uow.session.identity_map.values()):
        if getattr(row, "__table__", None) is table:
            uow.session.expunge(row)
    return gone


def erase_many(uow: UnitOfWork, model: type[Base], ids: Collection[UUID], values: Mapping[str, Any]) -> int:
    """Give rows `values` (or SQL expressions) for what they held of somebody; how many there were.

    The trail tells them anew as they stand then, without what they held before; payloads of earlier entries go by
    `audit/erasing.py`.
    """
    table: Any = model.__table__
    uow.session.flush()
    more = {"version": table.c.version + 1} if "version" in table.c else {}
    with unaudited(uow) as connection:
        these = table.c.id == any_(literal(list(ids), ARRAY(Uuid())))
        done = connection.execute(update(table).where(these).values(**values, **more)).rowcount
    _forget(uow, model)
    tell_anew(uow, model, ids)
    return done


def tell_anew(uow: UnitOfWork, model: type[Base], ids: Collection[UUID]) -> None:
    """Let the trail tell rows whole, as they stand: what earlier entries told of them is erased, or about to be."""
    if not model.audited:
        return
    table: Any = model.__table__
    uow.session.flush()
    these = table.c.id == any_(literal(list(ids), ARRAY(Uuid())))
    with unaudited(uow) as connection:
        rows = connection.execute(select(table).where(these).order_by(table.c.id)).mappings().all()
        write(uow, connection, (_entry(uow, ERASE, "after", model, dict(row)) for row in rows))


def _forget(uow: UnitOfWork, model: type[Base]) -> None:
    """Let rows of a table that the session has at hand be read anew."""
    for row in list(uow.session.identity_map.values()):
        if isinstance(row, model):
            uow.session.expire(row)


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


def _change(
    uow: UnitOfWork, model: type[Base], columns: Sequence[Any], before: Sequence[Any], after: Any
) -> dict[str, Any]:
    table: Any = model.__table__
    if model.sealed_audit:
        return _sealed(uow, table, "update")
    now = [after._mapping[column] for column in columns]
    told = {
        when: {c.name: shown(c, value) for c, value in zip(columns, row, strict=True)}
        for when, row in (("before", before), ("after", now))
    }
    unit = after._mapping.get(table.c.org_unit_id) if "org_unit_id" in table.c else None
    return entry(uow, "update", told, table=table.fullname, object_id=after[0], org_unit_id=unit)


def _entry(
    uow: UnitOfWork, operation: str, when: str, model: type[Base], row: dict[str, Any]
) -> dict[str, Any]:
    table: Any = model.__table__
    if model.sealed_audit:
        return _sealed(uow, table, operation)
    return entry(
        uow,
        operation,
        {when: {column.name: shown(column, row[column.name]) for column in table.columns}},
        table=table.fullname,
        object_id=row["id"],
        org_unit_id=row.get("org_unit_id"),
    )


def _sealed(uow: UnitOfWork, table: Any, operation: str) -> dict[str, Any]:
    note = uow.current_note
    return sealed_entry(uow, note.action if note else f"{table.fullname}.{operation}")
