"""Re-elections as a kind of record: what is told of them, the steps between their states, who takes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from gonghui.sdk import (
    AttachmentRules,
    Child,
    Comment,
    Conflict,
    Field,
    FieldFault,
    Kind,
    OrgUnit,
    RecordType,
    Transition,
    UnitOfWork,
    Workflow,
    _,
    change_record,
    invalid,
    not_found,
    unit_within,
)
from gonghui_organising import re_election_plan as plan
from gonghui_organising import re_election_result as result
from gonghui_organising import re_election_steps as steps
from gonghui_organising.committee import OFFICES, SEXES, latest_term
from gonghui_organising.committee_records import unions_in_force
from gonghui_organising.re_election import (
    BALLOTS,
    CHAIRS,
    CHANGES,
    CREATE,
    DEADLINES,
    MEETINGS,
    PLAN_REPLY,
    RESULT_REPLY,
    ReElection,
    ReElectionBallot,
    ReElectionCandidate,
)
from gonghui_organising.union import GrassrootsUnion, UnionState

_MEETING_ON = _("会议日期")
_CHANGEABLE = {"due", "returned", "extended"}
#: What is sent up with the plan, and what the meeting leaves.
PAPERS = {
    "plan_request": _("换届请示"),
    "extension_request": _("延期换届请示"),
    "minutes": _("会议记录"),
    "attendance": _("会议签到"),
    "ballot_count": _("选票统计"),
    "result_report": _("选举结果报告"),
    "official_reply": _("批复"),
}

FIELDS = (
    Field("union_id", _("工会"), required=True, fixed=True, listed=True, filtered=True, picker=unions_in_force,
          sample="union_in_force"),
    Field("ends_on", _("任期届满"), settable=False, listed=True, filtered=True),
    Field("extended_to", _("延期至"), settable=False, listed=True),
    Field("extension_no", _("同意延期的文号"), settable=False),
    Field("meeting_form", _("会议形式"), choices=MEETINGS),
    Field("meeting_on", _MEETING_ON, listed=True, filtered=True),
    Field("chair_by", _("主席产生方式"), choices=CHAIRS),
    Field("years", _("新一届任期（年）"), least=1, most=10),
    Field("seats", _("工会委员会名额"), least=1, most=99),
    Field("audit_seats", _("经费审查委员会名额"), least=1, most=99),
    Field("women_seats", _("女职工委员会名额"), least=1, most=99),
    Field("delegates", _("会员代表人数"), least=1),
    Field("managers", _("其中管理人员"), least=0),
    Field("plan_reply_no", _("同意换届方案的文号"), settable=False),
    Field("notified_on", _("发出会议通知的日期"), settable=False),
    Field("held_on", _("召开日期"), settable=False, listed=True, filtered=True),
    Field("voters", _("当日会员人数"), settable=False),
    Field("retained", _("当日保留会籍人数"), settable=False),
    Field("approval_no", _("批复文号"), settable=False),
    Field("term_years", _("批复的任期（年）"), settable=False),
    Field("changes_on", _("印章、账户和法人变更日期"), settable=False),
)  # fmt: skip
CANDIDATES = Child(
    "candidates",
    _("候选人"),
    ReElectionCandidate,
    (
        Field("number", _("序号"), required=True, least=1, example=1),
        Field("ballot", _("选举"), choices=BALLOTS, required=True),
        Field("name", _("姓名"), required=True, longest=50, example="陈示例"),
        Field("sex", _("性别"), choices=SEXES, required=True),
        Field("office", _("职务"), choices=OFFICES, required=True),
        Field("is_full_time", _("专职"), example=False),
        Field("is_no_relative", _("不是单位主要负责人的近亲属"), required=True, example=True),
        Field("may_be_chair", _("不是行政负责人、合伙人及其近亲属、人力资源负责人或外籍职工"), example=True),
        Field("votes", _("赞成票"), settable=False),
        Field("is_elected", _("当选"), settable=False),
    ),
)
BALLOT_COUNTS = Child(
    "ballots",
    _("选票统计"),
    ReElectionBallot,
    (
        Field("ballot", _("选举"), choices=BALLOTS, required=True),
        Field("due", _("应到人数"), required=True, least=0, example=30),
        Field("attended", _("实到人数"), required=True, least=0, example=28),
        Field("issued", _("发出选票"), required=True, least=0, example=28),
        Field("returned", _("收回选票"), required=True, least=0, example=28),
        Field("invalid", _("无效票"), required=True, least=0, example=0),
        Field("is_secret", _("无记名投票"), required=True, example=True),
    ),
    most=len(BALLOTS),
    states=frozenset({"held"}),
)
VOTES = Child(
    "votes",
    _("得票"),
    ReElectionCandidate,
    (
        Field("number", _("序号"), required=True, least=1, example=1),
        Field("votes", _("赞成票"), required=True, least=0, example=20),
    ),
    states=frozenset({"held"}),
    write=steps.put_votes,
)
WORKFLOW = Workflow(
    "due",
    {
        "due": _("应换届"),
        "extended": _("已延期"),
        "plan_submitted": _("已报方案"),
        "returned": _("退回补正"),
        "approved_to_hold": _("同意召开"),
        "held": _("已召开"),
        "result_submitted": _("已报结果"),
        "approved": _("换届完毕"),
    },
    (
        Transition(
            "submit-plan",
            "due, returned, extended -> plan_submitted",
            _("报送换届方案"),
            guards=(plan.plan_is_sound,),
            starts=(PLAN_REPLY,),
            awaited=True,
        ),
        Transition(
            "return",
            "plan_submitted -> returned",
            _("退回补正"),
            above=True,
            comment=Comment.REQUIRED,
            meets=(PLAN_REPLY,),
            awaited=True,
        ),
        Transition(
            "approve-plan",
            "plan_submitted -> approved_to_hold",
            _("同意召开"),
            above=True,
            not_by=("submit-plan",),
            asks=(
                Field("plan_reply_no", _("同意换届方案的文号"), required=True, example="示工复〔2024〕3号"),
            ),
            meets=(PLAN_REPLY,),
            effect=steps.await_notice,
            awaited=True,
        ),
        Transition(
            "extend",
            "due, returned, extended, approved_to_hold -> extended",
            _("同意延期"),
            above=True,
            not_by=("submit-plan",),
            comment=Comment.REQUIRED,
            asks=(
                Field("months", _("延期月数"), kind=Kind.INTEGER, required=True, least=1, most=12, example=3),
                Field("extension_no", _("同意延期的文号"), required=True, example="示工复〔2024〕4号"),
            ),
            effect=steps.put_off,
        ),
        Transition(
            "notify",
            "approved_to_hold -> approved_to_hold",
            _("登记会议通知"),
            asks=(Field("notified_on", _("发出会议通知的日期"), required=True, example="2024-06-20"),),
            guards=(result.notified_by_now,),
            effect=steps.keep_notice,
        ),
        Transition(
            "hold",
            "approved_to_hold -> held",
            _("登记会议"),
            asks=(Field("held_on", _("召开日期"), required=True, sample="a past day"),),
            guards=(result.held_by_then,),
            effect=steps.count_voters,
            awaited=True,
        ),
        Transition(
            "reconvene",
            "held -> approved_to_hold",
            _("重新召开"),
            comment=Comment.REQUIRED,
            asks=(Field("meeting_on", _MEETING_ON, required=True, example="2199-06-28"),),
            guards=(plan.is_ahead,),
            effect=steps.meet_again,
        ),
        Transition(
            "submit-result",
            "held -> result_submitted",
            _("报送选举结果"),
            guards=(result.result_is_sound,),
            starts=(RESULT_REPLY,),
            effect=steps.mark_elected,
            awaited=True,
        ),
        Transition(
            "return-result",
            "result_submitted -> held",
            _("退回选举结果"),
            above=True,
            comment=Comment.REQUIRED,
            meets=(RESULT_REPLY,),
            awaited=True,
        ),
        Transition(
            "approve",
            "result_submitted -> approved",
            _("批复选举结果"),
            above=True,
            not_by=("submit-plan", "submit-result"),
            asks=(
                Field("approval_no", _("批复文号"), required=True, example="示工复〔2024〕8号"),
                Field("term_years", _("批复的任期（年）"), required=True, example=5),
            ),
            guards=(result.term_as_planned, result.result_is_sound),
            meets=(RESULT_REPLY,),
            starts=(CHANGES,),
            effect=steps.renew,
            awaited=True,
        ),
        Transition(
            "register-changes",
            "approved -> approved",
            _("登记印章、账户和法人变更"),
            asks=(Field("changes_on", _("印章、账户和法人变更日期"), required=True, example="2024-06-27"),),
            guards=(steps.changes_are_due,),
            effect=steps.keep_changes,
            awaited=True,
        ),
    ),
    changeable=_CHANGEABLE,
    in_order=True,
)


def at_the_union(uow: UnitOfWork, values: Mapping[str, Any]) -> OrgUnit:
    """A re-election is filed at its union's own node."""
    unit_id = uow.session.scalar(
        select(GrassrootsUnion.org_unit_id).where(
            GrassrootsUnion.id == values["union_id"], GrassrootsUnion.state == UnionState.APPROVED.value
        )
    )
    if unit_id is None:
        raise not_found()
    return unit_within(uow, uow.principal, CREATE, unit_id)


def begin(uow: UnitOfWork, values: Mapping[str, Any]) -> ReElection:
    """Begin the re-election of a union before the watch does. Raises `NotFound`, `Conflict`, `Invalid`."""
    place = at_the_union(uow, values)
    term = latest_term(uow, values["union_id"])
    if term is None:
        raise invalid(FieldFault("/union_id", "term_unknown", _("这个工会还没有委员会任期，不能换届。")))
    if uow.session.scalar(select(ReElection.id).where(ReElection.term_id == term.id)) is not None:
        raise Conflict("re_election_exists", _("这一届的换届已经登记。"))
    (record_id,) = steps.bring(uow, [steps.Ending(term.id, term.union_id, term.ends_on, place.id)])
    rest = {name: value for name, value in values.items() if name != "union_id"}
    if rest:
        change_record(uow, re_elections, record_id, 1, rest)
    return uow.session.get_one(ReElection, (uow.tenant_id, record_id))


re_elections = RecordType(
    ReElection,
    code="organising.re_election",
    path="re-elections",
    title=_("换届"),
    fields=FIELDS,
    children=(CANDIDATES, BALLOT_COUNTS, VOTES),
    workflow=WORKFLOW,
    deadlines=DEADLINES,
    place=at_the_union,
    create=begin,
    rules=(plan.each_once,),
    backdate="organising.re_election.backdate",
    attachments=AttachmentRules(papers=PAPERS, most=60, states=frozenset({*_CHANGEABLE, "held"})),
)
