"""Segments: what each signed head covers, put into the object store where the database's owner cannot reach it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing, suppress
from datetime import timedelta
from io import BytesIO
from tempfile import SpooledTemporaryFile
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Connection, select, text

from gonghui.audit.chain import head_line, lines
from gonghui.audit.seals import AuditHead, AuditProgress
from gonghui.db.database import Database
from gonghui.objects.port import ObjectError, ObjectExists, Readable
from gonghui.objects.store import Objects, ObjectStore
from gonghui.values import clock

_log = structlog.get_logger()
_MEDIA_TYPE = "application/jsonl"
_IN_MEMORY = 1024 * 1024

_LOCK = text("SELECT pg_try_advisory_xact_lock(7215005, hashtext(CAST(:chain AS text)))")
_DUE = text("""
SELECT p.tenant_id FROM core.audit_progress p
WHERE EXISTS (
    SELECT FROM core.audit_head h WHERE h.tenant_id = p.tenant_id AND (p.stored_at IS NULL OR h.at > p.stored_at)
)
ORDER BY p.tenant_id
""")
_STORED = text("UPDATE core.audit_progress SET stored_seq = :seq, stored_at = :at WHERE tenant_id = :chain")


def store_segments(database: Database, objects: Objects, *, locked_for: timedelta) -> int:
    """Put every head that is not stored yet into the object store, and the segment before it; how many heads.

    A chain for which the store fails waits for the next time.
    """
    with database.sealer() as connection:
        chains = connection.scalars(_DUE).all()
    count = 0
    for chain in chains:
        try:
            with database.sealer() as connection:
                count += _store(connection, chain, objects.of_audit(), locked_for)
        except (ObjectError, OSError) as error:
            _log.error("audit_not_stored", tenant=str(chain), error=type(error).__name__)
    return count


def stored_segments(objects: Objects, chain: UUID) -> Iterator[bytes]:
    """The segments of a chain that the object store holds, one after the other, in pieces."""
    store = objects.of_audit()
    for listed in store.list(f"{chain}/segments/"):
        with closing(store.open(listed.name)) as content:
            while piece := content.read(_IN_MEMORY):
                yield piece


def segment_name(chain: UUID, first: int, last: int) -> str:
    """What the segment with these rows is called; the names of a chain stand in the order of its rows."""
    return f"{chain}/segments/{first:012}-{last:012}.jsonl"


def head_name(head: Any) -> str:
    """What a head is called."""
    return f"{head.tenant_id}/heads/{head.at:%Y%m%dT%H%M%S.%f}Z.json"


def _store(connection: Connection, chain: UUID, store: ObjectStore, locked_for: timedelta) -> int:
    if not connection.scalar(_LOCK, {"chain": chain}):
        return 0  # somebody else is at it
    progress: Any = AuditProgress.__table__.c
    seq, at = connection.execute(
        select(progress.stored_seq, progress.stored_at).where(progress.tenant_id == chain)
    ).one()
    until = clock.now() + locked_for if locked_for else None

    def put(name: str, content: Readable, size: int) -> None:
        with suppress(ObjectExists):  # put by a run that ended before it could note so
            store.put(name, content, size=size, media_type=_MEDIA_TYPE, locked_until=until)

    heads = _heads_after(connection, chain, at)
    for head in heads:
        if head.seq > seq:
            with SpooledTemporaryFile(max_size=_IN_MEMORY) as file:
                size = _written(file, lines(connection, chain, after=seq, last=head.seq))
                put(segment_name(chain, seq + 1, head.seq), file, size)
            seq = head.seq
        line = head_line(head)
        put(head_name(head), BytesIO(line), len(line))
        at = head.at
    connection.execute(_STORED, {"chain": chain, "seq": seq, "at": at})
    return len(heads)


def _heads_after(connection: Connection, chain: UUID, at: Any) -> list[Any]:
    head: Any = AuditHead.__table__
    wanted = [head.c.tenant_id == chain, *([head.c.at > at] if at is not None else [])]
    return list(connection.execute(select(head).where(*wanted).order_by(head.c.at, head.c.seq)))


def _written(file: Any, content: Iterable[bytes]) -> int:
    """Write lines into a file to be read from its beginning; how many bytes."""
    size: int = sum(file.write(line) for line in content)
    file.seek(0)
    return size
