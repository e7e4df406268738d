"""Figures about professional union workers: in post, and of them with a certificate (numerator of 持证上岗率)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import String, and_, cast, literal, or_, select

from gonghui.sdk import Indicator, Period, Person, _
from gonghui_organising.latest_steps import left_in
from gonghui_organising.staff import staff_members
from gonghui_organising.staff_certificate import (
    KINDS,
    VERIFIED,
    StaffCertificate,
    staff_certificates,
)
from gonghui_organising.staff_tables import IN_POST, StaffMember

_STAFF: Any = StaffMember.__table__.c
_HELD: Any = StaffCertificate.__table__.c
_PERSON: Any = Person.__table__.c
_ALL = "all"


def staff_in_post(period: Period) -> Any:
    """Workers whom the last of their steps by the period's last day left in post."""
    latest, joined, is_in_post = left_in(staff_members, (IN_POST,), period.last)
    return (
        select(
            _STAFF.id,
            cast(_STAFF.person_id, String).label("key"),
            _PERSON.name.label("label"),
            literal(_ALL).label("breakdown"),
            _STAFF.org_unit_id,
            latest.c.effective_on.label("on"),
        )
        .select_from(StaffMember.__table__)
        .join(latest, joined)
        .outerjoin(
            Person.__table__, and_(_PERSON.tenant_id == _STAFF.tenant_id, _PERSON.id == _STAFF.person_id)
        )
        .where(is_in_post)
    )


def certified_staff(period: Period) -> Any:
    """Workers in post with a certificate that was verified and had not run out; each once, by the first of them."""
    in_post = staff_in_post(period).subquery()
    latest, joined, is_verified = left_in(staff_certificates, (VERIFIED,), period.last)
    held = (
        select(_HELD.staff_member_id, _HELD.tenant_id, _HELD.kind, _HELD.issued_on)
        .join(latest, joined)
        .where(
            is_verified,
            _HELD.issued_on <= period.last,
            or_(_HELD.valid_to.is_(None), _HELD.valid_to >= period.last),
        )
        .subquery()
    )
    return select(
        in_post.c.id,
        in_post.c.key,
        in_post.c.label,
        held.c.kind.label("breakdown"),
        in_post.c.org_unit_id,
        held.c.issued_on.label("on"),
    ).join(held, held.c.staff_member_id == in_post.c.id)


INDICATORS = (
    Indicator(
        code="organising.staff_in_post",
        title=_("期末在岗职业化工会工作者"),
        unit=_("人"),
        aggregation="stock",
        permission=staff_members.permission("read"),
        source=staff_in_post,
        breakdowns={_ALL: _("全部")},
        definition=_("期末当日在岗的职业化工会工作者人数。"),
    ),
    Indicator(
        code="organising.certified_staff",
        title=_("期末持证的职业化工会工作者"),
        unit=_("人"),
        aggregation="stock",
        permission=staff_members.permission("read"),
        source=certified_staff,
        breakdowns=KINDS,
        definition=_(
            "期末当日在岗、证书已核验且在有效期内的人数，一人只计一次；与在岗人数之比为持证上岗率。"
        ),
    ),
)
