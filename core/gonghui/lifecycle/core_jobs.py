"""What the core does at its hours, for every federation."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import delete, select

from gonghui.db.unit_of_work import UnitOfWork, unaudited
from gonghui.events.deliveries import OPEN, DeliveryState, EventDelivery
from gonghui.events.outbox import OutboxEvent
from gonghui.lifecycle.plugin_removal_commands import purge_due
from gonghui.lifecycle.reorganising import settle
from gonghui.plugin_host.registry import discover
from gonghui.plugin_host.schedules import LONGEST_PERIOD
from gonghui.records.attachments.sweeping import sweep_orphans, sweep_removed
from gonghui.records.registers.uploads import sweep_uploads
from gonghui.records.reminders import remind
from gonghui.records.timers import AT_ONCE, run_timers
from gonghui.settings import settings
from gonghui.tenancy.switches import plugins_on
from gonghui.values import clock


def settle_tree(uow: UnitOfWork) -> None:
    """Apply reorganisations that were planned for a day up to today."""
    settle(uow)


def take_timed_steps(uow: UnitOfWork) -> None:
    """Take the steps whose deadline has passed."""
    kinds = discover().record_types(plugins_on(uow))
    is_through = False
    while not is_through:
        runs = run_timers(uow, kinds).values()
        is_through = not any(run.moved and run.moved + len(run.refused) >= AT_ONCE for run in runs)


def prune_events(uow: UnitOfWork) -> None:
    """Forget what happened long ago and was done with."""
    now = clock.now()
    before = now - timedelta(days=settings().event_days)
    hours_before = min(before, now - timedelta(days=LONGEST_PERIOD))
    delivery: Any = EventDelivery.__table__
    event: Any = OutboxEvent.__table__
    closed = delivery.c.state.not_in([*OPEN, DeliveryState.DEAD.value])
    of_it = (delivery.c.tenant_id == event.c.tenant_id) & (delivery.c.event_id == event.c.id)
    unfinished = select(delivery.c.id).where(of_it, ~closed).exists()
    with unaudited(uow) as connection:  # deliveries go with their event
        connection.execute(delete(event).where(event.c.relayed_at < before, ~unfinished))
        hours = delivery.c.event_id.is_(None) & closed & (delivery.c.done_at < hours_before)
        connection.execute(delete(delivery).where(hours))


def purge_plugins(uow: UnitOfWork) -> None:
    """Purge the rows of plugins that were uninstalled and whose days of grace are over."""
    purge_due(uow, discover())


def sweep_attachments(uow: UnitOfWork) -> None:
    """Delete files that were removed long ago, whose record is gone, or that no record ever had."""
    sweep_removed(uow, discover().record_types())
    sweep_orphans(uow)


def sweep_registers(uow: UnitOfWork) -> None:
    """Discard registers that were sent in and left, and delete files that nobody needs."""
    sweep_uploads(uow)


def remind_of_deadlines(uow: UnitOfWork) -> None:
    """Tell of the deadlines of all plugins that are on."""
    registry, on = discover(), plugins_on(uow)
    remind(uow, registry.record_types(on), registry.deadline_rules(on))
