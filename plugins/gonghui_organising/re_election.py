"""Re-elections (换届): one for each term of a union that ends, with its candidates, ballots and deadlines."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Index, select
from sqlalchemy.orm import Mapped, mapped_column

from gonghui.sdk import (
    DeadlineRule,
    Direction,
    Record,
    TenantTable,
    Text,
    UnitOfWork,
    _,
    one_of,
    ref,
    unique,
)
from gonghui_organising.committee import Office
from gonghui_organising.union import PLUGIN, CommitteeTerm, GrassrootsUnion

READ, CREATE = "organising.re_election.read", "organising.re_election.create"
#: Parameter with the days before the end of a term at which it is watched.
WATCH = "organising.term.watch"


class ReElectionState(StrEnum):
    """Where a re-election stands. That its term is over says its deadline, in whatever state it is."""

    DUE = "due"
    EXTENDED = "extended"
    PLAN_SUBMITTED = "plan_submitted"
    RETURNED = "returned"
    APPROVED_TO_HOLD = "approved_to_hold"
    HELD = "held"
    RESULT_SUBMITTED = "result_submitted"
    APPROVED = "approved"


class MeetingForm(StrEnum):
    """会员大会 or 会员代表大会."""

    GENERAL_MEETING = "general_meeting"
    CONGRESS = "congress"


class ChairBy(StrEnum):
    """The chair is elected by the meeting itself or by the new committee (选举工作条例 Art. 3)."""

    MEETING = "meeting"
    COMMITTEE = "committee"


class Ballot(StrEnum):
    """What is voted on: the seats of a body, or who is chair of the union."""

    UNION = "union"
    AUDIT = "audit"
    WOMEN = "women"
    CHAIR = "chair"


BALLOTS: dict[str, Text] = {
    Ballot.UNION.value: _("工会委员会委员"),
    Ballot.AUDIT.value: _("经费审查委员会委员"),
    Ballot.WOMEN.value: _("女职工委员会委员"),
    Ballot.CHAIR.value: _("工会主席"),
}
MEETINGS: dict[str, Text] = {
    MeetingForm.GENERAL_MEETING.value: _("会员大会"),
    MeetingForm.CONGRESS.value: _("会员代表大会"),
}
CHAIRS: dict[str, Text] = {
    ChairBy.MEETING.value: _("大会直接选举"),
    ChairBy.COMMITTEE.value: _("委员会选举"),
}


class ReElection(Record, schema=PLUGIN):
    """The renewal of a union's bodies when their term ends; filed at the union's own node."""

    __tablename__ = "re_election"
    __table_args__ = (
        unique("term_id"),
        one_of("state", ReElectionState),
        one_of("meeting_form", MeetingForm),
        one_of("chair_by", ChairBy),
        Index("ix_re_election_org_unit", "tenant_id", "org_unit_id", "id"),
        Index("ix_re_election_union", "tenant_id", "union_id"),
        Index("ix_re_election_ends_on", "tenant_id", "ends_on"),
    )

    union: Mapped[GrassrootsUnion] = ref(GrassrootsUnion)
    union_id: Mapped[UUID]
    term: Mapped[CommitteeTerm] = ref(CommitteeTerm)
    term_id: Mapped[UUID]
    ends_on: Mapped[date]
    extended_to: Mapped[date | None]
    extension_no: Mapped[str | None]
    # --- the plan
    meeting_form: Mapped[str | None]
    meeting_on: Mapped[date | None]
    chair_by: Mapped[str | None]
    years: Mapped[int | None]
    seats: Mapped[int | None]
    audit_seats: Mapped[int | None]
    women_seats: Mapped[int | None]
    delegates: Mapped[int | None]
    managers: Mapped[int | None]
    plan_reply_no: Mapped[str | None]
    # --- the meeting
    notified_on: Mapped[date | None]
    held_on: Mapped[date | None]
    voters: Mapped[int | None]
    retained: Mapped[int | None]
    # --- the reply to the result
    approval_no: Mapped[str | None]
    term_years: Mapped[int | None]
    changes_on: Mapped[date | None]


class ReElectionCandidate(TenantTable, schema=PLUGIN):
    """Somebody who stands for a seat, with the votes that the count gave."""

    __tablename__ = "re_election_candidate"
    __table_args__ = (
        one_of("ballot", Ballot),
        one_of("office", Office),
        Index("ix_re_election_candidate_re_election", "tenant_id", "re_election_id"),
    )

    re_election: Mapped[ReElection] = ref(ReElection)
    re_election_id: Mapped[UUID]
    number: Mapped[int]
    ballot: Mapped[str]
    name: Mapped[str]
    sex: Mapped[str]
    #: Whom the body is to have as its chair and vice-chair, if they are elected.
    office: Mapped[str]
    is_full_time: Mapped[bool] = mapped_column(default=False)
    is_no_relative: Mapped[bool] = mapped_column(default=False)
    may_be_chair: Mapped[bool] = mapped_column(default=False)
    votes: Mapped[int | None]
    is_elected: Mapped[bool] = mapped_column(default=False)


class ReElectionBallot(TenantTable, schema=PLUGIN):
    """The count of one ballot: who was due and came, the papers that went out and came back."""

    __tablename__ = "re_election_ballot"
    __table_args__ = (
        one_of("ballot", Ballot),
        Index("ix_re_election_ballot_re_election", "tenant_id", "re_election_id"),
    )

    re_election: Mapped[ReElection] = ref(ReElection)
    re_election_id: Mapped[UUID]
    ballot: Mapped[str]
    due: Mapped[int]
    attended: Mapped[int]
    issued: Mapped[int]
    returned: Mapped[int]
    invalid: Mapped[int]
    is_secret: Mapped[bool] = mapped_column(default=False)


def union_of(uow: UnitOfWork, re_election: ReElection) -> GrassrootsUnion:
    """The union whose bodies are renewed."""
    return uow.session.get_one(GrassrootsUnion, (uow.tenant_id, re_election.union_id))


def candidates_of(uow: UnitOfWork, re_election: ReElection) -> list[ReElectionCandidate]:
    """Candidates by number."""
    mine = ReElectionCandidate.re_election_id == re_election.id
    return list(
        uow.session.scalars(select(ReElectionCandidate).where(mine).order_by(ReElectionCandidate.number))
    )


def counts_of(uow: UnitOfWork, re_election: ReElection) -> list[ReElectionBallot]:
    """The counts of the meeting, one for each ballot."""
    mine = ReElectionBallot.re_election_id == re_election.id
    return list(uow.session.scalars(select(ReElectionBallot).where(mine)))


def seats_of(re_election: ReElection, ballot: str) -> int:
    """For how many seats a ballot is held."""
    seats = {
        Ballot.UNION.value: re_election.seats,
        Ballot.AUDIT.value: re_election.audit_seats,
        Ballot.WOMEN.value: re_election.women_seats,
        Ballot.CHAIR.value: 1,
    }
    return seats[ballot] or 0


def inside_the_committee(re_election: ReElection) -> set[str]:
    """Ballots for an office inside the union committee: its chair, and a women's commissioner (工会法 Art. 11)."""
    if (re_election.seats or 0) > 1 and re_election.women_seats == 1:
        return {Ballot.CHAIR.value, Ballot.WOMEN.value}
    return {Ballot.CHAIR.value}


#: The term's last day. A term is renewed once the new bodies are approved, and then as of the day of their election.
TERM_END = DeadlineRule(
    "organising.re_election.term_end",
    _("任期届满换届"),
    "organising.term.last_day",
    READ,
    warn_before=WATCH,
)
PLAN_REPLY = DeadlineRule(
    "organising.re_election.plan_reply",
    _("答复换届方案"),
    "organising.meeting.report_reply",
    READ,
    warn_before=(7, 3),
)
NOTICE = DeadlineRule(
    "organising.re_election.notice",
    _("通知会议日期、议程和文件"),
    "organising.meeting.notice",
    READ,
    direction=Direction.BACKWARD,
    warn_before=(7, 3),
)
RESULT_REPLY = DeadlineRule(
    "organising.re_election.result_reply",
    _("批复选举结果"),
    "organising.election.result_reply",
    READ,
    warn_before=(7, 3),
)
CHANGES = DeadlineRule(
    "organising.re_election.changes",
    _("变更印章、银行账户和法人登记"),
    "organising.legal_person.change_within",
    READ,
    warn_before=(15, 7),
)
DEADLINES = (TERM_END, PLAN_REPLY, NOTICE, RESULT_REPLY, CHANGES)
