"""Scope: one rule, as SQL, for what a principal may see; and the words that explain it."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, false, select, true

from gonghui.db.unit_of_work import UnitOfWork
from gonghui.errors import FieldFault, forbidden, invalid, not_found
from gonghui.i18n import Text, _
from gonghui.tenancy.org_tree import OrgUnit, find_named, in_subtree, is_root
from gonghui.values.ids import parse_id
from gonghui.values.principal import Grant, Principal


def visible(principal: Principal, permission: str, org_unit: ColumnElement[UUID]) -> ColumnElement[bool]:
    """The condition under which rows filed at `org_unit` are within the principal's `permission`.

    Lists, single reads, figures and what they open to all use it, so they cannot differ.
    """
    if principal.is_unrestricted:
        return true()
    roots = principal.roots(permission)
    return in_subtree(org_unit, roots) if roots else false()


@dataclass(frozen=True)
class Explanation:
    """Whether a permission reaches a unit, why, and by which grants."""

    allowed: bool
    reason: Text
    grants: tuple[Grant, ...] = ()


def explain(
    uow: UnitOfWork, principal: Principal, permission: str, unit_id: UUID | None = None
) -> Explanation:
    """Why the principal may or may not use `permission` at a unit (or anywhere, without one)."""
    if principal.is_unrestricted:
        return Explanation(True, _("平台操作员或系统本身，不受组织范围限制，但每一步都有审计记录。"))
    held = tuple(grant for grant in principal.grants if permission in grant.permissions)
    if not held:
        return Explanation(False, _("此账号的角色都不含权限 {permission}。", permission=permission))
    if principal.token_permissions is not None and permission not in principal.token_permissions:
        return Explanation(False, _("令牌不含权限 {permission}。", permission=permission))
    if unit_id is None:
        return Explanation(True, _("角色“{role}”含有此权限。", role=held[0].title), held)
    path = uow.session.scalar(select(OrgUnit.path).where(OrgUnit.id == unit_id))
    reaching = tuple(grant for grant in held if path is not None and path.startswith(grant.path))
    if not reaching:
        places = uow.session.scalars(
            select(OrgUnit.name)
            .where(OrgUnit.id.in_([grant.org_unit_id for grant in held]))
            .order_by(OrgUnit.path)
        )
        reason = _(
            "角色“{role}”只在 {places} 及其下级有效，不包括此处。", role=held[0].title, places=list(places)
        )
        return Explanation(False, reason, held)
    return Explanation(True, _("角色“{role}”在此处或上级组织有效。", role=reaching[0].title), reaching)


def require(principal: Principal, permission: str) -> None:
    """Raise `Forbidden` unless the principal holds `permission` somewhere."""
    if not principal.holds(permission):
        raise forbidden(permission)


def holds_whole(principal: Principal, permission: str) -> bool:
    """Whether the principal holds `permission` at the root of the tree."""
    return principal.is_unrestricted or any(map(is_root, principal.roots(permission)))


def require_whole(principal: Principal, permission: str) -> None:
    """Raise `Forbidden` unless the principal holds `permission` at the root of the tree."""
    if not holds_whole(principal, permission):
        raise forbidden(permission)


def reaches(principal: Principal, permission: str, path: str, *, strictly_above: bool = False) -> bool:
    """Whether `permission` is held at a unit's `path`; `strictly_above`: at a unit over it, not at itself."""
    if principal.is_unrestricted:
        return True
    return any(
        path.startswith(held) and not (strictly_above and held == path)
        for held in principal.roots(permission)
    )


def unit_within(uow: UnitOfWork, principal: Principal, permission: str, unit_id: UUID) -> OrgUnit:
    """The unit, where `permission` reaches it; otherwise it does not exist for this principal: `NotFound`."""
    found = uow.session.scalars(
        select(OrgUnit).where(OrgUnit.id == unit_id, visible(principal, permission, OrgUnit.__table__.c.id))
    ).one_or_none()
    if found is None:
        raise not_found()
    return found


def unit_called(uow: UnitOfWork, principal: Principal, permission: str, text: str) -> OrgUnit:
    """The unit with this id or exact name, where `permission` reaches it.

    Raises `NotFound`; for a name that several units within reach bear, `Invalid`.
    """
    unit_id = parse_id(text)
    if unit_id is not None:
        return unit_within(uow, principal, permission, unit_id)
    named = [unit for unit in find_named(uow, text) if reaches(principal, permission, unit.path)]
    if len(named) > 1:
        raise invalid(FieldFault("/org_unit_id", "name_ambiguous", _("有多个同名组织，请改用编号。")))
    if not named:
        raise not_found()
    return named[0]
