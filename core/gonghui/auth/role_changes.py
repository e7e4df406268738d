"""Changing roles: what they permit, and new ones made from a copy."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import func, select

from gonghui.auth.accounts import Role, RoleAssignment, in_force
from gonghui.auth.role_giving import GRANT
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.errors import Conflict, FieldFault, invalid, not_found
from gonghui.i18n import _


def role_called(uow: UnitOfWork, code: str) -> Role:
    """The role with this code. Raises `NotFound`."""
    role = uow.session.scalars(select(Role).where(Role.code == code)).one_or_none()
    if role is None:
        raise not_found()
    return role


def change_role(
    uow: UnitOfWork,
    role: Role,
    permissions: Collection[str],
    *,
    among: Collection[str],
    offered: Collection[str],
) -> None:
    """Let a role hold, of the permissions in `among`, just these; others that it holds stay.

    What the product offers for the role and is left out counts as declined, so that it is not proposed again. Raises
    `Conflict` where whoever asks would lose the right to give roles.
    """
    wanted = {*(set(role.permissions) - set(among)), *(set(permissions) & set(among))}
    if GRANT in role.permissions and GRANT not in wanted and _is_own(uow, role):
        raise Conflict("own_role", _("自己的管理员角色由另一名管理员收回。"))
    if not wanted:
        raise invalid(FieldFault("/permissions", "required", _("角色至少要有一项权限。")))
    uow.note("core.role.changed")
    role.permissions = sorted(wanted)
    role.declined = sorted((set(role.declined) | (set(offered) & set(among))) - wanted)
    uow.session.flush()


def copy_role(uow: UnitOfWork, role: Role, name: str) -> Role:
    """A new role that permits what another does. Raises `Invalid` for a name that a role has."""
    if uow.session.scalar(select(Role.id).where(Role.name == name)) is not None:
        raise invalid(FieldFault("/name", "name_taken", _("已有叫这个名称的角色。")))
    number = uow.session.scalar(select(func.count()).select_from(Role)) or 0
    taken = set(uow.session.scalars(select(Role.code)))
    while (code := f"own_{number}") in taken:
        number += 1
    uow.note("core.role.copied", role)
    made = Role(code=code, name=name, permissions=list(role.permissions), declined=[])
    uow.add(made)
    uow.session.flush()
    return made


def holders_by_role(uow: UnitOfWork) -> dict[UUID, int]:
    """How many accounts hold each role today."""
    number = func.count(RoleAssignment.account_id.distinct())
    counted = select(RoleAssignment.role_id, number).where(in_force()).group_by(RoleAssignment.role_id)
    return {row[0]: row[1] for row in uow.session.execute(counted)}


def _is_own(uow: UnitOfWork, role: Role) -> bool:
    """Whether whoever asks gives roles by this role alone."""
    return {grant.role for grant in uow.principal.grants if GRANT in grant.permissions} == {role.code}
