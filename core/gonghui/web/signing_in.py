"""Signing in and out by a browser, in one step or two, and the language that it is served in."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import segno
from flask import Blueprint, current_app, g, redirect, render_template, request, session
from flask_wtf import FlaskForm
from markupsafe import Markup
from werkzeug.wrappers import Response
from wtforms import PasswordField, StringField

from gonghui.auth.sign_in import (
    CODE_REQUIRED,
    SETUP_REQUIRED,
    Door,
    SignedIn,
    begin_setup,
    sign_in,
    sign_in_with_code,
    sign_out,
)
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.errors import DomainError, not_found
from gonghui.i18n import LOCALES
from gonghui.values import clock
from gonghui.web.kept import carried_fields, may_be_drawn_again
from gonghui.web.page import SIGNED_IN, inside, page

blueprint = Blueprint("signing_in", __name__, template_folder="templates")

#: How long one may take between the password and the code.
_SECOND_STEP = timedelta(minutes=10)


class SignInForm(FlaskForm):
    """Login and password; the page's language decides the labels."""

    login = StringField()
    password = PasswordField()


@blueprint.get("/sign-in")
def show_sign_in() -> str:
    """The page where one signs in; its language can be chosen, and is remembered."""
    if request.args.get("lang") in LOCALES:
        session["lang"] = request.args["lang"]
    return render_template(
        "sign_in.html", sign_in=SignInForm(), problem=None, next=request.args.get("next", "/")
    )


@blueprint.post("/sign-in")
def do_sign_in() -> Response | str | tuple[str, int]:
    """Sign in and go where one wanted to go, or on to the second step."""
    form, target = SignInForm(), request.form.get("next", "/")
    login = (form.login.data or "").strip().lower()
    try:
        signed_in = sign_in(_door(), login, form.password.data or "")
    except DomainError as error:
        if error.code in (CODE_REQUIRED, SETUP_REQUIRED):
            return _to_second_step(login, target, is_setup=error.code == SETUP_REQUIRED)
        again = render_template(
            "sign_in.html", sign_in=form, problem=error, next=target, kept=carried_fields()
        )
        return again, error.status
    _open(signed_in)
    return _go_on(target)


@blueprint.get("/sign-in/code")
def show_second_step() -> Response | str:
    """Where one tells the code, or first sets the phone up because the federation asks for it."""
    pending = _pending()
    return redirect("/sign-in") if pending is None else _second_step(pending)


@blueprint.post("/sign-in/code")
def do_second_step() -> Response | str | tuple[str, int]:
    """Sign in with the code; recovery codes are shown to whoever has just set the phone up."""
    pending = _pending()
    if pending is None:
        return redirect("/sign-in")
    try:
        signed_in = sign_in_with_code(_door(), pending["login"], request.form.get("code", ""))
    except DomainError as error:
        return _second_step(pending, error), error.status
    _open(signed_in)
    target = inside(pending["next"])
    if signed_in.recovery_codes:
        return render_template(
            "recovery_codes.html", codes=signed_in.recovery_codes, target=target, alone=True
        )
    return _go_on(target)


@blueprint.post("/sign-out")
@page(SIGNED_IN)
def do_sign_out(uow: UnitOfWork) -> Response:
    """End the session."""
    sign_out(uow, session.get("secret", ""))
    session.clear()
    return redirect("/sign-in")


@blueprint.post("/language/<string:code>")
@page(SIGNED_IN)
def choose_language(_uow: UnitOfWork, code: str) -> Response:
    """Remember the language of this browser."""
    if code not in LOCALES:
        raise not_found()
    session["lang"] = code
    return redirect(inside(request.form.get("next")))


def picture_of(address: str) -> Markup:
    """The picture that a phone reads a secret from."""
    drawn = segno.make(address, error="m").svg_inline(scale=5, border=2, svgclass="qr", lineclass=None)
    return Markup(drawn)  # noqa: S704 - drawn here, and of squares alone


def _go_on(target: str) -> Response | str:
    """Go where one wanted to go; with what had been typed there when the session was over, to look at it first."""
    following, kept = inside(target), carried_fields()
    if kept and may_be_drawn_again(following):
        return render_template("kept.html", action=following, kept=kept)
    return redirect(following)


def _to_second_step(login: str, target: str, *, is_setup: bool) -> Response | str:
    _renew()
    until = (clock.now() + _SECOND_STEP).timestamp()
    pending = {"login": login, "next": target, "until": until, "is_setup": is_setup}
    session["pending"] = pending
    # What was typed before goes along in the page itself, which an address could not carry.
    return _second_step(pending) if carried_fields() else redirect("/sign-in/code")


def _pending() -> dict[str, Any] | None:
    """Whose password was right a moment ago in this browser; the cookie is signed, so nobody else can say so."""
    pending: dict[str, Any] | None = session.get("pending")
    return pending if pending is not None and pending["until"] > clock.now().timestamp() else None


def _second_step(pending: dict[str, Any], problem: DomainError | None = None) -> str:
    secret, picture = None, None
    if pending["is_setup"]:
        secret, address = begin_setup(_door(), pending["login"])
        picture = picture_of(address)
    return render_template(
        "second_step.html", problem=problem, secret=secret, picture=picture, next="/", kept=carried_fields()
    )


def _door() -> Door:
    g.uow.close()
    return Door(current_app.extensions["gonghui"].database, g.tenant.id, g.request_id)


def _open(signed_in: SignedIn) -> None:
    _renew()
    session["secret"] = signed_in.secret


def _renew() -> None:
    """A fresh session, so that nobody can have planted one; only the language goes along."""
    lang = session.get("lang")
    session.clear()
    g.pop("csrf_token", None)  # which was the old one's
    if lang:
        session["lang"] = lang
