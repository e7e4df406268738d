"""How records stood on a day: the last of their steps in effect by then, whoever wrote it down later."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import and_, func, select

from gonghui.sdk import Record, RecordTransition

_STEP: Any = RecordTransition.__table__.c


def standing_on(model: type[Record], day: date) -> tuple[Any, Any]:
    """The state of each record on `day` (`state`, `on` since when), and how that is joined to the record's table."""
    table: Any = model.__table__
    # In the order they were taken: a step with effect from last year follows today's.
    newest = (_STEP.recorded_at.desc(), _STEP.id.desc())
    steps = (
        select(
            _STEP.tenant_id,
            _STEP.record_id,
            _STEP.to_state.label("state"),
            _STEP.effective_on.label("on"),
            func.row_number().over(partition_by=_STEP.record_id, order_by=newest).label("age"),
        )
        .where(_STEP.record_type == table.fullname, _STEP.effective_on <= day)
        .subquery()
    )
    joined = and_(steps.c.tenant_id == table.c.tenant_id, steps.c.record_id == table.c.id, steps.c.age == 1)
    return steps, joined
