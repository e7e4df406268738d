"""Running one delivery: in one transaction of its federation, as the system, under the rules of the plugin's writer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any
from uuid import UUID

import structlog

from gonghui.db.database import Database
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.db.writers import written_by
from gonghui.events.deliveries import EventDelivery, event_of, fail, finish, hold, take
from gonghui.events.handlers import SECONDS, SLOW, Handler
from gonghui.jobs.ending import sweep_jobs
from gonghui.lifecycle.reactions import core_subscribers
from gonghui.plugin_host.failures import in_words
from gonghui.plugin_host.registry import Registry
from gonghui.plugin_host.schedules import Schedule, daily
from gonghui.plugin_host.time_limits import limited
from gonghui.tenancy.switches import hold_on
from gonghui.values.principal import system

CORE_SCHEDULES: tuple[Schedule, ...] = (daily(sweep_jobs, "03:40"),)
"""What the core itself does at which hour."""
_log = structlog.get_logger()


def handlers_of(registry: Registry) -> dict[str, Handler]:
    """Everything that can be delivered to, of the core and of every plugin, by name."""
    found = list(_handlers("core", None, core_subscribers(registry), CORE_SCHEDULES))
    for plugin in registry.plugins.values():
        found += _handlers(plugin.id, plugin.id, plugin.subscribers, plugin.schedules)
    return {handler.name: handler for handler in found}


def _handlers(owner: str, plugin: str | None, subscribers: Any, schedules: Any) -> Iterator[Handler]:
    for each in subscribers:
        yield Handler(f"{owner}.{each.name}", plugin, each.queue, each.handler, each.events)
    for each in schedules:
        yield Handler(f"{owner}.{each.name}", plugin, each.queue, each.job)


def deliver(database: Database, handlers: Mapping[str, Handler], tenant_id: UUID, delivery_id: UUID) -> None:
    """Run a delivery, once: with its effects it is marked as done, or everything is undone and it waits.

    Does nothing where it is done already, or somebody is at it.
    """
    try:
        with database.unit_of_work(system(tenant_id)) as uow:
            delivery = take(uow, delivery_id)
            if delivery is not None:
                _run(uow, handlers, delivery)
    except Exception as error:  # noqa: BLE001 - whatever a handler raises, the delivery is tried again
        _log.warning(
            "delivery_failed", tenant=str(tenant_id), delivery=str(delivery_id), error=in_words(error)
        )
        with database.unit_of_work(system(tenant_id)) as uow:
            failed = take(uow, delivery_id)
            if failed is not None:
                fail(failed, in_words(error))


def _run(uow: UnitOfWork, handlers: Mapping[str, Handler], delivery: EventDelivery) -> None:
    handler = handlers.get(delivery.handler)
    # Held, not failed: a plugin that is off, or that this process does not have, may come back.
    if handler is None or (handler.plugin is not None and not hold_on(uow, handler.plugin)):
        hold(delivery)
        return
    event = event_of(uow, delivery)
    call = partial(handler.run, uow) if event is None else partial(handler.run, uow, event)
    with written_by(uow, handler.plugin):
        limited(SECONDS[delivery.queue], call)
    finish(delivery)


def seconds_of(queue: str) -> float:
    """How long a delivery may take in a queue."""
    return SECONDS.get(queue, SECONDS[SLOW])
