"""What stands in the way of a re-election: faults of its plan, and every breach of procedure in its result."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import select

from gonghui.sdk import (
    FieldFault,
    LimitUnit,
    Parameter,
    TimeLimit,
    UnitOfWork,
    _,
    calendar_of,
    clock,
    figure,
    last_day_before,
)
from gonghui_organising.ballots import (
    candidates_needed,
    has_quorum,
    most_managers,
    outcome,
    votes_needed,
)
from gonghui_organising.bodies import Body, faults_of_seats
from gonghui_organising.committee import Office
from gonghui_organising.committee_steps import faults_of_eligibility
from gonghui_organising.electorate import Electorate, electorate
from gonghui_organising.forms import seat_range
from gonghui_organising.re_election import (
    BALLOTS,
    Ballot,
    ChairBy,
    MeetingForm,
    ReElection,
    ReElectionBallot,
    ReElectionCandidate,
)
from gonghui_organising.union import GrassrootsUnion

Answers = Mapping[str, Any]
_PLAN = ("meeting_form", "meeting_on", "chair_by", "years", "seats", "audit_seats", "women_seats")


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


def is_about_its_union(uow: UnitOfWork, re_election: ReElection, _values: Answers) -> Iterator[FieldFault]:
    """A re-election stays that of the union whose term it renews."""
    if union_of(uow, re_election).org_unit_id != re_election.org_unit_id:
        yield FieldFault("/union_id", "union_fixed", _("换届登记后不能改到另一个工会。"))


def each_once(_uow: UnitOfWork, _re_election: ReElection, values: Answers) -> Iterator[FieldFault]:
    """A candidate's number and a ballot stand once in their lists."""
    for name, key, detail in (
        ("candidates", "number", _("序号写了两次。")),
        ("votes", "number", _("序号写了两次。")),
        ("ballots", "ballot", _("这项选举写了两次。")),
    ):
        told = [row[key] for row in values.get(name) or () if row.get(key) is not None]
        for index, value in enumerate(told):
            if told.index(value) != index:
                yield FieldFault(f"/{name}/{index}/{key}", "told_twice", detail)


# --- the plan


def plan_is_sound(uow: UnitOfWork, re_election: ReElection, _answers: Answers) -> Iterator[FieldFault]:
    """Everything that stands between a plan and its submission (domain §1.3, §1.8)."""
    missing = [name for name in _PLAN if getattr(re_election, name) is None]
    yield from (FieldFault(f"/{name}", "required", _("换届方案缺少这一项。")) for name in missing)
    if missing:
        return
    voters = electorate(uow, union_of(uow, re_election), clock.today())
    yield from _meeting(uow, re_election, voters)
    yield from _years(uow, re_election)
    for body, name in ((Body.UNION, "seats"), (Body.AUDIT, "audit_seats"), (Body.WOMEN, "women_seats")):
        seats = getattr(re_election, name)
        yield from faults_of_seats(uow, body, seats, voters.active, voters.women, f"/{name}")
    yield from _candidates(uow, re_election)


def _meeting(uow: UnitOfWork, re_election: ReElection, voters: Electorate) -> Iterator[FieldFault]:
    if re_election.meeting_on is not None and re_election.meeting_on <= clock.today():
        yield FieldFault("/meeting_on", "not_ahead", _("会议日期应晚于今天。"))
    if re_election.meeting_form == MeetingForm.CONGRESS:
        yield from _congress(uow, re_election, voters)


def _congress(uow: UnitOfWork, re_election: ReElection, voters: Electorate) -> Iterator[FieldFault]:
    """会员代表大会: from so many members, delegates by the table, no more managers among them than their share."""
    threshold = figure(uow, "organising.congress.members_from")
    if voters.active < threshold.value:
        detail = _("会员不足 {n} 人，应召开会员大会（{basis}）。", n=threshold.value, basis=threshold.basis)
        yield FieldFault("/meeting_form", "too_few_members", detail)
        return
    table = figure(uow, "organising.congress.delegates")
    low, high = seat_range(table, voters.active)
    delegates = re_election.delegates or 0
    if not low <= delegates <= high:
        detail = _("代表人数应在 {low} 与 {high} 之间（{basis}）。", low=low, high=high, basis=table.basis)
        yield FieldFault("/delegates", "delegates_outside_table", detail)
    share = figure(uow, "organising.congress.managers_share_most")
    if (re_election.managers or 0) > most_managers(delegates, share.value):
        detail = _("管理人员不超过代表的百分之 {n}（{basis}）。", n=share.value, basis=share.basis)
        yield FieldFault("/managers", "too_many_managers", detail)


def _years(uow: UnitOfWork, re_election: ReElection) -> Iterator[FieldFault]:
    lawful = figure(uow, "organising.committee.term_years")
    if re_election.years not in lawful.value:
        listed = "、".join(str(year) for year in lawful.value)
        yield FieldFault("/years", "term_unlawful", _("每届任期应为 {years} 年。", years=listed))


def _candidates(uow: UnitOfWork, re_election: ReElection) -> Iterator[FieldFault]:
    """Contested, eligible, one chair for each body, and the union's chair among those who stand for its committee."""
    margin = figure(uow, "organising.election.committee_margin")
    candidates = candidates_of(uow, re_election)
    for ballot, title in BALLOTS.items():
        standing = [one for one in candidates if one.ballot == ballot]
        least = candidates_needed(seats_of(re_election, ballot), margin.value)
        if len(standing) < least:
            detail = _(
                "“{ballot}”候选人 {n} 人，至少要 {least} 人（{basis}）。",
                ballot=title,
                n=len(standing),
                least=least,
                basis=margin.basis,
            )
            yield FieldFault("/candidates", "too_few_candidates", detail)
    names = {one.name for one in candidates if one.ballot == Ballot.UNION}
    for index, one in enumerate(candidates):
        pointer = f"/candidates/{index}"
        yield from faults_of_eligibility(one, pointer)
        if one.ballot == Ballot.CHAIR and one.name not in names:
            detail = _("主席候选人应同时是委员候选人。")
            yield FieldFault(f"{pointer}/name", "chair_not_candidate", detail)
        if one.ballot == Ballot.CHAIR and one.office != Office.CHAIR:
            yield FieldFault(f"{pointer}/office", "office_of_chair", _("主席候选人的职务应为主席。"))
        if one.ballot == Ballot.UNION and one.office == Office.CHAIR:
            detail = _("工会主席另行选举，委员候选人的职务不能是主席。")
            yield FieldFault(f"{pointer}/office", "office_of_member", detail)


# --- the result


def result_is_sound(uow: UnitOfWork, re_election: ReElection, _answers: Answers) -> Iterator[FieldFault]:
    """Every breach of procedure: a result that has one may not be submitted, and not approved."""
    counts = {one.ballot: one for one in counts_of(uow, re_election)}
    candidates = candidates_of(uow, re_election)
    yield from _notice(uow, re_election)
    for ballot, title in BALLOTS.items():
        standing = [one for one in candidates if one.ballot == ballot]
        count = counts.get(ballot)
        if count is None:
            detail = _("还没有填写“{ballot}”的选票统计。", ballot=title)
            yield FieldFault("/ballots", "count_missing", detail)
            continue
        pointer = f"/ballots/{ballot}"
        yield from _due(re_election, count, pointer)
        yield from _papers(uow, count, pointer)
        yield from _votes(count, standing, seats_of(re_election, ballot))
        yield from _seats_filled(uow, re_election, count, standing)
    yield from _chair_is_member(uow, re_election, candidates, counts)


def elected_in(
    uow: UnitOfWork, re_election: ReElection, count: ReElectionBallot, standing: Sequence[ReElectionCandidate]
) -> tuple[frozenset[int], frozenset[int], int]:
    """Numbers of those elected and of those tied, and how many seats stay empty."""
    rule = figure(uow, "organising.election.votes_above", re_election.held_on)
    votes = {one.number: one.votes or 0 for one in standing}
    found = outcome(votes, seats_of(re_election, count.ballot), count.due, _fraction(rule))
    return found.elected, found.tied, found.vacant


def all_elected(uow: UnitOfWork, re_election: ReElection) -> set[int]:
    """Numbers of everybody whom the count elects."""
    candidates = candidates_of(uow, re_election)
    elected: set[int] = set()
    for count in counts_of(uow, re_election):
        standing = [one for one in candidates if one.ballot == count.ballot]
        elected |= elected_in(uow, re_election, count, standing)[0]
    return elected


def _fraction(rule: Parameter) -> tuple[int, int]:
    return rule.value[0], rule.value[1]


def _notice(uow: UnitOfWork, re_election: ReElection) -> Iterator[FieldFault]:
    """Date, agenda and papers reach whoever is due so many working days ahead."""
    if re_election.held_on is None:
        return
    if re_election.notified_on is None:
        yield FieldFault("/notified_on", "notice_missing", _("没有登记会议通知。"))
        return
    rule = figure(uow, "organising.meeting.notice", re_election.held_on)
    limit = TimeLimit(rule.value, LimitUnit(rule.unit))
    last = last_day_before(re_election.held_on, limit, calendar_of(uow)).on
    if re_election.notified_on > last:
        detail = _("会议通知最迟应在 {day} 发出（{basis}）。", day=last, basis=rule.basis)
        yield FieldFault("/notified_on", "notice_too_late", detail)


def _due(re_election: ReElection, count: ReElectionBallot, pointer: str) -> Iterator[FieldFault]:
    """Those due are the active members of the day, the delegates, or for a chair the new committee's members."""
    if count.ballot == Ballot.CHAIR and re_election.chair_by == ChairBy.COMMITTEE:
        right = re_election.seats
    elif re_election.meeting_form == MeetingForm.CONGRESS:
        right = re_election.delegates
    else:
        right = re_election.voters
    if right is not None and count.due != right:
        detail = _("应到 {due} 人，按名册应为 {n} 人；保留会籍的会员不计。", due=count.due, n=right)
        yield FieldFault(f"{pointer}/due", "due_differs", detail)


def _papers(uow: UnitOfWork, count: ReElectionBallot, pointer: str) -> Iterator[FieldFault]:
    """Quorum, secrecy, and papers that add up: none more came back than went out, none went out to the absent."""
    quorum = figure(uow, "organising.meeting.quorum")
    ordered = (
        ("attended", count.attended, count.due, _("实到人数不能多于应到人数。")),
        ("issued", count.issued, count.attended, _("发出的选票不能多于实到人数。")),
        ("returned", count.returned, count.issued, _("收回的选票多于发出的选票，选举无效。")),
        ("invalid", count.invalid, count.returned, _("无效票不能多于收回的选票。")),
    )
    for name, value, most, detail in ordered:
        if value > most:
            yield FieldFault(f"{pointer}/{name}", f"{name}_too_many", detail)
    if not has_quorum(count.due, count.attended, _fraction(quorum)):
        detail = _(
            "实到 {attended} 人，应到 {due} 人，不足法定人数（{basis}）。",
            attended=count.attended,
            due=count.due,
            basis=quorum.basis,
        )
        yield FieldFault(f"{pointer}/attended", "no_quorum", detail)
    if not count.is_secret:
        yield FieldFault(f"{pointer}/is_secret", "not_secret", _("选举应采用无记名投票。"))


def _votes(
    count: ReElectionBallot, standing: Sequence[ReElectionCandidate], seats: int
) -> Iterator[FieldFault]:
    """Votes that were counted for everybody, and no more than the valid papers can hold."""
    valid = count.returned - count.invalid
    for one in standing:
        if one.votes is None:
            yield FieldFault("/votes", "votes_missing", _("还没有填写 {name} 的得票。", name=one.name))
        elif one.votes > valid:
            detail = _("{name} 的得票多于有效票 {n} 张。", name=one.name, n=valid)
            yield FieldFault("/votes", "votes_exceed_papers", detail)
    if sum(one.votes or 0 for one in standing) > valid * seats:
        detail = _("得票合计多于有效票可以选出的票数。")
        yield FieldFault("/votes", "votes_exceed_seats", detail)


def _seats_filled(
    uow: UnitOfWork, re_election: ReElection, count: ReElectionBallot, standing: Sequence[ReElectionCandidate]
) -> Iterator[FieldFault]:
    """More than half of those due, for every seat; equal votes for the last seat ask for another ballot."""
    _elected, tied, vacant = elected_in(uow, re_election, count, standing)
    title = BALLOTS[count.ballot]
    if tied:
        detail = _("“{ballot}”有 {n} 人得票相同而名额不够，应再次投票。", ballot=title, n=len(tied))
        yield FieldFault("/votes", "tied", detail)
    elif vacant:
        rule = figure(uow, "organising.election.votes_above", re_election.held_on)
        detail = _(
            "“{ballot}”还有 {n} 个名额无人当选：当选至少要 {least} 票（{basis}）。",
            ballot=title,
            n=vacant,
            least=votes_needed(count.due, _fraction(rule)),
            basis=rule.basis,
        )
        yield FieldFault("/votes", "seats_vacant", detail)


def _chair_is_member(
    uow: UnitOfWork,
    re_election: ReElection,
    candidates: Sequence[ReElectionCandidate],
    counts: Mapping[str, ReElectionBallot],
) -> Iterator[FieldFault]:
    if not {Ballot.CHAIR.value, Ballot.UNION.value} <= counts.keys():
        return
    elected = all_elected(uow, re_election)
    names = Counter(one.name for one in candidates if one.ballot == Ballot.UNION and one.number in elected)
    for one in candidates:
        if one.ballot == Ballot.CHAIR and one.number in elected and not names[one.name]:
            detail = _("{name} 没有当选委员，不能当选主席。", name=one.name)
            yield FieldFault("/votes", "chair_not_member", detail)


# --- days and replies


def held_by_then(_uow: UnitOfWork, _re_election: ReElection, answers: Answers) -> Iterable[FieldFault]:
    """A meeting is on record once it has been held."""
    if answers["held_on"] > (answers.get("effective_on") or clock.today()):
        yield FieldFault("/held_on", "in_future", _("这一天不能晚于生效日期。"))


def notified_by_now(_uow: UnitOfWork, _re_election: ReElection, answers: Answers) -> Iterable[FieldFault]:
    """A notice is on record once it has gone out."""
    if answers["notified_on"] > clock.today():
        yield FieldFault("/notified_on", "in_future", _("通知日期不能晚于今天。"))


def term_as_planned(_uow: UnitOfWork, re_election: ReElection, answers: Answers) -> Iterable[FieldFault]:
    """The reply states the term that was planned, and comes after the election."""
    if answers["term_years"] != re_election.years:
        detail = _("批复写明的任期与报送的委员会任期不一致。")
        yield FieldFault("/term_years", "term_differs", detail)
    day = answers.get("effective_on") or clock.today()
    if re_election.held_on is not None and day < re_election.held_on:
        yield FieldFault("/effective_on", "before_election", _("批准日期不能早于选举日期。"))


def is_ahead(_uow: UnitOfWork, _re_election: ReElection, answers: Answers) -> Iterable[FieldFault]:
    """A meeting is called for a day to come."""
    if answers["meeting_on"] <= clock.today():
        yield FieldFault("/meeting_on", "not_ahead", _("会议日期应晚于今天。"))
