"""What the designs count and answer: rooms that were opened, and how many there are at each unit."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import String, cast, func, literal, select
from tests.designs.rooms import NursingRoom, rooms

from gonghui.sdk import Indicator, Period, RecordTransition, UnitOfWork, _, visible

_READ = rooms.permission("read")
_ROOM: Any = NursingRoom.__table__.c
_STEP: Any = RecordTransition.__table__.c


def _opened(period: Period) -> Any:
    return (
        select(
            _ROOM.id,
            cast(_ROOM.id, String).label("key"),
            _ROOM.name.label("label"),
            literal("").label("breakdown"),
            _ROOM.org_unit_id,
            _STEP.effective_on.label("on"),
        )
        .join(RecordTransition.__table__, _STEP.record_id == _ROOM.id)
        .where(_STEP.to_state == "open", _STEP.effective_on.between(period.first, period.last))
    )


rooms_opened = Indicator(
    code="designs.rooms_opened",
    title=_("启用的样本小屋"),
    unit=_("间"),
    aggregation="sum",
    permission=_READ,
    source=_opened,
    breakdowns={},
    definition=_("本期启用的样本小屋数。"),
)


def rooms_at(uow: UnitOfWork, units: Collection[UUID]) -> Mapping[UUID, int]:
    """How many rooms the reader sees at each of these units."""
    mine = visible(uow.principal, _READ, _ROOM.org_unit_id)
    counted = select(_ROOM.org_unit_id, func.count()).where(_ROOM.org_unit_id.in_(units), mine)
    found = uow.session.execute(counted.group_by(_ROOM.org_unit_id))
    return dict(map(tuple, found))
