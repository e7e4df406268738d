"""The working-day calendar: public holidays and make-up working days as published, and what a federation changes.

The State Council announces the days of each year in the autumn before (全国年节及纪念日放假办法). The data come from
`chinesecalendar`; a federation adds what the library does not know yet, or what its place has besides.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from chinese_calendar.constants import Holiday, holidays, workdays

from gonghui.i18n import Text, _

#: Years whose holidays the library knows.
PUBLISHED = frozenset(day.year for day in holidays)
#: From this day of December on, the announcement of the year after may still change a year: that of 2019 made
#: Saturday 2018-12-29 a working day and Monday 2018-12-31 a holiday.
_TURN_OF_THE_YEAR = 25

_SATURDAY = 5
_NAMES: dict[str, Text] = {
    Holiday.new_years_day.value: _("元旦"),
    Holiday.spring_festival.value: _("春节"),
    Holiday.tomb_sweeping_day.value: _("清明节"),
    Holiday.labour_day.value: _("劳动节"),
    Holiday.dragon_boat_festival.value: _("端午节"),
    Holiday.mid_autumn_festival.value: _("中秋节"),
    Holiday.national_day.value: _("国庆节"),
    Holiday.anti_fascist_70th_day.value: _("抗战胜利 70 周年纪念日"),
}


class Mark(StrEnum):
    """What sort of day it is, for whoever draws a year; `own_…`: the federation said so itself."""

    WORKING = "working"
    WEEKEND = "weekend"
    HOLIDAY = "holiday"
    MAKE_UP = "make-up"
    OWN_WORKING = "own-working"
    OWN_OFF = "own-off"


@dataclass(frozen=True)
class Override:
    """What a federation says of one day."""

    is_working: bool
    name: str


class WorkingCalendar:
    """Says of any day whether it is a working day, what kind of day it is, and whether that is certain.

    In a year that nobody has announced, Monday to Friday count as working days, and every such day is uncertain.
    `published`: years that a federation vouches for because it has entered all their days itself.
    """

    def __init__(
        self, overrides: Mapping[date, Override] | None = None, published: Collection[int] = ()
    ) -> None:
        self._overrides = dict(overrides or {})
        self._published = PUBLISHED | frozenset(published)

    def is_working(self, day: date) -> bool:
        """Whether people work on `day`: a weekday that is no holiday, or a make-up working day."""
        override = self._overrides.get(day)
        if override is not None:
            return override.is_working
        return day in workdays or (day.weekday() < _SATURDAY and day not in holidays)

    def awaits(self, day: date) -> int | None:
        """The year whose announcement is needed to know what `day` is; None where it is known."""
        if day in self._overrides:
            return None
        if day.year not in self._published:
            return day.year
        turns = day.month == 12 and day.day >= _TURN_OF_THE_YEAR
        return day.year + 1 if turns and day.year + 1 not in self._published else None

    def mark_of(self, day: date) -> Mark:
        """What sort of day it is; a holiday that falls on a weekend is a holiday."""
        override = self._overrides.get(day)
        if override is not None:
            return Mark.OWN_WORKING if override.is_working else Mark.OWN_OFF
        if day in workdays:
            return Mark.MAKE_UP
        if day in holidays:
            return Mark.HOLIDAY
        return Mark.WORKING if day.weekday() < _SATURDAY else Mark.WEEKEND

    def is_announced(self, year: int) -> bool:
        """Whether the days of a year are known: announced, or entered by the federation."""
        return year in self._published

    def kind_of(self, day: date) -> Text:
        """What kind of day it is, in words: a public holiday (with its name), a make-up working day, a weekend."""
        override = self._overrides.get(day)
        if override is not None:
            named = _("工作日（{name}）") if override.is_working else _("休息日（{name}）")
            return Text(named.message, {"name": override.name})
        if day in workdays:
            return _("调休的工作日")
        if day in holidays:
            name = holidays[day]
            return _("节假日（{name}）", name=_NAMES.get(name, Holiday(name).chinese))
        return _("工作日") if day.weekday() < _SATURDAY else _("双休日")


#: The calendar as it was announced, for whoever has nothing to add.
ANNOUNCED = WorkingCalendar()
