"""Tables of the seal: the chain over the entries, its signed heads, and how far the sealer has come."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from gonghui.db.base import Base, TenantTable, unique


class AuditSeal(Base):
    """An entry's place in the chain of its tenant; `hash` covers the entry and every one before it."""

    __tablename__ = "audit_seal"
    __table_args__ = (unique("entry_id"),)
    # No foreign key: the platform's chain stands here too, and entries are never deleted.
    audited = False  # it is what makes the trail evident

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    entry_id: Mapped[UUID]
    hash: Mapped[bytes] = mapped_column(LargeBinary())


class AuditHead(TenantTable):
    """What the chain of a tenant came to at a moment, signed."""

    __tablename__ = "audit_head"
    __table_args__ = (Index("ix_audit_head_seq", "tenant_id", "seq", "at"),)
    audited = False  # it is what makes the trail evident

    seq: Mapped[int]
    hash: Mapped[bytes] = mapped_column(LargeBinary())
    at: Mapped[datetime]
    public_key: Mapped[bytes] = mapped_column(LargeBinary())
    signature: Mapped[bytes] = mapped_column(LargeBinary())


class AuditProgress(Base):
    """How far the sealer has come with a chain; nothing is lost with it but time."""

    __tablename__ = "audit_progress"
    audited = False  # the sealer's own notes

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    #: Every entry up to this number is sealed, for good.
    floor: Mapped[int]
    #: So is every one up to this number, once the transactions of `holders` have ended and were looked for.
    ceiling: Mapped[int]
    holders: Mapped[list[str]]
    #: Up to which seal, and up to the head of which moment, the object store has everything.
    stored_seq: Mapped[int]
    stored_at: Mapped[datetime | None]
    #: Up to which seal entries have left for each target.
    shipped: Mapped[dict[str, Any]]
