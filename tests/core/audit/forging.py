"""Sealed trails made up for tests, and what a forger would do to them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid5

import orjson

from gonghui.audit.chain import FORMAT, fingerprint, first_hash, head_bytes, head_line, link
from gonghui.audit.signing import SigningKey

CHAIN = UUID("01990000-0000-7000-8000-000000000001")
ROWS, HEADS = 30, (10, 20, 30)
_START = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass
class Trail:
    """A sealed trail before it is written: entries, their values, and the keys that sign the heads."""

    entries: list[dict[str, Any]]
    key: SigningKey
    chain: UUID = CHAIN
    heads: Sequence[int] = HEADS
    first: int = 1

    def hashes(self) -> list[bytes]:
        """The hash of each entry, from the one before the first."""
        found = [first_hash(self.chain)]
        for entry in self.entries:
            found.append(link(found[-1], _bytes(entry)))
        return found

    def lines(self, after: int = 0, last: int = ROWS) -> list[bytes]:
        """The file of the entries after one and up to another: header, entries, heads behind what they name."""
        hashes = self.hashes()
        header = {"format": FORMAT, "tenant": self.chain, "first": after + 1, "previous": hashes[after].hex()}
        lines = [orjson.dumps(header) + b"\n"]
        for seq in range(after + 1, last + 1):
            lines.append(row_line(self.entries[seq - 1], hashes[seq]))
            if seq in self.heads:
                lines.append(self.head(seq))
        return lines

    def head(self, seq: int, key: SigningKey | None = None) -> bytes:
        """A head at an entry, signed by the key of the trail or by another."""
        key, at, reached = key or self.key, _START + timedelta(hours=seq), self.hashes()[seq]
        told = head_bytes(self.chain, seq, reached, at, fingerprint(key.public))
        head = {"tenant_id": self.chain, "seq": seq, "hash": reached, "at": at, "public_key": key.public}
        return head_line(SimpleNamespace(**head, signature=key.sign(told)))


def made_up(key: SigningKey, chain: UUID = CHAIN, rows: int = ROWS) -> Trail:
    """A trail of entries that all differ."""
    entries = []
    for seq in range(1, rows + 1):
        content = f'{{"after":{{"name":"样{seq}"}}}}'
        digest = hashlib.sha256(b"%016d" % seq + content.encode()).hexdigest()
        entry = {"action": "core.person.created", "at": f"{_START}", "digest": digest, "seq": seq}
        entries.append({**entry, "id": str(uuid5(chain, str(seq)))})
    return Trail(entries, key, chain)


def row_line(entry: dict[str, Any], reached: bytes) -> bytes:
    """A line of an export with its values."""
    salt, content = b"%016d" % entry["seq"], f'{{"after":{{"name":"样{entry["seq"]}"}}}}'
    payload = orjson.dumps({"salt": salt.hex(), "content": content})
    return b'{"hash":"%b","entry":%b,"payload":%b}\n' % (reached.hex().encode(), _bytes(entry), payload)


def _bytes(entry: dict[str, Any]) -> bytes:
    return orjson.dumps(entry, option=orjson.OPT_SORT_KEYS)
