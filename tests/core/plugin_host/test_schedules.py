"""Schedules that a plugin declares: an hour of the law's time, and a day that there is."""

from __future__ import annotations

from datetime import time

import pytest

from gonghui.plugin_host.schedules import ScheduleError
from gonghui.sdk import Schedule, UnitOfWork, daily, monthly, weekly


def look(uow: UnitOfWork) -> None:
    """Look at what is due."""


def test_a_schedule_has_an_hour_and_perhaps_a_day() -> None:
    assert daily(look) == Schedule(look, time(3, 0))
    assert weekly(look, 0, "06:30") == Schedule(look, time(6, 30), weekday=0)
    assert monthly(look, 28, "23:59") == Schedule(look, time(23, 59), day=28)
    assert daily(look).name == "look"


@pytest.mark.parametrize("hour", ["24:00", "3 o'clock", ""])
def test_an_hour_that_there_is_not_is_refused(hour: str) -> None:
    with pytest.raises(ScheduleError, match="is no hour"):
        daily(look, hour)


@pytest.mark.parametrize("day", [0, 29, 31])
def test_a_day_that_not_every_month_has_is_refused(day: int) -> None:
    with pytest.raises(ScheduleError, match="no day of every month"):
        monthly(look, day)


@pytest.mark.parametrize("weekday", [-1, 7])
def test_a_weekday_that_there_is_not_is_refused(weekday: int) -> None:
    with pytest.raises(ScheduleError, match="is no weekday"):
        weekly(look, weekday)
