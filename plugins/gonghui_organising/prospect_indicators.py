"""Coverage of the report (ORG06): units in scope, and how many of them a union covers, both parts of the rate."""

from __future__ import annotations

from typing import Any

from sqlalchemy import String, and_, cast, literal, select, union_all

from gonghui.sdk import Employer, Indicator, Period, _
from gonghui_organising.founding import READ as READ_UNIONS
from gonghui_organising.indicators import units_covered
from gonghui_organising.prospects import CLOSED, NOT_QUALIFIED, READ, UNDER_WAY, Prospect
from gonghui_organising.standing import standing_on

_PROSPECT: Any = Prospect.__table__.c
_EMPLOYER: Any = Employer.__table__.c
_COVERED, _UNCOVERED = "covered", "not_covered"


def prospects_open(period: Period) -> Any:
    """Prospects that were being visited or set aside for a time; whoever has a union by then is none."""
    steps, joined = standing_on(Prospect, period.last)
    covered = units_covered(period).subquery()
    stays = and_(
        steps.c.state == "set_aside",
        _PROSPECT.set_aside_reason.is_distinct_from(NOT_QUALIFIED),
        _PROSPECT.set_aside_reason.is_distinct_from(CLOSED),
    )
    return (
        select(
            _PROSPECT.id,
            cast(_EMPLOYER.id, String).label("key"),
            _EMPLOYER.name.label("label"),
            steps.c.state.label("breakdown"),
            _PROSPECT.org_unit_id,
            steps.c.on,
        )
        .join(steps, joined)
        .join(
            Employer.__table__,
            and_(_EMPLOYER.tenant_id == _PROSPECT.tenant_id, _EMPLOYER.id == _PROSPECT.employer_id),
        )
        .where(
            steps.c.state.in_(UNDER_WAY) | stays,
            cast(_EMPLOYER.id, String).not_in(select(covered.c.key)),
        )
    )


def units_in_scope(period: Period) -> Any:
    """Employers that have a union or should have one."""
    parts = (
        (units_covered(period).subquery(), _COVERED),
        (prospects_open(period).subquery(), _UNCOVERED),
    )
    rows = union_all(
        *(
            select(
                part.c.id,
                part.c.key,
                part.c.label,
                literal(kind).label("breakdown"),
                part.c.org_unit_id,
                part.c.on,
            )
            for part, kind in parts
        )
    ).subquery()
    return select(rows)


INDICATORS = (
    Indicator(
        code="organising.units_in_scope",
        title=_("应建会单位"),
        unit=_("家"),
        aggregation="stock",
        permission=READ_UNIONS,
        source=units_in_scope,
        breakdowns={_COVERED: _("已涵盖"), _UNCOVERED: _("未建会")},
        definition=_(
            "期末工会涵盖的单位加上摸排在册的未建会单位，同一单位只计一次；不具备条件和停业的不计。工会覆盖率为已涵盖除以本数。"
        ),
    ),
    Indicator(
        code="organising.prospects_open",
        title=_("摸排在册未建会单位"),
        unit=_("家"),
        aggregation="stock",
        permission=READ,
        source=prospects_open,
        breakdowns={
            "new": _("待走访"),
            "contacted": _("已走访"),
            "agreed": _("同意建会"),
            "founding": _("建会中"),
            "set_aside": _("暂缓"),
        },
        definition=_("期末摸排在册、尚无工会的单位数，按进展分；不具备条件和停业的不计。"),
    ),
)
