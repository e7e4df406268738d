"""The one clock: now as an instant, today as a date of law in Asia/Shanghai. Tests set it with `at`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

LAW_TIME = ZoneInfo("Asia/Shanghai")

_frozen: ContextVar[datetime | None] = ContextVar("frozen", default=None)


def now() -> datetime:
    """The present instant, in UTC."""
    return _frozen.get() or datetime.now(UTC)


def today() -> date:
    """The date on which something done now takes effect."""
    return now().astimezone(LAW_TIME).date()


def midnight(day: date) -> datetime:
    """The instant at which a day begins in Asia/Shanghai."""
    return datetime.combine(day, time.min, LAW_TIME)


def minute(instant: datetime) -> str:
    """An instant as people read it, in Asia/Shanghai: `2024-06-30 14:05`. Raises `ValueError` without a time zone."""
    if instant.tzinfo is None:
        raise ValueError("an instant needs a time zone")
    return instant.astimezone(LAW_TIME).replace(tzinfo=None).isoformat(sep=" ", timespec="minutes")


@contextmanager
def at(instant: datetime) -> Iterator[None]:
    """Let the clock stand at `instant` (with a time zone; `ValueError` without) for the length of the block."""
    if instant.tzinfo is None:
        raise ValueError("an instant needs a time zone")
    token = _frozen.set(instant.astimezone(UTC))
    try:
        yield
    finally:
        _frozen.reset(token)
