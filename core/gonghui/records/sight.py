"""Sight: who sees a record and who may do what with it, by unit, as its subject, or because it was shared."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, false, or_, select, true

from gonghui.auth import scope
from gonghui.db.base import Base
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.errors import forbidden, not_found
from gonghui.records.fields import Bound
from gonghui.records.record import Record
from gonghui.records.record_types import READ, RecordType
from gonghui.records.sharing import shared_with
from gonghui.tenancy.org_tree import OrgUnit
from gonghui.values.principal import Principal


def visible(
    kind: RecordType, principal: Principal, permission: str, *, as_stranger: bool = True
) -> ColumnElement[bool]:
    """The condition under which rows of the record type are within the principal's `permission`.

    Lists, single reads, exports, pickers and steps all use it, so they cannot differ. `as_stranger`: also rows
    that everybody sees, because they are published.
    """
    if principal.is_unrestricted:
        return true()
    table, ways = kind.table.c, []
    if kind.subtree:
        ways.append(scope.visible(principal, permission, table.org_unit_id))
    if permission == kind.permission(READ):
        ways += [scope.visible(principal, permission, table[column]) for column in kind.seen_from]
    ways += without_role(kind, principal, permission)
    is_reading = as_stranger and permission == kind.permission(READ)
    if kind.published and is_reading and _token_allows(principal, permission):
        ways.append(table.state.in_(kind.published))
    return or_(*ways) if ways else false()


def without_role(kind: RecordType, principal: Principal, permission: str) -> list[ColumnElement[bool]]:
    """The conditions under which a row is within a permission though no role reaches it: one's own, or shared."""
    table, ways = kind.table.c, []
    if _is_own(kind, principal, permission):
        ways.append(table[str(kind.subject)] == principal.person_id)
    if _may_be_shared(kind, principal, permission) and principal.account_id is not None:
        ways.append(table.id.in_(shared_with(principal.account_id, permission)))
    return ways


def permits(
    uow: UnitOfWork, kind: RecordType, record: Record, permission: str, *, above: bool = False
) -> bool:
    """Whether the principal holds `permission` for this record; `above`: at a unit over the record's own."""
    return record.id in permitted(uow, kind, [record], permission, above=above)


def permitted(
    uow: UnitOfWork, kind: RecordType, records: Sequence[Record], permission: str, *, above: bool = False
) -> set[UUID]:
    """Ids of those records for which the principal holds `permission`, in two statements however many they are."""
    principal = uow.principal
    granted = _reached(uow, kind, records, permission, above=above)
    if above:
        return granted
    if _is_own(kind, principal, permission):
        granted |= {each.id for each in records if getattr(each, str(kind.subject)) == principal.person_id}
    left = {each.id for each in records} - granted
    if left and _may_be_shared(kind, principal, permission) and principal.account_id is not None:
        given = select(kind.table.c.id).where(
            kind.table.c.id.in_(left), kind.table.c.id.in_(shared_with(principal.account_id, permission))
        )
        granted |= set(uow.session.scalars(given))
    return granted


def reached(
    uow: UnitOfWork, kind: RecordType, record: Record, permission: str, *, above: bool = False
) -> bool:
    """Whether a role reaches the record with `permission`, whomever it is about and with whom it was shared."""
    return record.id in _reached(uow, kind, [record], permission, above=above)


def found(uow: UnitOfWork, kind: RecordType, record_id: UUID, *, lock: bool = False) -> Record:
    """The record, where the principal may read it. Raises `NotFound`, alike for none and for one out of sight."""
    wanted = select(kind.model).where(
        kind.model.id == record_id, visible(kind, uow.principal, kind.permission(READ))
    )
    record = uow.session.scalars(wanted.with_for_update(of=kind.model) if lock else wanted).one_or_none()
    if record is None:
        raise not_found()
    return record


def row_of(uow: UnitOfWork, bound: Bound, row_id: UUID) -> Any:
    """The row of another table that a column of a record leads to, whose values the record shows as its own."""
    table = None if bound.column is None else bound.column.table
    model = next(mapper.class_ for mapper in Base.registry.mappers if mapper.local_table is table)
    return uow.session.get_one(model, (uow.tenant_id, row_id))


def require(
    uow: UnitOfWork, kind: RecordType, record: Record, permission: str, *, above: bool = False
) -> None:
    """Raise `Forbidden` unless the principal holds `permission` for this record."""
    if not permits(uow, kind, record, permission, above=above):
        raise forbidden(permission)


def path_of(uow: UnitOfWork, unit_id: UUID) -> str:
    """Path of a unit in the present tree, as `reaches` and `under` take it; empty for a unit that is not there."""
    return uow.session.scalar(select(OrgUnit.path).where(OrgUnit.id == unit_id)) or ""


def _reached(
    uow: UnitOfWork, kind: RecordType, records: Sequence[Record], permission: str, *, above: bool
) -> set[UUID]:
    principal = uow.principal
    if principal.is_unrestricted:
        return {each.id for each in records}
    if not kind.subtree or not principal.roots(permission):
        return set()
    units = select(OrgUnit.id, OrgUnit.path).where(OrgUnit.id.in_({each.org_unit_id for each in records}))
    paths = {each.id: each.path for each in uow.session.execute(units)}
    return {
        each.id
        for each in records
        if scope.reaches(principal, permission, paths.get(each.org_unit_id, ""), strictly_above=above)
    }


def _is_own(kind: RecordType, principal: Principal, permission: str) -> bool:
    return (
        principal.person_id is not None
        and permission in kind.personal
        and _token_allows(principal, permission)
    )


def _may_be_shared(kind: RecordType, principal: Principal, permission: str) -> bool:
    return permission in kind.shareable and _token_allows(principal, permission)


def _token_allows(principal: Principal, permission: str) -> bool:
    return principal.token_permissions is None or permission in principal.token_permissions
