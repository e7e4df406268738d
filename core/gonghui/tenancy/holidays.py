"""What a federation says of its days: single days, and years whose days it has entered itself."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Mapped

from gonghui.db.base import TenantTable, unique
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.values.calendar import Override, WorkingCalendar


class HolidayOverride(TenantTable):
    """One day that is not as it was announced, or that is not announced yet."""

    __tablename__ = "holiday_override"
    __table_args__ = (unique("day"),)

    day: Mapped[date]
    is_working: Mapped[bool]
    name: Mapped[str]
    reason: Mapped[str]


class HolidayYear(TenantTable):
    """A year that the installed data do not know, all of whose days the federation has entered by `basis`."""

    __tablename__ = "holiday_year"
    __table_args__ = (unique("year"),)

    year: Mapped[int]
    basis: Mapped[str]


def calendar_of(uow: UnitOfWork) -> WorkingCalendar:
    """The working-day calendar of the tenant of the transaction, read once in it."""
    known: WorkingCalendar | None = uow.kept.get(HolidayOverride)
    if known is None:
        day = HolidayOverride
        rows = uow.session.execute(select(day.day, day.is_working, day.name)).all()
        years = uow.session.scalars(select(HolidayYear.year)).all()
        known = WorkingCalendar({row.day: Override(row.is_working, row.name) for row in rows}, years)
        uow.kept[HolidayOverride] = known
    return known


def forget_calendar(uow: UnitOfWork) -> None:
    """Have the calendar read again: a day or year of it has changed."""
    uow.kept.pop(HolidayOverride, None)
