"""What waits: records whose next step somebody may take, and those that a deadline has overtaken, as conditions."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, false, func, not_, or_, select, true

from gonghui.db.unit_of_work import UnitOfWork
from gonghui.records.deadlines import Deadline, DeadlineState, days_left
from gonghui.records.record_types import RecordType
from gonghui.records.sight import visible
from gonghui.records.transitions import RecordTransition
from gonghui.records.workflow import Transition
from gonghui.tenancy.org_tree import OrgUnit
from gonghui.values.principal import Principal

_D: Any = Deadline.__table__.c
_STEP: Any = RecordTransition.__table__.c


def may_be_awaited(kind: RecordType, principal: Principal) -> bool:
    """Whether the principal is somebody of whom a step of such a record could be expected."""
    return any(_holds(kind, principal, step) for step in kind.workflow.transitions if step.awaited)


def awaits(kind: RecordType, principal: Principal) -> ColumnElement[bool]:
    """The condition under which a record waits for a step that the principal may take.

    A step that leads back into its own state is awaited once.
    """
    ways = [
        and_(
            kind.table.c.state.in_(kind.workflow.sources(step)),
            _within(kind, principal, step),
            _new(kind, step),
        )
        for step in kind.workflow.transitions
        if step.awaited and _holds(kind, principal, step)
    ]
    return or_(*ways) if ways else false()


def is_overdue(kind: RecordType, today: date) -> ColumnElement[bool]:
    """The condition under which an open deadline of a record has passed; one that stands still has not since."""
    stopped = or_(_D.suspended_since.is_(None), _D.due_on < _D.suspended_since)
    passed = and_(_D.state == DeadlineState.OPEN.value, _D.due_on < today, stopped)
    return exists(select(_D.id).where(_of_record(kind, _D), passed))


def nearest_due(uow: UnitOfWork, record_ids: Collection[UUID], today: date) -> dict[UUID, tuple[date, int]]:
    """The nearest open deadline of each record: the day, and how many are left."""
    wanted = (
        select(_D.record_id, _D.due_on, _D.suspended_since)
        .where(_D.record_id.in_(record_ids), _D.state == DeadlineState.OPEN.value)
        .order_by(_D.due_on.desc())
    )
    found = uow.session.execute(wanted)
    return {row.record_id: (row.due_on, days_left(row.due_on, row.suspended_since, today)) for row in found}


def awaited_now(kind: RecordType, state: str, taken: Collection[str]) -> list[Transition]:
    """Steps that a record in a state still waits for, which has the steps called `taken` behind it."""
    return [
        step
        for step in kind.workflow.awaited_from(state)
        if not (_is_loop(kind, step) and step.name in taken)
    ]


def _holds(kind: RecordType, principal: Principal, step: Transition) -> bool:
    permission = kind.permission(step.name)
    is_theirs = step.own and principal.person_id is not None and permission in kind.personal
    return principal.holds(permission) or is_theirs or permission in kind.shareable


def _within(kind: RecordType, principal: Principal, step: Transition) -> ColumnElement[bool]:
    permission = kind.permission(step.name)
    if not step.above or principal.is_unrestricted:
        return visible(kind, principal, permission, as_stranger=False)
    path: Any = OrgUnit.__table__.c.path
    below = [and_(func.starts_with(path, root), path != root) for root in principal.roots(permission)]
    is_below: ColumnElement[bool] = kind.table.c.org_unit_id.in_(
        select(OrgUnit.__table__.c.id).where(or_(false(), *below))
    )
    return is_below


def _new(kind: RecordType, step: Transition) -> ColumnElement[bool]:
    if not _is_loop(kind, step):
        return true()
    taken = select(_STEP.id).where(_of_record(kind, _STEP), _STEP.name == step.name)
    return not_(exists(taken))


def _is_loop(kind: RecordType, step: Transition) -> bool:
    return step.target in kind.workflow.sources(step)


def _of_record(kind: RecordType, columns: Any) -> ColumnElement[bool]:
    table = kind.table.c
    return and_(columns.tenant_id == table.tenant_id, columns.record_id == table.id)
