"""Seeing as a role: an administrator looks at pages as somebody in a role at a unit would, and writes nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from sqlalchemy import select, text

from gonghui.auth.accounts import Role
from gonghui.auth.role_giving import GRANT
from gonghui.auth.scope import reaches
from gonghui.db.unit_of_work import UnitOfWork, unaudited
from gonghui.errors import forbidden
from gonghui.tenancy.org_tree import OrgUnit
from gonghui.values.ids import parse_id
from gonghui.values.principal import Grant, Principal


@dataclass(frozen=True)
class Seen:
    """As whom somebody looks at the platform."""

    role_code: str
    role_name: str
    unit_id: UUID
    unit: str


def begin_seeing(uow: UnitOfWork, role: Role, unit: OrgUnit) -> dict[str, str]:
    """What the session keeps of it; the trail tells that it began. Raises `Forbidden`."""
    if not reaches(uow.principal, GRANT, unit.path):
        raise forbidden(GRANT)
    uow.note("core.role.seen_as", role, unit=str(unit.id))
    return {"role": role.code, "unit": str(unit.id)}


def see_as(uow: UnitOfWork, kept: dict[str, str]) -> Seen | None:
    """Let the principal be what a role at a unit is, for as long as they may give that role there.

    Nothing is written from here on: the transaction itself only reads. The account stays the administrator's own, for
    the trail; what is theirs as a person is left out.
    """
    row = _role_at(uow, kept)
    if row is None or not reaches(uow.principal, GRANT, row.path):
        return None
    grant = Grant(row.unit_id, row.path, row.code, frozenset(row.permissions), row.name)
    uow.become(narrowed(uow.principal, grant))
    read_only(uow)
    return Seen(row.code, row.name, row.unit_id, row.unit)


def narrowed(principal: Principal, grant: Grant) -> Principal:
    """A principal with nothing but one grant."""
    return replace(principal, person_id=None, grants=(grant,), on_behalf_by=principal.name)


def read_only(uow: UnitOfWork) -> None:
    """Let the database refuse whatever would be written in this transaction."""
    uow.session.flush()
    with unaudited(uow) as connection:
        connection.execute(text("SET TRANSACTION READ ONLY"))
    uow.only_reads = True


def _role_at(uow: UnitOfWork, kept: dict[str, str]) -> Any:
    unit_id = parse_id(kept.get("unit", ""))
    if unit_id is None:
        return None
    both = Role.tenant_id == OrgUnit.tenant_id
    found = (
        select(
            Role.code, Role.name, Role.permissions, OrgUnit.id.label("unit_id"), OrgUnit.path,
            OrgUnit.name.label("unit"),
        )
        .join(OrgUnit, both)
        .where(Role.code == kept.get("role"), OrgUnit.id == unit_id)
    )  # fmt: skip
    return uow.session.execute(found).first()
