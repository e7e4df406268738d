"""Schedules: each hour is done once for every federation that has it on, and the last missed one is made up for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from gonghui.db.unit_of_work import UnitOfWork
from gonghui.events.deliveries import DeliveryState, EventDelivery
from gonghui.events.handlers import BULK, SLOW, SWIFT, Handler
from gonghui.events.outbox import OutboxEvent
from gonghui.events.relay import Relay
from gonghui.lifecycle.core_jobs import prune_events
from gonghui.lifecycle.delivering import Scheduled, handlers_of, schedules_of
from gonghui.lifecycle.reactions import core_schedules
from gonghui.lifecycle.reorganisation import Move
from gonghui.lifecycle.reorganising import reorganise
from gonghui.lifecycle.scheduling import Scheduler
from gonghui.plugin_host.registry import discover
from gonghui.plugin_host.schedules import daily, monthly, weekly
from gonghui.settings import settings
from gonghui.tenancy.org_tree import OrgUnit
from gonghui.testing import Federation, World
from gonghui.values import clock

MakeRelay = Callable[[Mapping[str, Handler]], Relay]
MORNING = datetime(2026, 9, 28, 1, 0, tzinfo=UTC)  # nine o'clock, on a Monday


def shanghai(day: int, hour: int, month: int = 9) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=clock.LAW_TIME)


def job(uow: UnitOfWork) -> None:
    """Nothing at all."""


@pytest.mark.parametrize(
    ("schedule", "last"),
    [
        (daily(job, "09:00"), shanghai(28, 9)),
        (daily(job, "09:01"), shanghai(27, 9) + timedelta(minutes=1)),
        (weekly(job, 0, "03:00"), shanghai(28, 3)),
        (weekly(job, 1, "03:00"), shanghai(22, 3)),
        (monthly(job, 28, "09:00"), shanghai(28, 9)),
        (monthly(job, 28, "10:00"), shanghai(28, 10, 8)),
    ],
)
def test_the_last_hour_is_the_latest_that_has_come(schedule: Any, last: datetime) -> None:
    assert schedule.last_due(MORNING) == last


class Counted:
    """A job of the plugin `designs` that counts its runs by federation."""

    def __init__(self) -> None:
        self.runs: list[Any] = []
        self.handler = Handler("designs.counted", "designs", BULK, self.run)
        self.scheduled = {"designs.counted": Scheduled(self.handler, daily(job, "03:00"))}

    def run(self, uow: UnitOfWork) -> None:
        self.runs.append(uow.tenant_id)


def test_an_hour_is_done_once_whoever_makes_it_due(world: World, relay_here: MakeRelay) -> None:
    counted, on, off = Counted(), world.federation(), world.federation(plugins=())
    relay = relay_here({"designs.counted": counted.handler})
    for schedulers in range(1, 3):
        with clock.at(MORNING + timedelta(days=10 * schedulers)):  # nine hours were missed
            several = [Scheduler(world.database, counted.scheduled) for _ in range(2)]
            made = [scheduler.run_once() for scheduler in several for _turn in range(2)]
            assert made[1:] == [0, 0, 0]
            while relay.run_once():
                pass
        assert counted.runs.count(on.view.id) == schedulers
    assert off.view.id not in counted.runs


def hours(federation: Federation, handler: str) -> list[EventDelivery]:
    with federation.uow() as uow:
        return list(uow.session.scalars(select(EventDelivery).where(EventDelivery.handler == handler)))


def test_every_schedule_has_a_handler_of_its_name() -> None:
    handlers = handlers_of(discover())
    assert {f"core.{each.name}" for each in core_schedules()} <= schedules_of(discover()).keys()
    assert all(handlers[name] is not None for name in schedules_of(discover()))
    assert "organising.open_due" in handlers


def test_planned_reorganisations_come_into_force_at_their_hour(
    federation: Federation, relay_here: MakeRelay
) -> None:
    units = federation.units
    with federation.uow("admin") as uow:
        reorganise(uow, Move(units["garden"], units["west"]), effective_on=clock.today() + timedelta(days=1))
    name = "core.settle_tree"
    scheduled = {name: schedules_of(discover())[name]}
    with clock.at(clock.now() + timedelta(days=2)):
        Scheduler(federation.world.database, scheduled).run_once()
        while relay_here({name: scheduled[name].handler}).run_once():
            pass
    with federation.uow() as uow:
        assert uow.session.get_one(OrgUnit, (uow.tenant_id, units["garden"])).parent_id == units["west"]


def test_what_was_delivered_long_ago_is_forgotten_and_what_is_dead_is_not(
    federation: Federation, relay_here: MakeRelay
) -> None:
    def fails(_uow: UnitOfWork, _event: Any) -> None:
        raise ZeroDivisionError

    handlers = {
        "core.good": Handler("core.good", None, SWIFT, lambda uow, event: None, ("core.good", "core.both")),
        "core.bad": Handler("core.bad", None, SLOW, fails, ("core.both",)),
    }
    with federation.uow() as uow:
        for name in ("core.good", "core.both", "core.nobodys"):
            uow.publish(name)
    relay = relay_here(handlers)
    for attempt in range(settings().delivery_attempts):
        with clock.at(clock.now() + timedelta(hours=2 * attempt)):
            relay.run_once()
    assert [d.state for d in hours(federation, "core.bad")] == [DeliveryState.DEAD.value]
    with clock.at(clock.now() + timedelta(days=settings().event_days + 1)), federation.uow() as uow:
        prune_events(uow)
    with federation.uow() as uow:
        assert uow.session.scalars(select(OutboxEvent.name)).all() == ["core.both"]
        assert set(uow.session.scalars(select(EventDelivery.handler))) == {"core.good", "core.bad"}
