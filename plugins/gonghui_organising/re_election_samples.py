"""Committees and re-elections as samples for the contract kit, each in the state that an operation needs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from gonghui.sdk import (
    Account,
    Record,
    RecordType,
    UnitOfWork,
    add_months,
    change_record,
    clock,
    create_record,
    step,
    take_step,
)
from gonghui_organising.committee_records import committees
from gonghui_organising.re_election import ReElection, ReElectionBallot, candidates_of
from gonghui_organising.re_election_records import re_elections
from gonghui_organising.union_samples import founding_values
from gonghui_organising.unions import unions

Steps = tuple[tuple[str, dict[str, Any]], ...]
#: Accounts of the sample federation that the contract asks for nothing else.
_OTHERS = ("admin", "auditor", "west", "firm", "worker")
_DAY = timedelta(days=1)
_MEETING = timedelta(days=21)


def union_in_force(uow: UnitOfWork, place: UUID, months: int = 3) -> UUID:
    """An approved union whose term of five years ends in so many months."""
    started_on = add_months(clock.today(), months - 12 * 5)
    committee = {"started_on": started_on, "years": 5, "seats": 3}
    told = {"women_members": 12, "committee": committee, "employer_informed_on": started_on}
    union = create_record(uow, unions, {**founding_values(place), **told})
    take_step(uow, unions, union.id, union.version, "submit", {})
    myself = uow.principal
    account_id, person_id = _officers(uow)[0]
    uow.become(replace(myself, account_id=account_id, person_id=person_id))
    reply = {"approval_no": "示工复〔2024〕2号", "term_years": 5}
    take_step(uow, unions, union.id, union.version, "approve", reply)
    uow.become(myself)
    return union.id


def plan_values(meeting_on: date) -> dict[str, Any]:
    """A sound plan of a union with thirty members, twelve of them women."""
    names = {"union": "甲乙丙丁", "audit": "戊己庚辛", "women": "壬癸子丑", "chair": "甲"}
    people = [(ballot, name) for ballot, known in names.items() for name in known]
    return {
        "meeting_form": "general_meeting",
        "meeting_on": meeting_on,
        "chair_by": "meeting",
        "years": 5,
        "seats": 3,
        "audit_seats": 3,
        "women_seats": 3,
        "candidates": [
            {
                "number": number,
                "ballot": ballot,
                "name": f"{name}示例",
                "sex": "female" if ballot == "women" else "male",
                "office": "chair" if ballot == "chair" else "member",
                "is_full_time": False,
                "is_no_relative": True,
                "may_be_chair": True,
            }
            for number, (ballot, name) in enumerate(people, 1)
        ],
    }


def count_values(due: int = 30) -> list[dict[str, Any]]:
    """Papers of a meeting to which all but two of those due came."""
    papers = dict.fromkeys(("attended", "issued", "returned"), due - 2)
    return [
        {"ballot": ballot, "due": due, **papers, "invalid": 0, "is_secret": True}
        for ballot in ("union", "audit", "women", "chair")
    ]


def vote_values() -> list[dict[str, int]]:
    """Three of each four candidates have a majority, and the only one for the chair."""
    return [{"number": number, "votes": 5 if number in (4, 8, 12) else 20} for number in range(1, 14)]


def re_election_at(*steps: str) -> Callable[[UnitOfWork, UUID], UUID]:
    """A maker of re-elections that have come as far as the last of `steps`."""

    def make(uow: UnitOfWork, place: UUID) -> UUID:
        now, union_id = clock.now(), union_in_force(uow, place)
        with clock.at(now - _MEETING - _DAY):
            record = create_record(uow, re_elections, {"union_id": union_id})
            change_record(uow, re_elections, record.id, 1, plan_values((now - _DAY).date()))
            _go(uow, record, [name for name in steps if name in _BEFORE])
        _go(uow, record, [name for name in steps if name not in _BEFORE])
        return record.id

    return make


def yesterday(_uow: UnitOfWork, _place: UUID) -> str:
    """The day of a meeting that has been held."""
    return (clock.today() - _DAY).isoformat()


def planned_ahead(uow: UnitOfWork, place: UUID) -> UUID:
    """A re-election whose meeting is still to come."""
    values = {"union_id": union_in_force(uow, place), **plan_values(clock.today() + _MEETING)}
    return create_record(uow, re_elections, values).id


def committee_at(*steps: str) -> Callable[[UnitOfWork, UUID], UUID]:
    """A maker of union committees with two officers for three seats; `confirm` puts them into office."""

    def make(uow: UnitOfWork, place: UUID) -> UUID:
        values = committee_values(union_in_force(uow, place), officers=3)
        record = create_record(uow, committees, values)
        for name in steps:
            _take(uow, committees, record, name, _COMMITTEE_ANSWERS[name])
        return record.id

    return make


def committee_values(union_id: UUID | str, officers: int) -> dict[str, Any]:
    return {
        "union_id": union_id,
        "kind": "union",
        "seats": 3,
        "officers": [
            {
                "number": number,
                "name": f"{'甲乙丙丁'[number - 1]}示例",
                "sex": "male",
                "office": "chair" if number == 1 else "member",
                "is_full_time": False,
                "elected_on": date(2024, 1, 5),
                "is_no_relative": True,
                "may_be_chair": True,
            }
            for number in range(1, officers + 1)
        ],
    }


#: Steps that come before the day of the meeting.
_BEFORE = ("submit-plan", "return", "approve-plan", "notify")
_PLANNED = ("submit-plan", "approve-plan", "notify")
_HELD = (*_PLANNED, "hold")
_SUBMITTED = (*_HELD, "count", "submit-result")
_COMMITTEE_ANSWERS: Mapping[str, dict[str, Any]] = {
    "confirm": {},
    "leave": {"number": 3, "left_on": date(2024, 6, 3), "left_reason": "retired"},
}


def _go(uow: UnitOfWork, record: Any, names: list[str]) -> None:
    for name in names:
        if name == "count":
            _count(uow, record)
        else:
            _take(uow, re_elections, record, name, _answers(name))


def _answers(name: str) -> dict[str, Any]:
    today = clock.today()
    known: dict[str, dict[str, Any]] = {
        "return": {"comment": "缺少候选人名单"},
        "approve-plan": {"plan_reply_no": "示工复〔2024〕3号"},
        "notify": {"notified_on": today},
        "hold": {"held_on": today - _DAY},
        "approve": {"approval_no": "示工复〔2024〕8号", "term_years": 5},
    }
    return known.get(name, {})


def _count(uow: UnitOfWork, re_election: ReElection) -> None:
    for values in count_values():
        uow.add(ReElectionBallot(re_election_id=re_election.id, **values))
    votes = {row["number"]: row["votes"] for row in vote_values()}
    for candidate in candidates_of(uow, re_election):
        candidate.votes = votes[candidate.number]
    uow.session.flush()


def _take(uow: UnitOfWork, kind: RecordType, record: Record, name: str, answers: dict[str, Any]) -> None:
    """Take a step as the union's officer, or as the one above, as the separation of duties wants it."""
    myself, transition = uow.principal, kind.workflow.named(name)
    account_id, person_id = _officers(uow)[1 if transition.above else 0]
    uow.become(replace(myself, account_id=account_id, person_id=person_id))
    step(uow, kind, record, transition, answers)
    uow.become(myself)


def _officers(uow: UnitOfWork) -> list[Any]:
    wanted = select(Account.id, Account.person_id).where(Account.login.in_(_OTHERS)).order_by(Account.id)
    return list(uow.session.execute(wanted).all())


_ONE = "POST /api/v1/organising/re-elections/{re_election_id}"
_BODY = "POST /api/v1/organising/committees/{committee_id}"
SAMPLES: dict[str, Callable[[UnitOfWork, UUID], Any]] = {
    "union_in_force": union_in_force,
    "a past day": yesterday,
    "re_election_id": re_election_at(),
    f"{_ONE}/submit-plan": planned_ahead,
    "committee_id": committee_at(),
    f"{_ONE}/return": re_election_at("submit-plan"),
    f"{_ONE}/approve-plan": re_election_at("submit-plan"),
    f"{_ONE}/notify": re_election_at("submit-plan", "approve-plan"),
    f"{_ONE}/hold": re_election_at(*_PLANNED),
    f"{_ONE}/reconvene": re_election_at(*_HELD),
    f"{_ONE}/submit-result": re_election_at(*_HELD, "count"),
    f"{_ONE}/return-result": re_election_at(*_SUBMITTED),
    f"{_ONE}/approve": re_election_at(*_SUBMITTED),
    f"{_ONE}/register-changes": re_election_at(*_SUBMITTED, "approve"),
    "PUT /api/v1/organising/re-elections/{re_election_id}/ballots": re_election_at(*_HELD),
    "PUT /api/v1/organising/re-elections/{re_election_id}/votes": re_election_at(*_HELD),
    f"{_BODY}/by-elect": committee_at("confirm", "leave"),
    f"{_BODY}/leave": committee_at("confirm"),
    f"{_BODY}/remove": committee_at("confirm"),
    f"{_BODY}/transfer": committee_at("confirm"),
    f"{_BODY}/end": committee_at("confirm"),
}
