"""The calendar as a page: a year's working days and holidays, days that the federation sets itself, and its years."""

from __future__ import annotations

from calendar import Calendar
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import Blueprint, redirect, render_template, request
from marshmallow import fields
from sqlalchemy import select
from werkzeug.wrappers import Response

from gonghui.api.resources.calendar import CHANGE, READ, NewOverride, NewYear
from gonghui.auth.scope import holds_whole
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.errors import DomainError, not_found
from gonghui.i18n import Text, _
from gonghui.records.calendar_changes import put_override, remove_override, vouch_for_year, withdraw_year
from gonghui.tenancy.holidays import HolidayOverride, HolidayYear, calendar_of
from gonghui.values import clock
from gonghui.values.calendar import PUBLISHED, Mark, WorkingCalendar
from gonghui.values.time_limits import FIRST_YEAR, LAST_YEAR
from gonghui.web.forms import Faults, refused, sent
from gonghui.web.page import page, to

blueprint = Blueprint("calendar_pages", __name__, template_folder="templates")

_HOME = "/console/calendar"
_LABELS = {
    "day": _("日期"),
    "is_working": _("这一天"),
    "name": _("名称"),
    "reason": _("理由"),
    "basis": _("依据"),
}
_ORDINARY = (Mark.WORKING, Mark.WEEKEND)


class DayForm(NewOverride):
    """A day, and what it is here."""

    day = fields.Date(required=True)


class YearForm(NewYear):
    """A year all of whose days are entered."""

    year = fields.Integer(required=True)


_day_form, _year_form = DayForm(), YearForm()


@dataclass(frozen=True)
class Day:
    """A day of the year in view; `own` is what the federation says of it."""

    on: date
    mark: Mark
    kind: Text
    is_uncertain: bool
    own: HolidayOverride | None


@dataclass(frozen=True)
class Month:
    """A month in weeks from Monday on; None stands for the days of its neighbours."""

    first: date
    weeks: list[list[Day | None]]
    working_days: int


@blueprint.get(_HOME)
@page(READ)
def show_calendar(uow: UnitOfWork) -> str:
    """A year as twelve months, and all its days that are not ordinary as a list."""
    return _draw(uow, _year_in_view(), [])


@blueprint.post(f"{_HOME}/days")
@page(CHANGE, of_whole=True)
def set_day(uow: UnitOfWork) -> Response | tuple[str, int]:
    """Say what a day is here; open deadlines that hang on it are computed anew."""
    try:
        told = sent(_day_form)
        put_override(uow, told.pop("day"), **told)
    except DomainError as error:
        return _draw(uow, _year_in_view(), refused(uow, error, _LABELS)), 422
    day = request.form["day"].strip()
    return redirect(to(_HOME, year=day[:4], set=day), 303)


@blueprint.post(f"{_HOME}/days/<string:day>/remove")
@page(CHANGE, of_whole=True)
def remove_day(uow: UnitOfWork, day: str) -> Response:
    """Let a day be again what was announced."""
    try:
        on = date.fromisoformat(day)
    except ValueError:
        raise not_found() from None
    remove_override(uow, on)
    return redirect(to(_HOME, year=on.year), 303)


@blueprint.post(f"{_HOME}/years")
@page(CHANGE, of_whole=True)
def vouch(uow: UnitOfWork) -> Response | tuple[str, int]:
    """Say that all days of a year are entered; its dates are no longer provisional."""
    try:
        told = sent(_year_form)
        vouch_for_year(uow, told["year"], told["basis"])
    except DomainError as error:
        return _draw(uow, _year_in_view(), refused(uow, error, _LABELS)), 422
    return redirect(to(_HOME, year=told["year"]), 303)


@blueprint.post(f"{_HOME}/years/<int:year>/withdraw")
@page(CHANGE, of_whole=True)
def withdraw(uow: UnitOfWork, year: int) -> Response:
    """Take back that all days of a year are entered."""
    withdraw_year(uow, year)
    return redirect(to(_HOME, year=year), 303)


def _draw(uow: UnitOfWork, year: int, faults: Faults) -> str:
    known = calendar_of(uow)
    months = list(_months(known, year, _own_days(uow, year)))
    days = [day for month in months for week in month.weeks for day in week if day is not None]
    return render_template(
        "calendar/year.html",
        year=year,
        years=(max(year - 1, FIRST_YEAR), min(year + 1, LAST_YEAR)),
        months=months,
        special=[day for day in days if day.mark not in _ORDINARY],
        own_number=sum(day.own is not None for day in days),
        working_days=sum(month.working_days for month in months),
        is_published=year in PUBLISHED,
        is_announced=known.is_announced(year),
        vouched=uow.session.scalars(select(HolidayYear).where(HolidayYear.year == year)).one_or_none(),
        set_day=next((day for day in days if day.on.isoformat() == request.args.get("set")), None),
        may_change=holds_whole(uow.principal, CHANGE),
        labels=_LABELS,
        values=request.form,
        faults_found=faults,
        faults_at=dict(faults),
    )


def _own_days(uow: UnitOfWork, year: int) -> dict[date, HolidayOverride]:
    wanted = HolidayOverride.day.between(date(year, 1, 1), date(year, 12, 31))
    return {row.day: row for row in uow.session.scalars(select(HolidayOverride).where(wanted))}


def _months(known: WorkingCalendar, year: int, own: dict[date, HolidayOverride]) -> Iterator[Month]:
    def told(day: date) -> Day:
        return Day(day, known.mark_of(day), known.kind_of(day), known.awaits(day) is not None, own.get(day))

    for number in range(1, 13):
        weeks = [
            [told(day) if day.month == number else None for day in week]
            for week in Calendar().monthdatescalendar(year, number)
        ]
        working = sum(known.is_working(day.on) for week in weeks for day in week if day is not None)
        yield Month(date(year, number, 1), weeks, working)


def _year_in_view() -> int:
    told: Any = request.form.get("day", "")[:4] or request.form.get("year") or request.args.get("year")
    try:
        year = int(told)
    except (TypeError, ValueError):
        return clock.today().year
    return year if FIRST_YEAR <= year <= LAST_YEAR else clock.today().year
