"""Statutory time limits: the day on which one ends, counted forwards or backwards, and the words that explain it.

Source: 民法典 Art. 200–203. Periods run in days, months and years of the calendar, or in working days where the
rule says so. The day on which a period begins is not counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import reduce

from gonghui.i18n import Text, _
from gonghui.values.calendar import WorkingCalendar
from gonghui.values.periods import add_months

_ONE_DAY = timedelta(days=1)
#: Years in which a limit may begin and a suspension may lie; beyond them somebody has mistyped.
FIRST_YEAR, LAST_YEAR = 1900, 2199


class LimitUnit(StrEnum):
    """What a limit is counted in."""

    DAYS = "days"
    WORKING_DAYS = "working_days"
    MONTHS = "months"
    YEARS = "years"


#: A hundred years, in each unit.
MOST = {
    LimitUnit.DAYS: 36_500,
    LimitUnit.WORKING_DAYS: 25_000,
    LimitUnit.MONTHS: 1_200,
    LimitUnit.YEARS: 100,
}


class LimitRefused(ValueError):
    """These are no terms of a limit; the sentence says why."""

    def __init__(self, sentence: Text) -> None:
        super().__init__(sentence)
        self.sentence = sentence

    def __str__(self) -> str:
        return str(self.sentence)


@dataclass(frozen=True)
class TimeLimit:
    """So many days, working days, months or years. Raises `LimitRefused` for a length that is no limit's."""

    length: int
    unit: LimitUnit

    def __post_init__(self) -> None:
        if not 1 <= self.length <= MOST[self.unit]:
            raise LimitRefused(_("期限的长度应在 {min} 与 {max} 之间。", min=1, max=MOST[self.unit]))

    @property
    def words(self) -> Text:
        """The limit as a text says it: 15 日."""
        one, many = _WORDS[self.unit]
        return one if self.length == 1 else Text(many.message, {"n": self.length})


@dataclass(frozen=True)
class DueDate:
    """The day found, why it is that day, and whether an announcement still to come may change it.

    `last_day` is where the count arrived, before a day off moved it.
    """

    on: date
    last_day: date
    is_provisional: bool
    explanation: Text


#: First and last day of a time during which a limit does not run.
Suspension = tuple[date, date]


def due_date(
    start: date,
    limit: TimeLimit,
    calendar: WorkingCalendar,
    *,
    suspended: Sequence[Suspension] = (),
    extended_by: TimeLimit | Sequence[TimeLimit] | None = None,
) -> DueDate:
    """The last day of a limit that begins on `start`, which is not counted.

    A limit of months or years ends on the corresponding day, or with the month that has none (Art. 202). A last day
    that is no working day gives way to the next one; a make-up working day is one (Art. 203). Days of suspension
    lengthen the limit one for one; nothing ends on them. An extension makes the same limit longer, it does not
    begin another: it counts from the last day before that one was moved, and Art. 203 moves only the last day
    of the whole. Raises `LimitRefused` for a day or suspension that cannot be meant.
    """
    check_start(start)
    extensions = (extended_by,) if isinstance(extended_by, TimeLimit) else tuple(extended_by or ())
    count = _Count(calendar, suspended)
    last = count.forward(start, limit)
    said = [
        _("自{start}起 {limit}，开始的当日不计入", start=start, limit=limit.words),
        _where(limit, start, last, count.stood_still),
    ]
    for further in extensions:
        before, last = count.stood_still, count.forward(last, further)
        said.append(_extended(further, last, count.stood_still - before))
    on = count.to_working_day(last, _ONE_DAY)
    if on != last:
        moved = _("该日是{kind}，顺延至{on}，即{other}", kind=calendar.kind_of(last), on=on,
                  other=calendar.kind_of(on))  # fmt: skip
        said.append(moved)
    return count.found(on, last, said)


def last_day_before(event: date, limit: TimeLimit, calendar: WorkingCalendar) -> DueDate:
    """The last day on which something is still done `limit` before `event` ("five working days before the meeting").

    Art. 201 read backwards: the day of the event is not counted. A day that is no working day gives way to the
    working day *before* it: Art. 203 would shorten the time that the rule gives to whoever is notified.
    """
    check_start(event)
    count = _Count(calendar)
    last = count.backward(event, limit)
    said = _before(event, limit, last)
    on = count.to_working_day(last, -_ONE_DAY)
    if on != last:
        moved = _("该日是{kind}，为不缩短期限，提前到{on}", kind=calendar.kind_of(last), on=on)
        said.append(moved)
    return count.found(on, last, said)


def first_day_before(event: date, limit: TimeLimit, calendar: WorkingCalendar) -> DueDate:
    """The first day of the `limit` that ends on `event` ("within the thirty days before expiry").

    A window opens on the day that it opens, working day or not: Art. 203 is about last days.
    """
    check_start(event)
    count = _Count(calendar)
    first = count.backward(event, limit)
    return count.found(first, first, _before(event, limit, first))


def answer(start: date, limit: TimeLimit, calendar: WorkingCalendar) -> dict[str, object]:
    """When a limit that begins on `start` is due, as a program is told; the explanation in the reader's language."""
    found = due_date(start, limit, calendar)
    return {
        "start": start,
        "length": limit.length,
        "unit": limit.unit.value,
        "due_on": found.on,
        "is_provisional": found.is_provisional,
        "explanation": str(found.explanation),
    }


def limit_of(given: Mapping[str, int | None]) -> TimeLimit:
    """The one limit among `given`, by unit. Raises `LimitRefused` unless exactly one is there."""
    found = [(LimitUnit(unit), length) for unit, length in given.items() if length is not None]
    if len(found) != 1:
        raise LimitRefused(_("请写明一个期限，而且只写一个：日、工作日、月或者年。"))
    unit, length = found[0]
    return TimeLimit(length, unit)


def check_start(day: date) -> None:
    """Raise `LimitRefused` for a day on which no limit can begin."""
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise LimitRefused(_("日期应在 {first} 年与 {last} 年之间。", first=FIRST_YEAR, last=LAST_YEAR))


class _Count:
    """One count: goes from day to day and remembers what it had to ask that nobody has announced."""

    def __init__(self, calendar: WorkingCalendar, suspended: Iterable[Suspension] = ()) -> None:
        self._calendar = calendar
        self._suspended = tuple(suspended)
        for first, last in self._suspended:
            if last < first:
                raise LimitRefused(_("中止的最后一日不能早于第一日。"))
            check_start(first)
            check_start(last)
        self._awaited: set[int] = set()
        self.stood_still = 0

    def forward(self, start: date, limit: TimeLimit) -> date:
        """The last day of the limit, not yet moved."""
        if limit.unit is LimitUnit.WORKING_DAYS:
            return self._working_days(start, limit.length, _ONE_DAY)
        last = _by_calendar(start, limit, 1)
        return self._later(last, self._suspended_days(start, last))

    def backward(self, event: date, limit: TimeLimit) -> date:
        """The day so long before `event`, not yet moved."""
        if limit.unit is LimitUnit.WORKING_DAYS:
            return self._working_days(event, limit.length, -_ONE_DAY)
        return _by_calendar(event, limit, -1)

    def to_working_day(self, day: date, step: timedelta) -> date:
        """`day`, or the nearest day in the direction of `step` on which people work and the limit runs."""
        while not self._is_working(day) or self._is_suspended(day):
            day += step
        return day

    def found(self, on: date, last: date, said: list[Text]) -> DueDate:
        """The day with its explanation."""
        if self._awaited:
            years = [str(year) for year in sorted(self._awaited)]
            said.append(_("{years} 年的节假日安排尚未公布，暂按双休日推算，日期为暂定", years=years))
        return DueDate(on, last, bool(self._awaited), _sentence(said))

    def _working_days(self, day: date, wanted: int, step: timedelta) -> date:
        while wanted:
            day += step
            if self._is_suspended(day):
                self.stood_still += 1
            elif self._is_working(day):
                wanted -= 1
        return day

    def _suspended_days(self, start: date, last: date) -> int:
        days = range(1, (last - start).days + 1) if self._suspended else ()
        return sum(self._is_suspended(start + timedelta(days=n)) for n in days)

    def _later(self, day: date, lost: int) -> date:
        """The day by which as many days have run as were lost; those lost on the way are made up for too."""
        self.stood_still += lost
        while lost:
            day += _ONE_DAY
            if self._is_suspended(day):
                self.stood_still += 1
            else:
                lost -= 1
        return day

    def _is_working(self, day: date) -> bool:
        awaited = self._calendar.awaits(day)
        if awaited is not None:
            self._awaited.add(awaited)
        return self._calendar.is_working(day)

    def _is_suspended(self, day: date) -> bool:
        return any(first <= day <= last for first, last in self._suspended)


def _by_calendar(day: date, limit: TimeLimit, sign: int) -> date:
    if limit.unit is LimitUnit.DAYS:
        return day + sign * timedelta(days=limit.length)
    return add_months(day, sign * limit.length * (12 if limit.unit is LimitUnit.YEARS else 1))


def _where(limit: TimeLimit, start: date, last: date, stood_still: int) -> Text:
    """Where the count arrived."""
    if stood_still:
        return _("扣除中止的 {n} 日，至{day}", n=stood_still, day=last)
    if limit.unit is LimitUnit.DAYS:
        return _("第 {n} 日是{day}", n=limit.length, day=last)
    if limit.unit is LimitUnit.WORKING_DAYS:
        return _("第 {n} 个工作日是{day}", n=limit.length, day=last)
    if last.day == start.day:
        return _("对应日是{day}", day=last)
    return _("没有对应日，以月末{day}为最后一日", day=last)


def _extended(limit: TimeLimit, last: date, stood_still: int) -> Text:
    if stood_still:
        return _("延长 {limit}，扣除中止的 {n} 日，至{day}", limit=limit.words, n=stood_still, day=last)
    return _("延长 {limit}，至{day}", limit=limit.words, day=last)


def _before(event: date, limit: TimeLimit, day: date) -> list[Text]:
    return [
        _("从{event}倒数 {limit}，当日不计入", event=event, limit=limit.words),
        _("数到{day}", day=day),
    ]


def _sentence(said: Sequence[Text]) -> Text:
    return _("{sentence}。", sentence=reduce(_and_then, said))


def _and_then(first: Text, then: Text) -> Text:
    return _("{first}；{then}", first=first, then=then)


_WORDS = {
    LimitUnit.DAYS: (_("1 日"), _("{n} 日")),
    LimitUnit.WORKING_DAYS: (_("1 个工作日"), _("{n} 个工作日")),
    LimitUnit.MONTHS: (_("1 个月"), _("{n} 个月")),
    LimitUnit.YEARS: (_("1 年"), _("{n} 年")),
}
