"""Grades of the report: unions by grade (ORG17), demonstration and standard enterprises (ORG08, ORG09)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import String, and_, cast, func, select

from gonghui.sdk import Employer, Indicator, Period, _
from gonghui_organising.founding import READ
from gonghui_organising.grades import GRADES, Grade
from gonghui_organising.grading import UnionAssessment
from gonghui_organising.indicators import unions_in_force
from gonghui_organising.union import CoveredUnit, UnionKind

_ASSESSMENT: Any = UnionAssessment.__table__.c
_COVERED: Any = CoveredUnit.__table__.c
_EMPLOYER: Any = Employer.__table__.c
_KINDS = {UnionKind.INDEPENDENT.value: _("独立建会"), UnionKind.JOINT.value: _("联合工会")}


def unions_by_grade(period: Period) -> Any:
    """Unions in force, each by the grade that was confirmed last with effect by the period's last day.

    A union that was never assessed, or whose grade has run out, has none.
    """
    force, grades = unions_in_force(period).subquery(), _grades(period)
    return select(
        force.c.id,
        force.c.key,
        force.c.label,
        func.coalesce(grades.c.grade, Grade.NONE.value).label("breakdown"),
        force.c.org_unit_id,
        func.coalesce(grades.c.valid_from, force.c.on).label("on"),
    ).outerjoin(grades, and_(grades.c.union_id == force.c.id, grades.c.age == 1, _lasts(grades, period)))


def enterprises_graded(grade: Grade) -> Callable[[Period], Any]:
    """Employers covered by unions of a grade; an employer under two of them counts once."""

    def source(period: Period) -> Any:
        force, grades = unions_in_force(period).subquery(), _grades(period)
        graded = and_(
            grades.c.union_id == force.c.id,
            grades.c.age == 1,
            grades.c.grade == grade.value,
            _lasts(grades, period),
        )
        return (
            select(
                force.c.id,
                cast(_EMPLOYER.id, String).label("key"),
                _EMPLOYER.name.label("label"),
                force.c.breakdown,
                force.c.org_unit_id,
                grades.c.valid_from.label("on"),
            )
            .join(grades, graded)
            .join(CoveredUnit.__table__, _COVERED.union_id == force.c.id)
            .join(
                Employer.__table__,
                and_(_EMPLOYER.tenant_id == _COVERED.tenant_id, _EMPLOYER.id == _COVERED.employer_id),
            )
        )

    return source


def _grades(period: Period) -> Any:
    """Confirmed assessments with effect by the period's last day, the newest of a union first."""
    newest = (_ASSESSMENT.valid_from.desc(), _ASSESSMENT.id.desc())
    age = func.row_number().over(partition_by=_ASSESSMENT.union_id, order_by=newest).label("age")
    columns = (_ASSESSMENT.union_id, _ASSESSMENT.grade, _ASSESSMENT.valid_from, _ASSESSMENT.valid_to)
    return (
        select(*columns, age)
        .where(_ASSESSMENT.state == "confirmed", _ASSESSMENT.valid_from <= period.last)
        .subquery()
    )


def _lasts(grades: Any, period: Period) -> Any:
    return grades.c.valid_to >= period.last


INDICATORS = (
    Indicator(
        code="organising.unions_by_grade",
        title=_("规范化等级分布"),
        unit=_("个"),
        aggregation="stock",
        permission=READ,
        source=unions_by_grade,
        breakdowns=GRADES,
        definition=_(
            "期末当日的基层工会，按最近一次确认且仍有效的规范化等级分；未评定和已过期的计为未达规范。"
        ),
    ),
    Indicator(
        code="organising.standard_enterprises",
        title=_("民主建会规范企业"),
        unit=_("家"),
        aggregation="stock",
        permission=READ,
        source=enterprises_graded(Grade.STANDARD),
        breakdowns=_KINDS,
        definition=_("期末等级为“规范”的工会所涵盖的单位数，同一单位只计一次；不含典型示范。"),
    ),
    Indicator(
        code="organising.demonstration_enterprises",
        title=_("民主建会典型示范企业"),
        unit=_("家"),
        aggregation="stock",
        permission=READ,
        source=enterprises_graded(Grade.DEMONSTRATION),
        breakdowns=_KINDS,
        definition=_("期末等级为“典型示范”的工会所涵盖的单位数，同一单位只计一次。"),
    ),
)
