"""Bodies of a union's term as a kind of record: what is told of them, who sees them, how officers come and go."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Select, func, select

from gonghui.sdk import (
    Child,
    Comment,
    Computed,
    Field,
    Kind,
    OrgUnit,
    RecordType,
    Transition,
    UnitOfWork,
    Workflow,
    _,
    not_found,
    unit_within,
    visible,
)
from gonghui_organising import committee_steps as steps
from gonghui_organising.bodies import BODIES, FORMS
from gonghui_organising.committee import (
    LEAVINGS,
    OFFICES,
    OWN_LEAVINGS,
    SEXES,
    Committee,
    CommitteeOfficer,
)
from gonghui_organising.union import CommitteeTerm, GrassrootsUnion, UnionState

CREATE = "organising.committee.create"


def unions_in_force(uow: UnitOfWork, permission: str) -> Select[Any]:
    """Unions that may be chosen: approved, and within the permission."""
    table = GrassrootsUnion.__table__.c
    mine = visible(uow.principal, permission, table.org_unit_id)
    return select(table.id, table.name.label("label")).where(mine, table.state == UnionState.APPROVED.value)


def at_the_union(uow: UnitOfWork, values: Mapping[str, Any]) -> OrgUnit:
    """A body is filed at its union's own node."""
    unit_id = uow.session.scalar(
        select(GrassrootsUnion.org_unit_id).where(GrassrootsUnion.id == values["union_id"])
    )
    if unit_id is None:
        raise not_found()
    return unit_within(uow, uow.principal, CREATE, unit_id)


def _serving(table: Any) -> Any:
    officer: Any = CommitteeOfficer.__table__.c
    return (
        select(func.count())
        .where(
            officer.tenant_id == table.c.tenant_id,
            officer.committee_id == table.c.id,
            officer.left_on.is_(None),
        )
        .correlate(table)
        .scalar_subquery()
    )


def _term(column: str) -> Any:
    term: Any = CommitteeTerm.__table__.c
    return lambda table: (
        select(term[column])
        .where(term.tenant_id == table.c.tenant_id, term.id == table.c.term_id)
        .correlate(table)
        .scalar_subquery()
    )


OFFICER_FIELDS = (
    Field("number", _("序号"), required=True, least=1, example=1),
    Field("name", _("姓名"), required=True, longest=50, example="陈示例"),
    Field("sex", _("性别"), choices=SEXES, required=True),
    Field("office", _("职务"), choices=OFFICES, required=True),
    Field("is_full_time", _("专职"), example=False),
    Field("elected_on", _("当选日期"), required=True, example="2024-06-03"),
    Field("is_no_relative", _("不是单位主要负责人的近亲属"), required=True, example=True),
    Field("may_be_chair", _("不是行政负责人、合伙人及其近亲属、人力资源负责人或外籍职工"), example=True),
    Field("left_on", _("离任日期"), settable=False),
    Field("left_reason", _("离任原因"), choices=LEAVINGS, settable=False),
)
_NUMBER = Field("number", _("序号"), kind=Kind.INTEGER, required=True, least=1, example=1)
_LEFT_ON = Field("left_on", _("离任日期"), kind=Kind.DATE, required=True, example="2024-06-27")
_DUE = Field("due", _("全体会员或代表人数"), kind=Kind.INTEGER, required=True, least=1, example=30)
_VOTES = Field("votes", _("赞成票"), kind=Kind.INTEGER, required=True, least=0, example=20)
_NEWCOMER = (
    Field("name", _("姓名"), kind=Kind.TEXT, required=True, longest=50, example="周示例"),
    Field("sex", _("性别"), kind=Kind.CHOICE, choices=SEXES, required=True),
    Field("office", _("职务"), kind=Kind.CHOICE, choices=OFFICES, required=True, example="member"),
    Field("is_full_time", _("专职"), kind=Kind.BOOLEAN, example=False),
    Field("elected_on", _("当选日期"), kind=Kind.DATE, required=True, example="2024-06-27"),
    Field("is_no_relative", OFFICER_FIELDS[6].title, kind=Kind.BOOLEAN, required=True, example=True),
    Field("may_be_chair", OFFICER_FIELDS[7].title, kind=Kind.BOOLEAN, example=True),
    _DUE,
    _VOTES,
)


_WORKFLOW = Workflow(
    "entered",
    {"entered": _("录入中"), "in_office": _("任期中"), "ended": _("已届满")},
    (
        Transition(
            "confirm",
            "entered -> in_office",
            _("确认"),
            above=True,
            not_by=("create",),
            guards=(steps.is_complete,),
            awaited=True,
        ),
        Transition(
            "by-elect",
            "in_office -> in_office",
            _("补选"),
            asks=_NEWCOMER,
            guards=(steps.may_be_elected,),
            effect=steps.seat_newcomer,
        ),
        Transition(
            "leave",
            "in_office -> in_office",
            _("离任"),
            asks=(
                _NUMBER,
                _LEFT_ON,
                Field("left_reason", _("离任原因"), kind=Kind.CHOICE, choices=OWN_LEAVINGS, required=True),
            ),
            guards=(steps.is_serving,),
            effect=steps.let_go,
        ),
        Transition(
            "remove",
            "in_office -> in_office",
            _("罢免"),
            asks=(_NUMBER, _LEFT_ON, _DUE, _VOTES),
            comment=Comment.REQUIRED,
            guards=(steps.is_serving, steps.all_agree_to_removal),
            effect=steps.let_go_removed,
        ),
        Transition(
            "transfer",
            "in_office -> in_office",
            _("调动"),
            above=True,
            asks=(
                _NUMBER,
                _LEFT_ON,
                Field(
                    "committee_agreed_on",
                    _("本级工会委员会同意的日期"),
                    kind=Kind.DATE,
                    required=True,
                    example="2024-06-20",
                ),
                Field(
                    "consent_no",
                    _("上级工会同意的文号"),
                    kind=Kind.TEXT,
                    required=True,
                    example="示工复〔2024〕9号",
                ),
            ),
            guards=(steps.is_serving, steps.consent_came_first),
            effect=steps.let_go_transferred,
        ),
        Transition("end", "in_office -> ended", _("届满"), above=True, comment=Comment.REQUIRED),
    ),
    also_initial={"in_office"},
)


committees = RecordType(
    Committee,
    code="organising.committee",
    path="committees",
    title=_("工会机构"),
    fields=(
        Field(
            "union_id",
            _("工会"),
            required=True,
            fixed=True,
            listed=True,
            filtered=True,
            picker=unions_in_force,
            sample="union_in_force",
        ),
        Field("kind", _("机构"), choices=BODIES, required=True, listed=True, filtered=True),
        Field("form", _("形式"), choices=FORMS, settable=False, listed=True, filtered=True),
        Field("seats", _("委员名额"), required=True, listed=True, least=1, most=99, example=3),
    ),
    children=(Child("officers", _("成员"), CommitteeOfficer, OFFICER_FIELDS, most=99),),
    computed=(
        Computed("serving", _("在任人数"), Kind.INTEGER, _serving, listed=True),
        Computed("started_on", _("任期开始"), Kind.DATE, _term("started_on"), listed=True),
        Computed("ends_on", _("任期届满"), Kind.DATE, _term("ends_on"), listed=True),
    ),
    workflow=_WORKFLOW,
    place=at_the_union,
    derive=steps.belong_to_the_term,
    rules=(steps.faults_of_body, steps.faults_of_list),
    backdate="organising.committee.backdate",
)
