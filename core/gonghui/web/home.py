"""The first page: what waits for me, what is late where, and the half-year's first figures over what I see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from flask import Blueprint, current_app, g, redirect, render_template, request
from sqlalchemy import func, select
from werkzeug.wrappers import Response

from gonghui.api.paging import decode_cursor, encode_cursor
from gonghui.auth.scope import holds_whole
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.events.deliveries import DeliveryState, EventDelivery
from gonghui.i18n import _
from gonghui.parties.alike import count_alike
from gonghui.plugin_host.hooks import Waiting
from gonghui.records.deadline_lists import READ as READ_DEADLINES
from gonghui.records.deadline_lists import count_by_unit
from gonghui.records.record_types import RecordType
from gonghui.records.waiting import Count, Desk, count_waiting, list_waiting
from gonghui.reporting.indicators import Figure
from gonghui.tenancy.org_tree import OrgUnit, is_root
from gonghui.values import clock
from gonghui.values.periods import Period
from gonghui.web import contributions
from gonghui.web.figures import chosen_period, figures_in_view, periods_to_choose
from gonghui.web.page import SIGNED_IN, page
from gonghui.web.quality import DECIDE
from gonghui.web.units import unit_in_view

blueprint = Blueprint("home", __name__, template_folder="templates")

READ_EVENTS = "core.event.read"
_AT_ONCE = 30
_FIGURES = 3
_UNITS = 8
#: Deadlines that count as close.
_SOON = 30


class Change(NamedTuple):
    """A figure beside its value in the period before."""

    figure: Figure
    before: int

    @property
    def difference(self) -> int:
        """How much more it is."""
        return self.figure.value - self.before


@dataclass(frozen=True)
class Choice:
    """A kind of what waits, as one chooses it."""

    code: str
    title: str
    count: Count


@blueprint.get("/")
@page(SIGNED_IN)
def show_entrance(_uow: UnitOfWork) -> Response:
    """The console is where everybody works who is signed in."""
    return redirect("/console")


@blueprint.get("/console")
@page(SIGNED_IN)
def show_home(uow: UnitOfWork) -> str:
    """What waits for me, who is behind, and the period's figures over what I see."""
    period = chosen_period()
    return render_template(
        "home.html",
        period=period,
        periods=periods_to_choose(period),
        changes=_changes(uow, period),
        behind=_behind(uow),
        cards=contributions.cards(uow),
        plugins_on=g.tenant.plugins_on,
        lines=[*_dead_letters(uow), *_employers_alike(uow), *contributions.waiting(uow)],
        **_waiting(uow),
    )


def _waiting(uow: UnitOfWork) -> dict[str, Any]:
    """A page of what waits, and the numbers by kind."""
    kinds = current_app.extensions["gonghui"].registry.record_types(g.tenant.plugins_on)
    unit = unit_in_view(uow)
    desk = Desk(
        kinds,
        only=request.args.get("kind") or None,
        path=unit.path if unit else None,
        everything=request.args.get("all") == "1",
        only_overdue=request.args.get("late") == "1",
    )
    after = decode_cursor(request.args.get("cursor"), (date.fromisoformat, UUID))
    counts = count_waiting(uow, desk)
    # A statement over all kinds takes longer to put together than to answer: those without a record are left out.
    narrower = replace(desk, kinds=[kind for kind in kinds if kind.code in counts])
    rows = list_waiting(uow, narrower, after=after, limit=_AT_ONCE + 1) if counts else []
    return {
        "desk": desk,
        "choices": _choices(kinds, counts),
        "total": sum(each.total for each in counts.values()),
        "overdue": sum(each.overdue for each in counts.values()),
        "rows": rows[:_AT_ONCE],
        "is_first": after is None,
        "next_cursor": encode_cursor(rows[_AT_ONCE - 1].place) if len(rows) > _AT_ONCE else None,
    }


def _choices(kinds: Sequence[RecordType], counts: dict[str, Count]) -> list[Choice]:
    return [Choice(kind.code, str(kind.title), counts[kind.code]) for kind in kinds if kind.code in counts]


def _changes(uow: UnitOfWork, period: Period) -> list[Change]:
    """The first figures that the reader may see, each with that of the period before."""
    now = figures_in_view(uow, period, most=_FIGURES)
    before = {each.indicator.code: each.value for each in figures_in_view(uow, period.before, most=_FIGURES)}
    return [Change(each, before[each.indicator.code]) for each in now if each.indicator.code in before]


def _behind(uow: UnitOfWork) -> list[dict[str, Any]]:
    """Units below the one in view that have something overdue, those with most of it first."""
    unit = unit_in_view(uow) or _own_unit(uow)
    rules = current_app.extensions["gonghui"].registry.deadline_rules(g.tenant.plugins_on)
    if unit is None or not uow.principal.holds(READ_DEADLINES):
        return []
    numbers = count_by_unit(uow, rules, unit, clock.today(), _SOON)["units"]
    late = sorted((each for each in numbers if each["overdue"]), key=lambda each: -each["overdue"])
    return late[:_UNITS]


def _own_unit(uow: UnitOfWork) -> OrgUnit | None:
    """The unit at which the reader watches deadlines, where it is a single one."""
    roots = uow.principal.roots(READ_DEADLINES)
    if len(roots) != 1:
        return None
    return uow.session.scalars(select(OrgUnit).where(OrgUnit.path == roots[0])).one_or_none()


def _employers_alike(uow: UnitOfWork) -> list[Waiting]:
    """Pairs of employers that the reader may decide on; they belong to no unit and to no plugin."""
    if not holds_whole(uow.principal, DECIDE):
        return []
    count = count_alike(uow)
    return [Waiting(_("待判断的相似单位"), count, "/console/quality/employers", DECIDE)] if count else []


def _dead_letters(uow: UnitOfWork) -> list[Waiting]:
    """Tasks that were given up, which an administrator of the whole looks at and resumes."""
    if not any(map(is_root, uow.principal.roots(READ_EVENTS))):
        return []
    dead = EventDelivery.state == DeliveryState.DEAD.value
    count = uow.session.scalar(select(func.count()).select_from(EventDelivery).where(dead)) or 0
    return [Waiting(_("办不成的后台任务"), count, "/console/events", READ_EVENTS)] if count else []
