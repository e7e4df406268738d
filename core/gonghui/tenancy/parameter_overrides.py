"""Figures that a federation has decided for itself; what was decided stays, and may be withdrawn."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from gonghui.db.base import TenantTable, unique
from gonghui.values import clock


class ParameterOverride(TenantTable):
    """A figure of this federation, from one day on. It comes before every pack as long as it is not withdrawn.

    The application can add and withdraw, and delete nothing. A second figure from the same day, after the first was
    withdrawn, is the next edition: what was decided under either can be told.
    """

    __tablename__ = "parameter_override"
    __table_args__ = (
        unique("code", "effective_from", "edition"),
        Index(
            "uq_parameter_override_live",
            "tenant_id",
            "code",
            "effective_from",
            unique=True,
            postgresql_where=text("withdrawn_at IS NULL"),
        ),
    )

    code: Mapped[str]
    value: Mapped[Any] = mapped_column(JSONB(), nullable=False)
    unit: Mapped[str]
    effective_from: Mapped[date]
    effective_to: Mapped[date | None]
    edition: Mapped[int] = mapped_column(default=1)
    basis: Mapped[str]
    reason: Mapped[str]
    account_id: Mapped[UUID | None]
    decided_by: Mapped[str]
    decided_at: Mapped[datetime] = mapped_column(default=clock.now)
    withdrawn_at: Mapped[datetime | None]
    withdrawn_by: Mapped[str | None]
    withdrawn_for: Mapped[str | None]
