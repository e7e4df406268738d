"""Changes of a federation's calendar, and of the deadlines that hang on it, in one transaction."""

from __future__ import annotations

from datetime import MAXYEAR, MINYEAR, date

from sqlalchemy import select

from gonghui.db.unit_of_work import UnitOfWork
from gonghui.errors import Conflict, FieldFault, invalid, not_found
from gonghui.i18n import _
from gonghui.records.deadlines import recompute_open
from gonghui.tenancy.holidays import HolidayOverride, HolidayYear, forget_calendar
from gonghui.values.calendar import PUBLISHED
from gonghui.values.time_limits import LimitRefused, check_start


def put_override(uow: UnitOfWork, day: date, *, is_working: bool, name: str, reason: str) -> HolidayOverride:
    """Say what `day` is here, whatever was announced; open deadlines follow. Raises `Invalid`."""
    _check(day, "/day")
    uow.note("core.holiday_override.put")
    found = uow.session.scalars(select(HolidayOverride).where(HolidayOverride.day == day)).one_or_none()
    if found is None:
        found = HolidayOverride(day=day)
        uow.add(found)
    found.is_working, found.name, found.reason = is_working, name, reason
    _changed(uow, day.year)
    return found


def remove_override(uow: UnitOfWork, day: date) -> None:
    """Let `day` be again what was announced; open deadlines follow. Raises `NotFound`."""
    found = uow.session.scalars(select(HolidayOverride).where(HolidayOverride.day == day)).one_or_none()
    if found is None:
        raise not_found()
    uow.note("core.holiday_override.removed")
    uow.session.delete(found)
    _changed(uow, day.year)


def vouch_for_year(uow: UnitOfWork, year: int, basis: str) -> HolidayYear:
    """Say that all days of `year` are entered, by the announcement `basis`: its dates are firm from now on.

    Raises `Conflict` for a year that the installed data know, `Invalid` for one beyond all calendars.
    """
    if year in PUBLISHED:
        raise Conflict("year_announced", _("{year} 年的节假日安排已随系统提供，无须另行登记。", year=year))
    _check(date(min(max(year, MINYEAR), MAXYEAR), 1, 1), "/year")
    uow.note("core.holiday_year.entered")
    found = uow.session.scalars(select(HolidayYear).where(HolidayYear.year == year)).one_or_none()
    if found is None:
        found = HolidayYear(year=year)
        uow.add(found)
    found.basis = basis
    _changed(uow, year)
    return found


def withdraw_year(uow: UnitOfWork, year: int) -> None:
    """Take back that all days of `year` are entered. Raises `NotFound`."""
    found = uow.session.scalars(select(HolidayYear).where(HolidayYear.year == year)).one_or_none()
    if found is None:
        raise not_found()
    uow.note("core.holiday_year.withdrawn")
    uow.session.delete(found)
    _changed(uow, year)


def _check(day: date, pointer: str) -> None:
    try:
        check_start(day)
    except LimitRefused as refused:
        raise invalid(FieldFault(pointer, "date_refused", refused.sentence)) from None


def _changed(uow: UnitOfWork, year: int) -> None:
    uow.session.flush()
    forget_calendar(uow)
    recompute_open(uow, year)
