"""Timers: transitions that the system takes once their deadline has passed, and that nobody else can take."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

import structlog
from sqlalchemy import select

from gonghui.db.unit_of_work import UnitOfWork
from gonghui.errors import DomainError
from gonghui.events.batches import gathered
from gonghui.records.bulk_steps import undone_alone
from gonghui.records.deadline_rules import DeadlineRule
from gonghui.records.deadlines import Deadline, DeadlineState
from gonghui.records.record import Record
from gonghui.records.record_types import RecordType
from gonghui.records.steps import advance
from gonghui.records.workflow import Transition
from gonghui.values import clock

AT_ONCE = 500
"""Records of one run; the next run takes the rest."""
_log = structlog.get_logger()


@dataclass
class TimerRun:
    """What a run did by one transition: how many records it moved, and which ones a rule kept where they were."""

    moved: int = 0
    refused: dict[UUID, DomainError] = field(default_factory=dict)


def run_timers(uow: UnitOfWork, kinds: Sequence[RecordType]) -> dict[str, TimerRun]:
    """Take every timed transition that is due at the tenant; what each did, by its name in the trail.

    A record whose effect is refused stays as it was and keeps no other back.
    """
    done: dict[str, TimerRun] = {}
    for kind in kinds:
        for transition in kind.workflow.transitions:
            if transition.timer is not None:
                name = f"{kind.code}.{transition.act}"
                with gathered(uow):
                    done[name] = _run(uow, kind, transition, transition.timer)
    return done


def _run(uow: UnitOfWork, kind: RecordType, transition: Transition, rule: DeadlineRule) -> TimerRun:
    run = TimerRun()
    for record in _due(uow, kind, transition, rule):
        record_id = record.id
        try:
            with undone_alone(uow):
                advance(uow, kind, record, transition)
        except DomainError as refusal:
            _log.warning("timer_refused", record_type=kind.code, record=str(record_id), code=refusal.code)
            run.refused[record_id] = refusal
        else:
            run.moved += 1
    return run


def _due(uow: UnitOfWork, kind: RecordType, transition: Transition, rule: DeadlineRule) -> Sequence[Record]:
    """Records whose deadline has passed, in a state from which the transition leads, locked with that deadline.

    A deadline that stands still, because it was suspended, does not pass. One that somebody works on just now is
    left to the next run.
    """
    passed = (
        select(kind.model)
        .join(Deadline, (Deadline.record_id == kind.model.id) & (Deadline.tenant_id == kind.model.tenant_id))
        .where(
            Deadline.rule == rule.code,
            Deadline.state == DeadlineState.OPEN.value,
            Deadline.suspended_since.is_(None),
            Deadline.due_on < clock.today(),
            kind.model.state.in_(kind.workflow.sources(transition)),
        )
        .order_by(Deadline.due_on, kind.model.id)
        .limit(AT_ONCE)
        .with_for_update(of=[kind.model, Deadline], skip_locked=True)
    )
    return uow.session.scalars(passed).all()
