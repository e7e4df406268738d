"""The figures of the report that organising answers for."""

from __future__ import annotations

from typing import Any

from sqlalchemy import String, and_, cast, func, select

from gonghui.sdk import Employer, Indicator, Period, RecordTransition, _
from gonghui_organising.founding import READ
from gonghui_organising.union import CoveredUnit, GrassrootsUnion, UnionKind, UnionState

_UNION: Any = GrassrootsUnion.__table__.c
_STEP: Any = RecordTransition.__table__.c
_KINDS = {UnionKind.INDEPENDENT.value: _("独立建会"), UnionKind.JOINT.value: _("联合工会")}


def _steps(until: Period) -> Any:
    """Transitions of unions in effect by the period's last day, with the union they belong to."""
    return and_(
        _STEP.tenant_id == _UNION.tenant_id,
        _STEP.record_id == _UNION.id,
        _STEP.record_type == GrassrootsUnion.__table__.fullname,  # type: ignore[attr-defined]
        _STEP.effective_on <= until.last,
    )


def unions_founded(period: Period) -> Any:
    """Unions whose founding was approved with effect in the period (ORG01)."""
    return (
        select(
            _UNION.id,
            cast(_UNION.id, String).label("key"),
            _UNION.name.label("label"),
            _UNION.kind.label("breakdown"),
            _UNION.org_unit_id,
            _STEP.effective_on.label("on"),
        )
        .join(RecordTransition.__table__, _steps(period))
        .where(
            _STEP.to_state == UnionState.APPROVED.value,
            _STEP.from_state.is_distinct_from(UnionState.APPROVED.value),
            _STEP.effective_on >= period.first,
        )
    )


def unions_in_force(period: Period) -> Any:
    """Unions that the last of their steps in effect by the period's last day left approved."""
    latest: Any = (
        select(
            _STEP.record_id,
            _STEP.to_state,
            _STEP.effective_on,
            func.row_number()
            .over(
                partition_by=_STEP.record_id,
                # In the order they were taken: an approval with effect from last year follows today's submission.
                order_by=(_STEP.recorded_at.desc(), _STEP.id.desc()),
            )
            .label("age"),
        )
        .where(
            _STEP.record_type == GrassrootsUnion.__table__.fullname,  # type: ignore[attr-defined]
            _STEP.effective_on <= period.last,
        )
        .subquery()
    )
    return (
        select(
            _UNION.id,
            cast(_UNION.id, String).label("key"),
            _UNION.name.label("label"),
            _UNION.kind.label("breakdown"),
            _UNION.org_unit_id,
            latest.c.effective_on.label("on"),
        )
        .join(latest, and_(latest.c.record_id == _UNION.id, latest.c.age == 1))
        .where(latest.c.to_state == UnionState.APPROVED.value)
    )


def units_covered(period: Period) -> Any:
    """Employers covered by the unions in force; an employer under two unions counts once."""
    force = unions_in_force(period).subquery()
    covered: Any = CoveredUnit.__table__.c
    employer: Any = Employer.__table__.c
    return (
        select(
            force.c.id,
            cast(employer.id, String).label("key"),
            employer.name.label("label"),
            force.c.breakdown,
            force.c.org_unit_id,
            force.c.on,
        )
        .join(CoveredUnit.__table__, covered.union_id == force.c.id)
        .join(
            Employer.__table__,
            and_(employer.tenant_id == covered.tenant_id, employer.id == covered.employer_id),
        )
    )


INDICATORS = (
    Indicator(
        code="organising.unions_founded",
        title=_("新组建工会"),
        unit=_("个"),
        aggregation="sum",
        permission=READ,
        source=unions_founded,
        breakdowns=_KINDS,
        definition=_("期间内经上级工会批准成立的基层工会数，以批准生效日计。"),
    ),
    Indicator(
        code="organising.unions_in_force",
        title=_("期末工会数"),
        unit=_("个"),
        aggregation="stock",
        permission=READ,
        source=unions_in_force,
        breakdowns=_KINDS,
        definition=_("期末当日处于已批准状态的基层工会数。"),
    ),
    Indicator(
        code="organising.units_covered",
        title=_("期末涵盖单位"),
        unit=_("家"),
        aggregation="stock",
        permission=READ,
        source=units_covered,
        breakdowns=_KINDS,
        definition=_("期末工会所涵盖的单位数，同一单位只计一次；工会数与涵盖单位数不能相加。"),
    ),
)
