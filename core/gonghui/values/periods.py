"""Periods of a report: a year, a half-year, a quarter or a month, with their first and last day."""

from __future__ import annotations

import calendar
import re
import unicodedata
from dataclasses import dataclass
from datetime import date, timedelta

_FORM = re.compile(r"(?P<year>\d{4})(?:(?P<kind>[HQM-])(?P<number>\d{1,2}))?")
#: Nothing is reported of earlier years, and the first that a date can have has none before it.
_FIRST_YEAR = 1900
_MONTHS = {"H": 6, "Q": 3, "M": 1, "-": 1}


@dataclass(frozen=True)
class Period:
    """A closed span of days with the code people use for it (`2024H1`)."""

    code: str
    first: date
    last: date

    @classmethod
    def parse(cls, code: str) -> Period:
        """The period that `code` names: `2024`, `2024H1`, `2024Q3`, `2024M07` or `2024-07`.

        Its code is always written alike (`2024-7` is `2024M07`). Raises `ValueError` for anything else.
        """
        match = _FORM.fullmatch(unicodedata.normalize("NFKC", code).strip().upper())
        if match is None:
            raise ValueError(code)
        year = int(match["year"])
        if year < _FIRST_YEAR:
            raise ValueError(code)
        if match["kind"] is None:
            return cls(f"{year}", date(year, 1, 1), date(year, 12, 31))
        months, number = _MONTHS[match["kind"]], int(match["number"])
        if not 1 <= number <= 12 // months:
            raise ValueError(code)
        last_month = number * months
        last = date(year, last_month, calendar.monthrange(year, last_month)[1])
        written = f"{year}M{number:02d}" if months == 1 else f"{year}{match['kind']}{number}"
        return cls(written, date(year, last_month - months + 1, 1), last)

    @property
    def before(self) -> Period:
        """The period of the same length that ended the day before this one began."""
        ended = self.first - timedelta(days=1)
        kind = self.code[4:5]
        if not kind:
            return Period.parse(f"{ended.year}")
        return Period.parse(f"{ended.year}{kind}{(ended.month - 1) // _MONTHS[kind] + 1}")


def add_months(day: date, months: int) -> date:
    """The corresponding day some months later; where that month has none, its last day (民法典 Art. 202)."""
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))
