"""Officers of the federation as owners of work: who may be picked, and by what name they are shown."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, and_, func, literal, or_, select

from gonghui.sdk import Account, OrgUnit, Person, RoleAssignment, UnitOfWork, clock, visible

_ACCOUNT: Any = Account.__table__
_PERSON: Any = Person.__table__
_ROLE: Any = RoleAssignment.__table__.c
_KIND = "officer"


def officers(uow: UnitOfWork, permission: str) -> Select[Any]:
    """Accounts of officers whose office is within the permission, or above where it is held; none next door."""
    in_force = (
        _ROLE.valid_from <= clock.today(),
        _ROLE.valid_to.is_(None) | (_ROLE.valid_to >= clock.today()),
    )
    near = [visible(uow.principal, permission, _ROLE.org_unit_id)]
    above = [literal(path).op("^@")(OrgUnit.__table__.c.path) for path in uow.principal.roots(permission)]
    if above:
        near.append(_ROLE.org_unit_id.in_(select(OrgUnit.__table__.c.id).where(or_(*above))))
    return (
        select(_ACCOUNT.c.id, _name().label("label"))
        .select_from(_with_person())
        .where(
            _ACCOUNT.c.kind == _KIND,
            _ACCOUNT.c.disabled_at.is_(None),
            _ACCOUNT.c.id.in_(select(_ROLE.account_id).where(*in_force, or_(*near))),
        )
    )


def officer_name(column: str) -> Any:
    """What computes the name of the officer whose account stands in `column` of a record."""

    def expression(table: Any) -> Any:
        mine = and_(_ACCOUNT.c.tenant_id == table.c.tenant_id, _ACCOUNT.c.id == table.c[column])
        return select(_name()).select_from(_with_person()).where(mine).correlate(table).scalar_subquery()

    return expression


def _name() -> Any:
    return func.coalesce(_PERSON.c.name, _ACCOUNT.c.login)


def _with_person() -> Any:
    same = and_(_PERSON.c.tenant_id == _ACCOUNT.c.tenant_id, _PERSON.c.id == _ACCOUNT.c.person_id)
    return _ACCOUNT.outerjoin(_PERSON, same)
