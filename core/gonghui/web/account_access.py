"""What lets an account in or shuts it out: a one-time code, two-step sign-in, closing; each asked on its own page."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from flask import Blueprint, redirect, render_template
from werkzeug.wrappers import Response

from gonghui.auth.accounts import Account
from gonghui.auth.credentials import close_account, forget_password, reopen_account
from gonghui.auth.people import account_in_reach
from gonghui.auth.role_giving import GRANT, refuse_self, require_over
from gonghui.auth.second_factor import reset
from gonghui.auth.sign_in_codes import CodePurpose, hand_out, withdraw_codes
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.errors import DomainError, FieldFault, Forbidden, NotFound, invalid
from gonghui.i18n import _
from gonghui.web.form_answers import Fault, faults_of, required
from gonghui.web.page import page, to
from gonghui.web.sheets import Sheet, slip_of

blueprint = Blueprint("account_access", __name__, template_folder="templates")

Answer = Response | tuple[str, int]
_CLOSE, _CODE, _SECOND_FACTOR = "close", "code", "second-factor"


@blueprint.get("/console/people/<uuid:account_id>/close")
@page(GRANT)
def ask_close(uow: UnitOfWork, account_id: UUID) -> str:
    """What follows when the account is closed."""
    return _asked(uow, account_id, _CLOSE)


@blueprint.post("/console/people/<uuid:account_id>/close")
@page(GRANT)
def do_close(uow: UnitOfWork, account_id: UUID) -> Answer:
    """Shut the account out; its roles stay, so that it can be opened again as it was."""
    account = _theirs(uow, account_id)
    try:
        refuse_self(uow, account)
        close_account(uow, account)
        withdraw_codes(uow, [account.id])
    except DomainError as error:
        return _refused(uow, account_id, _CLOSE, error)
    return _back(account_id)


@blueprint.post("/console/people/<uuid:account_id>/reopen")
@page(GRANT)
def do_reopen(uow: UnitOfWork, account_id: UUID) -> Response:
    """Let a closed account sign in again."""
    reopen_account(uow, _theirs(uow, account_id))
    return _back(account_id)


@blueprint.get("/console/people/<uuid:account_id>/second-factor")
@page(GRANT)
def ask_reset_second_factor(uow: UnitOfWork, account_id: UUID) -> str:
    """Why two-step sign-in is taken away."""
    return _asked(uow, account_id, _SECOND_FACTOR)


@blueprint.post("/console/people/<uuid:account_id>/second-factor")
@page(GRANT)
def do_reset_second_factor(uow: UnitOfWork, account_id: UUID) -> Answer:
    """Let somebody who lost the phone sign in without it; the trail keeps the reason."""
    account = _theirs(uow, account_id)
    try:
        refuse_self(uow, account)
        reset(uow, account, required("reason", _("写明理由。"), most=500))
    except DomainError as error:
        return _refused(uow, account_id, _SECOND_FACTOR, error)
    return _back(account_id)


@blueprint.get("/console/people/<uuid:account_id>/code")
@page(GRANT)
def ask_code(uow: UnitOfWork, account_id: UUID) -> str:
    """What follows when a one-time code is handed out."""
    return _asked(uow, account_id, _CODE)


@blueprint.post("/console/people/<uuid:account_id>/code")
@page(GRANT)
def do_hand_out_code(uow: UnitOfWork, account_id: UUID) -> str | Answer:
    """A sheet with a one-time code, shown this once; the password of before is worth nothing from now on."""
    account = _theirs(uow, account_id)
    try:
        refuse_self(uow, account)
        if account.disabled_at is not None:
            raise invalid(FieldFault("", "account_closed", _("这个账号已停用，先重新启用。")))
        is_new = account.password_hash is None
        forget_password(uow, account)
        codes = hand_out(uow, [account], CodePurpose.INVITATION if is_new else CodePurpose.RESET)
    except DomainError as error:
        return _refused(uow, account_id, _CODE, error)
    _account, name = account_in_reach(uow, account_id)
    sheet = Sheet(None, [slip_of(account.login, name, *codes[account.id])])
    return render_template("people/sheets.html", sheets=[sheet], back=to(f"/console/people/{account.id}"))


def _theirs(uow: UnitOfWork, account_id: UUID) -> Account:
    """An account all of whose roles lie within reach. Raises `NotFound`, `Forbidden`."""
    account, _name = account_in_reach(uow, account_id)
    require_over(uow, account)
    return account


def _asked(uow: UnitOfWork, account_id: UUID, act: str, faults: Sequence[Fault] = ()) -> str:
    account, name = account_in_reach(uow, account_id)
    return render_template(
        "people/access.html", account=account, name=name, act=act, faults=faults, at=dict(faults)
    )


def _refused(uow: UnitOfWork, account_id: UUID, act: str, error: DomainError) -> tuple[str, int]:
    """The page once more, with what stands in the way."""
    if isinstance(error, (Forbidden, NotFound)):
        raise error
    uow.undo()
    return _asked(uow, account_id, act, faults_of(error, ("reason",))), error.status


def _back(account_id: UUID) -> Response:
    return redirect(to(f"/console/people/{account_id}"), 303)
