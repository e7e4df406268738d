"""Leaders' supervision in the report: supervised visits (ORG12)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import String, and_, cast, select

from gonghui.sdk import Indicator, Period, _
from gonghui_organising.hang_points import KINDS, READ, HangPoint, SupervisedVisit

_POINT: Any = HangPoint.__table__.c
_VISIT: Any = SupervisedVisit.__table__.c


def supervised_visits(period: Period) -> Any:
    """Visits of leaders in the period, by the kind of their point; each opens to its point."""
    return (
        select(
            _POINT.id,
            cast(_VISIT.id, String).label("key"),
            (_POINT.leader_name + " · " + _VISIT.place).label("label"),
            _POINT.kind.label("breakdown"),
            _POINT.org_unit_id,
            _VISIT.visited_on.label("on"),
        )
        .join(
            SupervisedVisit.__table__,
            and_(_VISIT.tenant_id == _POINT.tenant_id, _VISIT.hang_point_id == _POINT.id),
        )
        .where(_VISIT.visited_on >= period.first, _VISIT.visited_on <= period.last)
    )


INDICATORS = (
    Indicator(
        code="organising.supervised_visits",
        title=_("领导挂点督查"),
        unit=_("次"),
        aggregation="sum",
        permission=READ,
        source=supervised_visits,
        breakdowns=KINDS,
        definition=_("期间内领导到挂点督查的次数，以督查日期计。"),
    ),
)
