"""Idempotency keys: what an account has asked under a key, and the answer that it got."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from gonghui.db.base import TenantTable, unique
from gonghui.values import clock


class IdempotencyKey(TenantTable):
    """A key that an account has used, with the answer that it got."""

    __tablename__ = "idempotency_key"
    __table_args__ = (unique("account_id", "key"),)
    #: A memory of answers; what they did is audited where it was done.
    audited = False

    account_id: Mapped[UUID]
    key: Mapped[str]
    #: What was asked, so that an answer goes with the plugin that gave it; none before these were kept.
    path: Mapped[str | None]
    request_hash: Mapped[str]
    used_at: Mapped[datetime] = mapped_column(default=clock.now)
    status: Mapped[int | None]
    headers: Mapped[dict[str, Any] | None]
    body: Mapped[bytes | None] = mapped_column(LargeBinary())
