"""The sample district's likenesses: employers whose names look alike, and somebody who was entered twice."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from uuid import UUID

from sqlalchemy import select

from gonghui.sdk import (
    Employer,
    EmployerMatch,
    Person,
    UnitOfWork,
    account_principal_by_id,
    create_record,
    new_employer,
    opened,
)
from gonghui_organising.demo_people import demo_id_number
from gonghui_organising.members import members
from gonghui_organising.membership import Membership, MembershipState
from gonghui_organising.union import CoveredUnit, GrassrootsUnion, UnionState

#: How a second row of an employer is written, and how alike its name is.
_SPELLINGS: tuple[tuple[Callable[[str], str], int], ...] = (
    (lambda name: name.replace("有限公司", "公司"), 96),
    (lambda name: name.replace("深圳市", ""), 93),
)
_SERIAL = 890_001


def fill_likeness(uow: UnitOfWork, accounts: Mapping[str, UUID]) -> None:
    """Pairs that wait for the district to decide on them."""
    named = (
        select(Employer)
        .join(CoveredUnit, CoveredUnit.employer_id == Employer.id)
        .join(GrassrootsUnion, GrassrootsUnion.id == CoveredUnit.union_id)
        .where(
            Employer.name.startswith("深圳市"), Employer.name.endswith("有限公司"), Employer.uscc.is_not(None)
        )
        .where(GrassrootsUnion.state == UnionState.APPROVED.value)
        .order_by(Employer.id)
        .limit(len(_SPELLINGS))
    )
    uow.note("organising.demo.filled")
    for known, (spelling, score) in zip(uow.session.scalars(named).all(), _SPELLINGS, strict=False):
        later = new_employer(spelling(known.name))
        uow.add(later)
        uow.session.flush()
        uow.add(EmployerMatch(employer_id=later.id, candidate_id=known.id, score=score))
        if score == _SPELLINGS[0][1]:
            _move_some(uow, known, later)
    if "district" in accounts:
        _enter_again(uow, accounts["district"])


def _move_some(uow: UnitOfWork, known: Employer, later: Employer) -> None:
    """A few members were entered with the other spelling."""
    some = select(Membership).where(Membership.employer_id == known.id).order_by(Membership.id).limit(2)
    for membership in uow.session.scalars(some).all():
        membership.employer_id = later.id


def _enter_again(uow: UnitOfWork, district: UUID) -> None:
    """A member whose number was mistyped somewhere else, and who is a member twice since."""
    live = select(Membership).where(Membership.state == MembershipState.ACTIVE.value)
    first = uow.session.scalars(live.order_by(Membership.id).limit(1)).one()
    elsewhere = live.where(Membership.org_unit_id != first.org_unit_id).order_by(Membership.id).limit(1)
    person = uow.session.get_one(Person, (uow.tenant_id, first.person_id))
    phone, born_on = opened(uow, person, "phone"), opened(uow, person, "born_on")
    operator = uow.principal
    uow.become(account_principal_by_id(uow, district))
    create_record(uow, members, {
        "org_unit_id": uow.session.scalars(elsewhere).one().org_unit_id,
        "name": person.name,
        "id_number": demo_id_number(_SERIAL, male=person.sex == "male", born_on=date.fromisoformat(born_on or "")),
        "phone": phone,
        "is_member_already": True,
        "is_another_person": True,
    })  # fmt: skip
    uow.become(operator)
