"""Contacts: where an account can be reached outside the platform, confirmed by itself, and what it does not want."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Collection
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, func, select
from sqlalchemy.orm import Mapped, mapped_column

from gonghui.auth.accounts import Account
from gonghui.db.base import TenantTable, ref, unique
from gonghui.db.sensitive import Sensitive, sensitive
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.errors import Conflict, FieldFault, invalid, not_found
from gonghui.i18n import DEFAULT_LOCALE, _
from gonghui.parties.persons import Person
from gonghui.values import clock

SMS, EMAIL, TARGET = "sms", "email", "target"
MOST_ADDRESSES = 5
CODE_LIFE = timedelta(minutes=30)
MOST_ATTEMPTS = 5


class ContactAddress(TenantTable):
    """A mailbox or a group chat of an account; used once the code that was sent there has come back."""

    __tablename__ = "contact_address"
    __table_args__ = (
        CheckConstraint("channel IN ('email', 'target')", "channel"),
        Index("ix_contact_address_account", "tenant_id", "account_id"),
    )

    account: Mapped[Account] = ref(Account)
    account_id: Mapped[UUID]
    channel: Mapped[str]
    address: Mapped[Sensitive] = sensitive("contact")
    code_hash: Mapped[str] = mapped_column(info={"redacted": True})
    code_expires_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    confirmed_at: Mapped[datetime | None]


class ContactPreference(TenantTable):
    """In which language an account is written to, and about which kinds of things it is not."""

    __tablename__ = "contact_preference"
    __table_args__ = (unique("account_id"), CheckConstraint("language IN ('zh', 'en')", "language"))

    account: Mapped[Account] = ref(Account)
    account_id: Mapped[UUID]
    language: Mapped[str] = mapped_column(default=DEFAULT_LOCALE)
    muted: Mapped[list[str]] = mapped_column(default=list)


class Reach(NamedTuple):
    """One way to an account: by the phone of the person behind it, or by an address of its own."""

    account_id: UUID
    channel: str
    address_id: UUID | None
    language: str
    muted: Collection[str]


def reaches(uow: UnitOfWork, account_ids: Collection[UUID]) -> list[Reach]:
    """Every way to these accounts, in two statements; accounts that were closed have none."""
    account, person = Account.__table__.c, Person.__table__.c
    preference, address = ContactPreference.__table__.c, ContactAddress.__table__.c
    same_person = (person.tenant_id == account.tenant_id) & (person.id == account.person_id)
    found = uow.session.execute(
        select(
            account.id, person.phone.is_not(None).label("has_phone"), preference.language, preference.muted
        )
        .outerjoin(Person.__table__, same_person)
        .outerjoin(
            ContactPreference.__table__,
            (preference.tenant_id == account.tenant_id) & (preference.account_id == account.id),
        )
        .where(account.id.in_(account_ids), account.disabled_at.is_(None))
    ).all()
    wishes = {row.id: (row.language or DEFAULT_LOCALE, row.muted or ()) for row in found}
    ways = [Reach(row.id, SMS, None, *wishes[row.id]) for row in found if row.has_phone]
    confirmed = select(address.account_id, address.channel, address.id).where(
        address.account_id.in_(list(wishes)), address.confirmed_at.is_not(None)
    )
    return [*ways, *(Reach(*row, *wishes[row.account_id]) for row in uow.session.execute(confirmed))]


def addresses_of(uow: UnitOfWork, account_id: UUID) -> list[ContactAddress]:
    """The addresses of an account, the oldest first."""
    mine = select(ContactAddress).where(ContactAddress.account_id == account_id)
    return list(uow.session.scalars(mine.order_by(ContactAddress.id)))


def add_address(uow: UnitOfWork, account_id: UUID, channel: str, address: str) -> tuple[ContactAddress, str]:
    """A new address, and the code that is to be sent there. Raises `Conflict` where there are enough."""
    held = uow.session.scalar(
        select(func.count()).select_from(ContactAddress).where(ContactAddress.account_id == account_id)
    )
    if (held or 0) >= MOST_ADDRESSES:
        raise Conflict("too_many_addresses", _("最多登记 {n} 个地址。先删除不用的。", n=MOST_ADDRESSES))
    uow.note("core.address.added")
    code = f"{secrets.randbelow(1_000_000):06}"
    row = ContactAddress(
        account_id=account_id,
        channel=channel,
        address=address,
        code_hash=code_digest(uow, code),
        code_expires_at=clock.now() + CODE_LIFE,
    )
    uow.add(row)
    uow.session.flush()
    return row, code


def confirm_address(uow: UnitOfWork, account_id: UUID, address_id: UUID, code: str) -> ContactAddress:
    """Take an address into use with the code that was sent there.

    Raises `NotFound`, `Conflict` once the code has expired or was tried too often, `Invalid` for a wrong one, of which
    note is kept.
    """
    row = _own(uow, account_id, address_id, lock=True)
    if row.confirmed_at is not None:
        return row
    if row.code_expires_at < clock.now() or row.attempts >= MOST_ATTEMPTS:
        raise Conflict("code_expired", _("验证码已失效。删除这个地址后重新登记。"))
    if not hmac.compare_digest(row.code_hash, code_digest(uow, code)):
        uow.note("core.address.code_refused")
        row.attempts += 1
        uow.commit()  # the attempt counts, though the request is refused
        raise invalid(FieldFault("/code", "code_wrong", _("验证码不对。")))
    uow.note("core.address.confirmed")
    row.confirmed_at = clock.now()
    uow.session.flush()
    return row


def remove_address(uow: UnitOfWork, account_id: UUID, address_id: UUID) -> None:
    """Forget an address. Raises `NotFound`."""
    row = _own(uow, account_id, address_id)
    uow.note("core.address.removed")
    uow.session.delete(row)
    uow.session.flush()


def preference_of(uow: UnitOfWork, account_id: UUID) -> ContactPreference:
    """What an account wants; as it is by default where it never said, not yet in the database then."""
    mine = select(ContactPreference).where(ContactPreference.account_id == account_id)
    found = uow.session.scalars(mine).one_or_none()
    return found or ContactPreference(account_id=account_id, language=DEFAULT_LOCALE, muted=[])


def prefer(
    uow: UnitOfWork, account_id: UUID, language: str, muted: Collection[str], *, known: Collection[str]
) -> ContactPreference:
    """Set what an account wants. Raises `Invalid` for kinds that are not among those `known` here."""
    unknown = sorted(set(muted) - set(known))
    if unknown:
        message = _("没有这样的通知：{unknown}。现有：{known}。", unknown=unknown, known=sorted(known))
        raise invalid(FieldFault("/muted", "unknown_kind", message))
    uow.note("core.contact_preference.changed")
    row = preference_of(uow, account_id)
    row.language, row.muted = language, sorted(set(muted))
    uow.add(row)
    uow.session.flush()
    return row


def _own(uow: UnitOfWork, account_id: UUID, address_id: UUID, *, lock: bool = False) -> ContactAddress:
    mine: Any = select(ContactAddress).where(
        ContactAddress.id == address_id, ContactAddress.account_id == account_id
    )
    found: ContactAddress | None = uow.session.scalars(mine.with_for_update() if lock else mine).one_or_none()
    if found is None:
        raise not_found()
    return found


def code_digest(uow: UnitOfWork, code: str) -> str:
    """Of a code that lives for half an hour and may be tried five times."""
    return sha256(f"{uow.tenant_id}/{code}".encode()).hexdigest()
