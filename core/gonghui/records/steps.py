"""Steps: taking a transition of a record, which is the only way in which its state changes."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from gonghui.db.unit_of_work import UnitOfWork
from gonghui.db.writers import written_by
from gonghui.errors import Conflict, FieldFault, forbidden, invalid
from gonghui.i18n import _
from gonghui.records.deadlines import cancel_deadline, meet_deadline, set_deadline
from gonghui.records.entering import entered
from gonghui.records.fields import bind
from gonghui.records.key_conflicts import refused_by_keys
from gonghui.records.record import Record, check_version
from gonghui.records.record_types import CHANGE, RecordType
from gonghui.records.sight import found, permits, require
from gonghui.records.transitions import RecordTransition, took_step, transition_row, wrote_content
from gonghui.records.workflow import Answers, Comment, Transition
from gonghui.values import clock


def take_step(
    uow: UnitOfWork, kind: RecordType, record_id: UUID, version: int | None, name: str, answers: Answers
) -> Any:
    """Take the transition `name` with `answers` (`comment`, `effective_on`, and what it asks for).

    Raises `NotFound`, `Forbidden`, `PreconditionRequired` or `Stale` for the version, `Conflict` where the state or
    the separation of duties forbids it, `Invalid` with everything that stands in its way.
    """
    transition = kind.workflow.named(name)
    if transition.timer is not None:
        raise Conflict("state_forbids", _("这一步由系统到期办理。"))
    if kind.locks is not None:
        kind.locks(uow, record_id)
    record = found(uow, kind, record_id, lock=True)
    require(uow, kind, record, kind.permission(name), above=transition.above)
    check_version(record, version)
    return step(uow, kind, record, transition, answers)


def step(uow: UnitOfWork, kind: RecordType, record: Record, transition: Transition, answers: Answers) -> Any:
    """Take a transition of a record that was found, locked and permitted.

    Raises `Conflict` where the state or the separation of duties forbids it, `Invalid` with everything that stands in
    its way. Most callers want `take_step`, which finds and permits too.
    """
    _require_state(uow, kind, record, transition)
    _require_other_person(uow, kind, record, transition)
    day = answers.get("effective_on") or clock.today()
    faults = [*_faults_of_day(uow, kind, record, day), *_faults_of_comment(transition, answers)]
    faults += _missing(transition, answers)
    if not faults:  # a guard may rely on what was asked for being there
        with written_by(uow, kind.plugin):
            faults = [fault for guard in transition.guards for fault in guard(uow, record, answers)]
    if faults:
        raise invalid(*faults)
    _require_backdating(uow, kind, record, transition, day)
    to = transition.leads_to(uow, record) if transition.leads_to is not None else None
    return advance(uow, kind, record, transition, day=day, answers=answers, to=to)


def advance(
    uow: UnitOfWork,
    kind: RecordType,
    record: Record,
    transition: Transition,
    *,
    day: date | None = None,
    answers: Answers | None = None,
    to: str | None = None,
) -> Any:
    """Put a record through a transition that nothing stands in the way of any more, and write the step down.

    `day` is that of effect (today), `to` the state, where the transition may lead to several. Raises `Conflict` where
    a key of the table forbids it.
    """
    given: Answers = answers or {}
    on = day or clock.today()
    uow.note(f"{kind.code}.{transition.act}")
    columns = entered(uow, bind(transition.asks, kind.table), given, kind.permission(transition.name))
    before, record.state = record.state, to or transition.target
    for name, value in columns.items():
        setattr(record, name, value)
    record.changed_at = clock.now()  # a step into the same state is a change, too
    row = transition_row(uow, record, transition.name, before, on, given.get("comment"))
    uow.publish(
        f"{kind.code}.{transition.act}",
        record,
        step=transition.name,
        transition_id=row.id,
        from_state=before,
        to_state=record.state,
        on=on,
    )
    with refused_by_keys(kind):
        uow.add(row)
        _tell_deadlines(uow, record, transition, on)
        if transition.effect is not None:
            with written_by(uow, kind.plugin):
                transition.effect(uow, record, {**given, "effective_on": on})
        uow.session.flush()
    return record


def open_steps(uow: UnitOfWork, kind: RecordType, record: Record) -> list[Transition]:
    """Transitions that the principal may take now, as far as state and permission decide."""
    return [
        transition
        for transition in kind.workflow.open_from(record.state)
        if transition.is_offered
        and permits(uow, kind, record, kind.permission(transition.name), above=transition.above)
    ]


def _require_state(uow: UnitOfWork, kind: RecordType, record: Record, transition: Transition) -> None:
    if record.state not in kind.workflow.sources(transition):
        allowed = [other.name for other in open_steps(uow, kind, record)]
        if record.state in kind.workflow.changeable and permits(uow, kind, record, kind.permission(CHANGE)):
            allowed.append(CHANGE)
        raise Conflict(
            "state_forbids", _("当前状态不允许这一步。"), extra={"state": record.state, "allowed": allowed}
        )


def _require_other_person(uow: UnitOfWork, kind: RecordType, record: Record, transition: Transition) -> None:
    """Separation of duties compares persons: a second account of the same person does not help.

    Whoever wrote what a record says does not decide on it either, and nobody decides on a record that is about them.
    """
    if not transition.own:
        refuse_subject(uow, kind, record)
    if any(took_step(uow, record.id, earlier, uow.principal) for earlier in transition.not_by):
        raise Conflict("same_person", _("经办前一步的人不能办理这一步。"))
    if transition.not_by and wrote_content(uow, record.id, kind.acts_of_writing, uow.principal):
        raise Conflict("same_person", _("改过内容的人不能办理这一步。"))


def refuse_subject(uow: UnitOfWork, kind: RecordType, record: Record) -> None:
    """Raise `Conflict` where whoever acts is the person whom the record is about."""
    mine = uow.principal.person_id
    if mine is not None and kind.subject is not None and getattr(record, kind.subject) == mine:
        raise Conflict("own_record", _("不能办理关于本人的事项，请由他人办理。"))


def _faults_of_day(uow: UnitOfWork, kind: RecordType, record: Record, day: date) -> list[FieldFault]:
    if day > clock.today():
        return [FieldFault("/effective_on", "in_future", _("生效日期不能晚于今天。"))]
    if kind.workflow.in_order:
        # What begins in the first state begins with the application, and a decision may be older than that.
        steps = RecordTransition
        latest = select(func.max(steps.effective_on)).where(
            steps.record_id == record.id,
            steps.from_state.is_not(None) | (steps.to_state != kind.workflow.initial),
        )
        since = uow.session.scalar(latest)
        if since is not None and day < since:
            message = _("生效日期不能早于上一步的 {day}。", day=since)
            return [FieldFault("/effective_on", "before_last_step", message)]
    return []


def _faults_of_comment(transition: Transition, answers: Answers) -> list[FieldFault]:
    if transition.comment is Comment.REQUIRED and not (answers.get("comment") or "").strip():
        return [FieldFault("/comment", "reason_missing", _("要写明理由。"))]
    return []


def _require_backdating(
    uow: UnitOfWork, kind: RecordType, record: Record, transition: Transition, day: date
) -> None:
    """An earlier day changes past figures; who may not say so is refused, however right the rest is."""
    permission = transition.backdate or kind.backdate
    if day < clock.today() and (permission is None or not permits(uow, kind, record, permission)):
        raise forbidden(permission or kind.permission(transition.name))


def _missing(transition: Transition, answers: Answers) -> list[FieldFault]:
    return [
        FieldFault(f"/{field.name}", "required", _("请填写{field}。", field=field.title))
        for field in transition.asks
        if field.required and answers.get(field.name) in (None, "")
    ]


def _tell_deadlines(uow: UnitOfWork, record: Record, transition: Transition, day: date) -> None:
    for rule in transition.meets:
        meet_deadline(uow, record, rule, day)
    for rule in transition.cancels:
        cancel_deadline(uow, record, rule)
    for rule in transition.starts:
        set_deadline(uow, record, rule, day)
