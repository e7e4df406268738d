"""Tables of the trail: the entry that stays, and the payload that erasure may take away."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import BigInteger, Identity, Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from gonghui.db.base import Base, TenantTable


class AuditEntry(TenantTable):
    """Who did what to which row, when. `digest` is the hash of salt and payload, which stand apart."""

    __tablename__ = "audit_entry"
    __table_args__ = (
        Index("ix_audit_entry_object", "tenant_id", "object_id"),
        Index("ix_audit_entry_number", "tenant_id", "number"),
    )
    #: The trail does not describe itself.
    audited = False

    number: Mapped[int] = mapped_column(BigInteger(), Identity(always=True))
    at: Mapped[datetime]
    actor_kind: Mapped[str]
    account_id: Mapped[UUID | None]
    person_id: Mapped[UUID | None]
    on_behalf_by: Mapped[str | None]
    org_unit_id: Mapped[UUID | None]
    action: Mapped[str]
    operation: Mapped[str]
    object_table: Mapped[str | None]
    object_id: Mapped[UUID | None]
    request_id: Mapped[str]
    digest: Mapped[bytes] = mapped_column(LargeBinary())


class AuditPayload(Base):
    """Values before and after, with the salt that keeps their digest from being guessed."""

    __tablename__ = "audit_payload"
    # No foreign key to the entry: both are written in one statement, entries are never deleted, and a check
    # for each row would be the dearest part of writing them.
    audited = False

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    entry_id: Mapped[UUID] = mapped_column(primary_key=True)
    salt: Mapped[bytes] = mapped_column(LargeBinary())
    #: Exact bytes: jsonb would reorder them and the digest could not be checked.
    content: Mapped[str]


class PlatformEntry(Base):
    """What the platform's operator did, across tenants; a trail of its own."""

    __tablename__ = "platform_entry"
    __table_args__ = (Index("ix_platform_entry_number", "number"),)
    audited = False

    id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger(), Identity(always=True))
    at: Mapped[datetime]
    operator: Mapped[str]
    reason: Mapped[str]
    action: Mapped[str]
    tenant_id: Mapped[UUID | None]
    detail: Mapped[dict[str, Any]]


def canonical(payload: dict[str, Any]) -> bytes:
    """The bytes of a payload that its digest is taken over."""
    return orjson.dumps(payload, option=orjson.OPT_SORT_KEYS)


def digest(salt: bytes, content: bytes) -> bytes:
    """SHA-256 over salt and content."""
    return hashlib.sha256(salt + content).digest()
