"""The figures of the report about re-elections."""

from __future__ import annotations

from typing import Any

from sqlalchemy import String, and_, cast, func, select

from gonghui.sdk import Indicator, Period, RecordTransition, _, clock
from gonghui_organising.re_election import READ, ReElection, ReElectionState
from gonghui_organising.union import GrassrootsUnion, UnionKind

_ELECTION: Any = ReElection.__table__.c
_UNION: Any = GrassrootsUnion.__table__.c
_STEP: Any = RecordTransition.__table__.c
_RECORD_TYPE = ReElection.__table__.fullname  # type: ignore[attr-defined]
_APPROVED = ReElectionState.APPROVED.value
_EXTENDED = ReElectionState.EXTENDED.value
_KINDS = {UnionKind.INDEPENDENT.value: _("独立建会"), UnionKind.JOINT.value: _("联合工会")}


def re_elections_completed(period: Period) -> Any:
    """Unions whose re-election was approved with effect in the period (ORG04)."""
    mine = and_(_STEP.tenant_id == _ELECTION.tenant_id, _STEP.record_id == _ELECTION.id)
    return (
        _listed(_STEP.effective_on)
        .join(RecordTransition.__table__, and_(mine, _STEP.record_type == _RECORD_TYPE))
        .where(
            _STEP.to_state == _APPROVED,
            _STEP.from_state.is_distinct_from(_APPROVED),
            _STEP.effective_on.between(period.first, period.last),
        )
    )


def plans_submitted(period: Period) -> Any:
    """Unions that had submitted a plan by the period's last day and not held their meeting (ORG05)."""
    latest = _latest_steps(period)
    not_held = (ReElectionState.PLAN_SUBMITTED.value, ReElectionState.APPROVED_TO_HOLD.value)
    return (
        _listed(latest.c.effective_on)
        .join(latest, and_(latest.c.record_id == _ELECTION.id, latest.c.age == 1))
        .where(latest.c.to_state.in_(not_held))
    )


def terms_overdue(period: Period) -> Any:
    """Unions whose term, with an extension granted by then, was over on the period's last day and not renewed.

    Of a period that still runs the last day is today: nobody is overdue before.
    """
    day = min(period.last, clock.today())
    extended_to = func.coalesce(_ELECTION.extended_to, _ELECTION.ends_on)
    is_put_off = and_(extended_to >= day, _stepped_by(period, _EXTENDED))
    return _listed(_ELECTION.ends_on).where(
        _ELECTION.ends_on < day, ~_stepped_by(period, _APPROVED), ~is_put_off
    )


def _stepped_by(period: Period, state: str) -> Any:
    """Whether a step into `state` was in effect by the period's last day."""
    return (
        select(_STEP.id)
        .where(
            _STEP.tenant_id == _ELECTION.tenant_id,
            _STEP.record_id == _ELECTION.id,
            _STEP.record_type == _RECORD_TYPE,
            _STEP.to_state == state,
            _STEP.effective_on <= period.last,
        )
        .correlate(ReElection.__table__)
        .exists()
    )


def _latest_steps(period: Period) -> Any:
    newest = (_STEP.recorded_at.desc(), _STEP.id.desc())
    return (
        select(
            _STEP.record_id,
            _STEP.to_state,
            _STEP.effective_on,
            func.row_number().over(partition_by=_STEP.record_id, order_by=newest).label("age"),
        )
        .where(_STEP.record_type == _RECORD_TYPE, _STEP.effective_on <= period.last)
        .subquery()
    )


def _listed(day: Any) -> Any:
    union = and_(_UNION.tenant_id == _ELECTION.tenant_id, _UNION.id == _ELECTION.union_id)
    return (
        select(
            _ELECTION.id,
            cast(_ELECTION.id, String).label("key"),
            _UNION.name.label("label"),
            _UNION.kind.label("breakdown"),
            _ELECTION.org_unit_id,
            day.label("on"),
        )
        .select_from(ReElection.__table__)
        .join(GrassrootsUnion.__table__, union)
    )


INDICATORS = (
    Indicator(
        code="organising.re_elections_completed",
        title=_("换届完毕"),
        unit=_("个"),
        aggregation="sum",
        permission=READ,
        source=re_elections_completed,
        breakdowns=_KINDS,
        definition=_("期间内选举结果经上级工会批准的基层工会数，以批准生效日计。"),
    ),
    Indicator(
        code="organising.re_election_plans_submitted",
        title=_("上报换届方案"),
        unit=_("个"),
        aggregation="stock",
        permission=READ,
        source=plans_submitted,
        breakdowns=_KINDS,
        definition=_("期末已报送换届方案、尚未召开会议的基层工会数；方案被退回的不计。"),
    ),
    Indicator(
        code="organising.terms_overdue",
        title=_("届满未换届"),
        unit=_("个"),
        aggregation="stock",
        permission=READ,
        source=terms_overdue,
        breakdowns=_KINDS,
        definition=_("期末任期已满（经批准延期的，延期已满）而换届结果尚未批准的基层工会数。"),
    ),
)
