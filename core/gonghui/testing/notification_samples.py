"""Things of an account's own that the contract tries operations with: a notification, an address."""

from __future__ import annotations

from uuid import UUID

from gonghui.db.unit_of_work import UnitOfWork
from gonghui.i18n import Text
from gonghui.notifications.contacts import TARGET, add_address, addresses_of, code_digest, remove_address
from gonghui.notifications.inbox import Notice, Notification
from gonghui.notifications.kinds import WAITING


def notification_of(uow: UnitOfWork, account_id: UUID) -> UUID:
    """Something that the account was told."""
    told = Notification(**Notice(account_id, Text("示例")).as_row(WAITING.code))
    uow.add(told)
    uow.session.flush()
    return told.id


def address_of(uow: UnitOfWork, account_id: UUID, code: str = "123456") -> UUID:
    """An address of the account that waits for `code`; those before it go."""
    for row in addresses_of(uow, account_id):
        remove_address(uow, account_id, row.id)
    row, _code = add_address(uow, account_id, TARGET, "wecombot://example-0000-key")
    row.code_hash = code_digest(uow, code)
    uow.session.flush()
    return row.id
