"""Running one delivery: in one transaction of its federation, as the system, under the rules of the plugin's writer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import NamedTuple
from uuid import UUID

import structlog
from sqlalchemy import text

from gonghui.db.database import Database
from gonghui.db.unit_of_work import UnitOfWork, unaudited
from gonghui.db.writers import written_by
from gonghui.events.deliveries import EventDelivery, event_of, fail, finish, hold, take
from gonghui.events.handlers import SECONDS, Handler, Subscriber
from gonghui.lifecycle.reactions import core_schedules, core_subscribers
from gonghui.plugin_host.failures import in_words
from gonghui.plugin_host.registry import Registry
from gonghui.plugin_host.schedules import Schedule
from gonghui.plugin_host.time_limits import limited
from gonghui.tenancy.switches import hold_on
from gonghui.values.principal import system

_log = structlog.get_logger()


class Scheduled(NamedTuple):
    """A handler that waits for an hour, and which one."""

    handler: Handler
    schedule: Schedule


def handlers_of(registry: Registry) -> dict[str, Handler]:
    """Everything that can be delivered to, of the core and of every plugin, by name."""
    found = dict(_subscribers("core", None, core_subscribers(registry)))
    for plugin in registry.plugins.values():
        found |= _subscribers(plugin.id, plugin.id, plugin.subscribers)
    return found | {name: each.handler for name, each in schedules_of(registry).items()}


def schedules_of(registry: Registry) -> dict[str, Scheduled]:
    """Every schedule of the core and of the plugins, by the name of its handler."""
    found = dict(_schedules("core", None, core_schedules()))
    for plugin in registry.plugins.values():
        found |= _schedules(plugin.id, plugin.id, plugin.schedules)
    return found


def _subscribers(
    owner: str, plugin: str | None, subscribers: Iterable[Subscriber]
) -> Iterator[tuple[str, Handler]]:
    for each in subscribers:
        name = f"{owner}.{each.name}"
        yield name, Handler(name, plugin, each.queue, each.handler, each.events)


def _schedules(
    owner: str, plugin: str | None, schedules: Iterable[Schedule]
) -> Iterator[tuple[str, Scheduled]]:
    for each in schedules:
        name = f"{owner}.{each.name}"
        yield name, Scheduled(Handler(name, plugin, each.queue, each.job), each)


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
    seconds = SECONDS[delivery.queue]
    _allow_statements(uow, seconds)
    with written_by(uow, handler.plugin):
        limited(seconds, call)
    finish(delivery)


def _allow_statements(uow: UnitOfWork, seconds: float) -> None:
    """Let a statement take as long as the whole delivery may, which is not how long one of a request may."""
    with unaudited(uow) as connection:
        connection.execute(text(f"SET LOCAL statement_timeout = {int(seconds * 1000)}"))
