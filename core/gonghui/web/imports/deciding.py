"""What becomes of a register that was checked: it is applied, taken back, or forgotten."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, redirect, render_template, request
from werkzeug.wrappers import Response

from gonghui.api.jobs import is_long
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.errors import DomainError
from gonghui.jobs.asking import can_ask_for_job
from gonghui.lifecycle.register_jobs import APPLY_REGISTER, UNDO_REGISTER, ask_for_run
from gonghui.plugin_host.registers import USE
from gonghui.records.registers.importing import RegisterImport
from gonghui.records.registers.runs import RegisterRun, RunState, count_faulty
from gonghui.records.registers.sending import give_up
from gonghui.records.registers.taking import apply_run, undo_run
from gonghui.web.forms import Faults, refused
from gonghui.web.imports.runs import run_page
from gonghui.web.imports.shown import HOME, ShownRun, shown_run
from gonghui.web.page import page, to

blueprint = Blueprint("import_deciding_pages", __name__, template_folder="../templates")

_ONE = f"{HOME}/<uuid:run_id>"
SKIP, REFUSE = "skip", "refuse"


@blueprint.post(f"{_ONE}/apply")
@page(USE)
def apply(uow: UnitOfWork, run_id: UUID) -> Response | tuple[str, int]:
    """Put the good rows in; faulty ones go on waiting, or keep all of them out."""
    shown, register = shown_run(uow, run_id, to_change=True)
    faulty = REFUSE if request.form.get("faulty") == REFUSE else SKIP
    try:
        _apply(uow, register, shown.run, faulty)
    except DomainError as error:
        return _refused(uow, run_id, refused(uow, error))
    return redirect(to(f"{HOME}/{run_id}"), 303)


@blueprint.get(f"{_ONE}/undo")
@page(USE)
def ask_undo(uow: UnitOfWork, run_id: UUID) -> str | Response:
    """What would go, before it goes; where nothing is left to take back, the page of the run says how it stands."""
    shown, register = shown_run(uow, run_id)
    if shown.state != RunState.APPLIED:
        return redirect(to(f"{HOME}/{run_id}"))
    return _undo_page(uow, shown, register, [])


@blueprint.post(f"{_ONE}/undo")
@page(USE)
def undo(uow: UnitOfWork, run_id: UUID) -> Response | tuple[str, int]:
    """Take back everything that the register brought, as long as nothing depends on it."""
    shown, register = shown_run(uow, run_id, to_change=True)
    try:
        if can_ask_for_job(uow) and is_long(shown.run.created):
            ask_for_run(uow, UNDO_REGISTER, register, shown.run)
        else:
            undo_run(uow, register, shown.run)
    except DomainError as error:
        problems = refused(uow, error)
        shown, register = shown_run(uow, run_id)
        again = _undo_page if shown.state == RunState.APPLIED else run_page
        return again(uow, shown, register, problems), 422
    return redirect(to(f"{HOME}/{run_id}"), 303)


@blueprint.post(f"{_ONE}/discard")
@page(USE)
def discard(uow: UnitOfWork, run_id: UUID) -> Response | tuple[str, int]:
    """Forget the rows that wait; what was applied stays."""
    shown, _register = shown_run(uow, run_id, to_change=True)
    try:
        give_up(uow, shown.run)
    except DomainError as error:
        return _refused(uow, run_id, refused(uow, error))
    return redirect(to(f"{HOME}/{run_id}"), 303)


def _apply(uow: UnitOfWork, register: RegisterImport, run: RegisterRun, faulty: str) -> None:
    if can_ask_for_job(uow) and is_long(run.rows):
        ask_for_run(uow, APPLY_REGISTER, register, run, total=run.rows, faulty=faulty)
    else:
        apply_run(uow, register, run, all_or_nothing=faulty == REFUSE)


def _refused(uow: UnitOfWork, run_id: UUID, problems: Faults) -> tuple[str, int]:
    shown, register = shown_run(uow, run_id)
    return run_page(uow, shown, register, problems), 422


def _undo_page(uow: UnitOfWork, shown: ShownRun, register: RegisterImport, problems: Faults) -> str:
    waiting = count_faulty(uow, shown.run)
    return render_template(
        "imports/undo.html", shown=shown, run=shown.run, register=register, problems=problems, waiting=waiting
    )
