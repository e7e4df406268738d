"""Processes that take one turn after the other until they are told to end: the relay, the scheduler, the sealer."""

from __future__ import annotations

import signal
from collections.abc import Callable
from threading import Event

import structlog

from gonghui.audit.rounds import sealing_round
from gonghui.db import policies
from gonghui.db.database import Database, database_at
from gonghui.events.broker import broker_at, send
from gonghui.events.relay import Relay
from gonghui.lifecycle.delivering import handlers_of, schedules_of
from gonghui.lifecycle.scheduling import Scheduler
from gonghui.objects.configured import configured_objects
from gonghui.plugin_host.registry import discover
from gonghui.settings import Settings

_RELAY_PAUSE, _SCHEDULER_PAUSE, _AFTER_FAILURE = 0.2, 10.0, 1.0
_log = structlog.get_logger()


def relay(settings: Settings, broker_url: str) -> None:
    """Send what was published to the broker, until this process is told to end."""
    app = broker_at(broker_url)
    relay = Relay(_database(settings), handlers_of(discover()), lambda messages: send(app, messages))
    _take_turns(relay.run_once, _RELAY_PAUSE)


def scheduler(settings: Settings) -> None:
    """Make deliveries of hours that have come, until this process is told to end."""
    _take_turns(Scheduler(_database(settings), schedules_of(discover())).run_once, _SCHEDULER_PAUSE)


def sealer(settings: Settings) -> None:
    """Seal the trail, sign heads, store and ship them, until this process is told to end."""
    database, objects = _database(settings, policies.SEALER), configured_objects()

    def turn() -> int:
        done = sealing_round(database, objects, settings)
        return done.sealed + done.signed + done.stored + done.shipped

    _take_turns(turn, settings.audit_seal_seconds)


def _database(settings: Settings, role: str = policies.RELAY) -> Database:
    if settings.database_url is None:
        raise ValueError("GONGHUI_DATABASE_URL is not set; `gonghui demo` starts everything by itself")
    return database_at(
        settings.database_url,
        settings.var,
        settings.database_name,
        pool_size=1,
        timeout_ms=settings.statement_timeout_ms,
        only=(role,),
    )


def _take_turns(turn: Callable[[], int], pause: float) -> None:
    """Take turns, without a pause while there is something to do. Database and broker may go and come back."""
    over = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_told: over.set())
    while not over.is_set():
        try:
            if not turn():
                over.wait(pause)
        except Exception as error:  # noqa: BLE001 - whatever it was, the next turn finds everything as it was
            _log.warning("turn_failed", process=turn.__qualname__, error=type(error).__name__, exc_info=error)
            over.wait(_AFTER_FAILURE)
