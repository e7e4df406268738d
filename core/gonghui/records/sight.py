"""Sight: who sees a record and who may do what with it, by unit, as its subject, or because it was shared."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import ColumnElement, false, or_, select, true

from gonghui.auth import scope
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.errors import forbidden, not_found
from gonghui.records.record import Record
from gonghui.records.record_types import READ, RecordType
from gonghui.records.sharing import RecordShare, shared_with
from gonghui.tenancy.org_tree import OrgUnit
from gonghui.values import clock
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
    if _is_own(kind, principal, permission):
        ways.append(table[str(kind.subject)] == principal.person_id)
    if _may_be_shared(kind, principal, permission) and principal.account_id is not None:
        ways.append(table.id.in_(shared_with(principal.account_id, permission)))
    is_reading = as_stranger and permission == kind.permission(READ)
    if kind.published and is_reading and _token_allows(principal, permission):
        ways.append(table.state.in_(kind.published))
    return or_(*ways) if ways else false()


def permits(
    uow: UnitOfWork, kind: RecordType, record: Record, permission: str, *, above: bool = False
) -> bool:
    """Whether the principal holds `permission` for this record; `above`: at a unit over the record's own."""
    principal = uow.principal
    if reached(uow, kind, record, permission, above=above):
        return True
    if above:
        return False
    if _is_own(kind, principal, permission) and getattr(record, str(kind.subject)) == principal.person_id:
        return True
    return _may_be_shared(kind, principal, permission) and _is_shared(uow, record, permission)


def reached(
    uow: UnitOfWork, kind: RecordType, record: Record, permission: str, *, above: bool = False
) -> bool:
    """Whether a role reaches the record with `permission`, whomever it is about and with whom it was shared."""
    if uow.principal.is_unrestricted:
        return True
    return kind.subtree and scope.reaches(
        uow.principal, permission, path_of(uow, record.org_unit_id), strictly_above=above
    )


def found(uow: UnitOfWork, kind: RecordType, record_id: UUID, *, lock: bool = False) -> Record:
    """The record, where the principal may read it. Raises `NotFound`, alike for none and for one out of sight."""
    wanted = select(kind.model).where(
        kind.model.id == record_id, visible(kind, uow.principal, kind.permission(READ))
    )
    record = uow.session.scalars(wanted.with_for_update(of=kind.model) if lock else wanted).one_or_none()
    if record is None:
        raise not_found()
    return record


def require(
    uow: UnitOfWork, kind: RecordType, record: Record, permission: str, *, above: bool = False
) -> None:
    """Raise `Forbidden` unless the principal holds `permission` for this record."""
    if not permits(uow, kind, record, permission, above=above):
        raise forbidden(permission)


def path_of(uow: UnitOfWork, unit_id: UUID) -> str:
    """Path of a unit in the tree."""
    return uow.session.scalar(select(OrgUnit.path).where(OrgUnit.id == unit_id)) or ""


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


def _is_shared(uow: UnitOfWork, record: Record, permission: str) -> bool:
    row, today = RecordShare, clock.today()
    mine = (
        row.account_id == uow.principal.account_id,
        row.record_id == record.id,
        row.permission == permission,
    )
    in_force = (row.valid_from <= today, or_(row.valid_to.is_(None), row.valid_to >= today))
    return uow.session.scalar(select(row.id).where(*mine, *in_force)) is not None
