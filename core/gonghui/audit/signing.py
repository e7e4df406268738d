"""Signing: the key of an installation, and the heads that say by it how far each chain has come."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from sqlalchemy import Connection, insert, text

from gonghui.audit.chain import fingerprint, head_bytes
from gonghui.audit.seals import AuditHead
from gonghui.db.database import Database
from gonghui.secret_files import kept_secret
from gonghui.settings import Settings
from gonghui.values import clock
from gonghui.values.ids import new_id

# The last seal of each chain, the head that our key signed last, and what the chain says now where that head stands.
_DUE = text("""
SELECT p.tenant_id, s.seq, s.hash, h.seq AS head_seq, h.hash AS head_hash, h.at, h.public_key, h.signature,
    (SELECT hash FROM core.audit_seal WHERE tenant_id = p.tenant_id AND seq = h.seq) AS now_hash
FROM core.audit_progress p
JOIN LATERAL (SELECT seq, hash FROM core.audit_seal WHERE tenant_id = p.tenant_id ORDER BY seq DESC LIMIT 1) s ON true
LEFT JOIN LATERAL (
    SELECT seq, hash, at, public_key, signature FROM core.audit_head
    WHERE tenant_id = p.tenant_id AND public_key = :key
    ORDER BY seq DESC, at DESC LIMIT 1
) h ON true
WHERE (h.at IS NULL OR h.at <= :due) AND (CAST(:chain AS uuid) IS NULL OR p.tenant_id = :chain)
ORDER BY p.tenant_id
""")


class SigningKey:
    """The key of an installation; whoever holds its file can sign any chain, so it stands apart from the database."""

    def __init__(self, private: Ed25519PrivateKey) -> None:
        self._private = private
        self.public = private.public_key().public_bytes_raw()

    @classmethod
    def read(cls, pem: str) -> SigningKey:
        """The key in the text of a file. Raises `ValueError` for another kind of key."""
        private = serialization.load_pem_private_key(pem.encode(), password=None)
        if not isinstance(private, Ed25519PrivateKey):
            raise ValueError("heads are signed by an Ed25519 key")
        return cls(private)

    @classmethod
    def generate(cls) -> SigningKey:
        """A new key, kept nowhere."""
        return cls(Ed25519PrivateKey.generate())

    @property
    def fingerprint(self) -> str:
        """What those who verify are told beforehand, by another way."""
        return fingerprint(self.public)

    def sign(self, told: bytes) -> bytes:
        """A signature over a head."""
        return self._private.sign(told)


def signing_key(settings: Settings) -> SigningKey:
    """The key of this installation. Raises `OSError` where the settings name a file that is not there."""
    if settings.audit_key is not None:
        return SigningKey.read(settings.audit_key.read_text())
    return SigningKey.read(kept_secret(settings.var, "audit-key.pem", _new_pem))


def sign_heads(
    database: Database, key: SigningKey, *, older_than: timedelta = timedelta(0), chain: UUID | None = None
) -> tuple[int, list[UUID]]:
    """Sign a head for each chain (or for one) whose last head is so old, whether or not anything happened since.

    Gives how many were signed, and the chains that no longer fit their own last head: those are not signed, because
    a new head would vouch for what somebody rewrote.
    """
    now = clock.now()
    with database.sealer() as connection:
        due = connection.execute(_DUE, {"due": now - older_than, "chain": chain, "key": key.public}).all()
        broken = [row.tenant_id for row in due if not _fits(row)]
        heads = [_head(key, row, now) for row in due if row.tenant_id not in broken]
        _write(connection, heads)
    return len(heads), broken


def _fits(row: Any) -> bool:
    """Whether the chain still leads through the head that we signed last, and that one is as we signed it."""
    if row.at is None:
        return True
    told = head_bytes(row.tenant_id, row.head_seq, row.head_hash, row.at, fingerprint(row.public_key))
    try:
        Ed25519PublicKey.from_public_bytes(row.public_key).verify(row.signature, told)
    except InvalidSignature:
        return False
    return bool(row.now_hash == row.head_hash)


def _head(key: SigningKey, row: Any, at: Any) -> dict[str, Any]:
    told = head_bytes(row.tenant_id, row.seq, row.hash, at, key.fingerprint)
    return {
        "tenant_id": row.tenant_id,
        "id": new_id(),
        "seq": row.seq,
        "hash": row.hash,
        "at": at,
        "public_key": key.public,
        "signature": key.sign(told),
    }


def _write(connection: Connection, heads: list[dict[str, Any]]) -> None:
    if heads:
        connection.execute(insert(AuditHead.__table__), heads)  # type: ignore[arg-type]


def _new_pem() -> str:
    return (
        Ed25519PrivateKey.generate()
        .private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        .decode()
    )
