"""The list of a record type: what one sees of it, narrowed down by the address, a page at a time."""

from __future__ import annotations

from functools import cache, partial
from typing import Any

from flask import redirect, render_template, request
from werkzeug.wrappers import Response

from gonghui.api.exports import export_or_job, file_response
from gonghui.api.paging import decode_cursor, encode_cursor
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.i18n import Text, _
from gonghui.jobs.table import Job
from gonghui.records import listing
from gonghui.records.overdue import nearest_due
from gonghui.records.record_types import EXPORT, RecordType
from gonghui.records.workflow import CREATE, Transition
from gonghui.values import clock
from gonghui.web.navigation import list_path
from gonghui.web.page import to
from gonghui.web.records import columns
from gonghui.web.records.filters import narrowing, sorts
from gonghui.web.records.progress import tone
from gonghui.web.records.values import name_nameless, values_of

AT_ONCE = 50


def show_list(uow: UnitOfWork, kind: RecordType) -> str | Response:
    """The page of the list."""
    if columns.is_chosen():
        return columns.remembered(kind)
    asked = narrowing(uow, kind)
    query, sort = {**asked.query, "limit": AT_ONCE}, asked.query["sort"]
    after = decode_cursor(request.args.get("cursor"), listing.sort_parsers(sort))
    rows = listing.list_rows(uow, kind, query, after)
    shown, has_more = rows[:AT_ONCE], len(rows) > AT_ONCE
    name_nameless(uow, kind, values_of(kind, listed=True), shown)
    due = nearest_due(uow, [row["id"] for row in shown], clock.today()) if kind.deadlines else {}
    return render_template(
        "records/list.html",
        kind=kind,
        path=list_path(kind),
        asked=asked,
        sorts=sorts(kind),
        columns=columns.columns_of(kind, shown),
        rows=shown,
        due=due,
        tone=cache(partial(tone, kind)),
        count=_count(uow, kind, query, shown, is_whole=after is None and not has_more),
        may_create=may(uow, kind, CREATE),
        may_export=may(uow, kind, EXPORT),
        export_as=lambda form: _export_path(kind, form),
        search_label=_search_label(kind),
        done=_done(kind),
        bulk=bulk_steps(uow, kind),
        is_first=after is None,
        next_cursor=encode_cursor(listing.sort_values(shown[-1], sort)) if has_more else None,
    )


def export(uow: UnitOfWork, kind: RecordType) -> Response:
    """The list as it is narrowed down, as a file; a long one is written by a job, whose page tells how far it is."""
    asked = narrowing(uow, kind)
    if (
        asked.faults
    ):  # what cannot be read leaves nothing out, and the file would hold more than was asked for
        return redirect(to(list_path(kind), **{n: v for n, v in request.args.items() if n != "format"}))
    form = "csv" if request.args.get("format") == "csv" else "xlsx"
    query = {n: v for n, v in asked.query.items() if n not in ("sort", "count", "limit")}
    made = export_or_job(uow, kind, {**query, "format": form})
    return redirect(f"/console/jobs/{made.id}", 303) if isinstance(made, Job) else file_response(made)


def may(uow: UnitOfWork, kind: RecordType, verb: str) -> bool:
    """Whether the reader could do something with some record, as far as roles say, or with their own."""
    permission = kind.permission(verb)
    is_own = permission in kind.personal and uow.principal.person_id is not None
    return verb in kind.verbs and (uow.principal.holds(permission) or is_own)


def bulk_steps(uow: UnitOfWork, kind: RecordType) -> list[Transition]:
    """Steps that the reader may take for many records at once."""
    steps = kind.workflow.transitions
    return [step for step in steps if step.in_bulk and uow.principal.holds(kind.permission(step.name))]


def _done(kind: RecordType) -> Text | None:
    """What is true after a step that was taken for no record, or whose record one does not see any more."""
    name = request.args.get("done")
    if name == "none":
        return _("没有选中记录。先在列表里勾选，再办理。")
    step = next((step for step in kind.workflow.transitions if step.name == name), None)
    if step is None:
        return None
    return _("已办理“{step}”；这条记录不再由你查看。", step=step.title)


def _export_path(kind: RecordType, form: str) -> str:
    """The address of this very list as a file."""
    asked = {n: v for n, v in request.args.items() if n not in ("cursor", "lang", "sort", "count", "done")}
    return to(f"{list_path(kind)}/export", **{**asked, "format": form})


def _search_label(kind: RecordType) -> Text:
    """By what a list is searched: 查找名称、代码."""
    bounds = [bound for more in kind.joined.values() for bound in more] + list(kind.bound)
    titles = {bound.column_name: bound.field.title for bound in bounds if bound.column is not None}
    return _("查找{what}", what=[titles[name] for name in kind.search if name in titles])


def _count(
    uow: UnitOfWork, kind: RecordType, query: dict[str, Any], shown: list[Any], *, is_whole: bool
) -> int | None:
    """How many there are: where all are on the page, or where it was asked for."""
    if is_whole:
        return len(shown)
    return listing.count_rows(uow, kind, query) if query.get("count") else None
