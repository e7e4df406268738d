"""What a reorganisation touches: units, records by table, and role assignments, counted in one statement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, literal, or_, select, union_all

from gonghui.auth.accounts import RoleAssignment
from gonghui.db.base import Base
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.records.record import Record
from gonghui.tenancy.org_tree import OrgUnit
from gonghui.tenancy.switches import plugins_on
from gonghui.values import clock

_UNITS, _ROLES, _STAYING = "units", "role_assignments", "assignments_staying"


@dataclass(frozen=True)
class Effects:
    """Counts over the touched units and those below them; `records` by table, only where there are some.

    `assignments_staying` are those at units that are merged or closed: they stay there.
    """

    units: int
    records: dict[str, int]
    role_assignments: int
    assignments_staying: int


def effects_of(uow: UnitOfWork, touched: ColumnElement[bool], closed: Sequence[UUID]) -> Effects:
    """Counts over the units that `touched` names."""
    units = select(OrgUnit.__table__.c.id).where(touched)
    given: Any = RoleAssignment.__table__.c
    in_force = or_(given.valid_to.is_(None), given.valid_to >= clock.today())
    parts = [
        select(literal(_UNITS).label("what"), func.count().label("n")).select_from(units.subquery()),
        _counted(_ROLES, RoleAssignment, given.org_unit_id.in_(units), in_force),
        _counted(_STAYING, RoleAssignment, given.org_unit_id.in_(closed), in_force),
    ]
    tables = _record_tables(plugins_on(uow) | {"core"})
    parts += [_counted(table.fullname, table, table.c.org_unit_id.in_(units)) for table in tables]
    counts = {row.what: row.n for row in uow.session.execute(union_all(*parts))}
    records = {table.fullname: counts[table.fullname] for table in tables if counts[table.fullname]}
    return Effects(counts[_UNITS], records, counts[_ROLES], counts[_STAYING])


def _counted(what: str, table: Any, *wanted: ColumnElement[bool]) -> Any:
    return select(literal(what).label("what"), func.count().label("n")).select_from(table).where(*wanted)


def _record_tables(schemas: frozenset[str]) -> list[Any]:
    """Tables of records of the core and of the plugins that are on."""
    found: list[Any] = [
        mapper.local_table for mapper in Base.registry.mappers if issubclass(mapper.class_, Record)
    ]
    return sorted((t for t in found if t.schema in schemas), key=lambda table: table.fullname)
