"""Sharing: one record, one account, one permission, until a day; how a guest agency sees one case and no other."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import ColumnElement, Index, or_, select
from sqlalchemy.orm import Mapped, mapped_column

from gonghui.auth.accounts import Account
from gonghui.db.base import TenantTable, ref, unique
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.errors import not_found
from gonghui.records.record import Record
from gonghui.values import clock

if TYPE_CHECKING:
    from gonghui.records.record_types import RecordType


class RecordShare(TenantTable):
    """A permission that an account holds for one record, wherever the record is filed."""

    __tablename__ = "record_share"
    __table_args__ = (
        unique("account_id", "record_id", "permission"),
        Index("ix_record_share_record", "tenant_id", "record_id"),
    )

    account: Mapped[Account] = ref(Account)
    account_id: Mapped[UUID]
    record_type: Mapped[str]
    record_id: Mapped[UUID]
    permission: Mapped[str]
    valid_from: Mapped[date] = mapped_column(default=clock.today)
    valid_to: Mapped[date | None]


def share(
    uow: UnitOfWork,
    kind: RecordType,
    record: Record,
    account_id: UUID,
    permissions: Iterable[str],
    until: date | None = None,
) -> None:
    """Let an account do with this record what `permissions` say, until a day (for good, without one).

    Raises `ValueError` for a permission that the record type does not let be shared, `NotFound` for an account
    that is not there.
    """
    wanted = set(permissions)
    if not wanted <= kind.shareable:
        raise ValueError(f"{kind.code} does not share {', '.join(sorted(wanted - kind.shareable))}")
    if uow.session.scalar(select(Account.id).where(Account.id == account_id)) is None:
        raise not_found()
    known = {row.permission: row for row in _shares(uow, record.id, account_id)}
    for permission in sorted(wanted):
        row = known.get(permission) or RecordShare(
            account_id=account_id,
            record_type=kind.table.fullname,
            record_id=record.id,
            permission=permission,
            valid_from=clock.today(),
        )
        row.valid_to = until
        uow.add(row)
    uow.session.flush()


def unshare(uow: UnitOfWork, record: Record, account_id: UUID) -> None:
    """Take back whatever the account was given for this record."""
    for row in _shares(uow, record.id, account_id):
        uow.session.delete(row)
    uow.session.flush()


def unshare_all(uow: UnitOfWork, record: Record) -> None:
    """Take back whatever anybody was given for this record, as before it is given to somebody else."""
    for row in uow.session.scalars(select(RecordShare).where(RecordShare.record_id == record.id)):
        uow.session.delete(row)
    uow.session.flush()


def shared_with(account_id: UUID, permission: str) -> ColumnElement[UUID]:
    """Ids of the records for which an account holds a permission today."""
    row, today = RecordShare.__table__.c, clock.today()
    return select(row.record_id).where(  # type: ignore[return-value]
        row.account_id == account_id,
        row.permission == permission,
        row.valid_from <= today,
        or_(row.valid_to.is_(None), row.valid_to >= today),
    )


def sharers(uow: UnitOfWork, record: Record, permission: str) -> set[UUID]:
    """Accounts that were given a permission for this record, as of today."""
    row, today = RecordShare, clock.today()
    valid = (row.valid_from <= today) & (row.valid_to.is_(None) | (row.valid_to >= today))
    given = select(row.account_id).where(row.record_id == record.id, row.permission == permission, valid)
    return set(uow.session.scalars(given))


def _shares(uow: UnitOfWork, record_id: UUID, account_id: UUID) -> list[RecordShare]:
    mine = (RecordShare.record_id == record_id, RecordShare.account_id == account_id)
    return list(uow.session.scalars(select(RecordShare).where(*mine)))
