"""Stocks: in which state the last of their steps in effect by a day left the records of a kind."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import and_, func, select

from gonghui.sdk import RecordTransition, RecordType

_STEP: Any = RecordTransition.__table__.c


def left_in(kind: RecordType, states: Sequence[str], until: date) -> tuple[Any, Any, Any]:
    """A subquery of last steps, how it joins the table of the kind, and the condition that they led to `states`.

    In the order in which they were taken: an entry with effect from last year follows today's draft.
    """
    newest = (_STEP.recorded_at.desc(), _STEP.id.desc())
    latest: Any = (
        select(
            _STEP.record_id,
            _STEP.to_state,
            _STEP.effective_on,
            func.row_number().over(partition_by=_STEP.record_id, order_by=newest).label("age"),
        )
        .where(_STEP.record_type == kind.table.fullname, _STEP.effective_on <= until)
        .subquery()
    )
    joined = and_(latest.c.record_id == kind.table.c.id, latest.c.age == 1)
    return latest, joined, latest.c.to_state.in_(states)
