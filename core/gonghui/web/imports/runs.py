"""One register on its way in: what was recognised, how far the worker is, the report, and what came of it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, make_response, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from gonghui.api.paging import decode_cursor, encode_cursor
from gonghui.auth.scope import holds_whole
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.errors import DomainError
from gonghui.i18n import _
from gonghui.jobs.asking import can_ask_for_job, cancel, job_of
from gonghui.lifecycle.register_jobs import CHECK_REGISTER, ask_for_run
from gonghui.plugin_host.registers import USE
from gonghui.records.registers.arriving import check_columns
from gonghui.records.registers.importing import RegisterImport
from gonghui.records.registers.rows import cells_of
from gonghui.records.registers.runs import RegisterRun, RunState, count_faulty, staged_rows
from gonghui.records.registers.uploads import upload_size
from gonghui.settings import settings
from gonghui.web.forms import Faults, refused
from gonghui.web.imports.columns import Heading, headings_of, missing_columns
from gonghui.web.imports.shown import HOME, ShownRun, my_job, shown_run, why_it_failed
from gonghui.web.navigation import console_path
from gonghui.web.page import page, to

blueprint = Blueprint("import_pages", __name__, template_folder="../templates")

_ONE = f"{HOME}/<uuid:run_id>"
_AT_ONCE = 50


@blueprint.get(_ONE)
@page(USE)
def show_run(uow: UnitOfWork, run_id: UUID) -> str:
    """The step at which a register stands."""
    shown, register = shown_run(uow, run_id)
    return run_page(uow, shown, register, [])


@blueprint.get(f"{_ONE}/progress")
@page(USE)
def show_progress(uow: UnitOfWork, run_id: UUID) -> Response:
    """How far the worker is, for a page that asks again and again; once there is no more to tell, it loads anew."""
    shown, _register = shown_run(uow, run_id)
    if shown.job_kind is None:
        return Response(headers={"HX-Refresh": "true"})
    return make_response(render_template("imports/progress.html", shown=shown, job=my_job(uow, shown.run)))


@blueprint.post(f"{_ONE}/cancel")
@page(USE)
def cancel_job(uow: UnitOfWork, run_id: UUID) -> AnyResponse:
    """Take back what a worker is at; nothing of it stays."""
    shown, _register = shown_run(uow, run_id)
    job = job_of(uow, shown.run.job_id or run_id)
    try:
        cancel(uow, job)
    except DomainError as error:
        refused(uow, error)  # it ended before: the page says how
    return redirect(to(f"{HOME}/{run_id}"), 303)


@blueprint.post(f"{_ONE}/check")
@page(USE)
def check(uow: UnitOfWork, run_id: UUID) -> AnyResponse | tuple[str, int]:
    """Read and check the file, its columns meaning what the form says."""
    shown, register = shown_run(uow, run_id, to_change=True)
    run, headings = shown.run, headings_of(shown.run, register, request.form)
    problems = [*_twice(headings), *((None, str(text)) for text in missing_columns(register, headings))]
    if problems:
        return run_page(uow, shown, register, problems, headings), 422
    mapping = {heading.text: heading.key for heading in headings if heading.is_changed}
    keeps = "keep" in request.form and holds_whole(uow.principal, register.permission)
    try:
        if can_ask_for_job(uow) and upload_size(uow, run) >= settings().job_bytes:
            ask_for_run(uow, CHECK_REGISTER, register, run, mapping=mapping, keeps_mapping=keeps)
        else:
            check_columns(uow, register, run, mapping, keeps_mapping=keeps)
    except DomainError as error:
        problems = refused(uow, error)
        shown, register = shown_run(uow, run_id)
        return run_page(uow, shown, register, problems, headings), 422
    return redirect(to(f"{HOME}/{run_id}"), 303)


def run_page(
    uow: UnitOfWork,
    shown: ShownRun,
    register: RegisterImport,
    problems: Faults,
    headings: list[Heading] | None = None,
) -> str:
    """The page of the step at which a run stands."""
    run, job = shown.run, my_job(uow, shown.run)
    told: dict[str, Any] = {
        "shown": shown,
        "run": run,
        "register": register,
        "problems": problems,
        "job": job,
    }
    if shown.job_kind is not None:
        return render_template("imports/busy.html", **told)
    told["failure"] = why_it_failed(job)
    if shown.state == RunState.SENT:
        known = headings or headings_of(run, register)
        return render_template(
            "imports/columns.html",
            headings=known,
            missing=missing_columns(register, known),
            may_keep=holds_whole(uow.principal, register.permission),
            **told,
        )
    if shown.state in (RunState.CHECKED, RunState.APPLIED):
        return render_template(
            "imports/report.html", **told, **_faulty(uow, run, register), **_came_of(run, register)
        )
    return render_template("imports/ended.html", **told)


def _faulty(uow: UnitOfWork, run: RegisterRun, register: RegisterImport) -> dict[str, Any]:
    """A page of the rows that have to be put right."""
    after = decode_cursor(request.args.get("cursor"), (int,)) if request.method == "GET" else None
    found = list(staged_rows(uow, run, only_faulty=True, after=after[0] if after else 0, limit=_AT_ONCE + 1))
    return {
        "waiting": count_faulty(uow, run),
        "rows": [(row, cells_of(uow, run, register, row, faults)) for row, faults in found[:_AT_ONCE]],
        "is_first": after is None,
        "next_cursor": encode_cursor((found[_AT_ONCE - 1][0].number,)) if len(found) > _AT_ONCE else None,
    }


def _came_of(run: RegisterRun, register: RegisterImport) -> dict[str, Any]:
    """What came to be, in words, and where the records are listed."""
    path = console_path(register.plugin, register.path) if register.path else None
    return {"came_of": register.told({**run.made, "": run.created}), "path": path}


def _twice(headings: list[Heading]) -> Faults:
    seen: set[str] = set()
    faults: Faults = []
    for heading in headings:
        if heading.key and heading.key in seen:
            faults.append(
                (heading.field, str(_("“{heading}”选的列已经给了另一个表头。", heading=heading.text)))
            )
        seen.add(heading.key)
    return faults
