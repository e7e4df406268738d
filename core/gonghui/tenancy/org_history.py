"""The tree as it was: who stood under whom on a day, and what units were called then."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Index, Select, Uuid, and_, func, literal, or_, select, text
from sqlalchemy.orm import Mapped

from gonghui.db.base import TenantTable, ref
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.tenancy.org_tree import OrgEdge, OrgUnit

_EDGE: Any = OrgEdge.__table__.c
_UNIT: Any = OrgUnit.__table__.c


class OrgUnitName(TenantTable):
    """A name that a unit bore up to a day. The one it bears now stands on the unit."""

    __tablename__ = "org_unit_name"
    __table_args__ = (Index("ix_org_unit_name_unit", "tenant_id", "unit_id", "valid_to", unique=True),)

    unit: Mapped[OrgUnit] = ref(OrgUnit, part=True)
    unit_id: Mapped[UUID]
    name: Mapped[str]
    valid_from: Mapped[date]
    valid_to: Mapped[date]
    decision: Mapped[str | None]


_NAME: Any = OrgUnitName.__table__.c


def holds_on(on: date) -> ColumnElement[bool]:
    """The condition under which an `OrgEdge` holds on a day.

    One edge of each unit does; the first one does so before the unit was set up, too.
    """
    return and_(
        or_(_EDGE.valid_from <= on, _EDGE.is_first), or_(_EDGE.valid_to.is_(None), _EDGE.valid_to >= on)
    )


def stood_under(unit_id: UUID, on: date) -> Select[UUID]:
    """Ids of a unit and of all that stood below it on a day, as a statement to be used within another."""
    found = select(literal(unit_id, Uuid()).label("id")).cte("stood", recursive=True)
    below = select(_EDGE.unit_id).join(found, _EDGE.parent_id == found.c.id).where(holds_on(on))
    return select(found.union(below).c.id)


def pairs_under(units: Any, on: date | None) -> Select[Any]:
    """Each of `units` (`unit_id`) with the ids of itself and of all that stood below it on a day, or stand today."""
    if on is None:
        top, below = OrgUnit.__table__.alias(), OrgUnit.__table__.alias()
        held = units.join(top, top.c.id == units.c.id).join(below, below.c.path.op("^@")(top.c.path))
        return select(units.c.id.label("unit_id"), below.c.id).select_from(held)
    found = select(units.c.id.label("unit_id"), units.c.id.label("id")).cte("pairs", recursive=True)
    further = select(found.c.unit_id, _EDGE.unit_id).join(found, _EDGE.parent_id == found.c.id)
    every = found.union(further.where(holds_on(on)))
    return select(every.c.unit_id, every.c.id)


def units_under(uow: UnitOfWork, unit_id: UUID, *, on: date) -> set[UUID]:
    """Ids of a unit and of all that stood below it on a day."""
    return set(uow.session.scalars(stood_under(unit_id, on)))


def name_on(on: date) -> Any:
    """What a unit of the statement was called on a day, as a column."""
    former = (
        select(_NAME.name)
        .where(_NAME.tenant_id == _UNIT.tenant_id, _NAME.unit_id == _UNIT.id, _NAME.valid_to >= on)
        .order_by(_NAME.valid_to)
        .limit(1)
        .correlate(OrgUnit.__table__)
    )
    return func.coalesce(former.scalar_subquery(), _UNIT.name).label("name")


def tree_on(
    uow: UnitOfWork, on: date, *wanted: ColumnElement[bool], after: UUID | None, limit: int
) -> Sequence[Any]:
    """Units by id, each with its parent and its name of a day; `after` is the last of the page before."""
    page = (
        select(
            _UNIT.id,
            _EDGE.parent_id,
            _UNIT.kind,
            name_on(on),
            _UNIT.valid_from,
            _UNIT.valid_to,
            _UNIT.successor_id,
        )
        .join(OrgEdge.__table__, and_(_EDGE.tenant_id == _UNIT.tenant_id, _EDGE.unit_id == _UNIT.id))
        .where(holds_on(on), *wanted)
        .order_by(_UNIT.id)
        .limit(limit)
    )
    return uow.session.execute(page if after is None else page.where(_UNIT.id > after)).all()


def edges_of(uow: UnitOfWork, unit_id: UUID) -> Sequence[Any]:
    """Under whom a unit stood, from its first day on, with the name that the parent bore when that began."""
    former = (
        select(_NAME.name)
        .where(
            _NAME.tenant_id == _EDGE.tenant_id,
            _NAME.unit_id == _EDGE.parent_id,
            _NAME.valid_to >= _EDGE.valid_from,
        )
        .order_by(_NAME.valid_to)
        .limit(1)
        .correlate(OrgEdge.__table__)
    )
    named = func.coalesce(former.scalar_subquery(), _UNIT.name).label("parent_name")
    return uow.session.execute(
        select(_EDGE.parent_id, named, _EDGE.valid_from, _EDGE.valid_to, _EDGE.cause, _EDGE.decision)
        .outerjoin(OrgUnit.__table__, and_(_UNIT.tenant_id == _EDGE.tenant_id, _UNIT.id == _EDGE.parent_id))
        .where(_EDGE.unit_id == unit_id)
        .order_by(_EDGE.valid_from)
    ).all()


def names_of(uow: UnitOfWork, unit_id: UUID) -> Sequence[OrgUnitName]:
    """Names that a unit bore before its present one."""
    former = select(OrgUnitName).where(OrgUnitName.unit_id == unit_id).order_by(OrgUnitName.valid_to)
    return uow.session.scalars(former).all()


def ever_above(uow: UnitOfWork, unit_id: UUID, since: date | None) -> set[UUID]:
    """Ids of a unit and of all that stand above it on some day from `since` on (ever, without it)."""
    first = since.isoformat() if since else "-infinity"
    return set(uow.session.scalars(_EVER_ABOVE, {"unit": str(unit_id), "since": first}))


# Each step keeps the days on which the whole chain holds; a chain that holds on no day leads nowhere.
_EVER_ABOVE = text("""
WITH RECURSIVE above AS (
    SELECT CAST(:unit AS uuid) AS id, CAST(:since AS date) AS first_day, CAST('infinity' AS date) AS last_day
    UNION
    SELECT edge.parent_id, greatest(above.first_day, edge.first_day), least(above.last_day, edge.last_day)
    FROM above JOIN (
        SELECT unit_id, parent_id, coalesce(valid_to, 'infinity') AS last_day,
               CASE WHEN is_first THEN CAST('-infinity' AS date) ELSE valid_from END AS first_day
        FROM core.org_edge WHERE parent_id IS NOT NULL
    ) edge ON edge.unit_id = above.id
    WHERE greatest(above.first_day, edge.first_day) <= least(above.last_day, edge.last_day)
)
SELECT id FROM above
""")
