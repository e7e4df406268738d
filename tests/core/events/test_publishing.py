"""Publishing: what is told, to whom, and when."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select
from tests.designs.rooms import rooms
from tests.designs.samples import OPENED, room_at

from gonghui.db.unit_of_work import UnitOfWork
from gonghui.events.handlers import SWIFT, Event, Handler, Subscriber, SubscriberError
from gonghui.events.outbox import OutboxEvent
from gonghui.events.relay import Relay
from gonghui.records.transitions import RecordTransition
from gonghui.testing import Federation
from gonghui.values import clock

MakeRelay = Callable[[Mapping[str, Handler]], Relay]


class Listener:
    """A handler of the core that keeps what it is told."""

    def __init__(self, *events: str) -> None:
        self.heard: list[Event] = []
        self.handler = Handler("core.listener", None, SWIFT, self._hear, events)

    def _hear(self, _uow: UnitOfWork, event: Event) -> None:
        self.heard.append(event)

    @property
    def names(self) -> list[str]:
        return sorted(event.name for event in self.heard)


def test_an_event_is_not_told_before_its_time(federation: Federation, relay_here: MakeRelay) -> None:
    listener = Listener("core.morning")
    relay = relay_here({"core.listener": listener.handler})
    morning = clock.now() + timedelta(hours=8)
    with federation.uow() as uow:
        uow.publish("core.morning", not_before=morning)
    relay.run_once()
    assert listener.heard == []
    with clock.at(morning):
        relay.run_once()
    assert listener.names == ["core.morning"]


def test_a_handler_names_several_facts_and_patterns(federation: Federation, relay_here: MakeRelay) -> None:
    listener = Listener("core.one", "core.other.*")
    with federation.uow() as uow:
        for name in ("core.one", "core.other.a", "core.two"):
            uow.publish(name)
    relay_here({"core.listener": listener.handler}).run_once()
    assert listener.names == ["core.one", "core.other.a"]


def test_what_was_undone_was_never_published(federation: Federation, relay_here: MakeRelay) -> None:
    listener = Listener("core.*")
    with pytest.raises(ZeroDivisionError), federation.uow() as uow:
        publish_and_fail(uow)
    with federation.uow() as uow:
        with pytest.raises(ZeroDivisionError), uow.session.begin_nested():
            publish_and_fail(uow)
        uow.publish("core.done")
    relay_here({"core.listener": listener.handler}).run_once()
    assert listener.names == ["core.done"]


def test_a_step_tells_which_it_was_and_where_it_is_written_down(federation: Federation) -> None:
    with federation.uow() as uow:
        room_id = room_at(OPENED)(uow, federation.units["garden"])
    told = events_about(federation, room_id)
    with federation.uow() as uow:
        steps = uow.session.scalars(select(RecordTransition).where(RecordTransition.record_id == room_id))
        written = {f"{step.id}": step.name for step in steps}
    assert {event.facts["transition_id"]: event.facts["step"] for event in told} == written
    assert {event.name for event in told} == {f"{rooms.code}.created", f"{rooms.code}.opened"}


def test_a_subscriber_waits_in_a_queue_that_there_is() -> None:
    with pytest.raises(SubscriberError):
        Subscriber("core.one", lambda uow, event: None, queue="quick")


def publish_and_fail(uow: UnitOfWork) -> None:
    uow.publish("core.undone")
    uow.session.flush()
    raise ZeroDivisionError


def events_about(federation: Federation, record_id: UUID) -> list[OutboxEvent]:
    with federation.uow() as uow:
        return list(uow.session.scalars(select(OutboxEvent).where(OutboxEvent.subject_id == record_id)))
