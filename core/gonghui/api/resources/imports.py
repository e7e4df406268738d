"""Registers on their way in: sent, put right row by row, applied, undone."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import orjson
from flask import Response, current_app
from marshmallow import ValidationError
from sqlalchemy import select
from werkzeug.datastructures import FileStorage

from gonghui.api.idempotency import idempotent
from gonghui.api.jobs import JobOut, accepted, is_long, prefers_job
from gonghui.api.operations import Blueprint, operation
from gonghui.api.paging import decode_cursor, page_response
from gonghui.api.problems import flatten
from gonghui.api.resources.import_schemas import (
    MOST_LINES,
    Decision,
    FaultPage,
    FaultQuery,
    NewImport,
    RowChange,
    RowFaults,
    RowOut,
    RunOut,
    RunPage,
    RunQuery,
)
from gonghui.api.resources.registers import HeadingMapping
from gonghui.api.uploads import LARGEST_BODY, name_of, size_of
from gonghui.db.database import Database
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.errors import FieldFault, invalid, not_found
from gonghui.i18n import _
from gonghui.jobs.asking import Upload, can_ask_for_job
from gonghui.lifecycle.register_jobs import APPLY_REGISTER, UNDO_REGISTER, ask_for_run, ask_to_read
from gonghui.plugin_host.registers import (
    USE,
    register_to_import,
    registers_on,
    run_in_sight,
    runs_in_sight,
)
from gonghui.records.registers.faults import Fault
from gonghui.records.registers.rows import cells_of, refuse_cells, waiting_row
from gonghui.records.registers.runs import RegisterRun, count_faulty, staged_rows
from gonghui.records.registers.sending import STALE, give_up, is_stale, send_in, shown_state
from gonghui.records.registers.taking import apply_run, correct_row, undo_run
from gonghui.settings import settings
from gonghui.tenancy.org_tree import is_root

blueprint = Blueprint(
    "imports", __name__, url_prefix="/api/v1/imports", description="Registers on their way in"
)

_KEPT = (
    "id", "org_unit_id", "account_id", "register", "file_name", "sheet", "rows", "good", "known", "created",
    "made", "headings", "ignored", "error", "started_at", "applied_at", "undone_at",
)  # fmt: skip


@blueprint.route("", methods=["POST"])
@operation(USE, largest_body=LARGEST_BODY)
@blueprint.arguments(NewImport, location="multipart")
@blueprint.response(201, RunOut)
@blueprint.alt_response(202, schema=JobOut)
def send_register(uow: UnitOfWork, form: dict[str, Any]) -> Response:
    """Send a register in: it is read and checked, and waits until somebody applies it.

    A large one is read by a job (202), whose result names the run.
    """
    register = register_to_import(uow, form["register"])
    file = form["file"]
    if not isinstance(file, FileStorage):
        raise invalid(FieldFault("/file", "no_file", _("这里要附上文件。")))
    mapping = _mapping(form.get("mapping", ""))
    whole = any(map(is_root, uow.principal.roots(register.permission)))
    size = size_of(file)
    if size and can_ask_for_job(uow) and (size >= settings().job_bytes or prefers_job()):
        told = {
            "register": register.code,
            "file_name": name_of(file),
            "mapping": mapping,
            "keeps_mapping": whole,
        }
        return accepted(ask_to_read(uow, register, told, Upload(file.stream, size)))
    run = send_in(
        _database(),
        uow,
        register,
        name_of(file),
        file.stream,  # type: ignore[arg-type]
        mapping,
        keeps_mapping=whole,  # a street's words hold for its own file, not for everybody's
    )
    response = _answer(_told(uow, run), 201)
    response.headers["Location"] = f"/api/v1/imports/{run.id}"
    return response


@blueprint.route("", methods=["GET"])
@operation(USE)
@blueprint.arguments(RunQuery, location="query")
@blueprint.response(200, RunPage)
def list_runs(uow: UnitOfWork, query: dict[str, Any]) -> Response:
    """Registers that were sent in where I may import them, newest first."""
    wanted = [runs_in_sight(uow)]
    if "register" in query:
        wanted.append(RegisterRun.register == query["register"])
    if "state" in query:
        wanted.append(shown_state() == query["state"])
    after = decode_cursor(query.get("cursor"), (UUID,))
    if after is not None:
        wanted.append(RegisterRun.id < after[0])
    limit = query["limit"]
    newest = _shown().where(*wanted).order_by(RegisterRun.id.desc()).limit(limit + 1)
    rows = uow.session.execute(newest).all()
    titles = {code: str(register.title) for code, register in registers_on(uow).items()}
    items = [{**_item(*row), "title": titles[row[0].register]} for row in rows[:limit]]
    return page_response(items, (items[-1]["id"],) if len(rows) > limit else None)


@blueprint.route("/<uuid:run_id>", methods=["GET"])
@operation(USE)
@blueprint.response(200, RunOut)
def get_run(uow: UnitOfWork, run_id: UUID) -> Response:
    """One register that was sent in."""
    return _answer(_told(uow, run_in_sight(uow, run_id)[0]))


@blueprint.route("/<uuid:run_id>/faults", methods=["GET"])
@operation(USE)
@blueprint.arguments(FaultQuery, location="query")
@blueprint.response(200, FaultPage)
def list_faults(uow: UnitOfWork, query: dict[str, Any], run_id: UUID) -> Response:
    """What is wrong with the rows that wait, in the order of the file; `limit` counts rows."""
    run, _register = run_in_sight(uow, run_id)
    limit = query["limit"]
    found = list(staged_rows(uow, run, only_faulty=True, after=query["after"], limit=limit + 1))
    items = [fault.as_json() for _row, faults in found[:limit] for fault in faults]
    return _answer({"items": items, "next": found[limit - 1][0].number if len(found) > limit else None})


@blueprint.route("/<uuid:run_id>/rows/<int:number>", methods=["GET"])
@operation(USE)
@blueprint.response(200, RowOut)
def get_row(uow: UnitOfWork, run_id: UUID, number: int) -> Response:
    """A row that waits; sensitive cells are masked, unless it is that very cell that has to be put right."""
    run, register = run_in_sight(uow, run_id)
    row, faults = waiting_row(uow, run, _line(number))
    cells = [cell.as_json() for cell in cells_of(uow, run, register, row, faults)]
    return _answer({"sheet": row.sheet, "number": number, "cells": cells, "faults": _json(faults)})


@blueprint.route("/<uuid:run_id>/rows/<int:number>", methods=["PATCH"])
@operation(USE)
@blueprint.arguments(RowChange)
@blueprint.response(200, RowFaults)
def change_row(uow: UnitOfWork, body: dict[str, Any], run_id: UUID, number: int) -> Response:
    """Put cells of a waiting row right; what is still wrong with it comes back."""
    run, register = run_in_sight(uow, run_id, to_change=True)
    refuse_cells(register, body["cells"])
    return _answer({"faults": _json(correct_row(uow, register, run, _line(number), body["cells"]))})


@blueprint.route("/<uuid:run_id>/apply", methods=["POST"])
@operation(USE)
@idempotent
@blueprint.arguments(Decision)
@blueprint.response(200, RunOut)
@blueprint.alt_response(202, schema=JobOut)
def apply_register(uow: UnitOfWork, body: dict[str, Any], run_id: UUID) -> Response:
    """Put the good rows in; faulty ones go on waiting, or keep all of them out."""
    run, register = run_in_sight(uow, run_id, to_change=True)
    if can_ask_for_job(uow) and is_long(run.rows):
        return accepted(ask_for_run(uow, APPLY_REGISTER, register, run, total=run.rows, **body))
    apply_run(uow, register, run, all_or_nothing=body["faulty"] == "refuse")
    return _answer(_told(uow, run))


@blueprint.route("/<uuid:run_id>/undo", methods=["POST"])
@operation(USE)
@idempotent
@blueprint.response(200, RunOut)
@blueprint.alt_response(202, schema=JobOut)
def undo_register(uow: UnitOfWork, run_id: UUID) -> Response:
    """Take back everything that a register brought, as long as nothing depends on it."""
    run, register = run_in_sight(uow, run_id, to_change=True)
    if can_ask_for_job(uow) and is_long(run.created):
        return accepted(ask_for_run(uow, UNDO_REGISTER, register, run))
    undo_run(uow, register, run)
    return _answer(_told(uow, run))


@blueprint.route("/<uuid:run_id>", methods=["DELETE"])
@operation(USE)
@blueprint.response(204)
def discard_register(uow: UnitOfWork, run_id: UUID) -> None:
    """Forget the rows that wait; what was applied stays."""
    run, _register = run_in_sight(uow, run_id, to_change=True)
    give_up(uow, run)


# --- runs


def _database() -> Database:
    database: Database = current_app.extensions["gonghui"].database
    return database


def _shown() -> Any:
    return select(RegisterRun, shown_state(), is_stale())


def _told(uow: UnitOfWork, run: RegisterRun) -> dict[str, Any]:
    uow.session.flush()
    row = uow.session.execute(_shown().where(RegisterRun.id == run.id)).one()
    title = str(registers_on(uow)[run.register].title)
    return {**_item(*row), "title": title, "waiting": count_faulty(uow, run)}


def _item(run: RegisterRun, state: str, stale: bool) -> dict[str, Any]:
    shown = {name: getattr(run, name) for name in _KEPT}
    if stale:
        shown["error"] = STALE
    return {**shown, "state": state, "stale": stale, "faulty": run.rows - run.good}


# --- rows


def _line(number: int) -> int:
    """The number of a row, as far as a sheet can have it."""
    if number > MOST_LINES:
        raise not_found()
    return number


def _json(faults: list[Fault]) -> list[dict[str, Any]]:
    return [fault.as_json() for fault in faults]


# --- what was sent


def _mapping(content: str) -> dict[str, str]:
    if not content.strip():
        return {}
    try:
        loaded: dict[str, str] = HeadingMapping().load({"mapping": orjson.loads(content)})["mapping"]
    except orjson.JSONDecodeError:
        raise invalid(FieldFault("/mapping", "not_json", _("列的对应应写成 JSON 对象。"))) from None
    except ValidationError as error:
        faults = [FieldFault(f["pointer"], f["code"], f["detail"]) for f in flatten(error.messages, "")]
        raise invalid(*faults) from None
    return loaded


def _answer(content: dict[str, Any], status: int = 200) -> Response:
    return Response(orjson.dumps(content), status, content_type="application/json")
