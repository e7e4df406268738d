"""Sending a register in: which one, what it must look like, and the file."""

from __future__ import annotations

from contextlib import closing
from uuid import UUID

from flask import Blueprint, Response, redirect, render_template, request
from sqlalchemy import ColumnElement
from werkzeug.wrappers import Response as AnyResponse

from gonghui.api.exports import file_response
from gonghui.api.paging import decode_cursor, encode_cursor
from gonghui.api.uploads import LARGEST_BODY, name_of, size_of
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.errors import DomainError
from gonghui.i18n import _
from gonghui.plugin_host.registers import USE, register_to_import, registers_on, runs_in_sight
from gonghui.records.registers.arriving import take_in
from gonghui.records.registers.importing import RegisterImport
from gonghui.records.registers.runs import RegisterRun
from gonghui.records.registers.sheets import LIMIT_ROWS, MAX_FILE
from gonghui.records.registers.templates import template_of
from gonghui.tenancy.org_tree import ids_under
from gonghui.web.forms import Faults, refused
from gonghui.web.imports.shown import HOME, ShownRun, shown_runs
from gonghui.web.page import page, to
from gonghui.web.units import unit_in_view

blueprint = Blueprint("import_sending_pages", __name__, template_folder="../templates")

_AT_ONCE = 50
_MIB = 1024 * 1024


@blueprint.get(HOME)
@page(USE)
def show_imports(uow: UnitOfWork) -> str:
    """Registers that were sent in where I may import them, newest first."""
    after = decode_cursor(request.args.get("cursor"), (UUID,))
    wanted: list[ColumnElement[bool]] = [runs_in_sight(uow)]
    if after is not None:
        wanted.append(RegisterRun.id < after[0])
    unit = unit_in_view(uow)
    if unit is not None:
        wanted.append(RegisterRun.org_unit_id.in_(ids_under([unit.path])))
    newest = shown_runs().where(*wanted).order_by(RegisterRun.id.desc()).limit(_AT_ONCE + 1)
    rows = [ShownRun(*row) for row in uow.session.execute(newest)]
    return render_template(
        "imports/list.html",
        rows=rows[:_AT_ONCE],
        titles={code: register.title for code, register in registers_on(uow).items()},
        may_send=bool(_mine(uow)),
        is_first=after is None,
        next_cursor=encode_cursor((rows[_AT_ONCE - 1].run.id,)) if len(rows) > _AT_ONCE else None,
    )


@blueprint.get(f"{HOME}/new")
@page(USE)
def choose_register(uow: UnitOfWork) -> str:
    """Which register it is."""
    return render_template("imports/choose.html", registers=_mine(uow))


@blueprint.get(f"{HOME}/new/<string:register_code>")
@page(USE)
def show_upload(uow: UnitOfWork, register_code: str) -> str:
    """What the file must look like, and where to choose it."""
    return _upload_page(register_to_import(uow, register_code), [])


@blueprint.post(f"{HOME}/new/<string:register_code>")
@page(USE, largest_body=LARGEST_BODY)
def upload(uow: UnitOfWork, register_code: str) -> AnyResponse | tuple[str, int]:
    """Keep the file, and go on to what was recognised."""
    register = register_to_import(uow, register_code)
    file = request.files.get("file")
    if file is None or not file.filename:
        return _upload_page(register, [("file", str(_("先选一个文件。")))]), 422
    try:
        with closing(file):
            run = take_in(uow, register, name_of(file), file.stream, size_of(file))  # type: ignore[arg-type]
    except DomainError as error:
        return _upload_page(register, [("file", said) for _name, said in refused(uow, error)]), 422
    return redirect(to(f"{HOME}/{run.id}"), 303)


@blueprint.get(f"{HOME}/new/<string:register_code>/template")
@page(USE)
def get_template(uow: UnitOfWork, register_code: str) -> Response:
    """An empty workbook with the headings of the register."""
    return file_response(template_of(register_to_import(uow, register_code)))


def _mine(uow: UnitOfWork) -> list[RegisterImport]:
    """Those that the reader may import, as their plugins name them: what others rest on comes first."""
    return [one for one in registers_on(uow).values() if uow.principal.holds(one.permission)]


def _upload_page(register: RegisterImport, faults: Faults) -> str:
    limits = {"most_rows": LIMIT_ROWS, "most_mib": MAX_FILE // _MIB}
    return render_template("imports/upload.html", register=register, problems=faults, **limits)
