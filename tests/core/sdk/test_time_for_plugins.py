"""Time as a plugin gets it from the SDK: limits that end on a day, and the words that say why."""

from __future__ import annotations

from datetime import date

import pytest

from gonghui.sdk import (
    DueDate,
    LimitRefused,
    LimitUnit,
    TimeLimit,
    WorkingCalendar,
    due_date,
    first_day_before,
)

CALENDAR = WorkingCalendar()


def test_a_limit_ends_on_a_working_day_and_says_so() -> None:
    # 15 days from 1 February 2024 end on the 16th, within the holidays of spring; work begins on Sunday the 18th.
    found = due_date(date(2024, 2, 1), TimeLimit(15, LimitUnit.DAYS), CALENDAR)
    assert isinstance(found, DueDate)
    assert (found.last_day, found.on) == (date(2024, 2, 16), date(2024, 2, 18))
    assert "2024年2月18日" in str(found.explanation)


def test_a_window_before_an_event_opens_on_any_day() -> None:
    found = first_day_before(date(2024, 7, 1), TimeLimit(30, LimitUnit.DAYS), CALENDAR)
    assert found.on == date(2024, 6, 1)  # a Saturday


def test_a_limit_of_no_length_is_refused_in_words() -> None:
    with pytest.raises(LimitRefused) as refused:
        TimeLimit(0, LimitUnit.WORKING_DAYS)
    assert str(refused.value)
