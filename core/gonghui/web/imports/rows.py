"""Rows that have to be put right: each at its cells, in place or on a page of its own, or all of them as a file."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from flask import Blueprint, Response, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from gonghui.api.exports import file_response
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.errors import DomainError, FieldFault, invalid, not_found
from gonghui.i18n import Text, _
from gonghui.plugin_host.registers import USE, run_in_sight
from gonghui.records.registers.importing import RegisterImport
from gonghui.records.registers.rows import ShownCell, cells_of, refuse_cells, waiting_row
from gonghui.records.registers.runs import RegisterRun, count_faulty
from gonghui.records.registers.sheets import MAX_CELL_TEXT
from gonghui.records.registers.taking import correct_row
from gonghui.records.registers.templates import faulty_rows
from gonghui.web.forms import Faults, refused
from gonghui.web.imports.shown import HOME, ShownRun, shown_run
from gonghui.web.page import page, to

blueprint = Blueprint("import_row_pages", __name__, template_folder="../templates")

_ONE = f"{HOME}/<uuid:run_id>"
_ROW = f"{_ONE}/rows/<int:number>"
_CELL = "cell-"
_MOST_LINES = 10**9


@blueprint.get(f"{_ONE}/faults")
@page(USE)
def get_faulty_rows(uow: UnitOfWork, run_id: UUID) -> Response:
    """The rows that have to be put right as a workbook."""
    return file_response(faulty_rows(uow, *run_in_sight(uow, run_id)))


@blueprint.get(_ROW)
@page(USE)
def show_row(uow: UnitOfWork, run_id: UUID, number: int) -> str:
    """A whole row, to be put right."""
    shown, register = shown_run(uow, run_id)
    return _row_page(uow, shown, register, number, [])


@blueprint.post(_ROW)
@page(USE)
def put_right(uow: UnitOfWork, run_id: UUID, number: int) -> AnyResponse | str | tuple[str, int]:
    """Put cells of a row right. A script gets the row as it stands now; without one, a page says what is wrong."""
    shown, register = shown_run(uow, run_id, to_change=True)
    is_in_place, problems, mended = "HX-Request" in request.headers, Faults(), False
    try:
        mended = not correct_row(
            uow, register, shown.run, _line(number), _sent(uow, shown.run, register, number)
        )
    except DomainError as error:
        problems = refused(uow, error, _names(register))
        shown, register = shown_run(uow, run_id)
    if is_in_place:
        return _in_place(uow, shown, register, number, mended, problems)
    if problems:
        return _row_page(uow, shown, register, number, problems), 422
    # What was typed is kept, right or wrong; the row's own page says what still is.
    on = f"{HOME}/{run_id}" if mended else f"{HOME}/{run_id}/rows/{number}"
    return redirect(to(on, cursor=request.args.get("cursor")), 303)


def _sent(uow: UnitOfWork, run: RegisterRun, register: RegisterImport, number: int) -> dict[str, str]:
    """The cells that were sent; one that was masked and left empty stays as it is. Raises `Invalid`."""
    row, faults = waiting_row(uow, run, _line(number))
    masked = {cell.key for cell in cells_of(uow, run, register, row, faults) if cell.is_masked}
    told = {name.removeprefix(_CELL): text for name, text in request.form.items() if name.startswith(_CELL)}
    cells = {key: text.strip() for key, text in told.items() if text.strip() or key not in masked}
    too_long = [key for key, text in cells.items() if len(text) > MAX_CELL_TEXT]
    if too_long:
        sentence = _("一格最多 {n} 个字。", n=MAX_CELL_TEXT)
        raise invalid(*(FieldFault(f"/cells/{key}", "too_long", sentence) for key in too_long))
    refuse_cells(register, cells)
    return cells


def _in_place(
    uow: UnitOfWork,
    shown: ShownRun,
    register: RegisterImport,
    number: int,
    mended: bool,
    problems: Faults,
) -> str:
    cells = _cells(uow, shown.run, register, number)
    return render_template(
        "imports/row_in_place.html",
        shown=shown,
        run=shown.run,
        register=register,
        number=number,
        cells=cells,
        mended=mended,
        problems=problems,
        waiting=count_faulty(uow, shown.run),
    )


def _row_page(
    uow: UnitOfWork, shown: ShownRun, register: RegisterImport, number: int, problems: Faults
) -> str:
    cells = _cells(uow, shown.run, register, number)
    return render_template(
        "imports/row.html",
        shown=shown,
        run=shown.run,
        register=register,
        number=number,
        cells=cells,
        problems=problems,
    )


def _cells(uow: UnitOfWork, run: RegisterRun, register: RegisterImport, number: int) -> Sequence[ShownCell]:
    row, faults = waiting_row(uow, run, _line(number))
    return cells_of(uow, run, register, row, faults)


def _names(register: RegisterImport) -> dict[str, Text]:
    return {column.key: Text(column.heading) for column in register.columns}


def _line(number: int) -> int:
    """The number of a row, as far as a sheet can have it."""
    if number > _MOST_LINES:
        raise not_found()
    return number
