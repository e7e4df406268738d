"""Grassroots unions as a kind of record: what is told of one, what belongs to it, and the steps of its life."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import and_, func, select

from gonghui.sdk import (
    AttachmentRules,
    Child,
    Comment,
    Computed,
    Employer,
    Field,
    Kind,
    OrgUnit,
    RecordType,
    Text,
    Transition,
    Workflow,
    _,
)
from gonghui_organising import founding, founding_parts, union_ending
from gonghui_organising.certificates import UNION_FORMS
from gonghui_organising.draft_rules import faults_of_content
from gonghui_organising.founding_rules import PAPER_NAMES
from gonghui_organising.papers import FOUNDING_FORMS
from gonghui_organising.union import (
    CommitteeTerm,
    CoveredUnit,
    GrassrootsUnion,
    UnionKind,
    UnionPaper,
    UnionState,
)

_CODE = 18
KINDS: dict[str, Text] = {
    UnionKind.INDEPENDENT.value: _("独立建会"),
    UnionKind.JOINT.value: _("联合工会"),
}
STATES: dict[str, Text] = {
    UnionState.DRAFT.value: _("起草中"),
    UnionState.SUBMITTED.value: _("已报送"),
    UnionState.RETURNED.value: _("退回补正"),
    UnionState.APPROVED.value: _("已批准"),
    UnionState.DISSOLVED.value: _("已撤销"),
}
#: From the day of the Trade Union Law to one on which a term that begins then still ends within the calendar.
ELECTIONS = (date(1992, 4, 3), date(2199, 12, 31))


def _term_ends_on(table: Any) -> Any:
    term: Any = CommitteeTerm.__table__.c
    mine = (term.tenant_id == table.c.tenant_id, term.union_id == table.c.id)
    return select(func.max(term.ends_on)).where(*mine).correlate(table).scalar_subquery()


def _employers_as(column: str) -> Any:
    """Names or codes of the employers that a union covers, in one cell of an export."""

    def expression(table: Any) -> Any:
        covered, employer = CoveredUnit.__table__.alias(), Employer.__table__.alias()
        same = and_(employer.c.tenant_id == covered.c.tenant_id, employer.c.id == covered.c.employer_id)
        listed = select(func.string_agg(employer.c[column], "、")).select_from(covered.join(employer, same))
        mine = (covered.c.tenant_id == table.c.tenant_id, covered.c.union_id == table.c.id)
        return listed.where(*mine).correlate(table).scalar_subquery()

    return expression


def _upper_name(table: Any) -> Any:
    unit, upper = OrgUnit.__table__.alias(), OrgUnit.__table__.alias()
    same = and_(upper.c.tenant_id == unit.c.tenant_id, upper.c.id == unit.c.parent_id)
    mine = (unit.c.tenant_id == table.c.tenant_id, unit.c.id == table.c.org_unit_id)
    return (
        select(upper.c.name)
        .select_from(unit.join(upper, same))
        .where(*mine)
        .correlate(table)
        .scalar_subquery()
    )


def _employer_entry() -> tuple[Any, Any]:
    covered, employer = CoveredUnit.__table__, Employer.__table__
    entry = func.jsonb_build_object("id", employer.c.id, "name", employer.c.name, "uscc", employer.c.uscc)
    same = and_(employer.c.tenant_id == covered.c.tenant_id, employer.c.id == covered.c.employer_id)
    return entry, covered.join(employer, same)


_COUNTS = (
    Field("headcount", _("职工人数"), listed=True, width=10, help=_("职工，不是会员")),
    Field("women_staff", _("其中女职工"), width=10),
    Field("members", _("会员人数"), listed=True, width=10),
    Field("women_members", _("其中女会员"), width=10),
    Field("migrant_members", _("农民工会员"), width=10),
)
_CHILDREN = (
    Child(
        "employers",
        _("涵盖单位"),
        CoveredUnit,
        (
            Field("name", _("单位名称"), required=True, kind=Kind.TEXT, example="深圳市示例电子有限公司"),
            Field("uscc", _("统一社会信用代码"), kind=Kind.TEXT, longest=_CODE),
        ),
        most=2_000,
        write=founding_parts.put_employers,
        entry=_employer_entry,
    ),
    Child(
        "committees",
        _("委员会届期"),
        CommitteeTerm,
        (
            Field("started_on", _("选举日期"), required=True, earliest=ELECTIONS[0], example="2024-06-20"),
            Field("years", _("任期（年）"), required=True, most=99, example=5),
            Field("ends_on", _("届满日期"), settable=False),
            Field("seats", _("委员人数"), least=1, most=99, example=3),
        ),
        one="committee",
        write=founding_parts.put_committee,
    ),
    Child(
        "papers",
        _("材料"),
        UnionPaper,
        (
            Field("kind", _("材料"), required=True, choices=PAPER_NAMES),
            Field("number", _("文号"), longest=100),
            Field("dated_on", _("日期")),
        ),
        most=100,
    ),
)
_WORKFLOW = Workflow(
    UnionState.DRAFT.value,
    STATES,
    (
        Transition(
            "submit",
            "draft, returned -> submitted",
            _("报送"),
            guards=(founding.ready_to_submit,),
            verb="submitted",
            awaited=True,
        ),
        Transition(
            "return",
            "submitted -> returned",
            _("退回补正"),
            comment=Comment.REQUIRED,
            above=True,
            verb="returned",
            awaited=True,
        ),
        Transition(
            "approve",
            "submitted -> approved",
            _("批准"),
            asks=(
                Field("approval_no", _("批复文号"), required=True, longest=100, example="示工复〔2024〕1号"),
                Field("term_years", _("批复写明的任期"), required=True, kind=Kind.INTEGER, example=5),
            ),
            guards=(founding.ready_to_approve,),
            effect=founding.exist_from,
            above=True,
            not_by=("submit",),
            verb="approved",
            awaited=True,
        ),
        Transition(
            "seal",
            "approved -> approved",
            _("登记印章和银行账户"),
            asks=(
                Field("sealed_on", _("刻制公章的日期"), required=True, example="2024-07-10"),
                Field("bank_opened_on", _("开立银行账户的日期")),
                Field("bank_account", _("银行账户"), longest=50),
            ),
            guards=(founding.seal_in_order,),
            verb="sealed",
            awaited=True,
        ),
        Transition(
            "dissolve",
            "approved -> dissolved",
            _("撤销工会"),
            comment=Comment.REQUIRED,
            asks=(Field("ended_as", _("撤销原因"), required=True, choices=union_ending.ENDED),),
            guards=(union_ending.nothing_under_way,),
            effect=union_ending.retain_members,
            above=True,
            verb="dissolved",
        ),
    ),
    changeable=(UnionState.DRAFT.value, UnionState.RETURNED.value),
)

unions = RecordType(
    GrassrootsUnion,
    code="organising.union",
    path="unions",
    title=_("基层工会"),
    fields=(
        Field("name", _("工会名称"), required=True, listed=True, width=40, example="深圳市示例电子有限公司工会委员会"),
        Field("kind", _("建会类型"), required=True, choices=KINDS, listed=True, filtered=True, width=12,
              example="independent"),
        Field("uscc", _("工会统一社会信用代码"), listed=True, longest=_CODE, width=22),
        Field("industry", _("行业"), longest=100, width=16),
        Field("chair_name", _("主席姓名"), longest=100, listed=True, width=12),
        Field("contact_phone", _("联系电话"), longest=30, checked=False),
        *_COUNTS,
        Field("employer_informed_on", _("告知单位的日期")),
        Field("preparatory_group_size", _("筹备组人数"), least=1, most=99),
        Field("near_relatives_excluded", _("候选人中没有主要负责人的近亲属")),
        Field("approval_no", _("批复文号"), settable=False, width=20),
        Field("founded_on", _("建会日期"), settable=False, listed=True, filtered=True, width=12),
        Field("sealed_on", _("刻制公章的日期"), settable=False),
        Field("bank_opened_on", _("开立银行账户的日期"), settable=False),
        Field("bank_account", _("银行账户"), settable=False),
        Field("ended_as", _("撤销原因"), choices=union_ending.ENDED, settable=False),
    ),
    children=_CHILDREN,
    computed=(
        Computed("term_ends_on", _("本届任期止"), Kind.DATE, _term_ends_on, listed=True),
        Computed("employer_names", _("单位名称"), Kind.TEXT, _employers_as("name"), exported_only=True, width=36),
        Computed("employer_codes", _("单位统一社会信用代码"), Kind.TEXT, _employers_as("uscc"), exported_only=True,
                 width=22),
        Computed("upper_name", _("上级工会"), Kind.TEXT, _upper_name, exported_only=True, width=24),
    ),
    search=("name", "uscc"),
    workflow=_WORKFLOW,
    asked_once=(
        Field("org_unit_id", _("上级工会（单位已列入组织的，选单位）"), required=True, sample="org_unit_id"),
    ),
    place=founding.node_of,
    rules=(faults_of_content,),
    backdate=founding.BACKDATE,
    # Copies of identity cards are among the papers.
    attachments=AttachmentRules(papers=PAPER_NAMES, most=60, noted=True),
    print_forms=(*FOUNDING_FORMS, *UNION_FORMS),
)  # fmt: skip
