"""Deliveries: one row for each handler that a fact is to reach, or an hour; done once, or given up in sight."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Index, select, text
from sqlalchemy.orm import Mapped, mapped_column

from gonghui.db.base import TenantTable, one_of, ref, unique
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.events.handlers import SLOW, SWIFT, Event
from gonghui.events.outbox import OutboxEvent
from gonghui.settings import settings
from gonghui.values import clock

_LONGEST_PAUSE = timedelta(hours=1)
_random = random.SystemRandom()


class DeliveryState(StrEnum):
    """Where a delivery stands: `sent` ones are under way, `dead` ones wait for somebody to resume them."""

    WAITING = "waiting"
    SENT = "sent"
    DONE = "done"
    DEAD = "dead"
    CANCELLED = "cancelled"


#: States in which a delivery still runs; a message about any other finds nothing to do.
OPEN = (DeliveryState.WAITING.value, DeliveryState.SENT.value)


class EventDelivery(TenantTable):
    """What one handler is to do about one fact, or about one hour.

    `key` tells one from the other: the id of the event, or the hour. `due_at` is when it is to be sent, and once it
    was, when it is to be sent again because nothing was heard.
    """

    __tablename__ = "event_delivery"
    __table_args__ = (
        unique("handler", "key"),
        one_of("state", DeliveryState),
        Index(
            "ix_event_delivery_event", "tenant_id", "event_id", postgresql_where=text("event_id IS NOT NULL")
        ),
        Index(
            "ix_event_delivery_waiting",
            "tenant_id",
            "handler",
            "due_at",
            postgresql_where=text("state = 'waiting'"),
        ),
        Index("ix_event_delivery_sent", "tenant_id", "handler", postgresql_where=text("state = 'sent'")),
        Index(
            "ix_event_delivery_failed",
            "tenant_id",
            "handler",
            postgresql_where=text("attempts > 0 AND state IN ('waiting', 'sent')"),
        ),
        Index("ix_event_delivery_dead", "tenant_id", "id", postgresql_where=text("state = 'dead'")),
    )
    #: The platform's own working; what a handler does to records has entries of its own.
    audited = False

    event: Mapped[OutboxEvent | None] = ref(OutboxEvent, optional=True, cascade=True)
    event_id: Mapped[UUID | None]
    handler: Mapped[str]
    key: Mapped[str]
    queue: Mapped[str]
    state: Mapped[str] = mapped_column(default=DeliveryState.WAITING.value)
    made_at: Mapped[datetime] = mapped_column(default=clock.now)
    due_at: Mapped[datetime] = mapped_column(default=clock.now)
    #: How often it was sent since it last failed, and how often it failed.
    sends: Mapped[int] = mapped_column(default=0)
    attempts: Mapped[int] = mapped_column(default=0)
    done_at: Mapped[datetime | None]
    error: Mapped[str | None]


def take(uow: UnitOfWork, delivery_id: UUID) -> EventDelivery | None:
    """The delivery, locked; None where it is done, or somebody is at it."""
    wanted = select(EventDelivery).where(EventDelivery.id == delivery_id, EventDelivery.state.in_(OPEN))
    return uow.session.scalars(wanted.with_for_update(skip_locked=True)).one_or_none()


def event_of(uow: UnitOfWork, delivery: EventDelivery) -> Event | None:
    """The fact that is delivered; None where it is an hour."""
    if delivery.event_id is None:
        return None
    return uow.session.get_one(OutboxEvent, (uow.tenant_id, delivery.event_id)).told


def finish(delivery: EventDelivery) -> None:
    """Mark a delivery as done, in the transaction that holds its effects."""
    delivery.state, delivery.done_at, delivery.error = DeliveryState.DONE.value, clock.now(), None


def fail(delivery: EventDelivery, error: str) -> None:
    """Put a delivery back for another attempt, or give it up after the last one."""
    delivery.attempts += 1
    delivery.error, delivery.sends = error, 0
    if delivery.attempts >= settings().delivery_attempts:
        delivery.state = DeliveryState.DEAD.value
        return
    delivery.state = DeliveryState.WAITING.value
    if delivery.queue == SWIFT:
        delivery.queue = SLOW  # it has more time there, and keeps nobody waiting
    delivery.due_at = clock.now() + pause_after(delivery.attempts)


def hold(delivery: EventDelivery) -> None:
    """Let a delivery wait because its plugin is off; after `event_days` it is cancelled."""
    now = clock.now()
    if delivery.made_at < now - timedelta(days=settings().event_days):
        delivery.state, delivery.done_at = DeliveryState.CANCELLED.value, now
        return
    delivery.state, delivery.due_at, delivery.sends = DeliveryState.WAITING.value, now + _LONGEST_PAUSE, 0


def pause_after(attempts: int) -> timedelta:
    """The pause before the next attempt: it doubles, up to an hour, and varies, so that what failed together parts."""
    longest = settings().delivery_backoff_seconds * 2 ** min(attempts - 1, 20)
    return min(timedelta(seconds=longest), _LONGEST_PAUSE) * _random.uniform(0.5, 1.0)
