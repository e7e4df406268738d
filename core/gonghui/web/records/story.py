"""The story of a record: its workflow as a line, what it waits for, and what happened, in sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from gonghui.db.unit_of_work import UnitOfWork
from gonghui.i18n import Text, _
from gonghui.records.deadlines import Deadline, DeadlineState
from gonghui.records.record import Record
from gonghui.records.record_types import RecordType
from gonghui.records.transitions import RecordTransition, history
from gonghui.records.waiting import awaited_now
from gonghui.records.workflow import Comment, Transition
from gonghui.values import clock
from gonghui.values.clock import minute
from gonghui.web.records.people import expected, listed, names_of
from gonghui.web.records.progress import ahead

_MOST_DONE = 4
_ENTERED = _("登记")


@dataclass(frozen=True)
class Story:
    """What was done, newest first, what a record waits for now, and the line that shows both."""

    line: list[dict[str, Any]]
    entries: list[dict[str, Any]]
    awaited: tuple[Transition, ...]
    waits_for: Text | None
    last: RecordTransition | None


def story_of(uow: UnitOfWork, kind: RecordType, record: Record, deadlines: Sequence[Deadline]) -> Story:
    """The story of a record that the reader may read."""
    steps = history(uow, record.id)
    awaited = awaited_now(kind, record.state, {step.name for step in steps})
    who = expected(uow, kind, record, awaited) if awaited else {}
    accounts = {account for able in who.values() for account in able}
    accounts |= {step.account_id for step in steps if step.account_id is not None}
    names = names_of(uow, accounts)
    waits_for = _waits_for(awaited, who, names, _next_due(deadlines))
    return Story(
        line=_line(kind, record, steps, names, waits_for),
        entries=[_entry(kind, step, names) for step in reversed(steps)],
        awaited=tuple(awaited),
        waits_for=waits_for,
        last=steps[-1] if steps else None,
    )


def _title(kind: RecordType, step: RecordTransition) -> Text:
    """What a step is called; how a record came into being is told alike, whatever made it."""
    if step.from_state is None:
        return _ENTERED
    known = {one.name: one.title for one in kind.workflow.transitions}
    return known.get(step.name, kind.workflow.states[step.to_state])


def _next_due(deadlines: Sequence[Deadline]) -> date | None:
    return min((each.due_on for each in deadlines if each.state == DeadlineState.OPEN), default=None)


def _waits_for(
    awaited: Sequence[Transition],
    who: Mapping[str, set[UUID]],
    names: Mapping[UUID, str],
    due_on: date | None,
) -> Text | None:
    """在等谁、等什么、到什么时候."""
    if not awaited:
        return None
    # What leads on is waited for; that it may be returned instead goes without saying.
    leading = [step for step in awaited if step.comment is not Comment.REQUIRED] or awaited
    steps = [step.title for step in leading]
    able = listed({account for step in leading for account in who.get(step.name, ())}, names)
    if not able:
        return _("等待{steps}，还没有人有这个权限", steps=steps)
    if due_on is not None:
        return _("等待{who}{steps}，{day}前", who=able, steps=steps, day=due_on)
    return _("等待{who}{steps}", who=able, steps=steps)


def _line(
    kind: RecordType,
    record: Record,
    steps: Sequence[RecordTransition],
    names: Mapping[UUID, str],
    waits_for: Text | None,
) -> list[dict[str, Any]]:
    done = [{"title": _title(kind, s), "stands": "done", "note": _by(s, names)} for s in steps[-_MOST_DONE:]]
    coming = [{"title": step.title, "stands": "", "note": ""} for step in ahead(kind.workflow, record.state)]
    state = kind.workflow.states[record.state]
    now: dict[str, Any] = {"title": state, "stands": "now", "note": waits_for or ""}
    if done and str(done[-1]["title"]) == str(state):  # 退回补正 is what was done and how it stands
        now["note"] = "，".join(str(part) for part in (done.pop()["note"], waits_for) if part)
    return [*done, now, *coming]


def _entry(kind: RecordType, step: RecordTransition, names: Mapping[UUID, str]) -> dict[str, Any]:
    who = names.get(step.account_id) if step.account_id is not None else None
    title = _title(kind, step)
    sentence: Text | str = f"{who} {title}" if who else title
    if step.is_late:
        sentence = _("{what}（补录，{day}生效）", what=sentence, day=step.effective_on)
    if step.comment:
        sentence = _("{what}：{comment}", what=sentence, comment=step.comment)
    return {"at": minute(step.recorded_at), "sentence": sentence}


def _by(step: RecordTransition, names: Mapping[UUID, str]) -> str:
    day = step.recorded_at.astimezone(clock.LAW_TIME).date().isoformat()
    who = names.get(step.account_id, "") if step.account_id is not None else ""
    return f"{day} {who}".strip()
