"""The sample district's re-elections: every term that ends, and a few on their way, by the real services."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from gonghui.sdk import (
    OrgUnit,
    OrgUnitKind,
    UnitOfWork,
    account_principal_by_id,
    change_record,
    clock,
    figure,
    find_units,
    take_step,
    under,
)
from gonghui_organising.ballots import candidates_needed
from gonghui_organising.bodies import Body, BodyForm, required_bodies
from gonghui_organising.electorate import Electorate, electorate
from gonghui_organising.forms import seat_range
from gonghui_organising.re_election import ReElection, ReElectionBallot, candidates_of, seats_of, union_of
from gonghui_organising.re_election_records import re_elections
from gonghui_organising.re_election_steps import open_due

_NAMES = "甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉"
#: How long before the day of the demonstration the plans were made, and their meetings held.
_PLANNED, _HELD = timedelta(days=40), timedelta(days=10)
_STREET = "观湖街道总工会"


def fill_re_elections(uow: UnitOfWork, accounts: Mapping[str, UUID]) -> None:
    """Begin what is due, and take some re-elections of a street as far as each of their states."""
    operator, now = uow.principal, clock.now()
    street, district = (account_principal_by_id(uow, accounts[login]) for login in ("guanhu", "district"))
    with clock.at(now - _PLANNED):
        open_due(uow)
        chosen = _some(uow, 4)
        for re_election in chosen:
            uow.become(street)
            _plan(uow, re_election, (now - _HELD).date())
            _take(uow, re_election, "submit-plan")
        uow.become(district)
        for re_election in chosen[1:2]:
            _take(uow, re_election, "return", comment="候选人名单缺少盖章页，请补齐后再报。")
        for re_election in chosen[2:]:
            _take(uow, re_election, "approve-plan", plan_reply_no="示工复〔2024〕11号")
        uow.become(street)
        for re_election in chosen[2:]:
            _take(uow, re_election, "notify", notified_on=clock.today())
    for re_election in chosen[3:]:
        _take(uow, re_election, "hold", held_on=re_election.meeting_on)
        _count(uow, re_election)
        _take(uow, re_election, "submit-result")
        uow.become(district)
        _take(uow, re_election, "approve", approval_no="示工复〔2024〕15号", term_years=re_election.years)
    uow.become(operator)
    open_due(uow)


def _some(uow: UnitOfWork, number: int) -> Sequence[ReElection]:
    (street,) = find_units(uow, _STREET, (OrgUnitKind.STREET_FEDERATION,))
    there = (
        select(ReElection)
        .join(OrgUnit, OrgUnit.id == ReElection.org_unit_id)
        .where(under([street.path]))
        .order_by(ReElection.ends_on, ReElection.id)
    )
    return uow.session.scalars(there.limit(number)).all()


def _plan(uow: UnitOfWork, re_election: ReElection, meeting_on: date) -> None:
    voters = electorate(uow, union_of(uow, re_election), clock.today())
    seats = _seats(uow, voters)
    margin = figure(uow, "organising.election.committee_margin").value
    names = iter(_NAMES * 5)
    people = [
        (body, f"{next(names)}示例")
        for body, n in seats.items()
        for _one in range(candidates_needed(n, margin))
    ]
    if seats[Body.WOMEN.value] == 1:  # a commissioner inside the committee
        people = [person for person in people if person[0] != Body.WOMEN.value]
        people.append((Body.WOMEN.value, people[0][1]))
    people.append(("chair", people[0][1]))
    plan = {
        "meeting_form": "general_meeting",
        "meeting_on": meeting_on,
        "chair_by": "meeting",
        "years": 5,
        "seats": seats[Body.UNION.value],
        "audit_seats": seats[Body.AUDIT.value],
        "women_seats": seats[Body.WOMEN.value],
        "candidates": [_candidate(number, *person) for number, person in enumerate(people, 1)],
    }
    change_record(uow, re_elections, re_election.id, re_election.version, plan)


def _candidate(number: int, ballot: str, name: str) -> dict[str, Any]:
    return {
        "number": number,
        "ballot": ballot,
        "name": name,
        "sex": "female" if ballot == Body.WOMEN else "male",
        "office": "chair" if ballot == "chair" else "member",
        "is_no_relative": True,
        "may_be_chair": True,
    }


def _seats(uow: UnitOfWork, voters: Electorate) -> dict[str, int]:
    """The least seats that each body may have: odd, and three where it has to be a committee."""
    seats = {}
    for required in required_bodies(uow, voters.active, voters.women):
        is_committee = BodyForm.COMMISSIONER not in required.forms
        seats[required.body.value] = 3 if is_committee else 1
    low, _high = seat_range(figure(uow, "organising.committee.seats"), voters.active)
    return {**seats, Body.UNION.value: max(low, 1) | 1}


def _count(uow: UnitOfWork, re_election: ReElection) -> None:
    """Everybody came; four in five voted for those who are elected, one in ten for whoever is not."""
    due = electorate(uow, union_of(uow, re_election), re_election.held_on or clock.today()).active
    papers = dict.fromkeys(("due", "attended", "issued", "returned"), due)
    seated: dict[str, int] = {}
    for candidate in candidates_of(uow, re_election):
        seated[candidate.ballot] = seated.get(candidate.ballot, 0) + 1
        is_first = seated[candidate.ballot] <= seats_of(re_election, candidate.ballot)
        candidate.votes = due - due // 5 if is_first else due // 10
    uow.add(
        *(
            ReElectionBallot(
                re_election_id=re_election.id, ballot=ballot, **papers, invalid=0, is_secret=True
            )
            for ballot in seated
        )
    )
    uow.session.flush()


def _take(uow: UnitOfWork, re_election: ReElection, name: str, **answers: Any) -> None:
    take_step(uow, re_elections, re_election.id, re_election.version, name, answers)
