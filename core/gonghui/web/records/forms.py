"""Forms that write what a record says: a new one, a change, a list by itself; nothing typed is lost."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from flask import redirect, render_template, request
from marshmallow import Schema, ValidationError
from werkzeug.wrappers import Response

from gonghui.api import record_schemas as schemas
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.errors import Conflict, DomainError, Forbidden, NotFound, Stale
from gonghui.i18n import Text, _
from gonghui.records import listing, writing
from gonghui.records.bulk_steps import undone_alone
from gonghui.records.record_types import CHANGE, Child, RecordType
from gonghui.records.sight import found, require
from gonghui.web.navigation import list_path
from gonghui.web.page import to
from gonghui.web.records import filling, sheets, typed
from gonghui.web.records.details import name_of, record_path
from gonghui.web.records.faults import Fault, boxes_of, of_rule, of_schema
from gonghui.web.records.inputs import Drawing
from gonghui.web.records.sheets import Sheet

Answer = Response | str | tuple[str, int]
#: What a button that does not send yet says: show the form again, with a further row where it names a table.
AGAIN = "again"


@dataclass
class Form:
    """A form as it is asked for and sent: what it asks, what stood there, and what is done with its content."""

    kind: RecordType
    sheet: Sheet
    title: Text | str
    button: Text | str
    back: str
    schema: type[Schema]
    do: Callable[[dict[str, Any]], Response]
    initial: Mapping[str, str] = field(default_factory=dict)
    rows: Mapping[str, int] = field(default_factory=dict)
    version: int | None = None
    template: str = "records/form.html"
    more: Mapping[str, Any] = field(default_factory=dict)


def new_record(uow: UnitOfWork, kind: RecordType) -> Answer:
    """The form of a new record."""
    sheet = sheets.for_creation(uow, kind)

    def do(content: dict[str, Any]) -> Response:
        record = writing.create(uow, kind, content)
        return landing(uow, kind, record.id, "create")

    return answer(uow, Form(
        kind, sheet, _("新建{what}", what=kind.title), _("保存"), to(list_path(kind)), schemas.creation(kind), do,
        initial=filling.of_new(uow, sheet), more={"asked_later": _asked_later(kind)},
    ))  # fmt: skip


def change_record(uow: UnitOfWork, kind: RecordType, record_id: UUID) -> Answer:
    """The form that changes what a record says. Raises `Forbidden`, `Conflict` where it may not be changed now."""
    _require_open(uow, kind, record_id, kind.permission(CHANGE), kind.workflow.changeable)
    sheet = sheets.for_change(kind)

    def do(content: dict[str, Any]) -> Response:
        if content:
            writing.change(uow, kind, record_id, sent_version(), content)
        return landing(uow, kind, record_id, "saved")

    return answer(uow, _of_record(uow, kind, record_id, sheet, schemas.alteration(kind), do, _("修改")))


def put_list(uow: UnitOfWork, kind: RecordType, child: Child, record_id: UUID) -> Answer:
    """The form of one list of a record. Raises `Forbidden`, `Conflict` where it may not be put now."""
    sheet = sheets.for_list(kind, child)
    _require_open(uow, kind, record_id, sheet.permission, child.states)

    def do(content: dict[str, Any]) -> Response:
        writing.put_list(uow, kind, child, record_id, sent_version(), content[child.name])
        return landing(uow, kind, record_id, "saved")

    return answer(uow, _of_record(uow, kind, record_id, sheet, schemas.rows(kind, child), do, child.title))


def landing(uow: UnitOfWork, kind: RecordType, record_id: UUID, done: str) -> Response:
    """Where one goes after something was done: to the record, or to the list once it has left one's sight."""
    uow.session.flush()
    try:
        found(uow, kind, record_id)
    except NotFound:
        return redirect(to(list_path(kind), done=done), 303)
    return redirect(to(record_path(kind, record_id), done=done), 303)


def sent_version() -> int | None:
    """The version that the form was made for."""
    told = request.form.get("version", "")
    return int(told) if told.isdecimal() and len(told) < 19 else None


def answer(uow: UnitOfWork, form: Form) -> Answer:
    """The form, empty; or what became of what was sent: done, or shown again with its faults."""
    if request.method != "POST":
        return _drawn(uow, form, dict(form.initial), dict(form.rows), [])
    sent = typed.read(form.sheet, request.form, form.initial)
    if AGAIN in request.form:
        _add_row(sent, request.form[AGAIN])
        values = {**sent.values, **{n: v for n, v in request.form.items() if n.endswith(".find")}}
        return _drawn(uow, form, values, sent.rows, [])
    try:
        content = form.schema().load(sent.content)
        with undone_alone(uow):
            return form.do(content)
    except ValidationError as error:
        return _drawn(uow, form, sent.values, sent.rows, error, 422)
    except Forbidden:
        raise
    except DomainError as error:
        return _drawn(uow, form, sent.values, sent.rows, error, error.status)


def _require_open(
    uow: UnitOfWork, kind: RecordType, record_id: UUID, permission: str, states: Collection[str]
) -> None:
    """Nobody types into a form that will not be taken; a record that moved meanwhile is told when it is sent."""
    record = found(uow, kind, record_id)
    require(uow, kind, record, permission)
    if request.method != "POST" and record.state not in states:
        raise Conflict("state_forbids", _("当前状态不允许修改。"))


def _of_record(
    uow: UnitOfWork,
    kind: RecordType,
    record_id: UUID,
    sheet: Sheet,
    schema: type[Schema],
    do: Callable[[dict[str, Any]], Response],
    title: Text,
) -> Form:
    row = listing.read_row(uow, kind, record_id)
    initial, rows = filling.of_record(uow, sheet, row)
    name = name_of(kind, row)
    back = to(record_path(kind, record_id))
    return Form(
        kind, sheet, _("{what}：{name}", what=title, name=name), _("保存"), back, schema, do, initial, rows,
        row["version"], more={"name": name},
    )  # fmt: skip


def _asked_later(kind: RecordType) -> list[Text]:
    """Steps that look whether everything is there: until then, a record may be saved with gaps."""
    begun = kind.workflow.initial
    steps = (step for step in kind.workflow.transitions if begun in kind.workflow.sources(step))
    return [step.title for step in steps if step.guards and step.awaited]


def _add_row(sent: typed.Typed, told: str) -> None:
    if told in sent.rows:
        sent.rows[told] += 1


def _drawn(
    uow: UnitOfWork,
    form: Form,
    values: Mapping[str, str],
    rows: Mapping[str, int],
    wrong: ValidationError | DomainError | list[Fault],
    status: int = 200,
) -> Answer:
    if form.sheet.is_new:  # an empty row stands ready
        rows = {table.name: max(rows.get(table.name, 0), 1) for table in form.sheet.tables}
    drawing = Drawing(uow, form.sheet, values)
    groups, lines = drawing.groups(), drawing.lines(rows)
    boxes = boxes_of(groups, lines)
    if isinstance(wrong, ValidationError):
        faults = of_schema(wrong, boxes)
    else:
        faults = of_rule(wrong, boxes) if isinstance(wrong, DomainError) else wrong
    is_stale = isinstance(wrong, Stale)
    page = render_template(
        form.template,
        form_of=form,
        kind=form.kind,
        groups=groups,
        lines=lines,
        values=values,
        faults=[] if is_stale else faults,
        fault_at={name: _at_box(sentence, boxes[name]) for name, sentence in reversed(faults) if name},
        is_stale=is_stale,
        theirs=_theirs(form.initial, values) if is_stale else {},
        above=list_path(form.kind),
        **form.more,
    )
    return page, status


def _at_box(sentence: str, label: str) -> str:
    """A fault where it stands below its label anyway."""
    return sentence.removeprefix(str(_("{what}：{name}", what=label, name="")))


def _theirs(now: Mapping[str, str], typed_values: Mapping[str, str]) -> dict[str, str]:
    """What the record says now where it differs from what was typed."""
    return {name: text for name, text in now.items() if typed_values.get(name, "").strip() != text.strip()}
