"""The list of a record type: what one sees of it, narrowed down by the address, a page at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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
from gonghui.web.records.filters import narrowing, sorts
from gonghui.web.records.progress import tone
from gonghui.web.records.values import Value, name_nameless, values_of

AT_ONCE = 50
#: How much room there is in all, and on a small window, in characters of an export; and what always takes some.
_WIDTH, _NARROW = 150, 104
_STATE, _DUE, _UNIT = 12, 22, 24
_SHORT_NAME = 16


@dataclass(frozen=True)
class Columns:
    """What a list shows of each record: the first value as its name, then as many as there is room for."""

    name: Value | None
    others: tuple[Value, ...]
    #: Keys of those that a small window has no room for.
    roomy: frozenset[str]
    has_unit: bool

    @property
    def name_css(self) -> str:
        """The class of the cells of names: people's are short."""
        is_short = self.name is not None and self.name.width <= _SHORT_NAME
        return "name short" if is_short else "name"

    def css(self, value: Value) -> str:
        """The class of a value's cells."""
        return f"{value.css} roomy".strip() if value.key in self.roomy else value.css


def show_list(uow: UnitOfWork, kind: RecordType) -> str:
    """The page of the list."""
    asked = narrowing(uow, kind)
    query, sort = {**asked.query, "limit": AT_ONCE}, asked.query["sort"]
    after = decode_cursor(request.args.get("cursor"), listing.sort_parsers(sort))
    rows = listing.list_rows(uow, kind, query, after)
    shown, has_more = rows[:AT_ONCE], len(rows) > AT_ONCE
    name_nameless(uow, kind, values_of(kind, listed=True), shown)
    columns = columns_of(kind, shown)
    due = nearest_due(uow, [row["id"] for row in shown], clock.today()) if kind.deadlines else {}
    return render_template(
        "records/list.html",
        kind=kind,
        path=list_path(kind),
        asked=asked,
        sorts=sorts(kind),
        columns=columns,
        rows=shown,
        due=due,
        tone=lambda state: tone(kind, state),
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
    form = "csv" if request.args.get("format") == "csv" else "xlsx"
    query = {n: v for n, v in narrowing(uow, kind).query.items() if n not in ("sort", "count", "limit")}
    made = export_or_job(uow, kind, {**query, "format": form})
    return redirect(f"/console/jobs/{made.id}", 303) if isinstance(made, Job) else file_response(made)


def columns_of(kind: RecordType, rows: Sequence[Mapping[str, Any]]) -> Columns:
    """The columns of a list: as many as there is room for, days last; the unit where it says more than the name."""
    values = values_of(kind, listed=True)
    name, others = (values[0] if values else None), values[1:]
    has_unit = any(name is None or name.text(row) != row["org_unit_name"] for row in rows)
    always = (name.width if name else _STATE) + _STATE + _UNIT * has_unit + _DUE * bool(kind.deadlines)
    kept, used = [], always
    roomy: set[str] = set()
    for value in others:
        width = max(value.width, 2 * len(str(value.title)) + 2)
        if used + width <= _WIDTH:
            used += width
            kept.append(value)
            roomy |= {value.key} if used > _NARROW else set()
    return Columns(name, tuple(sorted(kept, key=lambda v: v.css == "date")), frozenset(roomy), has_unit)


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
