"""The first pages: sign-in, what I am here, the half-year's figures and what they open to, the API's own docs."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import orjson
from flask import Blueprint, Response, current_app, g, redirect, render_template, request, session
from flask_swagger_ui import flask_swagger_ui
from flask_wtf import FlaskForm
from sqlalchemy import select
from werkzeug.utils import send_from_directory
from werkzeug.wrappers import Response as AnyResponse
from wtforms import PasswordField, StringField

from gonghui.api.operations import SIGNED_IN, operation
from gonghui.api.paging import decode_cursor, encode_cursor
from gonghui.auth.sign_in import sign_in, sign_out
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.errors import DomainError, not_found
from gonghui.i18n import LOCALES
from gonghui.plugin_host.plugin_figures import figures_of
from gonghui.reporting.indicators import figures, find, open_figure
from gonghui.tenancy.org_tree import OrgUnit
from gonghui.values import clock
from gonghui.values.periods import Period
from gonghui.web import contributions

blueprint = Blueprint("pages", __name__, template_folder="templates")

#: A page names its permission exactly as an operation does.
page = operation

_FIGURES = "core.figure.read"
_SWAGGER = f"{flask_swagger_ui.__file__.rsplit('/', 1)[0]}/dist"
_MOST_RECORDS = 200


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
        "sign_in.html", form=SignInForm(), problem=None, next=request.args.get("next", "/")
    )


@blueprint.post("/sign-in")
def do_sign_in() -> AnyResponse | tuple[str, int]:
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
        again = render_template("sign_in.html", form=form, problem=error, next=request.form.get("next", "/"))
        return again, error.status
    lang = session.get("lang")
    session.clear()  # a fresh session, so that nobody can have planted one
    session["secret"] = signed_in.secret
    if lang:
        session["lang"] = lang
    return redirect(_inside(request.form.get("next")))


@blueprint.post("/sign-out")
@page(SIGNED_IN)
def do_sign_out(uow: UnitOfWork) -> AnyResponse:
    """End the session."""
    sign_out(uow, session.get("secret", ""))
    session.clear()
    return redirect("/sign-in")


@blueprint.post("/language/<string:code>")
@page(SIGNED_IN)
def choose_language(_uow: UnitOfWork, code: str) -> AnyResponse:
    """Remember the language of this browser."""
    if code not in LOCALES:
        raise not_found()
    session["lang"] = code
    return redirect(_inside(request.form.get("next")))


@blueprint.get("/")
@page(SIGNED_IN)
def show_home(uow: UnitOfWork) -> str:
    """Who I am here, where my roles hold, and the period's figures over what I see."""
    units = {unit.id: unit.name for unit in _my_units(uow)}
    period = _period()
    mine = (
        [i for i in _indicators() if uow.principal.holds(i.permission)]
        if uow.principal.holds(_FIGURES)
        else []
    )
    return render_template(
        "home.html",
        units=units,
        period=period,
        choices=_choices(period),
        figures=figures_of(current_app.extensions["gonghui"].registry, uow, mine, period),
        cards=contributions.cards(uow),
        plugins=[
            p
            for p in current_app.extensions["gonghui"].registry.plugins.values()
            if p.id in g.tenant.plugins_on
        ],
    )


@blueprint.get("/figures/<string:code>")
@page(_FIGURES)
def show_figure(uow: UnitOfWork, code: str) -> str:
    """The records behind a figure."""
    indicator, period = find(_indicators(), code), _period()
    if not uow.principal.holds(indicator.permission):
        raise not_found()
    after = decode_cursor(request.args.get("cursor"), (date.fromisoformat, UUID, str))
    rows = open_figure(uow, indicator, period, after=after, limit=_MOST_RECORDS + 1)
    last = rows[_MOST_RECORDS - 1] if len(rows) > _MOST_RECORDS else None
    return render_template(
        "figure.html",
        figure=figures(uow, [indicator], period)[0],
        period=period,
        rows=rows[:_MOST_RECORDS],
        is_first=after is None,
        next_cursor=encode_cursor((last.on, last.id, last.key)) if last else None,
    )


@blueprint.get("/docs")
@page(SIGNED_IN)
def show_docs(_uow: UnitOfWork) -> str:
    """The API's documentation, as far as this federation has it on."""
    return render_template("docs.html")


@blueprint.get("/api/v1/openapi.json")
@page(SIGNED_IN)
def get_openapi(_uow: UnitOfWork) -> Response:
    """The OpenAPI document of this federation."""
    document = current_app.extensions["gonghui_documents"].for_switches(g.tenant.plugins_on)
    return Response(orjson.dumps(document), content_type="application/json")


@blueprint.get("/static/swagger/<path:name>")
def get_swagger(name: str) -> AnyResponse:
    """Swagger UI's own files, from its package."""
    return send_from_directory(_SWAGGER, name, request.environ, max_age=86_400)


@blueprint.after_app_request
def show_problem(answer: Response) -> Response:
    """Whoever asked with a browser gets every refusal as a page, not as JSON."""
    if answer.mimetype != "application/problem+json" or request.path.startswith("/api/") or "tenant" not in g:
        return answer
    wanted = request.accept_mimetypes.best_match(["application/json", "text/html"])
    return error_page(answer) if wanted == "text/html" else answer


def error_page(answer: Response) -> Response:
    """A problem document as a page."""
    content = orjson.loads(answer.get_data())
    g.is_problem = True
    answer.set_data(render_template("problem.html", problem=content))
    answer.content_type = "text/html; charset=utf-8"
    return answer


def _indicators() -> list[Any]:
    found: list[Any] = current_app.extensions["gonghui"].registry.indicators(g.tenant.plugins_on)
    return found


def _my_units(uow: UnitOfWork) -> list[OrgUnit]:
    ids = [grant.org_unit_id for grant in uow.principal.grants]
    return list(uow.session.scalars(select(OrgUnit).where(OrgUnit.id.in_(ids)))) if ids else []


def _period() -> Period:
    try:
        return Period.parse(request.args.get("period", ""))
    except ValueError:
        today = clock.today()
        return Period.parse(f"{today.year}H{1 if today.month <= 6 else 2}")


def _choices(shown: Period) -> list[Period]:
    """Half-years that have begun, newest first, and the one that is shown."""
    today = clock.today()
    years = range(today.year, today.year - 4, -1)
    halves = [Period.parse(f"{year}H{half}") for year in years for half in (2, 1)]
    begun = [half for half in halves if half.first <= today]
    return begun if shown in begun else [shown, *begun]


def _inside(target: str | None) -> str:
    """Only a path of this very host: a link may not lead a fresh sign-in elsewhere."""
    target = target or "/"
    # A browser reads `//x`, `///x` and `/\x` as the host x, and leaves tabs and line ends out.
    is_path = target.startswith("/") and not target.startswith("//")
    return target if is_path and "\\" not in target and target.isprintable() else "/"
