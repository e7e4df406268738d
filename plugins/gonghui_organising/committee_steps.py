"""What holds for a body and its officers, and what becomes of them: seats, eligibility, consent, coming and going."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import select

from gonghui.sdk import FieldFault, UnitOfWork, _, clock, figure
from gonghui_organising.ballots import has_majority, votes_needed
from gonghui_organising.bodies import faults_of_seats, form_of
from gonghui_organising.committee import Committee, CommitteeOfficer, Leaving, Office, latest_term
from gonghui_organising.electorate import electorate
from gonghui_organising.union import GrassrootsUnion

Answers = Mapping[str, Any]


def belong_to_the_term(uow: UnitOfWork, committee: Committee, _values: Answers) -> None:
    """A body belongs to the present term of its union, and its seats say what form it has."""
    term = latest_term(uow, committee.union_id)
    if term is not None:
        committee.term_id = term.id
    committee.form = form_of(committee.seats).value


def faults_of_body(uow: UnitOfWork, committee: Committee, _values: Answers) -> Iterator[FieldFault]:
    """Its term, its seats by the members of today, and that the term has no other body of the kind."""
    if latest_term(uow, committee.union_id) is None:
        yield FieldFault("/union_id", "term_unknown", _("这个工会还没有委员会任期，不能登记机构。"))
        return
    union = uow.session.get_one(GrassrootsUnion, (uow.tenant_id, committee.union_id))
    voters = electorate(uow, union, clock.today())
    yield from faults_of_seats(uow, committee.kind, committee.seats, voters.active, voters.women, "/seats")
    twin = select(Committee.id).where(
        Committee.term_id == committee.term_id, Committee.kind == committee.kind, Committee.id != committee.id
    )
    if uow.session.scalar(twin.limit(1)) is not None:
        yield FieldFault("/kind", "committee_exists", _("这一届已经登记了这个机构。"))


def faults_of_list(_uow: UnitOfWork, committee: Committee, values: Answers) -> Iterator[FieldFault]:
    """Officers as they are told: each once, no more than there are seats, one chair, all of them eligible.

    A list that changes rows which are there is held against this when the body is confirmed.
    """
    rows = values.get("officers")
    if rows is not None and not any(row.get("id") for row in rows):
        yield from faults_of_officers([_told(row) for row in rows], committee.seats)


def faults_of_officers(officers: Sequence[CommitteeOfficer], seats: int) -> Iterator[FieldFault]:
    """Everything that is wrong with a list of officers."""
    numbers = [officer.number for officer in officers]
    if len(officers) > seats:
        yield FieldFault("/officers", "too_many_officers", _("成员多于委员名额 {n} 人。", n=seats))
    if sum(officer.office == Office.CHAIR for officer in officers) > 1:
        yield FieldFault("/officers", "two_chairs", _("主席（主任）只有一人。"))
    for index, officer in enumerate(officers):
        pointer = f"/officers/{index}"
        if numbers.index(officer.number) != index:
            yield FieldFault(f"{pointer}/number", "number_twice", _("序号写了两次。"))
        yield from faults_of_eligibility(officer, pointer)


def faults_of_eligibility(officer: Any, pointer: str) -> Iterator[FieldFault]:
    """What has to be declared of a candidate. Source: 工会法 Art. 10; 总工发〔2008〕53号 for the chair."""
    if not officer.is_no_relative:
        detail = _("请确认本人不是单位主要负责人的近亲属（工会法第十条）。")
        yield FieldFault(f"{pointer}/is_no_relative", "relative_not_excluded", detail)
    if officer.office == Office.CHAIR and not officer.may_be_chair:
        detail = _("请确认主席人选不是行政负责人、合伙人及其近亲属、人力资源负责人或外籍职工。")
        yield FieldFault(f"{pointer}/may_be_chair", "chair_not_eligible", detail)


def is_complete(uow: UnitOfWork, committee: Committee, _answers: Answers) -> Iterator[FieldFault]:
    """Every seat is taken, one of them by the chair."""
    officers = serving(uow, committee)
    yield from faults_of_officers(officers, committee.seats)
    if len(officers) < committee.seats:
        detail = _("成员不足委员名额 {n} 人。", n=committee.seats)
        yield FieldFault("/officers", "too_few_officers", detail)
    if committee.seats > 1 and not any(officer.office == Office.CHAIR for officer in officers):
        yield FieldFault("/officers", "no_chair", _("还没有主席（主任）。"))


def may_be_elected(uow: UnitOfWork, committee: Committee, answers: Answers) -> Iterator[FieldFault]:
    """补选: a seat is free, the newcomer is eligible and has more than half of those due to attend."""
    officers = serving(uow, committee)
    if len(officers) >= committee.seats:
        yield FieldFault("", "no_seat", _("没有空缺的名额。"))
    newcomer = _told({**answers, "number": 0})
    if newcomer.office == Office.CHAIR and any(officer.office == Office.CHAIR for officer in officers):
        yield FieldFault("/office", "two_chairs", _("主席（主任）只有一人。"))
    yield from faults_of_eligibility(newcomer, "")
    yield from _not_after_effect(answers, "elected_on")
    yield from fault_of_votes(uow, answers, "organising.election.votes_above")


def is_serving(uow: UnitOfWork, committee: Committee, answers: Answers) -> Iterator[FieldFault]:
    """The number is that of an officer in office, who cannot leave before the election."""
    officer = _numbered(uow, committee, answers["number"])
    if officer is None:
        yield FieldFault("/number", "not_in_office", _("没有这个序号的在任成员。"))
    elif answers["left_on"] < officer.elected_on:
        yield FieldFault("/left_on", "before_election", _("离任日期不能早于当选日期。"))
    yield from _not_after_effect(answers, "left_on")


def all_agree_to_removal(uow: UnitOfWork, _committee: Committee, answers: Answers) -> Iterator[FieldFault]:
    """罢免 needs more than half of all members or delegates, not of those who came (工会法 Art. 18)."""
    yield from fault_of_votes(uow, answers, "organising.chair.removal_above")


def consent_came_first(_uow: UnitOfWork, _committee: Committee, answers: Answers) -> Iterator[FieldFault]:
    """调动 in term needs the consent of the own committee; whoever takes the step is the upper union (Art. 18)."""
    if answers["committee_agreed_on"] > answers["left_on"]:
        detail = _("本级工会委员会应在调动之前同意。")
        yield FieldFault("/committee_agreed_on", "consent_too_late", detail)


def fault_of_votes(uow: UnitOfWork, answers: Answers, parameter: str) -> Iterator[FieldFault]:
    """Votes that are no majority of all who are due, or more than they are."""
    rule, due, votes = figure(uow, parameter), answers["due"], answers["votes"]
    above = (rule.value[0], rule.value[1])
    if votes > due:
        yield FieldFault("/votes", "votes_exceed_due", _("赞成票不能多于应到人数。"))
    elif not has_majority(votes, due, above):
        least = votes_needed(due, above)
        detail = _(
            "赞成票 {votes} 张，至少要 {least} 张（{basis}）。", votes=votes, least=least, basis=rule.basis
        )
        yield FieldFault("/votes", "no_majority", detail)


def seat_newcomer(uow: UnitOfWork, committee: Committee, answers: Answers) -> None:
    """The elected officer takes the next number."""
    numbers = uow.session.scalars(
        select(CommitteeOfficer.number).where(CommitteeOfficer.committee_id == committee.id)
    )
    newcomer = _told({**answers, "number": max(numbers, default=0) + 1})
    newcomer.committee_id = committee.id
    uow.add(newcomer)
    if newcomer.office == Office.CHAIR:
        name_chair(uow, committee, newcomer.name)


def let_go(uow: UnitOfWork, committee: Committee, answers: Answers) -> None:
    """The officer leaves, for a reason that needs nobody's consent."""
    _leave(uow, committee, answers["number"], answers["left_on"], answers["left_reason"])


def let_go_removed(uow: UnitOfWork, committee: Committee, answers: Answers) -> None:
    """The officer was voted out."""
    _leave(uow, committee, answers["number"], answers["left_on"], Leaving.REMOVED.value)


def let_go_transferred(uow: UnitOfWork, committee: Committee, answers: Answers) -> None:
    """The officer was transferred with everybody's consent."""
    _leave(uow, committee, answers["number"], answers["left_on"], Leaving.TRANSFERRED.value)


def name_chair(uow: UnitOfWork, committee: Committee, name: str | None) -> None:
    """A union is shown with the chair of its union committee."""
    if committee.kind == "union":
        union = uow.session.get_one(GrassrootsUnion, (uow.tenant_id, committee.union_id))
        union.chair_name = name


def serving(uow: UnitOfWork, committee: Committee) -> list[CommitteeOfficer]:
    """Officers in office, by number."""
    mine = (CommitteeOfficer.committee_id == committee.id, CommitteeOfficer.left_on.is_(None))
    return list(uow.session.scalars(select(CommitteeOfficer).where(*mine).order_by(CommitteeOfficer.number)))


def _leave(uow: UnitOfWork, committee: Committee, number: int, on: date, reason: str) -> None:
    officer = _numbered(uow, committee, number)
    if officer is not None:
        officer.left_on, officer.left_reason = on, reason
        if officer.office == Office.CHAIR:
            name_chair(uow, committee, None)


def _numbered(uow: UnitOfWork, committee: Committee, number: int) -> CommitteeOfficer | None:
    return next((officer for officer in serving(uow, committee) if officer.number == number), None)


def _not_after_effect(answers: Answers, name: str) -> Iterable[FieldFault]:
    if answers[name] > (answers.get("effective_on") or clock.today()):
        yield FieldFault(f"/{name}", "in_future", _("这一天不能晚于生效日期。"))


def _told(row: Answers) -> CommitteeOfficer:
    """An officer as somebody tells of one, not kept."""
    names = ("number", "name", "sex", "office", "elected_on")
    declared = ("is_full_time", "is_no_relative", "may_be_chair")
    return CommitteeOfficer(
        **{name: row.get(name) for name in names}, **{name: bool(row.get(name)) for name in declared}
    )
