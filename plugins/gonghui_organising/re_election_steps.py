"""What follows from the steps of a re-election: it comes into being, is put off, is counted, gives a new term."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import and_, select
from sqlalchemy.dialects.postgresql import distinct_on

from gonghui.sdk import (
    Event,
    FieldFault,
    LimitUnit,
    RecordTransition,
    TimeLimit,
    UnitOfWork,
    _,
    advance,
    cancel_deadline,
    clock,
    delete_many,
    extend_deadline,
    figure,
    forget_deadlines,
    insert_many,
    invalid,
    meet_deadline,
    open_deadline,
    publish_many,
    set_deadline,
    set_deadlines,
    transition_row,
    visible,
)
from gonghui_organising.bodies import Body, form_of
from gonghui_organising.committee import Committee, CommitteeOfficer, Office
from gonghui_organising.committee_records import committees
from gonghui_organising.electorate import electorate
from gonghui_organising.re_election import (
    CHANGES,
    CREATE,
    NOTICE,
    TERM_END,
    WATCH,
    Ballot,
    ReElection,
    ReElectionCandidate,
    ReElectionState,
    candidates_of,
    counts_of,
    seats_of,
    union_of,
)
from gonghui_organising.re_election_result import all_elected
from gonghui_organising.union import CommitteeTerm, GrassrootsUnion, UnionState, term_end

Answers = Mapping[str, Any]
_TERM: Any = CommitteeTerm.__table__.c
_UNION: Any = GrassrootsUnion.__table__.c


class Ending(NamedTuple):
    """A term that ends, of a union, and where the union stands."""

    id: UUID
    union_id: UUID
    ends_on: date
    org_unit_id: UUID


# --- coming into being


def open_due(uow: UnitOfWork) -> int:
    """Bring a re-election into being for every term that ends within the time of the watch; how many.

    Of the unions for which the principal may begin one; the operator begins them all.

    Whoever calls it again changes nothing: a term has one re-election, and a term that was renewed none to come.
    """
    made = bring(uow, _ending(uow))
    told = [(re_election, 1) for re_election in made]
    publish_many(uow, "organising.re_election.created", ReElection, told, step="create")
    return len(made)


def open_due_of(uow: UnitOfWork, event: Event) -> None:
    """Watch the terms of unions that came in by a register at once: it may hold terms that are over for years."""
    unions = [union_id for union_id, _version in event.records]
    told = [(re_election, 1) for re_election in bring(uow, _ending(uow, unions))]
    publish_many(uow, "organising.re_election.created", ReElection, told, step="create")


def forget_unbegun(uow: UnitOfWork, unions: Collection[UUID]) -> None:
    """Delete the re-elections of unions that only the watch has brought, and nobody has touched since."""
    by_nobody = (
        select(RecordTransition.id)
        .where(RecordTransition.record_id == ReElection.id, RecordTransition.account_id.is_(None))
        .exists()
    )
    unbegun = (ReElection.union_id.in_(unions), ReElection.version == 1, by_nobody)
    gone = list(uow.session.scalars(select(ReElection.id).where(*unbegun)))
    forget_deadlines(uow, gone)
    delete_many(uow, RecordTransition, RecordTransition.record_id.in_(gone))
    delete_many(uow, ReElection, ReElection.id.in_(gone))


def _ending(uow: UnitOfWork, unions: Collection[UUID] | None = None) -> list[Ending]:
    """Latest terms that end within the time of the watch and have no re-election yet; all, or those of some unions."""
    watch = max(figure(uow, WATCH).value)
    until = clock.today() + timedelta(days=watch)
    newest = (_TERM.union_id, _TERM.started_on.desc())
    terms = select(CommitteeTerm.__table__)
    if unions is not None:
        terms = terms.where(_TERM.union_id.in_(unions))
    latest: Any = terms.ext(distinct_on(_TERM.union_id)).order_by(*newest).subquery()
    has_one = select(ReElection.id).where(ReElection.term_id == latest.c.id).exists()
    wanted = (
        select(latest.c.id, latest.c.union_id, latest.c.ends_on, _UNION.org_unit_id)
        .join(
            GrassrootsUnion.__table__,
            and_(_UNION.tenant_id == latest.c.tenant_id, _UNION.id == latest.c.union_id),
        )
        .where(
            _UNION.state == UnionState.APPROVED.value,
            visible(uow.principal, CREATE, _UNION.org_unit_id),
            latest.c.ends_on <= until,
            ~has_one,
        )
        .order_by(latest.c.ends_on, latest.c.id)
    )
    return [Ending(*row) for row in uow.session.execute(wanted)]


def bring(uow: UnitOfWork, terms: Sequence[Ending]) -> list[UUID]:
    """Re-elections of these terms with their first step and the deadline of their term's end, each in one batch."""
    uow.note("organising.re_election.created")
    made = insert_many(
        uow,
        ReElection,
        [
            {
                "org_unit_id": term.org_unit_id,
                "state": ReElectionState.DUE.value,
                "union_id": term.union_id,
                "term_id": term.id,
                "ends_on": term.ends_on,
            }
            for term in terms
        ],
    )
    insert_many(uow, RecordTransition, [_first_step(uow, row) for row in made])
    # The limit is one day: counted from the eve, it ends with the last day of the term.
    starts = [(row["id"], row["org_unit_id"], row["ends_on"] - timedelta(days=1)) for row in made]
    set_deadlines(uow, TERM_END, ReElection, starts)
    return [row["id"] for row in made]


def _first_step(uow: UnitOfWork, row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "record_type": ReElection.__table__.fullname,  # type: ignore[attr-defined]
        "record_id": row["id"],
        "name": "create",
        "from_state": None,
        "to_state": row["state"],
        "effective_on": clock.today(),
        "org_unit_id": row["org_unit_id"],
        "account_id": uow.principal.account_id,
        "person_id": uow.principal.person_id,
    }


# --- on its way


def put_off(uow: UnitOfWork, re_election: ReElection, answers: Answers) -> None:
    """延期: the term's end moves by so many months, all together no further than the rule allows."""
    cap = figure(uow, "organising.term.extension")
    months = TimeLimit(answers["months"], LimitUnit.MONTHS)
    deadline = extend_deadline(
        uow,
        re_election,
        TERM_END,
        months,
        answers["comment"],
        cap=TimeLimit(cap.value, LimitUnit(cap.unit)),
    )
    re_election.extended_to = deadline.due_on
    cancel_deadline(uow, re_election, NOTICE)


def await_notice(uow: UnitOfWork, re_election: ReElection, _answers: Answers) -> None:
    """The notice has to go out so many working days before the day of the meeting."""
    cancel_deadline(uow, re_election, NOTICE)
    re_election.notified_on = None
    if re_election.meeting_on is not None:
        set_deadline(uow, re_election, NOTICE, re_election.meeting_on)


def keep_notice(uow: UnitOfWork, re_election: ReElection, answers: Answers) -> None:
    """The notice went out on the day that is told, whenever that is written down."""
    meet_deadline(uow, re_election, NOTICE, answers["notified_on"])


def count_voters(uow: UnitOfWork, re_election: ReElection, answers: Answers) -> None:
    """Who might vote on the day of the meeting, by the register of members as it stood that day."""
    voters = electorate(uow, union_of(uow, re_election), answers["held_on"])
    re_election.voters = voters.active if voters.is_registered else None
    re_election.retained = voters.retained if voters.is_registered else None
    _forget_count(uow, re_election)


def meet_again(uow: UnitOfWork, re_election: ReElection, answers: Answers) -> None:
    """重新召开: the count of the meeting that failed is void, and a new notice is due."""
    _forget_count(uow, re_election)
    re_election.held_on = re_election.voters = re_election.retained = None
    await_notice(uow, re_election, answers)


def _forget_count(uow: UnitOfWork, re_election: ReElection) -> None:
    for candidate in candidates_of(uow, re_election):
        candidate.votes, candidate.is_elected = None, False
    for count in counts_of(uow, re_election):
        uow.session.delete(count)


def put_votes(uow: UnitOfWork, re_election: ReElection, rows: Sequence[Answers]) -> None:
    """Votes by the candidate's number. Raises `Invalid` for a number that no candidate has."""
    by_number = {candidate.number: candidate for candidate in candidates_of(uow, re_election)}
    faults = [
        FieldFault(f"/votes/{index}/number", "candidate_unknown", _("没有这个序号的候选人。"))
        for index, row in enumerate(rows)
        if row["number"] not in by_number
    ]
    if faults:
        raise invalid(*faults)
    for row in rows:
        by_number[row["number"]].votes = row["votes"]


def mark_elected(uow: UnitOfWork, re_election: ReElection, _answers: Answers) -> None:
    """Say of every candidate whether the count elects them."""
    elected = all_elected(uow, re_election)
    for candidate in candidates_of(uow, re_election):
        candidate.is_elected = candidate.number in elected


def changes_are_due(uow: UnitOfWork, re_election: ReElection, answers: Answers) -> Sequence[FieldFault]:
    """Seal, bank account and legal person are changed once, and on a day that has come."""
    faults = []
    if open_deadline(uow, re_election, CHANGES) is None:
        faults.append(FieldFault("", "changes_known", _("印章、银行账户和法人登记的变更已经登记。")))
    if answers["changes_on"] > clock.today():
        faults.append(FieldFault("/changes_on", "in_future", _("变更日期不能晚于今天。")))
    return faults


def keep_changes(uow: UnitOfWork, re_election: ReElection, answers: Answers) -> None:
    """The changes were made on the day that is told."""
    meet_deadline(uow, re_election, CHANGES, answers["changes_on"])


# --- the new term


def renew(uow: UnitOfWork, re_election: ReElection, answers: Answers) -> None:
    """批复: the bodies of the old term end, the elected ones begin theirs on the day of the election."""
    union, held_on = union_of(uow, re_election), re_election.held_on
    if held_on is None or re_election.years is None:
        raise RuntimeError("a result was approved of a meeting that nobody held")
    meet_deadline(uow, re_election, TERM_END, held_on)
    _end_bodies(uow, re_election.term_id, answers["effective_on"])
    term = CommitteeTerm(
        union_id=union.id,
        started_on=held_on,
        years=re_election.years,
        ends_on=term_end(held_on, re_election.years),
        seats=re_election.seats,
    )
    uow.add(term)
    elected = [one for one in candidates_of(uow, re_election) if one.is_elected]
    chair = next((one.name for one in elected if one.ballot == Ballot.CHAIR), None)
    for body in Body:
        seated = [one for one in elected if one.ballot == body.value]
        _begin_body(uow, re_election, term, body, seated, chair, answers["effective_on"])
    union.chair_name = chair
    uow.session.flush()


def _end_bodies(uow: UnitOfWork, term_id: UUID, on: date) -> None:
    ending = select(Committee).where(Committee.term_id == term_id, Committee.state == "in_office")
    for committee in uow.session.scalars(ending).all():  # a term has three
        advance(uow, committees, committee, committees.workflow.named("end"), day=on)


def _begin_body(
    uow: UnitOfWork,
    re_election: ReElection,
    term: CommitteeTerm,
    body: Body,
    seated: Sequence[ReElectionCandidate],
    chair: str | None,
    on: date,
) -> None:
    seats = seats_of(re_election, body.value)
    committee = Committee(
        org_unit_id=re_election.org_unit_id,
        state="in_office",
        union_id=term.union_id,
        term_id=term.id,
        kind=body.value,
        form=form_of(seats).value,
        seats=seats,
    )
    officers = [
        CommitteeOfficer(
            committee_id=committee.id,
            number=number,
            name=one.name,
            sex=one.sex,
            office=Office.CHAIR.value if body == Body.UNION and one.name == chair else one.office,
            is_full_time=one.is_full_time,
            elected_on=term.started_on,
            is_no_relative=one.is_no_relative,
            may_be_chair=one.may_be_chair,
        )
        for number, one in enumerate(seated, 1)
    ]
    uow.add(committee, *officers, transition_row(uow, committee, "create", None, on))
