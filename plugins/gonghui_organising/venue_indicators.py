"""Workers' homes of the report: in use, built and not yet in use, being built (ORG13 to ORG15)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import String, case, cast, select

from gonghui.sdk import Indicator, Period, _
from gonghui_organising.standing import standing_on
from gonghui_organising.venues import READ, WORKERS_HOME, Venue

_VENUE: Any = Venue.__table__.c
_THIS_MONTH, _LATER = "this_month", "later"


def _homes(state: str) -> Callable[[Period], Any]:
    def source(period: Period) -> Any:
        steps, joined = standing_on(Venue, period.last)
        # A period ends with a month: what is expected by then is finishing this month (月底建成).
        finishing = case((_VENUE.expected_on <= period.last, _THIS_MONTH), else_=_LATER)
        return (
            select(
                _VENUE.id,
                cast(_VENUE.id, String).label("key"),
                _VENUE.name.label("label"),
                finishing.label("breakdown"),
                _VENUE.org_unit_id,
                steps.c.on,
            )
            .join(steps, joined)
            .where(steps.c.state == state, _VENUE.kind == WORKERS_HOME)
        )

    return source


INDICATORS = (
    Indicator(
        code="organising.workers_homes_in_use",
        title=_("职工之家建成投用"),
        unit=_("个"),
        aggregation="stock",
        permission=READ,
        source=_homes("in_use"),
        breakdowns={},
        definition=_("期末当日已投入使用的职工之家数。"),
    ),
    Indicator(
        code="organising.workers_homes_built",
        title=_("职工之家建成未投用"),
        unit=_("个"),
        aggregation="stock",
        permission=READ,
        source=_homes("built"),
        breakdowns={},
        definition=_("期末当日已建成、尚未投入使用的职工之家数。"),
    ),
    Indicator(
        code="organising.workers_homes_under_construction",
        title=_("职工之家在建"),
        unit=_("个"),
        aggregation="stock",
        permission=READ,
        source=_homes("under_construction"),
        breakdowns={_THIS_MONTH: _("本月底前建成"), _LATER: _("以后建成")},
        definition=_("期末当日在建的职工之家数，按预计建成日期分为本月底前建成和以后建成。"),
    ),
)
