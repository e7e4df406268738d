"""Forms of steps: what a step asks and what it will do, for one record or for the chosen ones of a list."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import redirect, render_template, request
from werkzeug.wrappers import Response

from gonghui.api import record_schemas as schemas
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.errors import Conflict
from gonghui.i18n import Text, _
from gonghui.records import listing, steps
from gonghui.records.bulk_steps import MOST, take_steps
from gonghui.records.record import Record
from gonghui.records.record_types import CHANGE, RecordType
from gonghui.records.sight import found, permits, require
from gonghui.records.workflow import Transition
from gonghui.values.ids import parse_id
from gonghui.web.navigation import list_path
from gonghui.web.page import to
from gonghui.web.records import sheets
from gonghui.web.records.details import name_of, record_path
from gonghui.web.records.forms import Answer, Form, answer, landing, sent_version


def take_step(uow: UnitOfWork, kind: RecordType, step: Transition, record_id: UUID) -> Answer:
    """The form of a step of one record. Raises `Forbidden`, `Conflict` where the record does not stand there."""
    record = found(uow, kind, record_id)
    require(uow, kind, record, kind.permission(step.name), above=step.above)
    if request.method != "POST" and record.state not in kind.workflow.sources(step):
        raise Conflict("state_forbids", _("当前状态不允许这一步。"))
    row = listing.read_row(uow, kind, record_id)
    name, path = name_of(kind, row), record_path(kind, record_id)
    may_mend = record.state in kind.workflow.changeable and permits(
        uow, kind, record, kind.permission(CHANGE)
    )

    def do(content: dict[str, Any]) -> Response:
        steps.take_step(uow, kind, record_id, sent_version(), step.name, content)
        return landing(uow, kind, record_id, step.name)

    return answer(uow, Form(
        kind, sheets.for_step(uow, kind, record, step), _("{what}：{name}", what=step.title, name=name), step.title,
        to(path), schemas.answers(kind, step), do, version=row["version"],
        template="records/step.html",
        more={
            "name": name,
            "what_follows": _what_follows(kind, step, record),
            "mended_at": to(f"{path}/edit") if may_mend else None,
        },
    ))  # fmt: skip


def take_in_bulk(uow: UnitOfWork, kind: RecordType, step: Transition) -> Answer:
    """The form of a step of the chosen records, and what became of each."""
    chosen = _chosen()
    if request.method != "POST" or not chosen:
        return redirect(to(list_path(kind), done="none" if request.method == "POST" else None), 303)

    def do(content: dict[str, Any]) -> Response:
        try:
            outcomes = take_steps(uow, kind, step.name, chosen, content)
        except Conflict as refused:
            if "results" not in refused.extra:
                raise
            return Response(_told(uow, kind, step, refused.extra["results"]), 409)
        return Response(_told(uow, kind, step, [one.as_json for one in outcomes]))

    title = _("{what}：{n} 条", what=step.title, n=len(chosen))
    return answer(uow, Form(
        kind, sheets.for_step(uow, kind, None, step), title, step.title, to(list_path(kind)),
        schemas.answers(kind, step), do, template="records/step.html",
        more={"what_follows": _what_follows(kind, step, None), "chosen": request.form.getlist("record")},
    ))  # fmt: skip


def _chosen() -> list[tuple[UUID, int]]:
    """The records that were ticked, by id and version; each once."""
    found_: dict[UUID, int] = {}
    for told in request.form.getlist("record")[:MOST]:
        key, _sep, version = told.partition(":")
        record_id = parse_id(key)
        if record_id is not None and version.isdecimal():
            found_[record_id] = int(version[:18])
    return list(found_.items())


def _told(uow: UnitOfWork, kind: RecordType, step: Transition, results: list[dict[str, Any]]) -> str:
    rows = listing.rows_seen(uow, kind, [UUID(one["id"]) for one in results])
    names = {str(row["id"]): name_of(kind, row) for row in rows}
    refused = [(names.get(one["id"], "—"), one) for one in results if not one["done"]]
    return render_template(
        "records/bulk_done.html", kind=kind, step=step, above=list_path(kind), refused=refused,
        done=len(results) - len(refused),
    )  # fmt: skip


def _what_follows(kind: RecordType, step: Transition, record: Record | None) -> list[Text]:
    """What the step does, before it is done."""
    states = kind.workflow.states
    target = states[step.target]
    if record is None:
        told = [_("办理后，这些记录都变为“{state}”。", state=target)]
    elif record.state == step.target:
        told = [_("办理后，状态仍是“{state}”。", state=target)]
    else:
        told = [_("办理后，状态由“{before}”变为“{state}”。", before=states[record.state], state=target)]
    if step.starts:
        told.append(_("开始计算期限：{rules}。", rules=[rule.title for rule in step.starts]))
    ended = [rule.title for rule in (*step.meets, *step.cancels)]
    if ended:
        told.append(_("不再计算期限：{rules}。", rules=ended))
    return told
