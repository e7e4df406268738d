"""Deliveries: at least once, effects once, whatever fails in between; and nobody waits for somebody else's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, text
from tests.designs.rooms import Inspection
from tests.designs.samples import OPENED, liked, room_at

from gonghui.db.unit_of_work import UnitOfWork
from gonghui.events.broker import Message
from gonghui.events.deliveries import DeliveryState, EventDelivery
from gonghui.events.handlers import BULK, SECONDS, SLOW, SWIFT, Event, Handler
from gonghui.events.outbox import OutboxEvent
from gonghui.events.relay import Relay, Send
from gonghui.lifecycle.delivering import deliver
from gonghui.settings import settings
from gonghui.testing import Federation, World
from gonghui.values import clock

MakeRelay = Callable[[Mapping[str, Handler]], Relay]
CaughtUp = Callable[[Mapping[str, Handler], Send], Relay]
OPENED_ROOM = "designs.room.opened"
DEAD = "/api/v1/events/dead"


class Outbound(list[Message]):
    """Messages that were sent, and that nobody has worked on yet."""

    def __call__(self, messages: Iterable[Message]) -> None:
        self.extend(messages)

    def of(self, federation: Federation) -> list[Message]:
        return [message for message in self if message[0] == federation.view.id]


def opened(federation: Federation) -> UUID:
    with federation.uow() as uow:
        return room_at(OPENED)(uow, federation.units["garden"])


def published(federation: Federation, name: str, times: int) -> None:
    with federation.uow() as uow:
        for _ in range(times):
            uow.publish(name)


def inspections(federation: Federation, room_id: UUID) -> int:
    with federation.uow() as uow:
        return len(uow.session.scalars(select(Inspection.id).where(Inspection.room_id == room_id)).all())


def deliveries(federation: Federation, handler: str) -> list[EventDelivery]:
    with federation.uow() as uow:
        return list(uow.session.scalars(select(EventDelivery).where(EventDelivery.handler == handler)))


def later(**delta: float) -> Any:
    return clock.at(clock.now() + timedelta(**delta))


# --- once


def test_a_message_that_comes_twice_has_one_effect(
    federation: Federation, handlers: dict[str, Handler], caught_up: CaughtUp
) -> None:
    room_id, sent = opened(federation), Outbound()
    caught_up(handlers, sent).run_once()
    for tenant_id, delivery_id, *_rest in sent.of(federation) * 2:
        deliver(federation.world.database, handlers, tenant_id, delivery_id)
    assert inspections(federation, room_id) == 1


def test_what_was_sent_and_lost_is_sent_again_after_its_lease(
    federation: Federation, handlers: dict[str, Handler], caught_up: CaughtUp
) -> None:
    opened(federation)
    sent = Outbound()
    relay = caught_up(handlers, sent)
    relay.run_once()
    first = sent.of(federation)
    relay.run_once()
    assert sent.of(federation) == first
    with later(seconds=settings().delivery_lease_seconds + 1):
        relay.run_once()
    assert sent.of(federation) == first * 2


def test_a_relay_that_dies_between_taking_in_and_sending_loses_nothing(
    federation: Federation, handlers: dict[str, Handler], relay_here: MakeRelay, caught_up: CaughtUp
) -> None:
    room_id = opened(federation)
    dying = caught_up(handlers, Outbound())
    dying.take_in()
    dying.admit()  # marked as sent, and never sent
    with later(seconds=settings().delivery_lease_seconds + 1):
        relay_here(handlers).run_once()
    assert inspections(federation, room_id) == 1


def test_a_broker_that_does_not_answer_delays_and_loses_nothing(
    federation: Federation, handlers: dict[str, Handler], relay_here: MakeRelay, caught_up: CaughtUp
) -> None:
    def unreachable(_messages: Iterable[Message]) -> None:
        raise ConnectionError

    room_id = opened(federation)
    with pytest.raises(ConnectionError):
        caught_up(handlers, unreachable).run_once()
    relay_here(handlers).run_once()
    assert inspections(federation, room_id) == 1


def test_what_a_handler_did_before_it_failed_is_undone(federation: Federation, relay_here: MakeRelay) -> None:
    room_id = opened(federation)
    attempts: list[UUID] = []

    def fails_once(uow: UnitOfWork, event: Event) -> None:
        uow.add(Inspection(room_id=room_id, inspected_on=clock.today()))
        uow.session.flush()
        attempts.append(event.id)
        if len(attempts) == 1:
            raise ZeroDivisionError

    relay = relay_here(one_handler(fails_once, plugin="designs", events=(OPENED_ROOM,)))
    relay.run_once()
    assert (len(attempts), inspections(federation, room_id)) == (1, 0)
    with later(hours=1):
        relay.run_once()
    assert (len(attempts), inspections(federation, room_id)) == (2, 1)
    assert len(set(attempts)) == 1  # the event's id is its idempotency key outside


def one_handler(
    run: Callable[..., Any], *, plugin: str | None = None, queue: str = SWIFT, events: tuple[str, ...] = ()
) -> dict[str, Handler]:
    name = f"{plugin or 'core'}.{run.__name__}"
    return {name: Handler(name, plugin, queue, run, events)}


# --- given up


def test_what_fails_for_good_is_seen_and_resumed_by_an_administrator(
    federation: Federation, relay_here: MakeRelay
) -> None:
    mended = False

    def refuses(_uow: UnitOfWork, _event: Event) -> None:
        if not mended:
            raise ZeroDivisionError("not today")

    published(federation, "core.refused", 1)
    relay = relay_here(one_handler(refuses, events=("core.refused",)))
    for attempt in range(settings().delivery_attempts + 1):
        with later(hours=2 * attempt):
            relay.run_once()
    admin = federation.client("admin")
    (dead,) = admin.get(DEAD).json["items"]
    assert dead["attempts"] == settings().delivery_attempts
    assert (dead["handler"], dead["event"], dead["state"]) == ("core.refuses", "core.refused", "dead")
    assert "ZeroDivisionError" in dead["error"]
    assert federation.client("district").post(f"{DEAD}/{dead['id']}/resume").status_code == 403
    mended = True
    assert admin.post(f"{DEAD}/{dead['id']}/resume").json["state"] == "waiting"
    relay.run_once()
    assert [d.state for d in deliveries(federation, "core.refuses")] == [DeliveryState.DONE.value]
    assert admin.get(DEAD).json["items"] == []
    assert admin.post(f"{DEAD}/{dead['id']}/resume").json["code"] == "not_dead"


def test_pages_of_what_was_given_up_follow_one_another(
    federation: Federation, relay_here: MakeRelay, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuses(_uow: UnitOfWork, _event: Event) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(settings(), "delivery_attempts", 1)
    published(federation, "core.refused", 3)
    relay_here(one_handler(refuses, events=("core.refused",))).run_once()
    admin = federation.client("admin")
    first = admin.get(f"{DEAD}?limit=2").json
    second = admin.get(f"{DEAD}?limit=2&cursor={first['next']}").json
    assert (len(first["items"]), len(second["items"]), second["next"]) == (2, 1, None)
    assert len({one["id"] for one in first["items"] + second["items"]}) == 3


# --- nobody waits for another


def test_a_subscriber_that_fails_leaves_the_queue_of_those_that_do_not(
    federation: Federation, caught_up: CaughtUp
) -> None:
    def fails(_uow: UnitOfWork, _event: Event) -> None:
        raise ZeroDivisionError

    def works(_uow: UnitOfWork, _event: Event) -> None:
        pass

    handlers = one_handler(fails, events=("core.told",)) | one_handler(works, events=("core.told",))
    sent = Outbound()
    relay = caught_up(handlers, sent)
    published(federation, "core.told", 1)
    relay.run_once()
    for tenant_id, delivery_id, *_rest in sent.of(federation):
        deliver(federation.world.database, handlers, tenant_id, delivery_id)
    published(federation, "core.told", 3)
    del sent[:]
    relay.run_once()
    assert Counter((handler, queue) for *_ids, handler, queue in sent.of(federation)) == {
        ("core.works", SWIFT): 3,
        ("core.fails", SLOW): 3,
    }


def test_a_subscriber_that_never_ends_is_ended_and_delays_its_own_alone(
    federation: Federation, relay_here: MakeRelay, monkeypatch: pytest.MonkeyPatch
) -> None:
    def loops(_uow: UnitOfWork, _event: Event) -> None:
        while True:
            pass

    def works(_uow: UnitOfWork, _event: Event) -> None:
        pass

    monkeypatch.setattr("gonghui.lifecycle.delivering.SECONDS", {**SECONDS, SWIFT: 0.1})
    published(federation, "core.told", 1)
    relay_here(one_handler(loops, events=("core.*",)) | one_handler(works, events=("core.*",))).run_once()
    assert [d.state for d in deliveries(federation, "core.works")] == [DeliveryState.DONE.value]
    (ended,) = deliveries(federation, "core.loops")
    assert (ended.state, ended.queue, ended.attempts) == (DeliveryState.WAITING.value, SLOW, 1)


def test_a_federation_with_much_to_do_leaves_room_for_the_others(world: World, caught_up: CaughtUp) -> None:
    def works(_uow: UnitOfWork, _event: Event) -> None:
        pass

    busy, calm = world.federation(), world.federation()
    published(busy, "core.told", 300)
    published(calm, "core.told", 1)
    sent = Outbound()
    caught_up(one_handler(works, queue=BULK, events=("core.told",)), sent).run_once()
    assert len(sent.of(calm)) == 1
    # One handler has no more than half of its federation's places.
    assert len(sent.of(busy)) == settings().deliveries_at_once // 2


# --- what it is told


def test_what_is_sealed_is_told_without_whoever_did_it(federation: Federation) -> None:
    with federation.uow("worker") as uow:
        like_id = liked(uow, federation.units["garden"])
    with federation.uow() as uow:
        events = uow.session.scalars(select(OutboxEvent).where(OutboxEvent.subject_id == like_id)).all()
    assert events
    for event in events:
        assert event.request_id == ""
        assert (event.at.minute, event.at.second, event.at.microsecond) == (0, 0, 0)
        assert event.id.version == 4  # one of ours would tell the moment


def test_a_bulk_handler_may_wait_for_a_statement_as_long_as_for_itself(
    federation: Federation, relay_here: MakeRelay
) -> None:
    heard: dict[str, str] = {}

    def asks(uow: UnitOfWork, event: Event) -> None:
        heard[event.name] = str(uow.session.scalar(text("SHOW statement_timeout")))

    published(federation, "core.asked", 1)
    relay_here(one_handler(asks, queue=BULK, events=("core.asked",))).run_once()
    assert heard == {"core.asked": f"{SECONDS[BULK] / 60:.0f}min"}
    with federation.uow() as uow:
        assert uow.session.scalar(text("SHOW statement_timeout")) == "15s"
