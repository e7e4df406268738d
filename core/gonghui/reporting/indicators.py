"""Indicators: number and list come from the same source and condition, so they cannot differ."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, func, literal, select, tuple_

from gonghui.auth.scope import visible
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.errors import not_found
from gonghui.i18n import Text
from gonghui.tenancy.org_history import pairs_under, stood_under
from gonghui.tenancy.org_tree import OrgUnit, ids_under, is_root
from gonghui.values import clock
from gonghui.values.periods import Period


@dataclass(frozen=True)
class Indicator:
    """A figure: what is counted (`source` gives one row per counted thing and period) and in what unit.

    `source(period)` selects the columns `id` (the record to open), `key` (what makes a count distinct),
    `label`, `breakdown`, `org_unit_id` and `on`. `aggregation` is `sum` for what happened within the period, `stock`
    for how things stand on its last day. Whoever holds `permission` is told the figure for where they hold it;
    `definition` tells people what is counted, `breakdowns` names the parts.
    """

    code: str
    title: Text
    unit: Text
    aggregation: str
    permission: str
    source: Callable[[Period], Select[Any]]
    breakdowns: dict[str, Text]
    definition: Text


@dataclass(frozen=True)
class Place:
    """A unit and those below it: by the tree of a day, or by the present one without `tree_on`.

    Whom the principal may see is another question, and the present tree always answers it.
    """

    unit: OrgUnit
    tree_on: date | None = None

    @property
    def ids(self) -> Select[UUID]:
        """Ids of the unit and of those below it, as a statement."""
        return (
            ids_under([self.unit.path]) if self.tree_on is None else stood_under(self.unit.id, self.tree_on)
        )


def tree_of(period: Period) -> date | None:
    """The day whose tree a period is counted by: its last one, where it is over; the present tree until then."""
    return period.last if period.last < clock.today() else None


@dataclass(frozen=True)
class Figure:
    """The value of an indicator, which is the number of records it opens to, and its parts, which add up to it."""

    indicator: Indicator
    value: int
    parts: dict[str, int]


def figures(
    uow: UnitOfWork, indicators: Sequence[Indicator], period: Period, place: Place | None = None
) -> list[Figure]:
    """Values of `indicators` over what the principal may see (at `place`), one statement each source."""
    return [_figure(uow, indicator, period, place) for indicator in indicators]


def _figure(uow: UnitOfWork, indicator: Indicator, period: Period, place: Place | None) -> Figure:
    rows = _within(uow, indicator, period, place)
    kinds = list(indicator.breakdowns)
    parts = [func.count().filter(rows.c.breakdown == kind) for kind in kinds]
    value, *by_kind = uow.session.execute(select(func.count(), *parts).select_from(rows)).one()
    return Figure(indicator, value, dict(zip(kinds, by_kind, strict=True)))


def open_figure(
    uow: UnitOfWork,
    indicator: Indicator,
    period: Period,
    place: Place | None = None,
    *,
    after: tuple[date, UUID, str] | None = None,
    limit: int = 50,
) -> list[Any]:
    """The records behind a figure, by day, id and key; `after` is the last of the page before."""
    rows = _within(uow, indicator, period, place)
    order = (rows.c.on, rows.c.id, rows.c.key)
    page = select(rows).order_by(*order).limit(limit)
    if after is not None:
        page = page.where(tuple_(*order) > tuple_(*(literal(part) for part in after)))
    return list(uow.session.execute(page))


def values_below(indicator: Indicator, period: Period, units: Any) -> Select[Any]:
    """What an indicator counts at and below each of `units`, a table with an `id`: `unit_id` and `value`.

    Each value is the figure that whoever sees the whole unit is told for it; who may see it is the caller's question.
    """
    source = indicator.source(period).subquery()
    below = pairs_under(units, tree_of(period)).subquery()
    return (
        select(below.c.unit_id, func.count(source.c.key.distinct()).label("value"))
        .join(source, source.c.org_unit_id == below.c.id)
        .group_by(below.c.unit_id)
    )


def _within(uow: UnitOfWork, indicator: Indicator, period: Period, place: Place | None) -> Any:
    """What is counted, one row for each key: the number is the length of the list, and its parts add up to it."""
    source = indicator.source(period).subquery()
    conditions = [visible(uow.principal, indicator.permission, source.c.org_unit_id)]
    if place is not None and not is_root(place.unit.path):  # below the root stands everything, on every day
        conditions.append(source.c.org_unit_id.in_(place.ids))
    turn = (
        func.row_number().over(partition_by=source.c.key, order_by=(source.c.on, source.c.id)).label("turn")
    )
    counted = select(source, turn).where(and_(*conditions)).subquery()
    return select(counted).where(counted.c.turn == 1).subquery()


def find(indicators: Sequence[Indicator], code: str) -> Indicator:
    """The indicator with `code`. Raises `NotFound`."""
    for indicator in indicators:
        if indicator.code == code:
            return indicator
    raise not_found()
