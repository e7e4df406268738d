"""The inbox: what an account is told, newest first, and whether it has been read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, func, select, text, update
from sqlalchemy.orm import Mapped, mapped_column

from gonghui.auth.accounts import Account
from gonghui.db.base import TenantTable, ref
from gonghui.db.unit_of_work import UnitOfWork, unaudited
from gonghui.errors import not_found
from gonghui.i18n import Text, text_as_json, text_from_json
from gonghui.values import clock


class Notification(TenantTable):
    """One thing that one account is told. Kept as a text in no language; ids are in the order of time."""

    __tablename__ = "notification"
    __table_args__ = (
        Index("ix_notification_account", "tenant_id", "account_id", "id"),
        Index("ix_notification_unread", "tenant_id", "account_id", postgresql_where=text("read_at IS NULL")),
        Index("ix_notification_record", "tenant_id", "record_id"),
    )
    #: Tells of what is on record elsewhere, and is put away when it was read.
    audited = False

    account: Mapped[Account] = ref(Account, cascade=True)
    account_id: Mapped[UUID]
    kind: Mapped[str]
    content: Mapped[dict[str, Any]]
    #: The record that it is about, where there is one; its code begins with the plugin's id.
    record_type: Mapped[str | None]
    record_id: Mapped[UUID | None]
    at: Mapped[datetime] = mapped_column(default=clock.now)
    read_at: Mapped[datetime | None]


@dataclass(frozen=True)
class Notice:
    """What an account is told: a sentence without personal data, and the record that it leads to."""

    account_id: UUID
    text: Text
    record_type: str | None = None
    record_id: UUID | None = None

    def as_row(self, kind: str) -> dict[str, Any]:
        """The columns of its notification."""
        return {
            "account_id": self.account_id,
            "kind": kind,
            "content": text_as_json(self.text),
            "record_type": self.record_type,
            "record_id": self.record_id,
        }


_N: Any = Notification.__table__.c


def list_inbox(
    uow: UnitOfWork, account_id: UUID, *, only_unread: bool, before: UUID | None, limit: int
) -> list[dict[str, Any]]:
    """What the account was told, newest first, in the reader's language; `before` is the last of the page before."""
    wanted = [_N.account_id == account_id]
    if only_unread:
        wanted.append(_N.read_at.is_(None))
    if before is not None:
        wanted.append(_N.id < before)
    columns = (_N.id, _N.kind, _N.content, _N.record_type, _N.record_id, _N.at, _N.read_at)
    rows = uow.session.execute(select(*columns).where(*wanted).order_by(_N.id.desc()).limit(limit))
    return [
        {
            **{name: value for name, value in row._mapping.items() if name != "content"},
            "text": str(text_from_json(row.content)),
        }
        for row in rows
    ]


def count_unread(uow: UnitOfWork, account_id: UUID) -> int:
    """How many of an account's notifications nobody has read."""
    wanted = (_N.account_id == account_id, _N.read_at.is_(None))
    return uow.session.scalar(select(func.count()).select_from(Notification).where(*wanted)) or 0


def mark_read(uow: UnitOfWork, account_id: UUID, notification_id: UUID) -> None:
    """Say that the account has read one. Raises `NotFound` for one that is not its own."""
    mine = (Notification.id == notification_id, Notification.account_id == account_id)
    found = uow.session.scalars(select(Notification).where(*mine)).one_or_none()
    if found is None:
        raise not_found()
    found.read_at = found.read_at or clock.now()
    uow.session.flush()


def mark_read_about(uow: UnitOfWork, account_id: UUID, record_id: UUID) -> None:
    """Say that the account has read what it was told about a record."""
    about = (_N.account_id == account_id, _N.record_id == record_id, _N.read_at.is_(None))
    with unaudited(uow) as connection:
        connection.execute(update(Notification).where(*about).values(read_at=clock.now()))


def mark_all_read(uow: UnitOfWork, account_id: UUID) -> None:
    """Say that the account has read everything."""
    unread = update(Notification).where(_N.account_id == account_id, _N.read_at.is_(None))
    with unaudited(uow) as connection:
        connection.execute(unread.values(read_at=clock.now()))
