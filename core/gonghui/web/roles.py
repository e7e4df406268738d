"""Pages of roles: a matrix of what each permits, and one role with what it permits and who holds it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, current_app, g, render_template, request
from sqlalchemy import and_, select

from gonghui.auth.accounts import Account, Role, RoleAssignment, in_force
from gonghui.auth.people import within_reach
from gonghui.auth.permissions import PERMISSIONS
from gonghui.auth.role_changes import holders_by_role, role_called
from gonghui.auth.role_giving import GRANT
from gonghui.auth.scope import require_whole
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.errors import DomainError, Forbidden
from gonghui.lifecycle.role_offers import news_for, offered_for
from gonghui.parties.persons import Person
from gonghui.tenancy.org_tree import OrgUnit
from gonghui.web.form_answers import faults_of
from gonghui.web.page import page
from gonghui.web.people import unit_choices
from gonghui.web.permission_groups import areas_of, worded

blueprint = Blueprint("roles", __name__, template_folder="templates")

READ = "core.role.read"
_MOST_HOLDERS = 100


@blueprint.get("/console/roles")
@page(READ)
def show_roles(uow: UnitOfWork) -> str:
    """Permissions down, roles across; one plugin at a time."""
    platform = current_app.extensions["gonghui"]
    areas = areas_of(platform.registry, g.tenant.plugins_on)
    roles = uow.session.scalars(select(Role).order_by(Role.code)).all()
    offered = offered_for(platform.registry, g.tenant.plugins_on)
    return render_template(
        "roles/matrix.html",
        areas=areas,
        area=next((each for each in areas if each.id == request.args.get("of")), areas[0]),
        roles=roles,
        held={role.code: frozenset(role.permissions) for role in roles},
        holders=holders_by_role(uow),
        news=[role for role in roles if news_for(role, offered)] if may_change(uow) else [],
    )


@blueprint.get("/console/roles/<string:role_code>")
@page(READ)
def show_role(uow: UnitOfWork, role_code: str) -> str:
    """One role."""
    return role_page(uow, role_called(uow, role_code))


def role_page(uow: UnitOfWork, role: Role, error: DomainError | None = None) -> str:
    """The page of a role, with the faults of what was just asked for."""
    platform = current_app.extensions["gonghui"]
    held = set(role.permissions)
    areas = areas_of(platform.registry, g.tenant.plugins_on)
    news = news_for(role, offered_for(platform.registry, g.tenant.plugins_on))
    faults = faults_of(error, ("name", "unit")) if error else []
    return render_template(
        "roles/role.html",
        role=role,
        areas=areas,
        held=held,
        others=len(held - {code for area in areas for code in area.codes}),
        holders=_holders(uow, role),
        may_change=may_change(uow),
        may_give=uow.principal.holds(GRANT),
        news=worded(platform.registry, news),
        since=max((day for code in news if (day := _since(code)) is not None), default=None),
        units=unit_choices(uow) if uow.principal.holds(GRANT) else [],
        faults=faults,
        at=dict(faults),
    )


def may_change(uow: UnitOfWork) -> bool:
    """Whether the reader changes roles, which hold in the whole federation."""
    try:
        require_whole(uow.principal, GRANT)
    except Forbidden:
        return False
    return True


def _since(code: str) -> Any:
    return PERMISSIONS[code].since if code in PERMISSIONS else None


def _holders(uow: UnitOfWork, role: Role) -> list[Any]:
    """Accounts within reach that hold the role today, and where; nobody's for whoever gives no roles."""
    if not uow.principal.holds(GRANT):
        return []
    given = RoleAssignment
    found = (
        select(
            Account.id, Account.login, Person.name, OrgUnit.id.label("unit_id"), OrgUnit.name.label("unit")
        )
        .join(given, and_(given.tenant_id == Account.tenant_id, given.account_id == Account.id))
        .join(OrgUnit, and_(OrgUnit.tenant_id == given.tenant_id, OrgUnit.id == given.org_unit_id))
        .outerjoin(Person, and_(Person.tenant_id == Account.tenant_id, Person.id == Account.person_id))
        .where(
            given.role_id == role.id, in_force(), Account.disabled_at.is_(None), within_reach(uow.principal)
        )
        .order_by(OrgUnit.path, Account.login)
        .limit(_MOST_HOLDERS)
    )
    return list(uow.session.execute(found))
