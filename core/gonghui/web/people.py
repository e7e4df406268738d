"""Pages of accounts: who signs in here, in which roles and where, with which sessions and tokens."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, render_template, request
from sqlalchemy import select

from gonghui.api.paging import decode_cursor, encode_cursor
from gonghui.auth import people
from gonghui.auth.accounts import Role
from gonghui.auth.people import account_in_reach, live_sessions, live_tokens, roles_of
from gonghui.auth.role_giving import GRANT
from gonghui.auth.second_factor import factor_of
from gonghui.auth.sign_in_codes import SignInCode
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.errors import DomainError
from gonghui.lifecycle.handing_over import count_shares
from gonghui.tenancy.org_tree import OrgUnit, under
from gonghui.values import clock
from gonghui.values.principal import PrincipalKind
from gonghui.web.form_answers import faults_of
from gonghui.web.page import page
from gonghui.web.units import AREAS, unit_in_view
from gonghui.web.words import account_kind, role_name

blueprint = Blueprint("people", __name__, template_folder="templates")
blueprint.add_app_template_global(account_kind)

AT_ONCE = 50
_KINDS = (PrincipalKind.OFFICER, PrincipalKind.WORKER, PrincipalKind.GUEST, PrincipalKind.MACHINE)
_MOST_UNITS = 300


@blueprint.get("/console/people")
@page(GRANT)
def show_people(uow: UnitOfWork) -> str:
    """Accounts within reach, by login, with their roles."""
    unit = unit_in_view(uow)
    asked = {name: request.args.get(name) or None for name in ("kind", "role", "state")}
    wanted = people.Wanted(request.args.get("q", ""), path=unit.path if unit else None, **asked)
    after = decode_cursor(request.args.get("cursor"), (str,))
    rows = people.list_accounts(uow, wanted, after=after[0] if after else None, limit=AT_ONCE + 1)
    shown = rows[:AT_ONCE]
    return render_template(
        "people/list.html",
        rows=shown,
        count=people.count_accounts(uow, wanted),
        roles=roles_of(uow, [row.id for row in shown]),
        locked=people.locked_logins(uow, [row.login for row in shown]),
        role_choices=role_choices(uow),
        kinds=_KINDS,
        is_first=after is None,
        next_cursor=encode_cursor((shown[-1].login,)) if len(rows) > AT_ONCE else None,
    )


@blueprint.get("/console/people/<uuid:account_id>")
@page(GRANT)
def show_person(uow: UnitOfWork, account_id: UUID) -> str:
    """One account: its roles and what to do about them, and what it is signed in with."""
    return person_page(uow, account_id)


def person_page(uow: UnitOfWork, account_id: UUID, error: DomainError | None = None) -> str:
    """The page of an account, with the faults of what was just asked for."""
    account, name = account_in_reach(uow, account_id)
    held = roles_of(uow, [account.id]).get(account.id, [])
    faults = faults_of(error, ("role", "unit", "valid_from", "valid_to", "last_day")) if error else []
    factor = factor_of(uow, account.id)
    waiting = select(SignInCode).where(SignInCode.account_id == account.id).order_by(SignInCode.id.desc())
    code = uow.session.scalars(waiting.limit(1)).first()
    return render_template(
        "people/person.html",
        account=account,
        name=name,
        roles=[each for each in held if not each.has_ended],
        ended=[each for each in held if each.has_ended],
        shares=count_shares(uow, account.id),
        sessions=live_sessions(uow, account.id),
        tokens=live_tokens(uow, account.id),
        locked_until=people.locked_logins(uow, [account.login]).get(account.login),
        second_factor=factor is not None and factor.confirmed_at is not None,
        code=code if code is not None and code.is_good else None,
        role_choices=role_choices(uow),
        units=unit_choices(uow),
        today=clock.today(),
        is_own=account.id == uow.principal.account_id,
        faults=faults,
        at=dict(faults),
    )


def role_choices(uow: UnitOfWork) -> list[tuple[str, Any]]:
    """Roles of the federation as a choice."""
    roles = uow.session.scalars(select(Role).order_by(Role.code)).all()
    return [(role.code, role_name(role.code, role.name)) for role in roles]


def unit_choices(uow: UnitOfWork, permission: str = GRANT) -> list[str]:
    """Names of areas that `permission` reaches, to be offered while one types; others are named in full."""
    kinds = [kind.value for kind in AREAS]
    wanted = (OrgUnit.kind.in_(kinds), OrgUnit.valid_to.is_(None), under(uow.principal.roots(permission)))
    named = select(OrgUnit.name).where(*wanted).order_by(OrgUnit.path).limit(_MOST_UNITS)
    return list(uow.session.scalars(named))
