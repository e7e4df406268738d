"""What stands in the way of a re-election's plan: its meeting, its term, its seats and its candidates."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any

from gonghui.sdk import FieldFault, UnitOfWork, _, clock, figure
from gonghui_organising.ballots import candidates_needed, most_managers
from gonghui_organising.bodies import Body, faults_of_seats
from gonghui_organising.committee import Office
from gonghui_organising.committee_steps import faults_of_eligibility
from gonghui_organising.electorate import Electorate, electorate
from gonghui_organising.forms import seat_range
from gonghui_organising.re_election import (
    BALLOTS,
    Ballot,
    MeetingForm,
    ReElection,
    candidates_of,
    inside_the_committee,
    seats_of,
    union_of,
)

Answers = Mapping[str, Any]
_PLAN = ("meeting_form", "meeting_on", "chair_by", "years", "seats", "audit_seats", "women_seats")


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


def is_ahead(_uow: UnitOfWork, _re_election: ReElection, answers: Answers) -> Iterable[FieldFault]:
    """A meeting is called for a day to come."""
    if answers["meeting_on"] <= _day_of(answers):
        yield FieldFault("/meeting_on", "not_ahead", _("会议日期应晚于办理这一步的日期。"))


def _day_of(answers: Answers) -> date:
    """The day of a step: what was held long ago may be entered late."""
    day: date = answers.get("effective_on") or clock.today()
    return day


def plan_is_sound(uow: UnitOfWork, re_election: ReElection, answers: Answers) -> Iterator[FieldFault]:
    """Everything that stands between a plan and its submission (domain §1.3, §1.8)."""
    missing = [name for name in _PLAN if getattr(re_election, name) is None]
    yield from (FieldFault(f"/{name}", "required", _("换届方案缺少这一项。")) for name in missing)
    if missing:
        return
    voters = electorate(uow, union_of(uow, re_election), clock.today())
    yield from _meeting(uow, re_election, voters, _day_of(answers))
    yield from _years(uow, re_election)
    for body, name in ((Body.UNION, "seats"), (Body.AUDIT, "audit_seats"), (Body.WOMEN, "women_seats")):
        seats = getattr(re_election, name)
        yield from faults_of_seats(uow, body, seats, voters.active, voters.women, f"/{name}")
    yield from _candidates(uow, re_election)


def _meeting(uow: UnitOfWork, re_election: ReElection, voters: Electorate, day: date) -> Iterator[FieldFault]:
    if re_election.meeting_on is not None and re_election.meeting_on <= day:
        yield FieldFault("/meeting_on", "not_ahead", _("会议日期应晚于办理这一步的日期。"))
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
    """Contested, eligible, and offices inside the committee for those alone who stand for it."""
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
    inside = inside_the_committee(re_election)
    for index, one in enumerate(candidates):
        pointer = f"/candidates/{index}"
        yield from faults_of_eligibility(one, pointer)
        if one.ballot in inside and one.name not in names:
            detail = _("{name} 应同时是工会委员会委员候选人。", name=one.name)
            yield FieldFault(f"{pointer}/name", "not_candidate_of_committee", detail)
        if one.ballot == Ballot.CHAIR and one.office != Office.CHAIR:
            yield FieldFault(f"{pointer}/office", "office_of_chair", _("主席候选人的职务应为主席。"))
        if one.ballot == Ballot.UNION and one.office == Office.CHAIR:
            detail = _("工会主席另行选举，委员候选人的职务不能是主席。")
            yield FieldFault(f"{pointer}/office", "office_of_member", detail)
