"""What is done about roles: other permissions, a copy, what is new taken or left, and a look through their eyes."""

from __future__ import annotations

from flask import Blueprint, current_app, g, redirect, render_template, request, session
from werkzeug.wrappers import Response

from gonghui.api.guard import SEEN_AS
from gonghui.auth.role_changes import change_role, copy_role, role_called
from gonghui.auth.role_giving import GRANT
from gonghui.auth.seeing_as import begin_seeing
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.errors import DomainError
from gonghui.i18n import _
from gonghui.lifecycle.role_offers import news_for, offered_for
from gonghui.web.form_answers import faults_of, required
from gonghui.web.page import SIGNED_IN, page, to
from gonghui.web.people_acts import unit_named
from gonghui.web.permission_groups import Area, areas_of
from gonghui.web.roles import role_page

blueprint = Blueprint("roles_changed", __name__, template_folder="templates")

Answer = Response | tuple[str, int]


@blueprint.get("/console/roles/<string:role_code>/change")
@page(GRANT, of_whole=True)
def show_change(uow: UnitOfWork, role_code: str) -> str:
    """The permissions of a role as ticks."""
    role = role_called(uow, role_code)
    return render_template(
        "roles/change.html", role=role, areas=_areas(), held=set(role.permissions), faults=[], at={}
    )


@blueprint.post("/console/roles/<string:role_code>/change")
@page(GRANT, of_whole=True)
def do_change(uow: UnitOfWork, role_code: str) -> Answer:
    """Let the role permit what is ticked; what belongs to plugins that are off stays as it is."""
    role, areas, ticked = role_called(uow, role_code), _areas(), set(request.form.getlist("permissions"))
    try:
        change_role(uow, role, ticked, among=_codes(areas), offered=_offered().get(role.code, ()))
    except DomainError as error:
        uow.undo()
        faults = faults_of(error, ("permissions",))
        again = render_template(
            "roles/change.html", role=role_called(uow, role_code), areas=areas, held=ticked, faults=faults,
            at=dict(faults),
        )  # fmt: skip
        return again, error.status
    return redirect(to(f"/console/roles/{role_code}"), 303)


@blueprint.post("/console/roles/<string:role_code>/copy")
@page(GRANT, of_whole=True)
def do_copy(uow: UnitOfWork, role_code: str) -> Answer:
    """A new role that permits the same, to be changed then."""
    role = role_called(uow, role_code)
    try:
        made = copy_role(uow, role, required("name", _("填写新角色的名称。"), most=40))
    except DomainError as error:
        uow.undo()
        return role_page(uow, role_called(uow, role_code), error), error.status
    return redirect(to(f"/console/roles/{made.code}/change"), 303)


@blueprint.post("/console/roles/<string:role_code>/news")
@page(GRANT, of_whole=True)
def do_take_news(uow: UnitOfWork, role_code: str) -> Response:
    """Take what is new for the role, or decline it so that it is not proposed again."""
    role, offered = role_called(uow, role_code), _offered()
    news = news_for(role, offered)
    taken = [] if request.form.get("answer") == "decline" else news
    change_role(uow, role, {*role.permissions, *taken}, among={*role.permissions, *news}, offered=news)
    return redirect(to(f"/console/roles/{role_code}"), 303)


@blueprint.post("/console/roles/<string:role_code>/see-as")
@page(GRANT)
def do_see_as(uow: UnitOfWork, role_code: str) -> Answer:
    """Look at pages as this role at a unit, until one says that it is enough or signs out."""
    role = role_called(uow, role_code)
    try:
        kept = begin_seeing(uow, role, unit_named(uow, required("unit", _("填写在哪个组织。"))))
    except DomainError as error:
        uow.undo()
        return role_page(uow, role_called(uow, role_code), error), error.status
    session[SEEN_AS] = kept
    return redirect("/console", 303)


@blueprint.post("/console/see-as/end")
@page(SIGNED_IN)
def do_see_no_more(uow: UnitOfWork) -> Response:
    """Look at pages as oneself again."""
    kept = session.pop(SEEN_AS, None)
    if kept is not None:
        uow.note("core.role.seen_as_ended", **kept)
    return redirect("/console/roles" if uow.principal.holds("core.role.read") else "/console", 303)


def _areas() -> list[Area]:
    return areas_of(current_app.extensions["gonghui"].registry, g.tenant.plugins_on)


def _codes(areas: list[Area]) -> set[str]:
    return {code for area in areas for code in area.codes}


def _offered() -> dict[str, set[str]]:
    return offered_for(current_app.extensions["gonghui"].registry, g.tenant.plugins_on)
