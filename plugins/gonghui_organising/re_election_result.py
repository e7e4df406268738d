"""What stands in the way of a re-election's result: every breach of procedure, and who the count elects."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import func, select

from gonghui.sdk import (
    FieldFault,
    LimitUnit,
    Parameter,
    RecordTransition,
    TimeLimit,
    UnitOfWork,
    _,
    calendar_of,
    clock,
    figure,
    last_day_before,
)
from gonghui_organising.ballots import has_quorum, outcome, votes_needed
from gonghui_organising.re_election import (
    BALLOTS,
    Ballot,
    ChairBy,
    MeetingForm,
    ReElection,
    ReElectionBallot,
    ReElectionCandidate,
    candidates_of,
    counts_of,
    inside_the_committee,
    seats_of,
)

Answers = Mapping[str, Any]


def held_by_then(uow: UnitOfWork, re_election: ReElection, answers: Answers) -> Iterable[FieldFault]:
    """A meeting is on record once it has been held, and is held once the upper union has consented."""
    if answers["held_on"] > (answers.get("effective_on") or clock.today()):
        yield FieldFault("/held_on", "in_future", _("这一天不能晚于生效日期。"))
    consent = select(func.max(RecordTransition.effective_on)).where(
        RecordTransition.record_id == re_election.id, RecordTransition.name == "approve-plan"
    )
    consented_on = uow.session.scalar(consent)
    if consented_on is not None and answers["held_on"] < consented_on:
        detail = _("会议不能早于上级工会同意的 {day}。", day=consented_on)
        yield FieldFault("/held_on", "before_consent", detail)


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
    if counts.keys() == BALLOTS.keys():
        yield from _are_members(re_election, candidates, all_elected(uow, re_election))


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


def _are_members(
    re_election: ReElection, candidates: Sequence[ReElectionCandidate], elected: set[int]
) -> Iterator[FieldFault]:
    """Whoever is elected to an office inside the committee was elected to the committee, too."""
    members = {one.name for one in candidates if one.ballot == Ballot.UNION and one.number in elected}
    inside = inside_the_committee(re_election)
    for one in candidates:
        if one.ballot in inside and one.number in elected and one.name not in members:
            detail = _(
                "{name} 没有当选工会委员会委员，不能担任“{ballot}”。",
                name=one.name,
                ballot=BALLOTS[one.ballot],
            )
            yield FieldFault("/votes", "not_member_of_committee", detail)
