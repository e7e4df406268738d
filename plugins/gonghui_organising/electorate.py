"""Who may vote in a union on a day: its active members, as the history of their memberships says of that day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import and_, func, select

from gonghui.sdk import OrgUnit, Person, RecordTransition, UnitOfWork, under
from gonghui_organising.membership import Membership, MembershipState
from gonghui_organising.union import GrassrootsUnion

_MEMBER: Any = Membership.__table__.c
_STEP: Any = RecordTransition.__table__.c
_UNIT: Any = OrgUnit.__table__.c


@dataclass(frozen=True)
class Electorate:
    """Members of a union on a day. Retained ones neither vote nor count among those due (选举工作条例 Art. 4).

    `is_registered`: whether the register has members of the union; without them the union's own numbers stand.
    """

    active: int
    women: int
    retained: int
    is_registered: bool


def electorate(uow: UnitOfWork, union: GrassrootsUnion, day: date) -> Electorate:
    """The members of a union at the end of `day`, by the last step of each that was in effect then. One statement."""
    latest = _latest_steps(day)
    path = uow.session.scalar(select(OrgUnit.path).where(OrgUnit.id == union.org_unit_id)) or ""
    person: Any = Person.__table__.c
    is_active = latest.c.to_state == MembershipState.ACTIVE.value
    counts = (
        select(
            func.count().filter(is_active).label("active"),
            func.count().filter(is_active, person.sex == "female").label("women"),
            func.count().filter(latest.c.to_state == MembershipState.RETAINED.value).label("retained"),
            func.count().label("known"),
        )
        .select_from(Membership.__table__)
        .join(latest, and_(latest.c.record_id == _MEMBER.id, latest.c.age == 1))
        .join(Person.__table__, and_(person.tenant_id == _MEMBER.tenant_id, person.id == _MEMBER.person_id))
        .join(OrgUnit.__table__, and_(_UNIT.tenant_id == _MEMBER.tenant_id, _UNIT.id == latest.c.org_unit_id))
        .where(under([path]))
    )
    row = uow.session.execute(counts).one()
    if row.known:
        return Electorate(row.active, row.women, row.retained, is_registered=True)
    return Electorate(union.members or 0, union.women_members or 0, 0, is_registered=False)


def _latest_steps(day: date) -> Any:
    """The last step of every membership in effect by `day`: where it stood and in which union."""
    newest = (_STEP.recorded_at.desc(), _STEP.id.desc())
    return (
        select(
            _STEP.record_id,
            _STEP.to_state,
            _STEP.org_unit_id,
            func.row_number().over(partition_by=_STEP.record_id, order_by=newest).label("age"),
        )
        .where(
            _STEP.record_type == Membership.__table__.fullname,  # type: ignore[attr-defined]
            _STEP.effective_on <= day,
        )
        .subquery()
    )
