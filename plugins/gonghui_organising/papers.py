"""Forms on paper: the founding papers of a union (domain §1.4), and the application for joining one (§1.6)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from gonghui.sdk import Employer, OrgUnit, PrintForm, UnitOfWork, _, figure
from gonghui_organising.forms import seat_range
from gonghui_organising.membership import Membership, MembershipState
from gonghui_organising.union import CommitteeTerm, CoveredUnit, GrassrootsUnion, UnionState

#: Lines for candidates where nobody has said yet how many there are.
_LINES = 4
#: While papers can still be added.
_FOUNDING = frozenset({UnionState.DRAFT.value, UnionState.RETURNED.value})


def of_founding(uow: UnitOfWork, union: GrassrootsUnion) -> Mapping[str, Any]:
    """Who is asked, for which employers, and what the law says of so many members."""
    named = select(Employer.name).join(CoveredUnit, CoveredUnit.employer_id == Employer.id)
    employers = uow.session.scalars(named.where(CoveredUnit.union_id == union.id).limit(_LINES)).all()
    terms = select(CommitteeTerm).where(CommitteeTerm.union_id == union.id)
    term = uow.session.scalars(terms.order_by(CommitteeTerm.started_on.desc()).limit(1)).first()
    members = union.members or 0
    least, most = seat_range(figure(uow, "organising.committee.seats"), members)
    seats = term.seats if term is not None else None
    return {
        "upper_name": upper_name(uow, union),
        "employers": "、".join(employers),
        "seats": str(seats or ""),
        "years": str(term.years) if term is not None else "",
        "quorum": figure(uow, "organising.meeting.quorum").value,
        "least": least,
        "most": most,
        "candidates": max(seats or _LINES, 1) - bool(union.chair_name),
        "is_congress": members >= figure(uow, "organising.congress.members_from").value,
    }


def of_admission(uow: UnitOfWork, membership: Membership) -> Mapping[str, Any]:
    """Which union is asked."""
    named = select(GrassrootsUnion.name).where(GrassrootsUnion.org_unit_id == membership.org_unit_id)
    return {"union_name": uow.session.scalars(named).first() or ""}


def upper_name(uow: UnitOfWork, union: GrassrootsUnion) -> str:
    """What the union above it is called."""
    own = select(OrgUnit.parent_id).where(OrgUnit.id == union.org_unit_id).scalar_subquery()
    return uow.session.scalars(select(OrgUnit.name).where(OrgUnit.id == own)).first() or ""


FOUNDING_FORMS = (
    PrintForm(
        "request", _("建会请示"), "organising/founding_request.html", _FOUNDING, "request", of_founding
    ),
    PrintForm(
        "minutes",
        _("会议记录和决议"),
        "organising/founding_resolution.html",
        _FOUNDING,
        "minutes",
        of_founding,
    ),
    PrintForm(
        "result-report",
        _("选举结果报告"),
        "organising/founding_result.html",
        _FOUNDING,
        "result_report",
        of_founding,
    ),
)
APPLICATION = "application"
ADMISSION_FORMS = (
    PrintForm(
        "application",
        _("入会申请书"),
        "organising/admission.html",
        frozenset({MembershipState.APPLIED.value, MembershipState.ACTIVE.value}),
        APPLICATION,
        of_admission,
    ),
)
