"""Founding a union (建会): draft, change, submit, return for correction, approve.

`draft → submitted → approved`, and `submitted → returned → submitted` as often as needed.
Approval is for the next upper union (工会法 Art. 12), and never by the person who submitted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from gonghui.sdk import (
    Conflict,
    Employer,
    FieldFault,
    Invalid,
    OrgUnit,
    OrgUnitKind,
    UnitOfWork,
    _,
    check_version,
    clock,
    forbidden,
    invalid,
    new_unit,
    not_found,
    reaches,
    sort_key,
    took_step,
    transition_row,
    unit_within,
    visible,
)
from gonghui_organising.draft_rules import refuse_faults
from gonghui_organising.founding_parts import new_parts, replace_parts
from gonghui_organising.founding_rules import Founding, fault_of_rival, faults_before_submission
from gonghui_organising.union import (
    CommitteeTerm,
    CoveredUnit,
    GrassrootsUnion,
    UnionKind,
    UnionPaper,
    UnionState,
)

READ, CREATE, CHANGE = "organising.union.read", "organising.union.create", "organising.union.change"
SUBMIT, RETURN, APPROVE = "organising.union.submit", "organising.union.return", "organising.union.approve"
BACKDATE = "organising.union.backdate"

#: From which states each step may be taken.
STEPS: dict[str, tuple[UnionState, ...]] = {
    "change": (UnionState.DRAFT, UnionState.RETURNED),
    "submit": (UnionState.DRAFT, UnionState.RETURNED),
    "return": (UnionState.SUBMITTED,),
    "approve": (UnionState.SUBMITTED,),
}
_PLAIN = (
    "name", "kind", "uscc", "industry", "chair_name", "contact_phone", "headcount", "women_staff", "members",
    "women_members", "migrant_members", "employer_informed_on", "preparatory_group_size", "near_relatives_excluded",
)  # fmt: skip


def draft(uow: UnitOfWork, values: Mapping[str, Any]) -> GrassrootsUnion:
    """Begin a founding at `values["org_unit_id"]`: the enterprise's own node, or the unit above it.

    Raises `NotFound` for a unit out of reach, `Invalid` with every fault of the content.
    """
    uow.note("organising.union.drafted")
    place = unit_within(uow, uow.principal, CREATE, values["org_unit_id"])
    node = _node(uow, place, values["name"])
    union = GrassrootsUnion(org_unit_id=node.id, state=UnionState.DRAFT.value)
    for name in _PLAIN:
        setattr(union, name, values.get(name))
    union.near_relatives_excluded = bool(values.get("near_relatives_excluded"))
    union.name_key = sort_key(union.name)
    refuse_faults(uow, union, values)
    uow.add(node, union, *new_parts(uow, union, values), transition_row(uow, union, "draft", None))
    uow.session.flush()
    return union


def change(
    uow: UnitOfWork, union_id: UUID, version: int | None, values: Mapping[str, Any]
) -> GrassrootsUnion:
    """Change a draft or a founding that was returned. Parts given (employers, committee, papers) are replaced."""
    union = _take(uow, union_id, CHANGE, "change", version)
    uow.note("organising.union.changed")
    for name in _PLAIN:
        if name in values:
            setattr(union, name, values[name])
    union.name_key = sort_key(union.name)
    # A change of the parts alone is a change of the record: its version moves too, and once.
    union.changed_at = clock.now()
    refuse_faults(uow, union, values)
    replace_parts(uow, union, values)
    uow.session.flush()
    return union


def submit(uow: UnitOfWork, union_id: UUID, version: int | None) -> GrassrootsUnion:
    """Hand the founding to the upper union. Raises `Invalid` with all that is still missing."""
    union = _take(uow, union_id, SUBMIT, "submit", version)
    faults = faults_before_submission(uow, _founding(uow, union))
    if faults:
        raise Invalid("not_ready", _("还有 {n} 处不符合要求，不能提交。", n=len(faults)), faults)
    return _step(uow, union, "submit", UnionState.SUBMITTED)


def return_for_correction(
    uow: UnitOfWork, union_id: UUID, version: int | None, comment: str
) -> GrassrootsUnion:
    """退回补正: give the founding back with the reason."""
    union = _take(uow, union_id, RETURN, "return", version)
    _require_upper(uow, union, RETURN)
    return _step(uow, union, "return", UnionState.RETURNED, comment=comment)


def approve(
    uow: UnitOfWork,
    union_id: UUID,
    version: int | None,
    *,
    approval_no: str,
    term_years: int,
    effective_on: date | None,
) -> GrassrootsUnion:
    """批复: the union exists from `effective_on` (today), under this number, with the term the reply states.

    The stated term is asked again because the later registration rests on it (domain §1.4 step 6).
    An earlier day needs the permission to back-date.
    """
    union = _take(uow, union_id, APPROVE, "approve", version)
    _require_upper(uow, union, APPROVE)
    _require_other_person(uow, union)
    term = _founding(uow, union).term
    day = effective_on or clock.today()
    _hold_employers(uow, union)
    faults = [*fault_of_rival(union, _rivals(uow, union)), *_faults_of_reply(term, term_years, day)]
    if faults:
        raise invalid(*faults)
    if day < clock.today() and not reaches(uow.principal, BACKDATE, _path(uow, union)):
        raise forbidden(BACKDATE)
    reply = {"approval_no": approval_no.strip(), "founded_on": day}
    return _step(uow, union, "approve", UnionState.APPROVED, effective_on=day, values=reply)


def _faults_of_reply(term: CommitteeTerm | None, term_years: int, day: date) -> list[FieldFault]:
    faults = []
    if term is None or term.years != term_years:
        faults.append(
            FieldFault("/term_years", "term_differs", _("批复写明的任期与报送的委员会任期不一致。"))
        )
    if day > clock.today():
        faults.append(FieldFault("/effective_on", "in_future", _("批准日期不能晚于今天。")))
    if term is not None and day < term.started_on:
        faults.append(FieldFault("/effective_on", "before_election", _("批准日期不能早于选举日期。")))
    return faults


def _node(uow: UnitOfWork, place: OrgUnit, name: str) -> OrgUnit:
    """The union's own node: `place` itself where it is an enterprise's, else a new one to be set below it."""
    if place.kind != OrgUnitKind.GRASSROOTS_UNION:
        return new_unit(place, OrgUnitKind.GRASSROOTS_UNION, name.strip())
    if uow.session.scalar(select(func.count()).where(GrassrootsUnion.org_unit_id == place.id)):
        raise Conflict("union_exists", _("这个组织节点上已经有一个工会。"))
    return place


def _take(
    uow: UnitOfWork, union_id: UUID, permission: str, step: str, version: int | None
) -> GrassrootsUnion:
    """The union, locked: seen (else 404), permitted (403), up to date (428, 412), in the right state (409)."""
    seen = visible(uow.principal, READ, GrassrootsUnion.__table__.c.org_unit_id)
    union = uow.session.scalars(
        select(GrassrootsUnion).where(GrassrootsUnion.id == union_id, seen).with_for_update()
    ).one_or_none()
    if union is None:
        raise not_found()
    if not reaches(uow.principal, permission, _path(uow, union)):
        raise forbidden(permission)
    check_version(union, version)
    if union.state not in STEPS[step]:
        allowed = [name for name, states in STEPS.items() if union.state in states]
        raise Conflict(
            "state_forbids", _("当前状态不允许这一步。"), extra={"state": union.state, "allowed": allowed}
        )
    return union


def _path(uow: UnitOfWork, union: GrassrootsUnion) -> str:
    path = uow.session.scalar(select(OrgUnit.path).where(OrgUnit.id == union.org_unit_id))
    return path or ""


def _require_upper(uow: UnitOfWork, union: GrassrootsUnion, permission: str) -> None:
    """The upper union decides: the permission must be held above the union's own node (工会法 Art. 12)."""
    if not reaches(uow.principal, permission, _path(uow, union), strictly_above=True):
        raise forbidden(permission)


def _require_other_person(uow: UnitOfWork, union: GrassrootsUnion) -> None:
    if took_step(uow, union.id, "submit", uow.principal):
        raise Conflict("same_person", _("报送人不能批准自己报送的建会申请。"))


def _step(
    uow: UnitOfWork,
    union: GrassrootsUnion,
    name: str,
    to: UnionState,
    *,
    effective_on: date | None = None,
    comment: str | None = None,
    values: Mapping[str, Any] | None = None,
) -> GrassrootsUnion:
    past = {"submit": "submitted", "return": "returned", "approve": "approved"}[name]
    uow.note(f"organising.union.{past}")
    before, union.state = union.state, to.value
    for column, value in (values or {}).items():
        setattr(union, column, value)
    uow.add(transition_row(uow, union, name, before, effective_on, comment))
    uow.session.flush()
    return union


def _founding(uow: UnitOfWork, union: GrassrootsUnion) -> Founding:
    employers = uow.session.scalar(select(func.count()).where(CoveredUnit.union_id == union.id)) or 0
    terms = (
        select(CommitteeTerm)
        .where(CommitteeTerm.union_id == union.id)
        .order_by(CommitteeTerm.started_on.desc())
    )
    papers = uow.session.scalars(select(UnionPaper).where(UnionPaper.union_id == union.id)).all()
    return Founding(
        union, employers, uow.session.scalars(terms.limit(1)).one_or_none(), papers, _rivals(uow, union)
    )


def _hold_employers(uow: UnitOfWork, union: GrassrootsUnion) -> None:
    """Let two approvals for one employer come one after the other, so that the second sees the first."""
    covered = select(CoveredUnit.employer_id).where(CoveredUnit.union_id == union.id)
    held = select(Employer.id).where(Employer.id.in_(covered)).order_by(Employer.id)
    uow.session.execute(held.with_for_update())


def _rivals(uow: UnitOfWork, union: GrassrootsUnion) -> Sequence[str]:
    """Names of approved independent unions other than `union` that cover one of its employers."""
    mine = select(CoveredUnit.employer_id).where(CoveredUnit.union_id == union.id)
    rival = (
        select(GrassrootsUnion.name)
        .join(CoveredUnit, CoveredUnit.union_id == GrassrootsUnion.id)
        .where(
            GrassrootsUnion.id != union.id,
            GrassrootsUnion.kind == UnionKind.INDEPENDENT.value,
            GrassrootsUnion.state == UnionState.APPROVED.value,
            CoveredUnit.employer_id.in_(mine),
        )
    )
    return uow.session.scalars(rival).all()
