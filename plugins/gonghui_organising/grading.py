"""Grading (规范化等级): how orderly a union works, assessed by criteria and confirmed by the union above it.

An enterprise's union is assessed criterion by criterion; the points and the criteria that a grade asks for decide the
grade. The criteria, the grades and the guidance for each grade are dated parameters: federations grade by their own
rules (domain §1.4: 1,000 founded, 100 standard, 10 demonstration).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Index, Select, select
from sqlalchemy.orm import Mapped, mapped_column

from gonghui.sdk import (
    Child,
    Comment,
    Field,
    FieldFault,
    OrgUnit,
    Record,
    RecordType,
    TenantTable,
    Transition,
    UnitOfWork,
    Workflow,
    _,
    add_months,
    clock,
    figure,
    not_found,
    ref,
    unique,
    visible,
)
from gonghui_organising.grades import GRADES, Answer, Scheme, scheme_on
from gonghui_organising.union import PLUGIN, GrassrootsUnion, UnionState

CODE = "organising.assessment"
_MONTHS = 12


class UnionAssessment(Record, schema=PLUGIN):
    """One assessment of one union. Those that were confirmed are the history of its grade.

    Members and headcount are the union's figures as they were counted by; a later change of the union changes no grade.
    """

    __tablename__ = "union_assessment"
    __table_args__ = (Index("ix_union_assessment_union_id", "tenant_id", "union_id", "valid_from"),)

    union: Mapped[GrassrootsUnion] = ref(GrassrootsUnion)
    union_id: Mapped[UUID]
    assessed_on: Mapped[date]
    members: Mapped[int | None]
    headcount: Mapped[int | None]
    points: Mapped[int | None]
    grade: Mapped[str | None]
    #: What the next grade still asks for, in words.
    lacking: Mapped[list[str]] = mapped_column(default=list)
    guidance: Mapped[str | None]
    scheme_version: Mapped[str | None]
    valid_from: Mapped[date | None]
    valid_to: Mapped[date | None]


class AssessmentResult(TenantTable, schema=PLUGIN):
    """What was found for one criterion."""

    __tablename__ = "assessment_result"
    __table_args__ = (unique("assessment_id", "criterion"),)

    assessment: Mapped[UnionAssessment] = ref(UnionAssessment)
    assessment_id: Mapped[UUID]
    criterion: Mapped[str]
    title: Mapped[str | None]
    met: Mapped[bool | None]
    number: Mapped[int | None]
    evidence: Mapped[str | None]
    points: Mapped[int | None]


def unions_in_force(uow: UnitOfWork, permission: str) -> Select[Any]:
    """Approved unions within the permission."""
    table: Any = GrassrootsUnion.__table__.c
    return select(table.id, table.name.label("label")).where(
        table.state == UnionState.APPROVED.value, visible(uow.principal, permission, table.org_unit_id)
    )


def at_the_union(uow: UnitOfWork, values: Mapping[str, Any]) -> OrgUnit:
    """An assessment is filed at its union's own node."""
    place = select(OrgUnit).join(GrassrootsUnion, GrassrootsUnion.org_unit_id == OrgUnit.id)
    found = uow.session.scalars(place.where(GrassrootsUnion.id == values["union_id"])).one_or_none()
    if found is None:
        raise not_found()
    return found


def faults_of_results(
    uow: UnitOfWork, assessment: UnionAssessment, values: Mapping[str, Any]
) -> Iterable[FieldFault]:
    """An assessment stays with its union; results name criteria in force on its day, each once."""
    union = uow.session.get(GrassrootsUnion, (uow.tenant_id, assessment.union_id))
    if union is not None and union.org_unit_id != assessment.org_unit_id:
        yield FieldFault("/union_id", "union_fixed", _("评定不能改到另一个工会，请新建一份。"))
    if assessment.assessed_on > clock.today():
        yield FieldFault("/assessed_on", "in_future", _("评定日期不能晚于今天。"))
        return
    known, seen = scheme_on(uow, assessment.assessed_on).criteria, set()
    for index, row in enumerate(values.get("results") or ()):
        # A row that is there already may be sent with nothing but what changes.
        code = row.get("criterion")
        if code is not None and code not in known:
            message = _("{day}的评定标准没有“{code}”这一项。", day=assessment.assessed_on, code=code)
            yield FieldFault(f"/results/{index}/criterion", "criterion_unknown", message)
        elif code is not None and code in seen:
            yield FieldFault(f"/results/{index}/criterion", "criterion_repeated", _("同一项指标只评一次。"))
        seen.add(code)


def evaluate(uow: UnitOfWork, assessment: UnionAssessment, results: list[AssessmentResult]) -> None:
    """Work out points and grade by the scheme in force on the day of the assessment and the union's figures."""
    union = uow.session.get_one(GrassrootsUnion, (uow.tenant_id, assessment.union_id))
    assessment.members, assessment.headcount = union.members, union.headcount
    scheme = scheme_on(uow, assessment.assessed_on)
    rows = {row.criterion: row for row in results}
    for code in sorted(scheme.computed - rows.keys()):
        rows[code] = AssessmentResult(assessment_id=assessment.id, criterion=code)
        uow.add(rows[code])
    for code, row in rows.items():
        _judge(scheme, assessment, code, row)
    answers = {code: Answer(bool(row.met), row.points or 0, row.number) for code, row in rows.items()}
    verdict = scheme.verdict(answers)
    assessment.points, assessment.grade, assessment.lacking = verdict.points, verdict.grade, verdict.lacking
    assessment.guidance, assessment.scheme_version = scheme.guidance[verdict.grade], scheme.version


def everything_answered(
    uow: UnitOfWork, assessment: UnionAssessment, _answers: object
) -> Iterable[FieldFault]:
    """Every criterion has its result; one that is met has its evidence where the criterion asks for it."""
    scheme, rows = scheme_on(uow, assessment.assessed_on), _results(uow, assessment)
    for code, criterion in scheme.criteria.items():
        row = rows.get(code)
        if criterion.is_computed:
            continue
        if row is None or (row.met is None and row.number is None):
            message = _("还没有评“{criterion}”。", criterion=criterion.title)
            yield FieldFault("/results", "criterion_missing", message)
        elif row.met and criterion.evidence and not row.evidence:
            message = _("“{criterion}”要写明依据。", criterion=criterion.title)
            yield FieldFault("/results", "evidence_missing", message)


def figures_are_there(uow: UnitOfWork, assessment: UnionAssessment, _answers: object) -> Iterable[FieldFault]:
    """The membership rate is that of the union's own figures, so they have to be there."""
    union = uow.session.get_one(GrassrootsUnion, (uow.tenant_id, assessment.union_id))
    if not union.headcount or union.members is None:
        yield FieldFault("", "figures_missing", _("工会还没有登记职工人数和会员人数，算不出入会率。"))


def not_before_the_assessment(
    _uow: UnitOfWork, assessment: UnionAssessment, answers: Mapping[str, Any]
) -> Iterable[FieldFault]:
    """A grade does not begin before the day on which it was assessed."""
    day = answers.get("effective_on")
    if day is not None and day < assessment.assessed_on:
        message = _("确认日期不能早于评定日期 {day}。", day=assessment.assessed_on)
        yield FieldFault("/effective_on", "before_assessment", message)


def work_it_out(uow: UnitOfWork, assessment: UnionAssessment, _answers: object) -> None:
    """Count once more when it is proposed: the union's figures may have changed since the draft."""
    evaluate(uow, assessment, list(_results(uow, assessment).values()))


def begin_the_grade(uow: UnitOfWork, assessment: UnionAssessment, answers: Mapping[str, Any]) -> None:
    """The grade holds from the day of confirmation for as many years as the parameter says, or until the next one."""
    first: date = answers["effective_on"]
    years = figure(uow, "organising.grading.validity", first).value
    assessment.valid_from, assessment.valid_to = first, add_months(first, _MONTHS * years)


def _results(uow: UnitOfWork, assessment: UnionAssessment) -> dict[str, AssessmentResult]:
    mine = select(AssessmentResult).where(AssessmentResult.assessment_id == assessment.id)
    return {row.criterion: row for row in uow.session.scalars(mine)}


def _judge(scheme: Scheme, assessment: UnionAssessment, code: str, row: AssessmentResult) -> None:
    """Set what follows for a row: its title, whether a number reaches its mark, its points."""
    criterion = scheme.criteria.get(code)
    if criterion is None:  # the day of the assessment was changed to one with other criteria
        row.points = 0
        return
    row.title = criterion.title
    if criterion.is_computed:
        row.number = scheme.rate(assessment.members, assessment.headcount)
    if criterion.least is not None:
        row.met = row.number is not None and row.number >= criterion.least
    row.points = criterion.points if row.met else 0


assessments = RecordType(
    UnionAssessment,
    code=CODE,
    path="assessments",
    title=_("工会规范化评定"),
    fields=(
        Field(
            "union_id",
            _("工会"),
            required=True,
            listed=True,
            filtered=True,
            picker=unions_in_force,
            sample="approved_union",
        ),
        Field("assessed_on", _("评定日期"), required=True, listed=True, filtered=True, example="2024-06-20"),
        Field("members", _("会员人数"), settable=False),
        Field("headcount", _("职工人数"), settable=False),
        Field("points", _("得分"), settable=False, listed=True, filtered=True),
        Field("grade", _("规范化等级"), choices=GRADES, settable=False, listed=True, filtered=True),
        Field("lacking", _("离上一等级还差"), settable=False),
        Field("guidance", _("分层指导方案"), settable=False),
        Field("scheme_version", _("标准版本"), settable=False),
        Field("valid_from", _("等级起始日"), settable=False, listed=True, filtered=True),
        Field("valid_to", _("等级有效期止"), settable=False, listed=True, filtered=True),
    ),
    children=(
        Child(
            "results",
            _("各项指标"),
            AssessmentResult,
            (
                Field("criterion", _("指标"), required=True, example="own_account"),
                Field("title", _("指标名称"), settable=False),
                Field("met", _("达标")),
                Field("number", _("数值")),
                Field("evidence", _("依据"), longest=500),
                Field("points", _("得分"), settable=False),
            ),
            after=evaluate,
        ),
    ),
    place=at_the_union,
    rules=(faults_of_results,),
    workflow=Workflow(
        "draft",
        {
            "draft": _("自评中"),
            "proposed": _("已申报"),
            "returned": _("退回补正"),
            "confirmed": _("已确认"),
        },
        (
            Transition(
                "propose",
                "draft, returned -> proposed",
                _("申报等级"),
                guards=(everything_answered, figures_are_there),
                effect=work_it_out,
                awaited=True,
            ),
            Transition(
                "return",
                "proposed -> returned",
                _("退回补正"),
                above=True,
                comment=Comment.REQUIRED,
                awaited=True,
            ),
            Transition(
                "confirm",
                "proposed -> confirmed",
                _("确认等级"),
                above=True,
                not_by=("create", "propose"),
                guards=(not_before_the_assessment,),
                effect=begin_the_grade,
                verb="confirmed",
                awaited=True,
            ),
        ),
        changeable={"draft", "returned"},
    ),
    backdate="organising.assessment.backdate",
)
