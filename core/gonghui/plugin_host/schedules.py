"""Schedules that a plugin declares: what is to be done at which hour, for every tenant that has it on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any

from gonghui.db.unit_of_work import UnitOfWork
from gonghui.events.handlers import BULK
from gonghui.values import clock

#: Days within which every schedule has an hour. What was done about the last one is remembered at least as long.
LONGEST_PERIOD = 33
Job = Callable[[UnitOfWork], Any]


class ScheduleError(ValueError):
    """A schedule names an hour or a weekday that there is not."""


@dataclass(frozen=True)
class Schedule:
    """A job and its hour in Asia/Shanghai; on one weekday (0 is Monday), on one day of the month, or every day."""

    job: Job
    at: time
    weekday: int | None = None
    day: int | None = None
    queue: str = BULK

    def __post_init__(self) -> None:
        if self.weekday is not None and not 0 <= self.weekday <= 6:
            raise ScheduleError(f"{self.weekday} is no weekday; 0 is Monday and 6 Sunday")
        if self.day is not None and not 1 <= self.day <= 28:
            raise ScheduleError(f"{self.day} is no day of every month; give 1 to 28")

    @property
    def name(self) -> str:
        """The name of the job's function."""
        return self.job.__name__

    def last_due(self, now: datetime) -> datetime:
        """The latest of its hours that has come, in UTC."""
        today = now.astimezone(clock.LAW_TIME).date()
        hours = (
            datetime.combine(today - timedelta(days=back), self.at, clock.LAW_TIME)
            for back in range(LONGEST_PERIOD)
        )
        return next(hour for hour in hours if hour <= now and self._is_on(hour)).astimezone(UTC)

    def _is_on(self, hour: datetime) -> bool:
        return self.weekday in (None, hour.weekday()) and self.day in (None, hour.day)


def daily(job: Job, at: str = "03:00") -> Schedule:
    """`job` every day at an hour (`"03:00"`). Raises `ScheduleError`."""
    return Schedule(job, _hour(at))


def weekly(job: Job, weekday: int, at: str = "03:00") -> Schedule:
    """`job` every week on `weekday` (0 is Monday). Raises `ScheduleError`."""
    return Schedule(job, _hour(at), weekday=weekday)


def monthly(job: Job, day: int, at: str = "03:00") -> Schedule:
    """`job` every month on `day` (1 to 28). Raises `ScheduleError`."""
    return Schedule(job, _hour(at), day=day)


def _hour(text: str) -> time:
    try:
        return time.fromisoformat(text)
    except ValueError:
        raise ScheduleError(f"{text!r} is no hour; write '03:00'") from None
