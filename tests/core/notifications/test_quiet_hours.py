"""Messages that can wait do not wake anybody."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from gonghui.notifications.quiet_hours import after_quiet_hours
from gonghui.values.clock import LAW_TIME


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2024, 6, day, hour, minute, tzinfo=LAW_TIME)


@pytest.mark.parametrize(
    ("now", "then"),
    [
        (at(5, 20, 59), at(5, 20, 59)),
        (at(5, 21), at(6, 8)),
        (at(6, 0), at(6, 8)),
        (at(6, 7, 59), at(6, 8)),
        (at(6, 8), at(6, 8)),
    ],
)
def test_a_message_of_the_night_waits_for_the_morning(now: datetime, then: datetime) -> None:
    assert after_quiet_hours(now, 21, 8) == then


def test_quiet_hours_may_lie_within_one_day() -> None:
    assert after_quiet_hours(at(5, 13), 12, 14) == at(5, 14)
    assert after_quiet_hours(at(5, 15), 12, 14) == at(5, 15)


hours = some.integers(0, 23)


@given(begins=hours, ends=hours, minutes=some.integers(0, 60 * 24 * 3))
def test_a_message_waits_less_than_a_day_and_for_no_quiet_hour(begins: int, ends: int, minutes: int) -> None:
    now = at(5, 0) + timedelta(minutes=minutes)
    then = after_quiet_hours(now, begins, ends)
    assert timedelta(0) <= then - now < timedelta(days=1)
    assert after_quiet_hours(then, begins, ends) == then
    if begins == ends:
        assert then == now
