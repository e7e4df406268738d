"""Messages that leave the platform: who is written to about how many matters, and the sending itself."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, select
from sqlalchemy.orm import Mapped, mapped_column

from gonghui.auth.accounts import Account
from gonghui.db.base import TenantTable, ref
from gonghui.db.sensitive import identifying
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.errors import FieldFault, invalid
from gonghui.events.handlers import Event
from gonghui.i18n import Text, _, text_as_json, text_from_json
from gonghui.notifications.contacts import (
    SMS,
    TARGET,
    ContactAddress,
    Reach,
    add_address,
    preference_of,
    reaches,
)
from gonghui.notifications.gateways import check_target, gateways
from gonghui.notifications.kinds import ADDRESS_CODE, NotificationKind
from gonghui.notifications.quiet_hours import earliest
from gonghui.notifications.sending_errors import AddressRefused
from gonghui.parties.persons import Person
from gonghui.tenancy.keys import opened
from gonghui.tenancy.tenants import here
from gonghui.values import clock
from gonghui.values.masks import mask

WAITING = "core.message.waiting"
"""The event of a message that is to go out."""

_MAIL = re.compile(r"[^@\s]+@[^@\s.]+(?:\.[^@\s.]+)+\Z")


class OutgoingMessage(TenantTable):
    """One message to one address. It says nothing that others may not read."""

    __tablename__ = "outgoing_message"
    __table_args__ = (
        CheckConstraint("channel IN ('sms', 'email', 'target')", "channel"),
        Index("ix_outgoing_message_account", "tenant_id", "account_id", "id"),
    )
    #: A log of its own, of what was sent where and when.
    audited = False

    account: Mapped[Account] = ref(Account, cascade=True)
    account_id: Mapped[UUID]
    #: None: the phone of the person behind the account.
    address: Mapped[ContactAddress | None] = ref(ContactAddress, optional=True)
    address_id: Mapped[UUID | None]
    channel: Mapped[str]
    kind: Mapped[str]
    title: Mapped[dict[str, Any]]
    content: Mapped[dict[str, Any]]
    language: Mapped[str]
    made_at: Mapped[datetime] = mapped_column(default=clock.now)
    not_before: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    #: Where it went, masked.
    sent_to: Mapped[str | None] = identifying()
    #: Why it never will be.
    refused: Mapped[str | None]


def compose(uow: UnitOfWork, kind: NotificationKind, matters: Mapping[UUID, int]) -> None:
    """Write to accounts about so many matters each, by every way that they have and want."""
    if kind.outside is None or not matters:
        return
    ways = gateways(is_demo=here(uow).is_demo)
    wanted = [
        reach
        for reach in reaches(uow, list(matters))
        if reach.channel in ways and kind.code not in reach.muted
    ]
    write = _writer(uow, kind)
    _put(
        uow, [write(reach, Text(kind.outside.message, {"n": matters[reach.account_id]})) for reach in wanted]
    )


def send_code(uow: UnitOfWork, address: ContactAddress, code: str, language: str) -> None:
    """Send the code that confirms an address to the address."""
    reach = Reach(address.account_id, address.channel, address.id, language, ())
    outside: Any = ADDRESS_CODE.outside
    _put(uow, [_writer(uow, ADDRESS_CODE)(reach, Text(outside.message, {"code": code}))])


def register_address(uow: UnitOfWork, account_id: UUID, channel: str, address: str) -> ContactAddress:
    """A new address of an account, to which a code was sent. Raises `Invalid`, `Conflict`."""
    if channel not in gateways(is_demo=here(uow).is_demo):
        raise invalid(FieldFault("/channel", "channel_unavailable", _("这里不提供这种通知方式。")))
    if channel == TARGET:
        check_target(address)
    elif not _MAIL.match(address):
        raise invalid(FieldFault("/address", "not_an_address", _("这不是电子邮件地址。")))
    row, code = add_address(uow, account_id, channel, address)
    send_code(uow, row, code, preference_of(uow, account_id).language)
    return row


def send_message(uow: UnitOfWork, event: Event) -> None:
    """Let the message out that an event is about, once; one that is gone, was sent or refused is left alone.

    Raises `SendingFailed` where it may work later. A process that dies between the gateway's answer and the commit
    sends again, with the same key.
    """
    wanted = select(OutgoingMessage).where(OutgoingMessage.id == event.subject_id).with_for_update()
    message = uow.session.scalars(wanted).one_or_none()
    if message is None or message.sent_at is not None or message.refused is not None:
        return
    address = _address(uow, message)
    gateway = gateways(is_demo=here(uow).is_demo).get(message.channel)
    if address is None or gateway is None:
        message.refused = "nowhere to send it"
        return
    title = text_from_json(message.title).translated(message.language)
    text = text_from_json(message.content).translated(message.language)
    try:
        gateway.send(address, title, text, str(message.id))
    except AddressRefused as refused:
        message.refused = str(refused)
    else:
        message.sent_at = clock.now()
        message.sent_to = mask("phone" if message.channel == SMS else "contact", address)
    uow.session.flush()


def messages_sent(uow: UnitOfWork, *, before: UUID | None, limit: int) -> list[dict[str, Any]]:
    """Messages of the whole federation, newest first, with the account's login; `before` ends the page before."""
    message, account = OutgoingMessage.__table__.c, Account.__table__.c
    same = (account.tenant_id == message.tenant_id) & (account.id == message.account_id)
    columns = (message.id, account.login.label("account"), message.channel, message.title, message.content,
               message.made_at, message.not_before, message.sent_at, message.sent_to, message.refused)  # fmt: skip
    found = select(*columns).join(Account.__table__, same).order_by(message.id.desc()).limit(limit)
    rows = uow.session.execute(found.where(message.id < before) if before is not None else found)
    return [_shown(dict(row)) for row in rows.mappings()]


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    text = str(text_from_json(row.pop("content")))
    return {**row, "title": str(text_from_json(row["title"])), "text": text}


def _writer(uow: UnitOfWork, kind: NotificationKind) -> Any:
    now = clock.now()
    not_before = now if kind.urgent else earliest(uow, now)

    def write(reach: Reach, text: Text) -> OutgoingMessage:
        return OutgoingMessage(
            account_id=reach.account_id,
            address_id=reach.address_id,
            channel=reach.channel,
            kind=kind.code,
            title=text_as_json(kind.title),
            content=text_as_json(text),
            language=reach.language,
            not_before=not_before,
        )

    return write


def _put(uow: UnitOfWork, messages: Sequence[OutgoingMessage]) -> None:
    uow.add(*messages)
    uow.session.flush()
    for message in messages:
        uow.publish(WAITING, message, not_before=message.not_before)


def _address(uow: UnitOfWork, message: OutgoingMessage) -> str | None:
    if message.address_id is not None:
        return opened(
            uow, uow.session.get_one(ContactAddress, (uow.tenant_id, message.address_id)), "address"
        )
    if message.channel != SMS:
        return None  # the address was removed meanwhile
    account = uow.session.get_one(Account, (uow.tenant_id, message.account_id))
    person = uow.session.get(Person, (uow.tenant_id, account.person_id)) if account.person_id else None
    return opened(uow, person, "phone") if person is not None else None
