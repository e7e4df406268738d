"""Messages go out once, to the phone behind an account or to its own address, and say nothing of the matter."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from sqlalchemy import select

from gonghui.auth.accounts import account_by_id
from gonghui.events.handlers import Event
from gonghui.events.outbox import OutboxEvent
from gonghui.i18n import Text
from gonghui.notifications import messages
from gonghui.notifications.gateways import Gateway
from gonghui.notifications.inbox import Notice
from gonghui.notifications.kinds import OVERDUE, WAITING
from gonghui.notifications.messages import OutgoingMessage, send_message
from gonghui.notifications.notify import notify
from gonghui.notifications.sending_errors import SendingFailed
from gonghui.notifications.sms_gateway import SmsGateway
from gonghui.parties.persons import Person
from gonghui.testing import Federation, World
from gonghui.values.ids import new_id

PHONE = "19900000000"


@pytest.fixture
def federation(world: World) -> Federation:
    """A federation whose officer of the east has a telephone."""
    federation = world.federation()
    with federation.uow() as uow:
        account = account_by_id(uow, federation.accounts["east"])
        assert account is not None
        person = uow.session.get_one(Person, (uow.tenant_id, account.person_id))
        uow.note("test.phone")
        person.phone = PHONE
    return federation


@pytest.fixture
def by_sms(sms: SmsGateway, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a federation that is none of a demonstration's, with a gateway for text messages."""

    def configured(*, is_demo: bool) -> Mapping[str, Gateway]:
        assert is_demo
        return {"sms": sms}

    monkeypatch.setattr(messages, "gateways", configured)


def tell(federation: Federation, *, matters: int = 1) -> Event:
    """Tell the east of so many overdue matters; the event of the message that follows."""
    with federation.uow() as uow:
        notify(uow, OVERDUE, [Notice(federation.accounts["east"], Text("甲")) for _ in range(matters)])
    with federation.uow() as uow:
        published = select(OutboxEvent).where(OutboxEvent.name == messages.WAITING)
        return uow.session.scalars(published).one().told


def sent(federation: Federation) -> OutgoingMessage:
    with federation.uow() as uow:
        return uow.session.scalars(select(OutgoingMessage)).one()


@pytest.mark.usefixtures("by_sms")
def test_many_matters_are_one_message_that_goes_out_once(federation: Federation, server: Any) -> None:
    server.answer = (200, b'{"results": [{"code": "OK"}]}')
    event = tell(federation, matters=3)
    for _ in range(2):
        with federation.uow() as uow:
            send_message(uow, event)
    ((_path, _headers, content),) = server.asked
    asked = json.loads(content)
    assert asked["to"] == PHONE
    assert asked["parts"] == ["【示例区总工会】有3件事项已逾期，请登录工会平台办理。"]
    assert asked["request"] == str(event.subject_id)
    assert sent(federation).sent_to == "199****0000"


@pytest.mark.usefixtures("by_sms")
def test_a_message_that_failed_goes_out_later_with_the_same_key(federation: Federation, server: Any) -> None:
    event = tell(federation)
    server.answer = (503, b"")
    with pytest.raises(SendingFailed), federation.uow() as uow:
        send_message(uow, event)
    assert sent(federation).sent_at is None
    server.answer = (200, b'{"results": [{"code": "OK"}]}')
    with federation.uow() as uow:
        send_message(uow, event)
    assert sent(federation).sent_at is not None
    assert len({json.loads(content)["request"] for _path, _headers, content in server.asked}) == 1


@pytest.mark.usefixtures("by_sms")
def test_a_number_that_is_refused_is_left_alone(federation: Federation, server: Any) -> None:
    event = tell(federation)
    server.answer = (200, b'{"results": [{"code": "ILLEGAL"}]}')
    for _ in range(2):
        with federation.uow() as uow:
            send_message(uow, event)
    assert (sent(federation).sent_at, sent(federation).refused) == (None, "the gateway refuses this number")
    assert len(server.asked) == 1


def test_a_demonstration_sends_nothing_out(federation: Federation) -> None:
    event = tell(federation)
    with federation.uow() as uow:
        send_message(uow, event)
    assert sent(federation).sent_at is not None


def test_what_only_waits_for_somebody_stays_in_the_inbox(federation: Federation) -> None:
    with federation.uow() as uow:
        notify(uow, WAITING, [Notice(federation.accounts["east"], Text("甲"))])
    with federation.uow() as uow:
        assert uow.session.scalars(select(OutgoingMessage)).all() == []


def test_a_phone_that_was_taken_away_meanwhile_is_not_written_to(federation: Federation) -> None:
    event = tell(federation)
    with federation.uow() as uow:
        uow.note("test.phone")
        for person in uow.session.scalars(select(Person).where(Person.phone.is_not(None))):
            person.phone = None
    with federation.uow() as uow:
        send_message(uow, event)
        send_message(uow, Event(new_id(), "", event.at, None, new_id(), None, None, {}))
    assert sent(federation).refused == "nowhere to send it"
