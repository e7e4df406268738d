"""The figures of the report about members."""

from __future__ import annotations

from typing import Any

from sqlalchemy import String, and_, cast, func, literal, or_, select

from gonghui.sdk import Indicator, Period, Person, RecordTransition, _
from gonghui_organising.member_identity import READ
from gonghui_organising.member_words import READ_AS
from gonghui_organising.membership import Membership, MembershipState

_MEMBER: Any = Membership.__table__.c
_PERSON: Any = Person.__table__.c
_STEP: Any = RecordTransition.__table__.c
_RECORD_TYPE = Membership.__table__.fullname  # type: ignore[attr-defined]
_OTHER = "other"
_GROUPS = {**READ_AS["new_form_group"], _OTHER: _("其他职工")}


def members_joined(period: Period) -> Any:
    """Members who first became one with effect in the period (ORG02), by group of new employment forms (ORG03)."""
    return _listed(_STEP.effective_on, _STEP.org_unit_id, _steps()).where(
        _STEP.to_state == MembershipState.ACTIVE.value,
        # Whoever comes from another federation was a member before; a transfer within takes no part in this.
        func.coalesce(_STEP.from_state, "").in_(("", MembershipState.APPLIED.value)),
        _STEP.name != "transfer-in",
        _STEP.effective_on >= period.first,
        _STEP.effective_on <= period.last,
    )


def members_in_force(period: Period) -> Any:
    """Memberships that the last of their steps in effect by the period's last day left active.

    An active member who is about to be transferred stays one of the old union until the new one accepts.
    """
    newest = (_STEP.recorded_at.desc(), _STEP.id.desc())
    latest: Any = (
        select(
            _STEP.record_id,
            _STEP.to_state,
            _STEP.from_state,
            _STEP.effective_on,
            _STEP.org_unit_id,
            func.row_number().over(partition_by=_STEP.record_id, order_by=newest).label("age"),
        )
        .where(_STEP.record_type == _RECORD_TYPE, _STEP.effective_on <= period.last)
        .subquery()
    )
    joined = (latest, and_(latest.c.record_id == _MEMBER.id, latest.c.age == 1))
    return _listed(latest.c.effective_on, latest.c.org_unit_id, joined).where(
        or_(
            latest.c.to_state == MembershipState.ACTIVE.value,
            and_(
                latest.c.to_state == MembershipState.TRANSFERRING.value,
                latest.c.from_state == MembershipState.ACTIVE.value,
            ),
        )
    )


def _steps() -> tuple[Any, Any]:
    mine = and_(
        _STEP.tenant_id == _MEMBER.tenant_id,
        _STEP.record_id == _MEMBER.id,
        _STEP.record_type == _RECORD_TYPE,
    )
    return RecordTransition.__table__, mine


def _listed(day: Any, org_unit: Any, joined: tuple[Any, Any]) -> Any:
    return (
        select(
            _MEMBER.id,
            cast(_MEMBER.person_id, String).label("key"),
            _PERSON.name.label("label"),
            func.coalesce(_MEMBER.new_form_group, literal(_OTHER)).label("breakdown"),
            org_unit.label("org_unit_id"),
            day.label("on"),
        )
        .select_from(Membership.__table__)
        .join(*joined)
        # Outer, though everybody is there: a count asks for no name, and the database leaves this join out.
        .outerjoin(
            Person.__table__, and_(_PERSON.tenant_id == _MEMBER.tenant_id, _PERSON.id == _MEMBER.person_id)
        )
    )


INDICATORS = (
    Indicator(
        code="organising.members_joined",
        title=_("新发展会员"),
        unit=_("人"),
        aggregation="sum",
        permission=READ,
        source=members_joined,
        breakdowns=_GROUPS,
        definition=_("期间内首次成为会员的人数，以入会日期计；从其他总工会转入的不计。"),
    ),
    Indicator(
        code="organising.members_in_force",
        title=_("期末会员数"),
        unit=_("人"),
        aggregation="stock",
        permission=READ,
        source=members_in_force,
        breakdowns=_GROUPS,
        definition=_("期末当日在册的会员人数，转接未办结的仍计在原工会；保留会籍和已终止的不计。"),
    ),
)
