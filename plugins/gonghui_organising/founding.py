"""Founding a union (建会): where it stands, what has to be there before a step, and what follows from approval.

`draft → submitted → approved`, and `submitted → returned → submitted` as often as needed; the steps are declared in
`unions.py`. Approval is for the next upper union (工会法 Art. 12), and never by the person who submitted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import func, select

from gonghui.sdk import (
    Conflict,
    Employer,
    FieldFault,
    OrgUnit,
    OrgUnitKind,
    UnitOfWork,
    _,
    clock,
    new_unit,
    unit_within,
)
from gonghui_organising.founding_rules import Founding, fault_of_rival, faults_before_submission
from gonghui_organising.union import (
    CommitteeTerm,
    CoveredUnit,
    GrassrootsUnion,
    UnionKind,
    UnionPaper,
    UnionState,
)

READ, CREATE = "organising.union.read", "organising.union.create"
BACKDATE = "organising.union.backdate"


def node_of(uow: UnitOfWork, values: Mapping[str, Any]) -> OrgUnit:
    """Where a union stands: the enterprise's own node at `org_unit_id`, or a new one below the unit there.

    Raises `NotFound` for a unit out of reach, `Conflict` where a union stands already.
    """
    place = unit_within(uow, uow.principal, CREATE, values["org_unit_id"])
    if place.kind != OrgUnitKind.GRASSROOTS_UNION:
        node = new_unit(place, OrgUnitKind.GRASSROOTS_UNION, values["name"].strip())
        uow.add(node)
        return node
    if uow.session.scalar(select(func.count()).where(GrassrootsUnion.org_unit_id == place.id)):
        raise Conflict("union_exists", _("这个组织节点上已经有一个工会。"))
    return place


def ready_to_submit(uow: UnitOfWork, union: GrassrootsUnion, _answers: object) -> list[FieldFault]:
    """All that is still missing before the founding can be handed to the upper union."""
    return faults_before_submission(uow, _founding(uow, union))


def ready_to_approve(
    uow: UnitOfWork, union: GrassrootsUnion, answers: Mapping[str, Any]
) -> Iterator[FieldFault]:
    """What stands in the way of the reply (批复): a rival union, another term, a day before the election.

    The stated term is asked again because the later registration rests on it (domain §1.4 step 6).
    """
    _hold_employers(uow, union)
    yield from fault_of_rival(union, _rivals(uow, union))
    term, day = _founding(uow, union).term, answers.get("effective_on") or clock.today()
    if term is None or term.years != answers["term_years"]:
        yield FieldFault("/term_years", "term_differs", _("批复写明的任期与报送的委员会任期不一致。"))
    if term is not None and day < term.started_on:
        yield FieldFault("/effective_on", "before_election", _("批准日期不能早于选举日期。"))


def exist_from(_uow: UnitOfWork, union: GrassrootsUnion, answers: Mapping[str, Any]) -> None:
    """The union exists from the day of the reply."""
    day: date = answers["effective_on"]
    union.founded_on = day


def seal_in_order(
    _uow: UnitOfWork, union: GrassrootsUnion, answers: Mapping[str, Any]
) -> Iterator[FieldFault]:
    """A seal is cut for a union that is founded, and a bank account is opened with it."""
    sealed, opened_on = answers["sealed_on"], answers.get("bank_opened_on")
    if union.founded_on is not None and sealed < union.founded_on:
        yield FieldFault("/sealed_on", "before_founding", _("日期不能早于建会日期。"))
    if opened_on is not None and opened_on < sealed:
        yield FieldFault("/bank_opened_on", "before_seal", _("先刻制公章，再开立银行账户。"))
    for name, day in (("sealed_on", sealed), ("bank_opened_on", opened_on)):
        if day is not None and day > clock.today():
            yield FieldFault(f"/{name}", "in_future", _("日期不能晚于今天。"))


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
