"""The working-day calendar: what was announced, what a federation changes, and what nobody knows yet."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from chinese_calendar import is_workday
from hypothesis import given
from hypothesis import strategies as st

from gonghui.values.calendar import ANNOUNCED, PUBLISHED, Override, WorkingCalendar

UNKNOWN = max(PUBLISHED) + 1


@given(st.dates(date(min(PUBLISHED), 1, 1), date(max(PUBLISHED), 12, 31)))
def test_days_are_as_they_were_announced(day: date) -> None:
    assert ANNOUNCED.is_working(day) == is_workday(day)


@pytest.mark.parametrize(
    ("day", "kind"),
    [
        (date(2024, 2, 16), "节假日（春节）"),
        (date(2024, 2, 18), "调休的工作日"),
        (date(2024, 2, 24), "双休日"),
        (date(2024, 2, 26), "工作日"),
        (date(2015, 9, 3), "节假日（抗战胜利 70 周年纪念日）"),
    ],
)
def test_a_day_is_called_what_it_is(day: date, kind: str) -> None:
    assert str(ANNOUNCED.kind_of(day)) == kind


@given(st.dates(date(UNKNOWN, 1, 1), date(UNKNOWN + 5, 12, 31)))
def test_in_a_year_that_nobody_announced_weekdays_are_working_days_and_none_is_certain(day: date) -> None:
    assert ANNOUNCED.is_working(day) is (day.weekday() < 5)
    assert ANNOUNCED.awaits(day) == day.year


def test_what_a_federation_says_of_a_day_is_certain_and_goes_first() -> None:
    holiday, fair = date(UNKNOWN, 3, 1), date(2024, 2, 16)
    changed = WorkingCalendar({holiday: Override(False, "厂庆"), fair: Override(True, "年会")})
    assert (changed.is_working(holiday), changed.awaits(holiday)) == (False, None)
    assert (str(changed.kind_of(holiday)), str(changed.kind_of(fair))) == ("休息日（厂庆）", "工作日（年会）")
    assert changed.awaits(holiday + timedelta(days=1)) == UNKNOWN


def test_the_last_days_of_a_year_wait_for_the_announcement_of_the_next() -> None:
    # That of 2019 made 2018-12-29 a working day and 2018-12-31 a holiday.
    assert ANNOUNCED.is_working(date(2018, 12, 29))
    assert not ANNOUNCED.is_working(date(2018, 12, 31))
    last = UNKNOWN - 1
    assert [ANNOUNCED.awaits(date(last, 12, day)) for day in (24, 25, 31)] == [None, UNKNOWN, UNKNOWN]


def test_a_year_that_a_federation_vouches_for_is_certain() -> None:
    entered = WorkingCalendar(published=[UNKNOWN])
    assert entered.awaits(date(UNKNOWN - 1, 12, 31)) is None
    assert entered.awaits(date(UNKNOWN, 6, 1)) is None
    assert entered.awaits(date(UNKNOWN, 12, 31)) == UNKNOWN + 1
