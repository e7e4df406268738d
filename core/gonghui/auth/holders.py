"""Who holds a permission where: the accounts that could act for a unit, by how near their role stands."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ARRAY, Select, Text, and_, cast, false, func, or_, select, true

from gonghui.auth.accounts import Account, Role, RoleAssignment
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.tenancy.org_tree import OrgUnit
from gonghui.values import clock
from gonghui.values.principal import Principal


class Holder(NamedTuple):
    """An account that holds a permission at or above a unit; `path` is where its role stands."""

    unit_id: UUID
    unit_path: str
    permission: str
    account_id: UUID
    path: str


def holders(uow: UnitOfWork, unit_ids: Collection[UUID], permissions: Collection[str]) -> list[Holder]:
    """Everybody who holds one of the permissions for one of the units today, in one statement."""
    given, role, account = RoleAssignment.__table__.c, Role.__table__.c, Account.__table__.c
    stands: Any = OrgUnit.__table__.alias()
    unit: Any = OrgUnit.__table__.c
    permission = func.jsonb_array_elements_text(role.permissions).table_valued("value").lateral()
    found = (
        select(unit.id, unit.path, permission.c.value, given.account_id, stands.c.path)
        .select_from(OrgUnit.__table__)
        .join(stands, and_(stands.c.tenant_id == unit.tenant_id, func.starts_with(unit.path, stands.c.path)))
        .join(
            RoleAssignment.__table__,
            and_(given.tenant_id == unit.tenant_id, given.org_unit_id == stands.c.id),
        )
        .join(Role.__table__, and_(role.tenant_id == unit.tenant_id, role.id == given.role_id))
        .join(Account.__table__, and_(account.tenant_id == unit.tenant_id, account.id == given.account_id))
        .join(permission, permission.c.value == func.any(cast(list(permissions), ARRAY(Text))))
        .where(unit.id.in_(unit_ids), *_in_force())
        .distinct()
    )
    return [Holder(*row) for row in uow.session.execute(found)]


def held_below(principal: Principal, permissions: Collection[str]) -> Select[Any]:
    """Where others hold one of these permissions strictly below the principal's own roles: `path`, `permission`."""
    given, role, account = RoleAssignment.__table__.c, Role.__table__.c, Account.__table__.c
    unit: Any = OrgUnit.__table__.c
    permission = func.jsonb_array_elements_text(role.permissions).table_valued("value").lateral()
    by_root: dict[str, list[str]] = defaultdict(list)
    for name in sorted(permissions):
        for root in principal.roots(name):
            by_root[root].append(name)
    below = [
        and_(unit.path.bool_op("^@")(root), unit.path != root, permission.c.value.in_(names))
        for root, names in by_root.items()
    ]
    return (
        select(unit.path, permission.c.value.label("permission"))
        .select_from(RoleAssignment.__table__)
        .join(OrgUnit.__table__, and_(given.tenant_id == unit.tenant_id, given.org_unit_id == unit.id))
        .join(Role.__table__, and_(role.tenant_id == given.tenant_id, role.id == given.role_id))
        .join(Account.__table__, and_(account.tenant_id == given.tenant_id, account.id == given.account_id))
        .join(permission, true())
        .where(*_in_force(), given.account_id != principal.account_id, or_(false(), *below))
        .distinct()
    )


def _in_force() -> tuple[Any, ...]:
    """Roles that are given today to accounts that are open."""
    given, account, today = RoleAssignment.__table__.c, Account.__table__.c, clock.today()
    return (
        given.valid_from <= today,
        or_(given.valid_to.is_(None), given.valid_to >= today),
        account.disabled_at.is_(None),
    )


def accounts_of(uow: UnitOfWork, person_ids: Collection[UUID]) -> dict[UUID, set[UUID]]:
    """Open accounts of persons, by person; whoever has none is left out."""
    account = Account.__table__.c
    found = select(account.person_id, account.id).where(
        account.person_id.in_(person_ids), account.disabled_at.is_(None)
    )
    theirs: dict[UUID, set[UUID]] = defaultdict(set)
    for person_id, account_id in uow.session.execute(found):
        theirs[person_id].add(account_id)
    return dict(theirs)


def nearest_holders(
    uow: UnitOfWork, unit_ids: Collection[UUID], permissions: Mapping[str, bool]
) -> list[Holder]:
    """Holders whose role stands nearest to the unit, for each unit and permission.

    A permission that maps to True has to be held over the unit, not at it.
    """
    found = [
        each
        for each in holders(uow, unit_ids, permissions)
        if each.path != each.unit_path or not permissions[each.permission]
    ]
    depth: dict[tuple[UUID, str], int] = {}
    for each in found:
        key = (each.unit_id, each.permission)
        depth[key] = max(depth.get(key, 0), len(each.path))
    return [each for each in found if len(each.path) == depth[each.unit_id, each.permission]]
