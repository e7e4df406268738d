"""What a deadline has overtaken, and how much time records have left, for lists of one record type."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, func, or_, select

from gonghui.db.unit_of_work import UnitOfWork
from gonghui.records.deadlines import Deadline, DeadlineState, days_left
from gonghui.records.record_types import RecordType

_D: Any = Deadline.__table__.c


def is_overdue(kind: RecordType, today: date) -> ColumnElement[bool]:
    """The condition under which an open deadline of a record has passed; one that stands still has not since."""
    table = kind.table.c
    stopped = or_(_D.suspended_since.is_(None), _D.due_on < _D.suspended_since)
    passed = and_(_D.state == DeadlineState.OPEN.value, _D.due_on < today, stopped)
    of_record = and_(_D.tenant_id == table.tenant_id, _D.record_id == table.id)
    return exists(select(_D.id).where(of_record, passed))


def first_due(kind: RecordType) -> Any:
    """Records of the type with their nearest open deadline: `record_id` and `day`."""
    nearest = func.min(_D.due_on).label("day")
    of_kind = (_D.record_type == kind.table.fullname, _D.state == DeadlineState.OPEN.value)
    return select(_D.record_id, nearest).where(*of_kind).group_by(_D.record_id).subquery("first_due")


def nearest_due(uow: UnitOfWork, record_ids: Collection[UUID], today: date) -> dict[UUID, tuple[date, int]]:
    """The nearest open deadline of each record: the day, and how many are left."""
    wanted = (
        select(_D.record_id, _D.due_on, _D.suspended_since)
        .where(_D.record_id.in_(record_ids), _D.state == DeadlineState.OPEN.value)
        .order_by(_D.due_on.desc())
    )
    found = uow.session.execute(wanted)
    return {row.record_id: (row.due_on, days_left(row.due_on, row.suspended_since, today)) for row in found}
