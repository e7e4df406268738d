"""Replaying the trail: the tables as the audit says they are."""

from __future__ import annotations

from typing import Any

import orjson
from sqlalchemy import select

from gonghui.audit.entries import AuditEntry, AuditPayload
from gonghui.audit.writing import ERASE, PURGE, SEALED
from gonghui.db.base import Base
from gonghui.db.unit_of_work import UnitOfWork

Tables = dict[str, dict[str, dict[str, Any]]]


def replay(uow: UnitOfWork) -> Tables:
    """Rows by table and id, rebuilt from the entries of the tenant in the order they were written; those
    whose entries are sealed are not told, and of what was erased no more than how it stands since.
    """
    tables: Tables = {}
    entries = uow.session.execute(
        select(AuditEntry.operation, AuditEntry.object_table, AuditEntry.object_id, AuditPayload.content)
        .join(
            AuditPayload,
            (AuditPayload.tenant_id == AuditEntry.tenant_id) & (AuditPayload.entry_id == AuditEntry.id),
        )
        .where(AuditEntry.operation.not_in(("note", SEALED)))
        .order_by(AuditEntry.number)
        .execution_options(yield_per=5_000)
    )
    for operation, table, object_id, content in entries:
        payload, key = orjson.loads(content), str(object_id)
        if operation == PURGE:
            _purge(tables, table or "", payload)
            continue
        rows = tables.setdefault(table or "", {})
        if "with" in payload:  # a bundle: one entry for rows that were made together
            for told in ({"table": table, "id": key, "after": payload["after"]}, *payload["with"]):
                tables.setdefault(told["table"], {})[told["id"]] = _whole(uow, told)
        elif operation in ("insert", ERASE):
            rows[key] = payload["after"]
        elif operation == "update":
            # Where erasure took what came before, an entry still to come tells the row whole.
            rows[key] = {**rows.get(key, {}), **payload["after"]}
        else:
            rows.pop(key, None)
    return tables


def _purge(tables: Tables, table: str, payload: dict[str, Any]) -> None:
    """Take away the rows of a table, or those in which a column begins as the entry says."""
    rows = tables.pop(table, {})
    if "column" in payload:
        column, prefix = payload["column"], payload["prefix"]
        kept = {key: row for key, row in rows.items() if not str(row[column]).startswith(prefix)}
        if kept:
            tables[table] = kept


def _whole(uow: UnitOfWork, told: dict[str, Any]) -> dict[str, Any]:
    """A row of a bundle, which is told without its tenant, its id and what is empty."""
    table = Base.metadata.tables.get(told["table"])  # None where the plugin has been removed
    empty = {column.name: None for column in table.columns} if table is not None else {}
    return {**empty, "tenant_id": str(uow.tenant_id), "id": told["id"], **told["after"]}
