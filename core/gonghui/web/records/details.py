"""A single record: its head, where it stands, what it says, what belongs to it, and what may be done with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import g, render_template, request

from gonghui.db.unit_of_work import UnitOfWork
from gonghui.i18n import Text, _
from gonghui.notifications.inbox import mark_read_about
from gonghui.records import listing
from gonghui.records.attachments import keeping
from gonghui.records.deadlines import DeadlineState, deadlines_of
from gonghui.records.record import Record
from gonghui.records.record_types import CHANGE, READ, REVEAL, Child, RecordType
from gonghui.records.sight import found, permits
from gonghui.records.steps import open_steps
from gonghui.records.workflow import Transition
from gonghui.values import clock
from gonghui.web.navigation import list_path
from gonghui.web.records.progress import tone
from gonghui.web.records.story import Story, story_of
from gonghui.web.records.values import Value, name_nameless, value_of, values_of

_MOST_FACTS = 3


@dataclass(frozen=True)
class Rows:
    """A list that belongs to a record, and whether the reader may put it by itself now."""

    child: Child
    values: list[Value]
    rows: Sequence[Mapping[str, Any]]
    may_put: bool


def record_path(kind: RecordType, record_id: UUID) -> str:
    """The address of a record."""
    return f"{list_path(kind)}/{record_id}"


def show_record(uow: UnitOfWork, kind: RecordType, record_id: UUID, **more: Any) -> str:
    """The page of a record; `more` is what only this request has to say."""
    row = listing.read_row(uow, kind, record_id)
    record = found(uow, kind, record_id)
    if uow.principal.account_id is not None and not g.get("seeing_as"):
        mark_read_about(uow, uow.principal.account_id, record_id)
    # Who sees it only because it is published does not learn who wrote what about it.
    is_reader = permits(uow, kind, record, kind.permission(READ))
    deadlines = deadlines_of(uow, record_id) if is_reader else []
    story = story_of(uow, kind, record, deadlines) if is_reader else None
    primary, others = _steps(uow, kind, record, story)
    values = values_of(kind, listed=False)
    name_nameless(uow, kind, values, [row])
    today = clock.today()
    return render_template(
        "records/detail.html",
        kind=kind,
        row=row,
        name=name_of(kind, row),
        path=record_path(kind, record_id),
        above=list_path(kind),
        tone=tone(kind, record.state),
        story=story,
        done=_done(kind, record, story),
        returned=_returned(kind, record, story),
        primary=primary,
        others=others,
        may_change=record.state in kind.workflow.changeable and _may(uow, kind, record, CHANGE),
        may_open=bool(kind.sealed) and _may(uow, kind, record, REVEAL),
        facts=_facts(kind, row),
        sections=_sections(values, row),
        children=[_rows(uow, kind, record, child, row) for child in kind.children],
        deadlines=[(each, _days_left(each, today)) for each in deadlines],
        rules={rule.code: rule.title for rule in kind.deadlines},
        print_forms=[form for form in kind.print_forms if is_reader and form.is_offered(record.state)],
        **_files(uow, kind, record, is_reader=is_reader),
        **more,
    )


def name_of(kind: RecordType, row: Mapping[str, Any]) -> str:
    """What a record is called: by the first value that lists show of it."""
    listed = values_of(kind, listed=True)
    return (listed[0].text(row) if listed else None) or str(kind.title)


def _may(uow: UnitOfWork, kind: RecordType, record: Record, verb: str) -> bool:
    offered = verb == REVEAL or verb in kind.verbs
    return offered and permits(uow, kind, record, kind.permission(verb))


def _steps(
    uow: UnitOfWork, kind: RecordType, record: Record, story: Story | None
) -> tuple[Transition | None, list[Transition]]:
    """The step that is expected of the reader, and whatever else they may take."""
    able = open_steps(uow, kind, record)
    awaited = story.awaited if story is not None else ()
    leading = [step for step in able if step in awaited and step.target not in _behind(story)]
    primary = next(iter(leading or [step for step in able if step in awaited]), None)
    if primary is None and able and not any(step.awaited for step in kind.workflow.transitions):
        primary = able[0]
    return primary, [step for step in able if step is not primary]


def _behind(story: Story | None) -> set[str]:
    """States that lead back: 退回补正 is never the first thing to offer."""
    return set() if story is None else {s.target for s in story.awaited if s.comment == "required"}


def _done(kind: RecordType, record: Record, story: Story | None) -> Text | None:
    """What is true now, after the step that the address says was just taken."""
    name = request.args.get("done")
    if name == "saved":
        return _("已保存。")
    if story is None or story.last is None or story.last.name != name:
        return None
    step = next((step for step in kind.workflow.transitions if step.name == name), None)
    if step is None:
        return _("已登记，现在是“{state}”。", state=kind.workflow.states[record.state])
    state = kind.workflow.states[record.state]
    if story.waits_for is not None:
        return _(
            "已办理“{step}”，现在是“{state}”，{next}。", step=step.title, state=state, next=story.waits_for
        )
    return _("已办理“{step}”，现在是“{state}”。", step=step.title, state=state)


def _returned(kind: RecordType, record: Record, story: Story | None) -> Text | str | None:
    """What somebody wrote who gave the record back: nothing is read before it by whoever has to put it right."""
    last = story.last if story is not None else None
    if story is None or last is None or not last.comment or record.state not in kind.workflow.changeable:
        return None
    return story.entries[0]["sentence"] if last.from_state not in kind.workflow.changeable else None


def _facts(kind: RecordType, row: Mapping[str, Any]) -> list[tuple[Text, str]]:
    """The figures of a list, which are those that matter."""
    of_person = {bound.name for bounds in kind.joined.values() for bound in bounds}
    listed = [value for value in values_of(kind, listed=True)[1:] if value.key not in of_person]
    told = [(value.title, value.text(row)) for value in listed if value.css == "number"]
    return [(title, text) for title, text in told if text is not None][:_MOST_FACTS]


def _sections(values: Sequence[Value], row: Mapping[str, Any]) -> list[tuple[Text, list[Value]]]:
    """What was told, then what came of it; of the latter nothing that is still to come."""
    told = [value for value in values if not value.is_outcome]
    came = [value for value in values if value.is_outcome and value.text(row) is not None]
    return [(title, some) for title, some in ((_("基本情况"), told), (_("办理结果"), came)) if some]


def _rows(uow: UnitOfWork, kind: RecordType, record: Record, child: Child, row: dict[str, Any]) -> Rows:
    shown = [value_of(bound) for bound in child.bound if bound.field.shown]
    rows = row[child.name]
    name_nameless(uow, kind, shown, rows)
    may_put = record.state in child.states and permits(
        uow, kind, record, child.permission or kind.permission(CHANGE)
    )
    return Rows(child, [value for value in shown if not value.is_outcome or _any(value, rows)], rows, may_put)


def _any(value: Value, rows: Sequence[Mapping[str, Any]]) -> bool:
    return any(value.text(row) is not None for row in rows)


def _days_left(deadline: Any, today: Any) -> int | None:
    return deadline.days_left(today) if deadline.state == DeadlineState.OPEN else None


def _files(uow: UnitOfWork, kind: RecordType, record: Record, *, is_reader: bool) -> dict[str, Any]:
    """The files of a record, and whether some may come and go."""
    if kind.attachments is None or not (is_reader or kind.attachments.published):
        return {"files": None, "may_attach": False}
    states = kind.attachments.states or kind.workflow.changeable
    may_attach = record.state in states and _may(uow, kind, record, CHANGE)
    return {"files": keeping.attachments_of(uow, record), "may_attach": may_attach}
