"""Replaying the trail: the tables as the audit says they are."""

from __future__ import annotations

from typing import Any

import orjson
from sqlalchemy import select

from gonghui.audit.entries import AuditEntry, AuditPayload
from gonghui.audit.writing import SEALED
from gonghui.db.unit_of_work import UnitOfWork

Tables = dict[str, dict[str, dict[str, Any]]]


def replay(uow: UnitOfWork) -> Tables:
    """Rows by table and id, rebuilt from the entries of the tenant in the order they were written; those
    whose entries are sealed are not told.
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
        rows, payload, key = tables.setdefault(table or "", {}), orjson.loads(content), str(object_id)
        if operation == "insert":
            rows[key] = payload["after"]
            for other in payload.get("with", ()):  # a bundle: one entry for rows that were made together
                tables.setdefault(other["table"], {})[other["id"]] = other["after"]
        elif operation == "update":
            rows[key] = {**rows[key], **payload["after"]}
        else:
            del rows[key]
    return tables
