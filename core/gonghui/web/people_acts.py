"""What an administrator does about an account: roles, sessions, tokens, a new password, closing and opening it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

from flask import Blueprint, redirect, render_template
from sqlalchemy import select
from werkzeug.wrappers import Response

from gonghui.auth.accounts import Account, Role, RoleAssignment
from gonghui.auth.credentials import (
    ApiToken,
    AuthSession,
    close_account,
    end_session,
    forget_password,
    reopen_account,
    revoke_all,
    revoke_token,
)
from gonghui.auth.people import account_in_reach
from gonghui.auth.role_giving import GRANT, end_role, give_role, refuse_self, require_over
from gonghui.auth.scope import unit_called
from gonghui.auth.second_factor import reset
from gonghui.auth.sign_in_codes import CodePurpose, hand_out, withdraw_codes
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.errors import DomainError, FieldFault, NotFound, invalid, not_found
from gonghui.i18n import _
from gonghui.tenancy.org_tree import OrgUnit
from gonghui.values import clock
from gonghui.web.form_answers import required, typed, typed_day
from gonghui.web.page import inside, page, to
from gonghui.web.people import person_page
from gonghui.web.sheets import Sheet, slip_of

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


@blueprint.post("/console/people/<uuid:account_id>/close")
@page(GRANT)
def do_close(uow: UnitOfWork, account_id: UUID) -> Answer:
    """Shut the account out; its roles stay, so that it can be opened again as it was."""

    def close(uow: UnitOfWork, account: Account) -> None:
        require_over(uow, account)
        refuse_self(uow, account)
        close_account(uow, account)
        withdraw_codes(uow, [account.id])

    return _done(uow, account_id, close)


@blueprint.post("/console/people/<uuid:account_id>/reopen")
@page(GRANT)
def do_reopen(uow: UnitOfWork, account_id: UUID) -> Answer:
    """Let a closed account sign in again."""

    def reopen(uow: UnitOfWork, account: Account) -> None:
        require_over(uow, account)
        reopen_account(uow, account)

    return _done(uow, account_id, reopen)


@blueprint.post("/console/people/<uuid:account_id>/second-factor")
@page(GRANT)
def do_reset_second_factor(uow: UnitOfWork, account_id: UUID) -> Answer:
    """Let somebody who lost the phone sign in without it; the trail keeps the reason."""

    def take_away(uow: UnitOfWork, account: Account) -> None:
        require_over(uow, account)
        refuse_self(uow, account)
        reset(uow, account, required("reason", _("写明理由。"), most=500))

    return _done(uow, account_id, take_away)


@blueprint.post("/console/people/<uuid:account_id>/code")
@page(GRANT)
def do_hand_out_code(uow: UnitOfWork, account_id: UUID) -> str | Answer:
    """A sheet with a one-time code, shown this once; the password of before is worth nothing from now on."""
    account, name = account_in_reach(uow, account_id)
    try:
        require_over(uow, account)
        refuse_self(uow, account)
        if account.disabled_at is not None:
            raise invalid(FieldFault("", "account_closed", _("这个账号已停用，先重新启用。")))
        is_new = account.password_hash is None
        forget_password(uow, account)
        codes = hand_out(uow, [account], CodePurpose.INVITATION if is_new else CodePurpose.RESET)
    except DomainError as error:
        return _again(uow, account_id, error)
    sheet = Sheet(None, [slip_of(account.login, name, *codes[account.id])])
    return render_template("people/sheets.html", sheets=[sheet], back=to(f"/console/people/{account.id}"))


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
