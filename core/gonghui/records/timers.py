"""Timers: transitions that the system takes once their deadline has passed, and that nobody else can take."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import select

from gonghui.db.unit_of_work import UnitOfWork
from gonghui.records.deadline_rules import DeadlineRule
from gonghui.records.deadlines import Deadline, DeadlineState
from gonghui.records.record_types import RecordType
from gonghui.records.steps import advance
from gonghui.records.workflow import Transition
from gonghui.values import clock

AT_ONCE = 500
"""Records of one run; the next run takes the rest."""


def run_timers(uow: UnitOfWork, kinds: Sequence[RecordType]) -> dict[str, int]:
    """Take every timed transition that is due at the tenant; how many records each moved, by its name in the trail."""
    done: dict[str, int] = {}
    for kind in kinds:
        for transition in kind.workflow.transitions:
            if transition.timer is not None:
                moved = sum(1 for _record in _moved(uow, kind, transition, transition.timer))
                done[f"{kind.code}.{transition.act}"] = moved
    return done


def _moved(uow: UnitOfWork, kind: RecordType, transition: Transition, rule: DeadlineRule) -> Iterator[object]:
    """Records whose deadline has passed, in a state from which the transition leads; each is put through it.

    A deadline that stands still, because it was suspended, does not pass.
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
        .with_for_update(of=kind.model, skip_locked=True)
    )
    for record in uow.session.scalars(passed).all():
        yield advance(uow, kind, record, transition)
