"""The chain: which bytes of an entry are hashed, and what a file of the sealed trail consists of.

`verify.py` reads what is written here, and shares no code with it: whoever verifies trusts that one file alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Connection, Row, Select, Table, and_, select
from sqlalchemy.orm import Session

from gonghui.audit.entries import AuditEntry, AuditPayload, PlatformEntry, canonical
from gonghui.audit.seals import AuditHead, AuditSeal

FORMAT = "gonghui-audit-1"
PLATFORM = UUID(int=0)
"""The chain of the platform's own actions, which belong to no tenant."""
_AT_ONCE = 5_000

# Named one by one: the hashes of all times cover these, so a further column needs a further format.
_OF_TENANT = (
    "id", "at", "actor_kind", "account_id", "person_id", "on_behalf_by", "org_unit_id", "action", "operation",
    "object_table", "object_id", "request_id", "digest",
)  # fmt: skip
_OF_PLATFORM = ("id", "at", "operator", "reason", "action", "tenant_id", "detail")


@dataclass(frozen=True)
class Source:
    """Where the entries of a chain stand."""

    table: Table
    columns: tuple[str, ...]

    def selected(self) -> list[Any]:
        """The columns that are told and hashed."""
        return [self.table.c[name] for name in self.columns]

    def of_chain(self, chain: UUID) -> list[Any]:
        """The conditions under which an entry belongs to the chain."""
        return [self.table.c.tenant_id == chain] if chain != PLATFORM else []


def source_of(chain: UUID) -> Source:
    """The entries of a tenant, or of the platform."""
    if chain == PLATFORM:
        return Source(PlatformEntry.__table__, _OF_PLATFORM)  # type: ignore[arg-type]
    return Source(AuditEntry.__table__, _OF_TENANT)  # type: ignore[arg-type]


def first_hash(chain: UUID) -> bytes:
    """What the first entry of a chain is linked to, so that no chain can stand in for another."""
    return hashlib.sha256(f"{FORMAT} {chain}".encode()).digest()


def link(before: bytes, entry: bytes) -> bytes:
    """The hash of an entry in the chain."""
    return hashlib.sha256(before + entry).digest()


def entry_bytes(seq: int, row: Row[Any], source: Source) -> bytes:
    """An entry as it is hashed: JSON with sorted keys, without spaces."""
    return orjson.dumps(told_of(seq, row, source), option=orjson.OPT_SORT_KEYS)


def told_of(seq: int, row: Row[Any], source: Source) -> dict[str, Any]:
    """What the chain tells of an entry; the values before and after are in it by their digest."""
    told = {name: getattr(row, name) for name in source.columns}
    told["at"] = told["at"].astimezone(UTC)
    if "detail" in told:  # the platform's own have no payload apart
        told["digest"] = hashlib.sha256(canonical(told.pop("detail"))).digest()
    told["digest"] = told["digest"].hex()
    return {"seq": seq, **told}


def head_bytes(chain: UUID, seq: int, reached: bytes, at: datetime, key: str) -> bytes:
    """A head as it is signed and told; `key` is the fingerprint of the key."""
    told = {"tenant": chain, "seq": seq, "hash": reached.hex(), "at": at.astimezone(UTC), "key": key}
    return orjson.dumps(told, option=orjson.OPT_SORT_KEYS)


def fingerprint(public_key: bytes) -> str:
    """By what name a key is known to those who verify."""
    return hashlib.sha256(public_key).hexdigest()


def lines(
    reader: Session | Connection, chain: UUID, *, after: int = 0, last: int, with_values: bool = False
) -> Iterator[bytes]:
    """The lines of the sealed entries after one seal and up to another, each head behind the entry it names."""
    yield _header(reader, chain, after)
    source, at = source_of(chain), after
    while at < last:
        upto = min(at + _AT_ONCE, last)
        heads = list(reader.execute(_heads(chain, at, upto)))
        for row in reader.execute(_sealed(chain, source, at, upto, with_values)):
            while heads and heads[0].seq < row.seq:
                yield head_line(heads.pop(0))
            yield _entry_line(row, source, with_values)
        yield from map(head_line, heads)
        at = upto


def sealed_rows(
    reader: Session | Connection, chain: UUID, *, after: int, last: int
) -> Iterator[tuple[dict[str, Any], bytes]]:
    """What the chain tells of its entries after one seal and up to another, each with its hash."""
    source = source_of(chain)
    for row in reader.execute(_sealed(chain, source, after, last, False)):
        yield told_of(row.seq, row, source), row.hash


def head_line(head: Any) -> bytes:
    """A head with its signature."""
    told = head_bytes(head.tenant_id, head.seq, head.hash, head.at, fingerprint(head.public_key))
    key, signature = head.public_key.hex().encode(), head.signature.hex().encode()
    return b'{"head":%b,"public_key":"%b","signature":"%b"}\n' % (told, key, signature)


def latest_head(reader: Session | Connection, chain: UUID) -> Any:
    """The head that was signed last, or None."""
    head: Any = AuditHead.__table__
    newest = (
        select(head).where(head.c.tenant_id == chain).order_by(head.c.seq.desc(), head.c.at.desc()).limit(1)
    )
    return reader.execute(newest).one_or_none()


def _header(reader: Session | Connection, chain: UUID, after: int) -> bytes:
    seal: Any = AuditSeal.__table__
    previous = first_hash(chain)
    if after:
        before = select(seal.c.hash).where(seal.c.tenant_id == chain, seal.c.seq == after)
        previous = reader.execute(before).scalar_one()
    told = {"format": FORMAT, "tenant": chain, "first": after + 1, "previous": previous.hex()}
    return orjson.dumps(told) + b"\n"


def _heads(chain: UUID, after: int, last: int) -> Select[Any]:
    head: Any = AuditHead.__table__
    between = (head.c.tenant_id == chain, head.c.seq > after, head.c.seq <= last)
    return select(head).where(*between).order_by(head.c.seq, head.c.at)


def _sealed(chain: UUID, source: Source, after: int, last: int, with_values: bool) -> Select[Any]:
    seal: Any = AuditSeal.__table__
    entries = source.table
    found = select(seal.c.seq, seal.c.hash, *source.selected()).join(
        entries, and_(entries.c.id == seal.c.entry_id, *source.of_chain(chain))
    )
    if with_values and chain != PLATFORM:
        payload: Any = AuditPayload.__table__
        same = and_(payload.c.tenant_id == seal.c.tenant_id, payload.c.entry_id == seal.c.entry_id)
        found = found.add_columns(payload.c.salt, payload.c.content).outerjoin(payload, same)
    between = (seal.c.tenant_id == chain, seal.c.seq > after, seal.c.seq <= last)
    return found.where(*between).order_by(seal.c.seq)


def _entry_line(row: Row[Any], source: Source, with_values: bool) -> bytes:
    # In this order and without spaces: `verify.py` cuts the entry out of the line and hashes it as it stands.
    entry = entry_bytes(row.seq, row, source)
    return b'{"hash":"%b","entry":%b,"payload":%b}\n' % (
        row.hash.hex().encode(),
        entry,
        _values(row, with_values),
    )


def _values(row: Row[Any], with_values: bool) -> bytes:
    if not with_values:
        return b"null"
    if "detail" in row._mapping:
        return orjson.dumps({"salt": "", "content": canonical(row.detail).decode()})
    return orjson.dumps({"salt": row.salt.hex(), "content": row.content}) if row.salt is not None else b"null"
