"""Pages that invite people, many at once, with sheets of codes; and the page where a code becomes a password."""

from __future__ import annotations

import re
from collections.abc import Sequence
from io import BytesIO
from itertools import groupby

from flask import Blueprint, current_app, g, redirect, render_template, request, session
from sqlalchemy import select
from werkzeug.wrappers import Response

from gonghui.auth.accounts import Role
from gonghui.auth.invitations import Invited, Invitee, Line, invite, invite_again, read_invitees
from gonghui.auth.passwords import MINIMUM_LENGTH
from gonghui.auth.role_giving import GRANT
from gonghui.auth.sign_in_codes import choose_password
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.errors import DomainError, FieldFault, Invalid, invalid
from gonghui.i18n import LOCALES, Text, _
from gonghui.records.registers.cells import text as cell_text
from gonghui.records.registers.sheets import Column, read_register
from gonghui.web.form_answers import Fault, faults_of, required, typed
from gonghui.web.page import page, to
from gonghui.web.people import role_choices, unit_choices
from gonghui.web.people_acts import unit_named
from gonghui.web.sheets import Sheet, slip_of

blueprint = Blueprint("invitations", __name__, template_folder="templates")

_FIELDS = ("role", "unit", "names", "file")
_BETWEEN = re.compile(r"[\t,，;；]")
_COLUMNS = (
    Column("name", "姓名", ("人员姓名", "干部姓名")),
    Column("unit", "组织", ("工会", "工会名称", "单位", "所在工会"), required=False),
    Column("login", "登录名", ("账号", "用户名"), required=False),
)


@blueprint.get("/console/people/invite")
@page(GRANT)
def show_invite(uow: UnitOfWork) -> str:
    """The form by which people are invited."""
    return _form(uow)


@blueprint.post("/console/people/invite")
@page(GRANT)
def do_invite(uow: UnitOfWork) -> str | tuple[str, int]:
    """First show who would get which login; once that is confirmed, open the accounts and show the sheets."""
    try:
        role, lines = _role(uow), _lines()
        unit = unit_named(uow, typed("unit")) if typed("unit") else None
        invitees = read_invitees(uow, lines, unit)
        if "confirmed" not in request.form:
            return _form(uow, invitees=invitees)
        invited = invite(uow, invitees, role)
    except Invalid as error:
        uow.undo()
        return _form(uow, faults=faults_of(error, _FIELDS)), error.status
    return _sheets(invited)


@blueprint.post("/console/people/invite/again")
@page(GRANT)
def do_invite_again(uow: UnitOfWork) -> str | tuple[str, int]:
    """Fresh sheets for whoever at a unit and below never used their code."""
    try:
        invited = invite_again(uow, unit_named(uow, required("unit", _("填写组织。"))))
        if not invited:
            raise invalid(FieldFault("/unit", "nobody", _("这个组织和它的下级没有人等着设密码。")))
    except Invalid as error:
        uow.undo()
        return _form(uow, again=faults_of(error, ("unit",))), error.status
    return _sheets(invited)


@blueprint.get("/welcome")
def show_welcome() -> str:
    """The page that a code opens; its language can be chosen, and is remembered."""
    if request.args.get("lang") in LOCALES:
        session["lang"] = request.args["lang"]
    return render_template(
        "welcome.html", faults=[], at={}, is_done="done" in request.args, least=MINIMUM_LENGTH
    )


@blueprint.post("/welcome")
def do_welcome() -> Response | tuple[str, int]:
    """Turn a code into a password."""
    g.uow.close()
    try:
        _choose()
    except DomainError as error:
        faults = faults_of(error, ("login", "code", "password", "again"))
        page_again = render_template(
            "welcome.html", faults=faults, at=dict(faults), is_done=False, least=MINIMUM_LENGTH
        )
        return page_again, error.status
    return redirect("/welcome?done=1", 303)


def _choose() -> None:
    password = request.form.get("password", "")
    login, code = required("login", _("填写登录名。")), required("code", _("填写一次性码。"))
    if len(password) < MINIMUM_LENGTH:
        raise invalid(FieldFault("/password", "too_short", _("密码至少 {n} 个字。", n=MINIMUM_LENGTH)))
    if password != request.form.get("again"):
        raise invalid(FieldFault("/again", "differs", _("两次填的密码不一样。")))
    database = current_app.extensions["gonghui"].database
    choose_password(database, g.tenant.id, login, code, password, request_id=g.request_id)


def _form(
    uow: UnitOfWork,
    *,
    invitees: Sequence[Invitee] = (),
    faults: Sequence[Fault] = (),
    again: Sequence[Fault] = (),
) -> str:
    lines = "\n".join(f"{each.name}，{each.unit.name}，{each.login}" for each in invitees)
    return render_template(
        "people/invite.html",
        roles=role_choices(uow),
        units=unit_choices(uow),
        invitees=invitees,
        names=lines or request.form.get("names", ""),
        faults=faults,
        at=dict(faults),
        again=dict(again),
    )


def _role(uow: UnitOfWork) -> Role:
    code = required("role", _("选择角色。"))
    role = uow.session.scalars(select(Role).where(Role.code == code)).one_or_none()
    if role is None:
        raise invalid(FieldFault("/role", "unknown_role", _("没有这个角色。")))
    return role


def _lines() -> list[Line]:
    """Who was named, in the table that was sent along or in the lines that were typed."""
    file = request.files.get("file")
    if file is not None and file.filename:
        try:
            rows = read_register(BytesIO(file.read()), _COLUMNS, limit_rows=2_000).rows
        except Invalid as error:
            detail: Text | str = error.detail
            raise invalid(FieldFault("/file", error.code, detail)) from None
        return [Line(*(cell_text(row.cells.get(column.key, "")) for column in _COLUMNS)) for row in rows]
    typed_lines = (line for line in typed("names").splitlines() if line.strip())
    parts = ([cell_text(part) for part in _BETWEEN.split(line)] for line in typed_lines)
    return [Line(*[*line, "", ""][:3]) for line in parts]


def _sheets(invited: Sequence[Invited]) -> str:
    """A page for each unit."""
    ordered = sorted(invited, key=lambda each: each.unit)
    sheets = [
        Sheet(unit, [slip_of(each.login, each.name, each.code, each.expires_at) for each in theirs])
        for unit, theirs in groupby(ordered, key=lambda each: each.unit)
    ]
    return render_template("people/sheets.html", sheets=sheets, back=to("/console/people"))
