"""My own account: two-step sign-in, password, where I am signed in, tokens of programs, how I am told of things."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, redirect, render_template, request, session
from werkzeug.wrappers import Response

from gonghui.api.resources.notifications import kinds_told
from gonghui.auth import credentials, second_factor
from gonghui.auth.accounts import Account, account_by_id
from gonghui.auth.lockout import attempt
from gonghui.auth.passwords import MINIMUM_LENGTH, password_fits
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.errors import DomainError, FieldFault, invalid, not_found
from gonghui.i18n import LOCALES, _
from gonghui.notifications import contacts
from gonghui.notifications.gateways import gateways
from gonghui.notifications.messages import register_address
from gonghui.tenancy.keys import masked
from gonghui.tenancy.tenants import here
from gonghui.web.page import SIGNED_IN, page
from gonghui.web.signing_in import picture_of

blueprint = Blueprint("security", __name__, template_folder="templates")

PATH = "/console/me/security"
Answer = Response | str | tuple[str, int]


@blueprint.get(PATH)
@page(SIGNED_IN)
def show_security(uow: UnitOfWork) -> str:
    """Everything about my account, on one page."""
    return _page(uow, _me(uow))


# --- two-step sign-in


@blueprint.post("/console/me/second-factor/begin")
@page(SIGNED_IN)
def begin_second_factor(uow: UnitOfWork) -> Response:
    """Show a secret to set a phone up with."""
    second_factor.begin(uow, _me(uow))
    return _back("second-factor")


@blueprint.post("/console/me/second-factor/confirm")
@page(SIGNED_IN)
def confirm_second_factor(uow: UnitOfWork) -> Answer:
    """Take the phone into use; the recovery codes are shown this once."""
    return _with_codes(uow, second_factor.confirm)


@blueprint.post("/console/me/second-factor/codes")
@page(SIGNED_IN)
def renew_codes(uow: UnitOfWork) -> Answer:
    """New recovery codes in place of the old ones."""
    return _with_codes(uow, second_factor.renew_recovery_codes)


@blueprint.post("/console/me/second-factor/remove")
@page(SIGNED_IN)
def remove_second_factor(uow: UnitOfWork) -> Answer:
    """Sign in by password alone again."""
    account = _me(uow)
    try:
        second_factor.remove(uow, account, request.form.get("code", ""))
    except DomainError as error:
        return _refused(uow, account, error, "code")
    return _back("second-factor")


# --- password, sessions, tokens


@blueprint.post("/console/me/password")
@page(SIGNED_IN)
def change_password(uow: UnitOfWork) -> Answer:
    """Change my password; every other session and every token ends."""
    account = _me(uow)
    try:
        _require_password(uow, account, request.form.get("old_password", ""))
        new = request.form.get("new_password", "")
        if len(new) < MINIMUM_LENGTH:
            message = _("新密码至少 {n} 个字符。", n=MINIMUM_LENGTH)
            raise invalid(FieldFault("/new_password", "too_short", message))
        if new != request.form.get("again"):
            raise invalid(FieldFault("/again", "not_the_same", _("两次填写的新密码不一样。")))
    except DomainError as error:
        return _refused(uow, account, error)
    credentials.change_password(uow, account, new)
    if "secret" in session:
        session["secret"] = credentials.start_session(uow, account)
    return _back("password")


@blueprint.post("/console/me/sessions/<uuid:session_id>/end")
@page(SIGNED_IN)
def end_session(uow: UnitOfWork, session_id: UUID) -> Response:
    """Sign out elsewhere."""
    credentials.end_session(uow, _me(uow), session_id)
    return _back("sessions")


@blueprint.post("/console/me/tokens/<uuid:token_id>/revoke")
@page(SIGNED_IN)
def revoke_token(uow: UnitOfWork, token_id: UUID) -> Response:
    """End a program's key."""
    credentials.revoke_token(uow, _me(uow), token_id)
    return _back("tokens")


# --- how I am told of things


@blueprint.post("/console/me/contact")
@page(SIGNED_IN)
def put_contact(uow: UnitOfWork) -> Answer:
    """Choose the language of messages, and what none are sent about."""
    account = _me(uow)
    language = request.form.get("language", "")
    if language not in LOCALES:
        raise not_found()
    codes = [kind.code for kind in kinds_told()]
    wanted = set(request.form.getlist("wanted"))
    outside = [kind.code for kind in kinds_told() if kind.outside]
    muted = [code for code in outside if code not in wanted]
    contacts.prefer(uow, account.id, language, muted, known=codes)
    return _back("contact")


@blueprint.post("/console/me/addresses")
@page(SIGNED_IN)
def add_address(uow: UnitOfWork) -> Answer:
    """Add a mailbox or a group chat; a code is sent there."""
    account = _me(uow)
    try:
        channel, address = request.form.get("channel", ""), request.form.get("address", "").strip()
        register_address(uow, account.id, channel, address)
    except DomainError as error:
        return _refused(uow, account, error)
    return _back("contact")


@blueprint.post("/console/me/addresses/<uuid:address_id>/confirm")
@page(SIGNED_IN)
def confirm_address(uow: UnitOfWork, address_id: UUID) -> Answer:
    """Take an address into use with the code that was sent there."""
    account = _me(uow)
    try:
        contacts.confirm_address(uow, account.id, address_id, request.form.get("code", "").strip())
    except DomainError as error:
        if error.status == 404:
            raise
        return _refused(uow, account, error, f"code-{address_id}")
    return _back("contact")


@blueprint.post("/console/me/addresses/<uuid:address_id>/remove")
@page(SIGNED_IN)
def remove_address(uow: UnitOfWork, address_id: UUID) -> Response:
    """Forget one of my addresses."""
    contacts.remove_address(uow, _me(uow).id, address_id)
    return _back("contact")


def _me(uow: UnitOfWork) -> Account:
    """My account. An operator of the platform has none here: `NotFound`."""
    account = account_by_id(uow, uow.principal.account_id) if uow.principal.account_id else None
    if account is None:
        raise not_found()
    return account


def _with_codes(uow: UnitOfWork, act: Any) -> Answer:
    account = _me(uow)
    try:
        codes = act(uow, account, request.form.get("code", ""))
    except DomainError as error:
        return _refused(uow, account, error, "code")
    return render_template("recovery_codes.html", codes=codes, target=PATH, alone=False)


def _require_password(uow: UnitOfWork, account: Account, password: str) -> None:
    attempt(uow, account.login)
    if not password_fits(account.password_hash, password):
        raise invalid(FieldFault("/old_password", "wrong_password", _("现在的密码不对。")))


def _refused(
    uow: UnitOfWork, account: Account, error: DomainError, field: str | None = None
) -> tuple[str, int]:
    """The page again, with what has to be mended at its field."""
    faults = {field or fault.pointer.strip("/"): str(fault.detail) for fault in error.faults}
    return _page(uow, account, faults=faults or {field or "": str(error.detail)}), error.status


def _back(section: str) -> Response:
    return redirect(f"{PATH}#{section}", 303)


def _page(uow: UnitOfWork, account: Account, *, faults: dict[str, str] | None = None) -> str:
    factor, setup = second_factor.factor_of(uow, account.id), second_factor.setup_of(uow, account)
    preference = contacts.preference_of(uow, account.id)
    told = gateways(is_demo=here(uow).is_demo)
    return render_template(
        "security.html",
        account=account,
        faults=faults or {},
        factor=factor if factor is not None and factor.confirmed_at else None,
        is_required=second_factor.is_required(uow, account),
        secret=second_factor.secret_of(uow, setup) if setup else None,
        picture=picture_of(second_factor.address_of(uow, setup, account)) if setup else None,
        sessions=credentials.open_sessions(uow, account),
        this_session=credentials.fingerprint(session.get("secret", "")),
        tokens=credentials.open_tokens(uow, account),
        preference=preference,
        kinds=[kind for kind in kinds_told() if kind.outside],
        channels=[channel for channel in (contacts.EMAIL, contacts.TARGET) if channel in told],
        addresses=_addresses(uow, account),
        minimum_length=MINIMUM_LENGTH,
    )


def _addresses(uow: UnitOfWork, account: Account) -> list[dict[str, Any]]:
    column = contacts.ContactAddress.__table__.c.address
    return [
        {
            "id": row.id,
            "channel": row.channel,
            "shown": masked(uow, column, row.id, row.address),  # type: ignore[arg-type]
            "is_confirmed": row.confirmed_at is not None,
        }
        for row in contacts.addresses_of(uow, account.id)
    ]
