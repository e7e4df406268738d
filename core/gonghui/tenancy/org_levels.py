"""The tree level by level: what stood right below some units on a day, and units by a part of their name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, case, func, or_, select

from gonghui.db.unit_of_work import UnitOfWork
from gonghui.tenancy.org_history import holds_on, name_on
from gonghui.tenancy.org_tree import PATH_PART, OrgEdge, OrgUnit, OrgUnitKind

_EDGE: Any = OrgEdge.__table__.c
_UNIT: Any = OrgUnit.__table__.c
#: Areas stand before what stands in them.
_RANK = case(
    {kind.value: rank for rank, kind in enumerate(OrgUnitKind)}, value=_UNIT.kind, else_=len(OrgUnitKind)
)


def open_on(on: date) -> ColumnElement[bool]:
    """The condition under which a unit was not closed yet on a day; one that was set up later stands there, too."""
    return or_(_UNIT.valid_to.is_(None), _UNIT.valid_to >= on)


def levels_below(
    uow: UnitOfWork, parents: Collection[UUID], on: date, wanted: ColumnElement[bool], *, most: int
) -> dict[UUID, list[Any]]:
    """Units right below each of `parents` on a day, at most so many of each, in one statement.

    Each has the name of that day, the number of its siblings with itself (`siblings`) and of units below it (`below`).
    """
    if not parents:
        return {}
    beside = {"partition_by": _EDGE.parent_id}
    ranked = (
        select(
            _UNIT.id,
            _EDGE.parent_id.label("above_id"),
            func.row_number().over(order_by=(_RANK, _UNIT.name, _UNIT.id), **beside).label("place"),
            func.count().over(**beside).label("siblings"),
        )
        .join(OrgEdge.__table__, and_(_EDGE.tenant_id == _UNIT.tenant_id, _EDGE.unit_id == _UNIT.id))
        .where(_EDGE.parent_id.in_(parents), holds_on(on), open_on(on), wanted)
        .subquery()
    )
    found = (
        select(*_shown(on), ranked.c.above_id, ranked.c.siblings)
        .join(ranked, ranked.c.id == _UNIT.id)
        .where(ranked.c.place <= most)
        .order_by(ranked.c.above_id, ranked.c.place)
    )
    levels: dict[UUID, list[Any]] = defaultdict(list)
    for row in uow.session.execute(found):
        levels[row.above_id].append(row)
    return dict(levels)


def units_on(uow: UnitOfWork, ids: Collection[UUID], on: date) -> list[Any]:
    """Units by id, as `levels_below` tells of them."""
    return list(uow.session.execute(select(*_shown(on)).where(_UNIT.id.in_(ids)).order_by(_UNIT.path)))


def search_units(uow: UnitOfWork, text: str, wanted: ColumnElement[bool], *, most: int) -> list[OrgUnit]:
    """Units with `text` in their name, the shortest name first; closed ones last."""
    is_closed = case((OrgUnit.valid_to.is_(None), 0), else_=1)
    found = select(OrgUnit).where(func.strpos(OrgUnit.name, text) > 0, wanted)
    order = (is_closed, func.length(OrgUnit.name), OrgUnit.path)
    return list(uow.session.scalars(found.order_by(*order).limit(most)))


def units_above(uow: UnitOfWork, paths: Iterable[str]) -> dict[str, OrgUnit]:
    """Units at and over the places that `paths` name, by path; one statement."""
    wanted = {prefix for path in paths for prefix in prefixes(path)}
    found = select(OrgUnit).where(OrgUnit.path.in_(wanted)).order_by(OrgUnit.path)
    return {unit.path: unit for unit in uow.session.scalars(found)} if wanted else {}


def prefixes(path: str) -> list[str]:
    """Paths from the root down to `path`."""
    return [path[:end] for end in range(PATH_PART, len(path) + 1, PATH_PART)]


def _shown(on: date) -> list[Any]:
    below = OrgEdge.__table__.alias()
    child = OrgUnit.__table__.alias()
    holds = and_(
        or_(below.c.valid_from <= on, below.c.is_first),
        or_(below.c.valid_to.is_(None), below.c.valid_to >= on),
    )
    number = (
        select(func.count())
        .select_from(below)
        .join(child, and_(child.c.tenant_id == below.c.tenant_id, child.c.id == below.c.unit_id))
        .where(below.c.tenant_id == _UNIT.tenant_id, below.c.parent_id == _UNIT.id, holds,
               or_(child.c.valid_to.is_(None), child.c.valid_to >= on))
        .correlate(OrgUnit.__table__)
        .scalar_subquery()
    )  # fmt: skip
    return [
        _UNIT.id, _UNIT.kind, name_on(on), _UNIT.path, _UNIT.valid_from, _UNIT.valid_to, _UNIT.parent_id,
        number.label("below"),
    ]  # fmt: skip
