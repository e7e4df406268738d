"""What a change of a figure of law would mean: the records that gain something by it, and those that lose it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, literal, select, tuple_, union_all

from gonghui.auth.scope import visible
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.i18n import Text
from gonghui.tenancy.parameters import Parameter

GAINS, LOSES = "gains", "loses"


@dataclass(frozen=True)
class Consequence:
    """Whom a parameter concerns. `permission` is the one that a reader of the records must hold.

    `compute(uow, now, then)` selects the records that the change concerns, with the columns `id`, `label`,
    `org_unit_id` and `change`, which is `gains` or `loses`.
    """

    parameter: str
    title: Text
    permission: str
    compute: Callable[[UnitOfWork, Parameter, Parameter], Select[Any]]


@dataclass(frozen=True)
class Told:
    """How many records within the principal's reach gain and lose."""

    consequence: Consequence
    gains: int
    loses: int


def count_consequences(
    uow: UnitOfWork, consequences: Sequence[Consequence], now: Parameter, then: Parameter
) -> list[Told]:
    """Gains and losses over what the principal may see, all in one statement."""
    rows = _affected(uow, consequences, now, then)
    if rows is None:
        return []
    counted = select(
        rows.c.place,
        func.count().filter(rows.c.change == GAINS).label("gains"),
        func.count().filter(rows.c.change == LOSES).label("loses"),
    ).group_by(rows.c.place)
    found = {row.place: row for row in uow.session.execute(counted)}
    return [
        Told(each, found[place].gains, found[place].loses) if place in found else Told(each, 0, 0)
        for place, each in enumerate(consequences)
    ]


def list_consequences(
    uow: UnitOfWork,
    consequences: Sequence[Consequence],
    now: Parameter,
    then: Parameter,
    *,
    after: tuple[int, UUID] | None,
    limit: int,
) -> list[Any]:
    """The records concerned, by consequence (`place` in the list of them) and id; `after` ends the page before."""
    rows = _affected(uow, consequences, now, then)
    if rows is None:
        return []
    page = select(rows).order_by(rows.c.place, rows.c.id).limit(limit)
    if after is not None:
        page = page.where(tuple_(rows.c.place, rows.c.id) > tuple_(literal(after[0]), literal(after[1])))
    return list(uow.session.execute(page))


def _affected(uow: UnitOfWork, consequences: Sequence[Consequence], now: Parameter, then: Parameter) -> Any:
    parts = []
    for place, each in enumerate(consequences):
        rows = each.compute(uow, now, then).subquery()
        columns = (rows.c.id, rows.c.label, rows.c.org_unit_id, rows.c.change)
        mine = visible(uow.principal, each.permission, rows.c.org_unit_id)
        parts.append(select(literal(place).label("place"), *columns).where(mine))
    return union_all(*parts).subquery() if parts else None
