"""What an administrator does about an account at once: roles given and ended, sessions and tokens ended."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

from flask import Blueprint, redirect
from sqlalchemy import select
from werkzeug.wrappers import Response

from gonghui.auth.accounts import Account, Role, RoleAssignment
from gonghui.auth.credentials import (
    ApiToken,
    AuthSession,
    end_session,
    revoke_all,
    revoke_token,
)
from gonghui.auth.people import account_in_reach
from gonghui.auth.role_giving import GRANT, end_role, give_role, require_over
from gonghui.auth.scope import unit_called
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.errors import DomainError, FieldFault, NotFound, invalid, not_found
from gonghui.i18n import _
from gonghui.tenancy.org_tree import OrgUnit
from gonghui.values import clock
from gonghui.web.form_answers import required, typed, typed_day
from gonghui.web.page import inside, page, to
from gonghui.web.people import person_page

blueprint = Blueprint("people_acts", __name__, template_folder="templates")

Answer = Response | tuple[str, int]


@blueprint.post("/console/people/<uuid:account_id>/roles")
@page(GRANT)
def do_give(uow: UnitOfWork, account_id: UUID) -> Answer:
    """Give a role at a unit, for some days."""
    return _done(uow, account_id, _give)


@blueprint.post("/console/people/<uuid:account_id>/roles/<uuid:assignment_id>/end")
@page(GRANT)
def do_end_role(uow: UnitOfWork, account_id: UUID, assignment_id: UUID) -> Answer:
    """Let a role end after a day; without one it has ended already."""

    def end(uow: UnitOfWork, account: Account) -> None:
        row = uow.session.get(RoleAssignment, (uow.tenant_id, assignment_id))
        if row is None or row.account_id != account.id:
            raise not_found()
        end_role(uow, assignment_id, typed_day("last_day") or clock.today() - timedelta(days=1))

    return _done(uow, account_id, end)


@blueprint.post("/console/people/<uuid:account_id>/sign-out")
@page(GRANT)
def do_sign_out_all(uow: UnitOfWork, account_id: UUID) -> Answer:
    """End every session and token of the account."""

    def sign_out(uow: UnitOfWork, account: Account) -> None:
        require_over(uow, account)
        uow.note("core.session.all_ended", account)
        revoke_all(uow, account)

    return _done(uow, account_id, sign_out)


@blueprint.post("/console/sessions/<uuid:session_id>/end")
@page(GRANT)
def do_end_session(uow: UnitOfWork, session_id: UUID) -> Response:
    """End one session."""
    row = uow.session.get(AuthSession, (uow.tenant_id, session_id))
    account = _holder(uow, row.account_id if row else None)
    end_session(uow, account, session_id)
    return _back(account)


@blueprint.post("/console/tokens/<uuid:api_token_id>/revoke")
@page(GRANT)
def do_revoke_token(uow: UnitOfWork, api_token_id: UUID) -> Response:
    """End one token."""
    row = uow.session.get(ApiToken, (uow.tenant_id, api_token_id))
    account = _holder(uow, row.account_id if row else None)
    revoke_token(uow, account, api_token_id)
    return _back(account)


def _give(uow: UnitOfWork, account: Account) -> None:
    code, name = required("role", _("选择角色。")), required("unit", _("填写在哪个组织任职。"))
    role = uow.session.scalars(select(Role).where(Role.code == code)).one_or_none()
    if role is None:
        raise invalid(FieldFault("/role", "unknown_role", _("没有这个角色。")))
    give_role(
        uow, account, role, unit_named(uow, name), valid_from=typed_day("valid_from"), valid_to=typed_day("valid_to")
    )  # fmt: skip


def unit_named(uow: UnitOfWork, name: str) -> OrgUnit:
    """The unit of this name where the principal gives roles. Raises `Invalid` at the field `unit`."""
    try:
        return unit_called(uow, uow.principal, GRANT, name)
    except NotFound:
        raise invalid(FieldFault("/unit", "unknown_unit", _("没有叫这个名称的组织，写全称。"))) from None
    except DomainError as error:
        raise invalid(*(FieldFault("/unit", fault.code, fault.detail) for fault in error.faults)) from None


def _done(uow: UnitOfWork, account_id: UUID, act: Callable[[UnitOfWork, Account], None]) -> Answer:
    """Do it and go back to the account, or show why it cannot be done."""
    account, _name = account_in_reach(uow, account_id)
    try:
        act(uow, account)
    except DomainError as error:
        return _again(uow, account_id, error)
    return redirect(to(f"/console/people/{account_id}"), 303)


def _again(uow: UnitOfWork, account_id: UUID, error: DomainError) -> Answer:
    if isinstance(error, NotFound) or error.status == 403:
        raise error
    uow.undo()
    return person_page(uow, account_id, error), error.status


def _holder(uow: UnitOfWork, account_id: UUID | None) -> Account:
    """The account behind a session or token, where the principal may end it. Raises `NotFound`, `Forbidden`."""
    if account_id is None:
        raise not_found()
    account, _name = account_in_reach(uow, account_id)
    require_over(uow, account)
    return account


def _back(account: Account) -> Response:
    return redirect(inside(typed("next") or f"/console/people/{account.id}"), 303)
