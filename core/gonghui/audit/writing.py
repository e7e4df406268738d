"""Writing the trail: any number of entries with their payloads in one statement."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any
from uuid import UUID, uuid4

import orjson
from sqlalchemy import Connection, text

from gonghui.audit.entries import canonical, digest
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.values import clock
from gonghui.values.ids import new_id

_AT_ONCE = 2_000
SEALED = "sealed"
"""The operation, and the kind of actor, of an entry that tells neither."""
PURGE = "purge"
"""The operation of an entry that tells of many rows of a table that they are gone, and not what they held."""
ERASE = "erase"
"""The operation of an entry that tells a row whole, after earlier ones lost their payload."""

# One statement for all rows: thirteen rows one by one cost a founding more than all its other writing.
# `number` is given in the order of `position`, which is the order in which things were done.
_WRITE = text("""
WITH done AS (
    SELECT * FROM json_to_recordset(CAST(:entries AS json)) AS entry (
        position int, id uuid, at timestamptz, actor_kind text, account_id uuid, person_id uuid, on_behalf_by text,
        org_unit_id uuid, action text, operation text, object_table text, object_id uuid, request_id text,
        digest text, salt text, content text)
), written AS (
    INSERT INTO core.audit_entry (tenant_id, id, at, actor_kind, account_id, person_id, on_behalf_by, org_unit_id,
        action, operation, object_table, object_id, request_id, digest)
    SELECT :tenant_id, id, at, actor_kind, account_id, person_id, on_behalf_by, org_unit_id,
        action, operation, object_table, object_id, request_id, decode(digest, 'hex')
    FROM done ORDER BY position
)
INSERT INTO core.audit_payload (tenant_id, entry_id, salt, content)
SELECT :tenant_id, id, decode(salt, 'hex'), content FROM done
""")


def entry(
    uow: UnitOfWork,
    operation: str,
    payload: dict[str, Any],
    *,
    table: str | None = None,
    object_id: UUID | None = None,
    org_unit_id: UUID | None = None,
    action: str | None = None,
) -> dict[str, Any]:
    """One entry with its payload, salted and digested, not yet written."""
    principal, note = uow.principal, uow.current_note
    salt, content = os.urandom(16), canonical(payload)
    return {
        "id": new_id(),
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
        "digest": digest(salt, content).hex(),
        "salt": salt.hex(),
        "content": content.decode(),
    }


def sealed_entry(uow: UnitOfWork, action: str) -> dict[str, Any]:
    """An entry of what nobody is to be traced by: the act and the hour, without actor, object and request.

    Its id is random, because ours tell the moment at which they were made.
    """
    hour = clock.now().replace(minute=0, second=0, microsecond=0)
    nobody = dict.fromkeys(
        ("account_id", "person_id", "on_behalf_by", "org_unit_id", "object_table", "object_id")
    )
    made = entry(uow, SEALED, {}, action=action)
    return {**made, **nobody, "id": uuid4(), "at": hour, "actor_kind": SEALED, "request_id": ""}


def write(uow: UnitOfWork, connection: Connection, entries: Iterable[dict[str, Any]]) -> None:
    """Write entries in their order; a note that they carry needs no entry of its own."""
    rows = [{"position": position, **row} for position, row in enumerate(entries)]
    for start in range(0, len(rows), _AT_ONCE):
        batch = orjson.dumps(rows[start : start + _AT_ONCE]).decode()
        connection.execute(_WRITE, {"tenant_id": uow.tenant_id, "entries": batch})
    current = uow.current_note
    if rows and current is not None and not current.detail and current in uow.pending_notes:
        uow.pending_notes.remove(current)
