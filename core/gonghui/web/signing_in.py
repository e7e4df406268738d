"""Signing in and out by a browser, and the language that it is served in."""

from __future__ import annotations

from flask import Blueprint, current_app, g, redirect, render_template, request, session
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import PasswordField, StringField

from gonghui.auth.sign_in import sign_in, sign_out
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.errors import DomainError, not_found
from gonghui.i18n import LOCALES
from gonghui.web.kept import carried_fields, may_be_drawn_again
from gonghui.web.page import SIGNED_IN, inside, page

blueprint = Blueprint("signing_in", __name__, template_folder="templates")


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
def do_sign_in() -> Response | tuple[str, int]:
    """Sign in and go where one wanted to go."""
    form = SignInForm()
    g.uow.close()
    try:
        signed_in = sign_in(
            current_app.extensions["gonghui"].database,
            g.tenant.id,
            form.login.data or "",
            form.password.data or "",
            request_id=g.request_id,
        )
    except DomainError as error:
        again = render_template(
            "sign_in.html",
            sign_in=form,
            problem=error,
            next=request.form.get("next", "/"),
            kept=carried_fields(),
        )
        return again, error.status
    lang = session.get("lang")
    session.clear()  # a fresh session, so that nobody can have planted one
    g.pop("csrf_token", None)  # which was the old one's
    session["secret"] = signed_in.secret
    if lang:
        session["lang"] = lang
    following, kept = inside(request.form.get("next")), carried_fields()
    if kept and may_be_drawn_again(following):
        return render_template("kept.html", action=following, kept=kept), 200
    return redirect(following)


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
