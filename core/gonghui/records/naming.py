"""Names of records: what people call one, as a column of the statement that finds it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, String, and_, cast, select, union_all

from gonghui.db.unit_of_work import UnitOfWork
from gonghui.parties.persons import Person
from gonghui.records.fields import Bound
from gonghui.records.record_types import READ, RecordType
from gonghui.records.sight import visible
from gonghui.tenancy.org_tree import OrgUnit


def name_of(kind: RecordType) -> ColumnElement[str]:
    """Its own name or title; else that of the person whom it is about, of what it refers to, or of its unit."""
    own: Any = kind.table.columns.get("name", kind.table.columns.get("title"))
    if own is not None:
        return own  # type: ignore[no-any-return]
    if kind.subject is not None:
        return _of(kind, kind.subject, Person.__table__.c.name)
    for bound in kind.bound:
        if bound.label is not None and bound.field.required and _is_plain(bound):
            return _of(kind, bound.column_name, bound.label)
    return _of(kind, "org_unit_id", OrgUnit.__table__.c.name)


def names_seen(uow: UnitOfWork, ids: Mapping[RecordType, Collection[UUID]]) -> dict[UUID, str]:
    """What records of several kinds are called, of those that the principal may read; in one statement."""
    named = [
        select(kind.table.c.id, cast(name_of(kind), String).label("name")).where(
            kind.table.c.id.in_(some), visible(kind, uow.principal, kind.permission(READ))
        )
        for kind, some in ids.items()
    ]
    rows = uow.session.execute(union_all(*named)) if named else ()
    return {row.id: row.name or "" for row in rows}


def _is_plain(bound: Bound) -> bool:
    return bound.label is not None and "sensitive" not in bound.label.info


def _of(kind: RecordType, link: str, label: Any) -> ColumnElement[str]:
    target, table = label.table.alias(), kind.table.c
    same = and_(target.c.tenant_id == table.tenant_id, target.c.id == table[link])
    return select(target.c[label.name]).where(same).correlate(kind.table).scalar_subquery()
