"""What takes one turn after the other until it is told to end: the relay, the scheduler and the sealer."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread

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

_AFTER_FAILURE = 1.0
_log = structlog.get_logger()

_Turns = Callable[[Event], None]


def relay(settings: Settings, broker_url: str) -> None:
    """Send what was published to the broker, until this process is told to end."""
    _relay_of(_database(settings), broker_url)(_told_to_end())


def scheduler(settings: Settings) -> None:
    """Make deliveries of hours that have come, until this process is told to end."""
    _scheduler_of(_database(settings))(_told_to_end())


def sealer(settings: Settings) -> None:
    """Seal the trail, sign heads, store and ship them, until this process is told to end."""
    _sealer_of(_database(settings, policies.SEALER), settings)(_told_to_end())


@contextmanager
def beside(database: Database, broker_url: str, settings: Settings) -> Iterator[None]:
    """All three, in threads of this process, for the length of the block."""
    over = Event()
    turns = (_relay_of(database, broker_url), _scheduler_of(database), _sealer_of(database, settings))
    threads = [Thread(target=each, args=(over,), name="turns") for each in turns]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join()


def _relay_of(database: Database, broker_url: str) -> _Turns:
    app = broker_at(broker_url)
    relay = Relay(database, handlers_of(discover()), lambda messages: send(app, messages))
    return lambda over: _take_turns("relay", relay.run_once, 0.2, over)


def _scheduler_of(database: Database) -> _Turns:
    scheduler = Scheduler(database, schedules_of(discover()))
    return lambda over: _take_turns("scheduler", scheduler.run_once, 10.0, over)


def _sealer_of(database: Database, settings: Settings) -> _Turns:
    objects = configured_objects()

    def turn() -> int:
        done = sealing_round(database, objects, settings)
        return done.sealed + done.signed + done.stored + done.shipped

    return lambda over: _take_turns("sealer", turn, settings.audit_seal_seconds, over)


def _take_turns(name: str, turn: Callable[[], int], pause: float, over: Event) -> None:
    """Take turns, without a pause while there is something to do. Database and broker may go and come back."""
    while not over.is_set():
        try:
            if not turn():
                over.wait(pause)
        except Exception as error:  # noqa: BLE001 - whatever it was, the next turn finds everything as it was
            _log.warning("turn_failed", process=name, error=type(error).__name__, exc_info=error)
            over.wait(_AFTER_FAILURE)


def _told_to_end() -> Event:
    over = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_told: over.set())
    return over


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
