"""Grades of a union as a federation defines them: criteria, what each grade asks for, and what follows from answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from gonghui.sdk import UnitOfWork, _, figure


class Grade(StrEnum):
    """Graded below the first one, 民主建会规范企业, 民主建会典型示范企业; from the lowest."""

    NONE = "none"
    STANDARD = "standard"
    DEMONSTRATION = "demonstration"


GRADES = {
    Grade.NONE.value: _("未达规范"),
    Grade.STANDARD.value: _("规范"),
    Grade.DEMONSTRATION.value: _("典型示范"),
}
_RATE = "membership_rate"


@dataclass(frozen=True)
class Criterion:
    """One criterion: yes or no, or a number that has to reach `least`. `is_computed`: nobody types it."""

    code: str
    title: str
    points: int
    evidence: bool
    least: int | None
    is_computed: bool


@dataclass(frozen=True)
class Demand:
    """What a grade asks for: points, criteria that must be met, and a membership rate."""

    grade: str
    points: int
    needs: tuple[str, ...]
    rate: int


@dataclass(frozen=True)
class Answer:
    """What was found for a criterion."""

    met: bool
    points: int
    number: int | None


@dataclass(frozen=True)
class Verdict:
    """The points, the grade, and in words what the next grade still asks for."""

    points: int
    grade: str
    lacking: list[str]


@dataclass(frozen=True)
class Scheme:
    """Criteria, grades and guidance in force on a day."""

    criteria: Mapping[str, Criterion]
    demands: tuple[Demand, ...]
    guidance: Mapping[str, str]
    version: str

    @property
    def computed(self) -> set[str]:
        """Criteria that are worked out from the union's figures."""
        return {code for code, criterion in self.criteria.items() if criterion.is_computed}

    def rate(self, members: int | None, headcount: int | None) -> int | None:
        """入会率: members in a hundred of staff, rounded down so that 79.9 is not 80."""
        return members * 100 // headcount if members is not None and headcount else None

    def verdict(self, answers: Mapping[str, Answer]) -> Verdict:
        """The highest grade of which everything is there; a grade is not reached over one that is not."""
        points, grade = sum(answer.points for answer in answers.values()), Grade.NONE.value
        for demand in self.demands:
            lacking = self._lacking(demand, points, answers)
            if lacking:
                return Verdict(points, grade, lacking)
            grade = demand.grade
        return Verdict(points, grade, [])

    def _lacking(self, demand: Demand, points: int, answers: Mapping[str, Answer]) -> list[str]:
        unmet = [code for code in demand.needs if code not in answers or not answers[code].met]
        lacking = [self.criteria[code].title for code in unmet if code != _RATE]
        rate = answers[_RATE].number if _RATE in answers else None
        if _RATE in self.criteria and (rate is None or rate < demand.rate):
            lacking.append(f"{self.criteria[_RATE].title} ≥ {demand.rate}%")
        if points < demand.points:
            lacking.append(f"≥ {demand.points}")
        return lacking


def scheme_on(uow: UnitOfWork, day: date) -> Scheme:
    """The scheme by which a union is assessed on a day.

    The membership rate of the workers' home (职工之家, domain §1.4) is told from the lowest grade to the highest.
    """
    criteria = figure(uow, "organising.grading.criteria", day)
    grades = figure(uow, "organising.grading.grades", day)
    rates = figure(uow, "organising.workers_home.membership_rate", day).value
    return Scheme(
        criteria={each["code"]: _criterion(each, rates[0]) for each in criteria.value},
        demands=tuple(
            Demand(each["code"], each["points"], tuple(each["needs"]), rates[min(place, len(rates) - 1)])
            for place, each in enumerate(grades.value)
        ),
        guidance={
            each["grade"]: each["text"] for each in figure(uow, "organising.grading.guidance", day).value
        },
        version=f"{criteria.version} {grades.version}",
    )


def _criterion(told: Mapping[str, Any], lowest_rate: int) -> Criterion:
    is_computed = told["code"] == _RATE
    return Criterion(
        code=told["code"],
        title=told["title"],
        points=told["points"],
        evidence=told["evidence"],
        least=lowest_rate if is_computed else told["least"] or None,
        is_computed=is_computed,
    )
