"""Giving roles and taking them back: who may, for which days, and what nobody does to themselves."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import or_, select

from gonghui.auth.accounts import Account, Role, RoleAssignment, assign
from gonghui.auth.scope import reaches
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.errors import Conflict, FieldFault, forbidden, invalid, not_found
from gonghui.i18n import _
from gonghui.tenancy.org_tree import OrgUnit
from gonghui.values import clock

GRANT = "core.role.grant"


def give_role(
    uow: UnitOfWork,
    account: Account,
    role: Role,
    unit: OrgUnit,
    *,
    valid_from: date | None = None,
    valid_to: date | None = None,
) -> RoleAssignment:
    """Give a role at a unit that the principal answers for. Raises `Invalid`, `Conflict`, `Forbidden`."""
    if not reaches(uow.principal, GRANT, unit.path):
        raise forbidden(GRANT)
    first = valid_from or clock.today()
    check_days(first, valid_to)
    if account.disabled_at is not None:
        raise Conflict("account_closed", _("这个账号已停用，先重新启用。"))
    if any(
        row.role_id == role.id and row.org_unit_id == unit.id for row in given_now(uow, account.id, first)
    ):
        raise Conflict("role_held", _("这个账号在“{unit}”已有这个角色。", unit=unit.name))
    assignment = assign(uow, account, role, unit, valid_from=first, valid_to=valid_to)
    uow.session.flush()
    return assignment


def end_role(uow: UnitOfWork, assignment_id: UUID, last_day: date) -> RoleAssignment:
    """Let a role end after a day; one that has not begun by then never begins. Raises `NotFound`, `Conflict`."""
    assignment = uow.session.get(RoleAssignment, (uow.tenant_id, assignment_id))
    if assignment is None:
        raise not_found()
    unit = uow.session.get_one(OrgUnit, (uow.tenant_id, assignment.org_unit_id))
    if not reaches(uow.principal, GRANT, unit.path):
        raise not_found()
    if last_day < clock.today() - timedelta(days=1):
        raise invalid(FieldFault("/last_day", "in_the_past", _("最早到昨天为止，过去的日子不能改。")))
    if assignment.account_id == uow.principal.account_id:
        _refuse_own(uow, assignment.role_id)
    uow.note("core.role.ended")
    if last_day < assignment.valid_from:
        uow.session.delete(assignment)
    else:
        assignment.valid_to = last_day
    uow.session.flush()
    return assignment


def require_over(uow: UnitOfWork, account: Account) -> None:
    """Raise `Forbidden` unless everything that the account may do lies where the principal gives roles.

    Otherwise whoever answers for a street could take over the account of somebody who also works above it.
    """
    if uow.principal.is_unrestricted:
        return
    given = RoleAssignment
    paths = (
        select(OrgUnit.path)
        .join(given, (given.tenant_id == OrgUnit.tenant_id) & (given.org_unit_id == OrgUnit.id))
        .where(given.account_id == account.id, or_(given.valid_to.is_(None), given.valid_to >= clock.today()))
    )
    if not all(reaches(uow.principal, GRANT, path) for path in uow.session.scalars(paths)):
        raise forbidden(GRANT)


def refuse_self(uow: UnitOfWork, account: Account) -> None:
    """Raise `Conflict` where somebody would shut themselves out."""
    if account.id == uow.principal.account_id:
        raise Conflict("own_account", _("自己的账号由另一名管理员办理。"))


def given_now(uow: UnitOfWork, account_id: UUID, on: date | None = None) -> Sequence[RoleAssignment]:
    """Roles of an account that hold on a day or begin after it."""
    day, given = on or clock.today(), RoleAssignment
    lasting = or_(given.valid_to.is_(None), given.valid_to >= day)
    return uow.session.scalars(select(given).where(given.account_id == account_id, lasting)).all()


def check_days(first: date, last: date | None) -> None:
    """Raise `Invalid` for days that nobody gives a role for."""
    if first < clock.today():
        raise invalid(FieldFault("/valid_from", "in_the_past", _("开始日期不能早于今天。")))
    if last is not None and last < first:
        raise invalid(FieldFault("/valid_to", "before_start", _("结束日期不能早于开始日期。")))


def _refuse_own(uow: UnitOfWork, role_id: UUID) -> None:
    role = uow.session.get(Role, (uow.tenant_id, role_id))
    if role is not None and GRANT in role.permissions:
        raise Conflict("own_role", _("自己的管理员角色由另一名管理员收回。"))
