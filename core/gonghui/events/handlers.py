"""Handlers: what runs when a fact was published or an hour has come, and in which queue."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Any
from uuid import UUID

from gonghui.db.unit_of_work import UnitOfWork

SWIFT, BULK, SLOW = "swift", "bulk", "slow"
#: Seconds that one delivery may take, by the queue in which it runs. What fails in `swift` is tried again in `slow`.
SECONDS: Mapping[str, float] = {SWIFT: 5.0, BULK: 600.0, SLOW: 60.0}


class SubscriberError(ValueError):
    """A subscriber names a queue that there is not."""


@dataclass(frozen=True)
class Event:
    """A fact that was published: what it is called, when it became so, and the row that it is about.

    No order is promised: `version` says as of which state of the row it was told. `facts` are plain values of JSON.
    """

    id: UUID
    name: str
    at: datetime
    subject_table: str | None
    subject_id: UUID | None
    version: int | None
    org_unit_id: UUID | None
    facts: Mapping[str, Any]

    @property
    def records(self) -> tuple[tuple[UUID, int | None], ...]:
        """The rows that it is about, each with its version: the one subject, or those of bulk work."""
        if self.subject_id is not None:
            return ((self.subject_id, self.version),)
        return tuple(
            (UUID(record_id), version) for record_id, version, *_own in self.facts.get("records", ())
        )

    def singly(self) -> Iterator[Event]:
        """The fact once for each row that it is about, with what is told of that row; itself, where it is of one."""
        if "records" not in self.facts:
            yield self
            return
        shared = {name: value for name, value in self.facts.items() if name != "records"}
        for record_id, version, *own in self.facts["records"]:
            facts = {**shared, **(own[0] if own else {})}
            unit = facts.pop("org_unit_id", None)
            yield replace(
                self,
                subject_id=UUID(record_id),
                version=version,
                org_unit_id=UUID(unit) if unit else None,
                facts=facts,
            )


@dataclass(frozen=True)
class Subscriber:
    """What is to be done when a fact is published: `handler(uow, event)`, in a transaction of its own.

    `event` is the name of the fact, or several by a `*` (`"organising.union.*"`), or a tuple of such. It runs as the
    system, at least once, and what it writes stays once. In the queue `swift` it has 5 seconds, in `slow` a minute, in
    `bulk` ten. One that raises is tried again with growing pauses, and given up in the end, for an administrator to
    resume. What it does outside of the database carries the event's id as its idempotency key.
    """

    event: str | tuple[str, ...]
    handler: Callable[[UnitOfWork, Event], Any]
    queue: str = SWIFT

    def __post_init__(self) -> None:
        if self.queue not in SECONDS:
            raise SubscriberError(
                f"{self.queue!r} is no queue for {self.event}; give one of {', '.join(SECONDS)}"
            )

    @property
    def events(self) -> tuple[str, ...]:
        """The names and patterns, one or several."""
        return (self.event,) if isinstance(self.event, str) else self.event

    @property
    def name(self) -> str:
        """The name of the handler's function."""
        return self.handler.__name__


@dataclass(frozen=True)
class Handler:
    """A subscriber or a schedule of the core (without `plugin`) or a plugin, under a name that lasts."""

    name: str
    plugin: str | None
    queue: str
    run: Callable[..., Any]
    #: Names and patterns of the facts that it waits for; none where it waits for an hour.
    events: tuple[str, ...] = ()

    def wants(self, event: str) -> bool:
        """Whether it is to know of facts that are called so."""
        return any(fnmatchcase(event, pattern) for pattern in self.events)
