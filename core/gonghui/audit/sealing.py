"""Sealing: entries that were committed get their place in the chain of their tenant, each once, none skipped.

Entries become visible in another order than that of their numbers, because whoever takes a number commits later. So
the sealer takes whatever is there and not sealed, and looks above a *floor* so that it need not look at everything.
The floor rises only where no transaction can still come with an entry below it: whoever could holds a lock on the
table of entries, which it took before the number.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Connection, Row, Select, exists, select, text

from gonghui.audit.chain import PLATFORM, Source, entry_bytes, first_hash, link, source_of
from gonghui.audit.seals import AuditSeal
from gonghui.db.database import Database

_AT_ONCE = 10_000

_LOCK = text("SELECT pg_advisory_xact_lock(7215004, hashtext(CAST(:chain AS text)))")
# The tenants that have entries, by steps through the index; of them those that are not known to be done.
_UNFINISHED = text("""
WITH RECURSIVE tenant AS (
    (SELECT tenant_id FROM core.audit_entry ORDER BY tenant_id LIMIT 1)
    UNION ALL
    SELECT (SELECT e.tenant_id FROM core.audit_entry e WHERE e.tenant_id > t.tenant_id ORDER BY e.tenant_id LIMIT 1)
    FROM tenant t WHERE t.tenant_id IS NOT NULL
)
SELECT t.tenant_id FROM tenant t LEFT JOIN core.audit_progress p ON p.tenant_id = t.tenant_id
WHERE t.tenant_id IS NOT NULL AND (
    p.tenant_id IS NULL OR p.floor < p.ceiling
    OR EXISTS (SELECT FROM core.audit_entry e WHERE e.tenant_id = t.tenant_id AND e.number > p.floor)
)
""")
_STATE = text("""
SELECT coalesce(p.floor, 0) AS floor, coalesce(p.ceiling, 0) AS ceiling, coalesce(s.seq, 0) AS seq, s.hash,
    NOT EXISTS (
        SELECT FROM pg_locks l WHERE l.virtualtransaction IN (SELECT jsonb_array_elements_text(p.holders))
    ) AS is_settled
FROM (SELECT CAST(:chain AS uuid) AS id) c
LEFT JOIN core.audit_progress p ON p.tenant_id = c.id
LEFT JOIN LATERAL (
    SELECT seq, hash FROM core.audit_seal WHERE tenant_id = c.id ORDER BY seq DESC LIMIT 1
) s ON true
""")
_SEAL = text("""
INSERT INTO core.audit_seal (tenant_id, seq, entry_id, hash)
SELECT :chain, :seq + place, entry_id, hash
FROM unnest(CAST(:entries AS uuid[]), CAST(:hashes AS bytea[])) WITH ORDINALITY AS sealed (entry_id, hash, place)
""")
_HOLDERS = text("""
SELECT DISTINCT virtualtransaction FROM pg_locks
WHERE locktype = 'relation' AND relation = CAST(:entries AS regclass) AND mode = 'RowExclusiveLock'
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
""")
_PROGRESS = text("""
INSERT INTO core.audit_progress AS p (tenant_id, floor, ceiling, holders, stored_seq, shipped)
VALUES (:chain, :floor, :ceiling, CAST(:holders AS jsonb), 0, '{}')
ON CONFLICT (tenant_id) DO UPDATE
SET floor = excluded.floor, ceiling = excluded.ceiling, holders = excluded.holders
""")


def seal_all(database: Database) -> int:
    """Seal what is committed and not sealed, of every tenant and of the platform; how many entries that were."""
    with database.sealer() as connection:
        chains = [PLATFORM, *connection.scalars(_UNFINISHED)]
    return sum(seal(database, chain) for chain in chains)


def seal(database: Database, chain: UUID) -> int:
    """Seal what is committed and not sealed of one chain; how many entries that were."""
    count, found = 0, _AT_ONCE
    while found == _AT_ONCE:
        with database.sealer() as connection:
            found = _seal_some(connection, chain, source_of(chain))
        count += found
    return count


def _seal_some(connection: Connection, chain: UUID, source: Source) -> int:
    connection.execute(_LOCK, {"chain": chain})
    # Each statement sees what was committed before it: the order of these is what nothing slips through.
    state = connection.execute(_STATE, {"chain": chain}).one()
    rows = connection.execute(_unsealed(chain, source, state.floor)).all()
    if rows:
        _write(connection, chain, state.seq, state.hash or first_hash(chain), rows, source)
    if state.is_settled:
        holders = connection.scalars(_HOLDERS, {"entries": source.table.fullname}).all() if rows else []
        connection.execute(
            _PROGRESS,
            {
                "chain": chain,
                "floor": state.ceiling,
                "ceiling": max(state.ceiling, rows[-1].number if rows else 0),
                "holders": orjson.dumps(list(holders)).decode(),
            },
        )
    return len(rows)


def _unsealed(chain: UUID, source: Source, floor: int) -> Select[Any]:
    entry: Any = source.table.c
    seal: Any = AuditSeal.__table__.c
    sealed = exists().where(seal.tenant_id == chain, seal.entry_id == entry.id)
    above = (*source.of_chain(chain), entry.number > floor, ~sealed)
    return select(entry.number, *source.selected()).where(*above).order_by(entry.number).limit(_AT_ONCE)


def _write(
    connection: Connection, chain: UUID, seq: int, reached: bytes, rows: Sequence[Row[Any]], source: Source
) -> None:
    hashes = []
    for place, row in enumerate(rows, start=seq + 1):
        reached = link(reached, entry_bytes(place, row, source))
        hashes.append(reached)
    entries = [row.id for row in rows]
    connection.execute(_SEAL, {"chain": chain, "seq": seq, "entries": entries, "hashes": hashes})
