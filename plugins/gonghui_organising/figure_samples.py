"""Samples for figures that no sample of an operation enters: a term that is over, a grade, a home in use."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from gonghui.sdk import UnitOfWork, clock, create_record, take_step
from gonghui_organising.demo_targets import RESULTS
from gonghui_organising.grading import assessments
from gonghui_organising.member_samples import applicant
from gonghui_organising.members import members
from gonghui_organising.re_election_records import re_elections
from gonghui_organising.re_election_samples import union_in_force
from gonghui_organising.target_samples import approved, taken, venue_at
from gonghui_organising.union_samples import founding_values

#: A standard union has not yet everything that a demonstration one has.
_STANDARD = [row for row in RESULTS if row["criterion"] != "legal_person"] + [
    {"criterion": "legal_person", "met": False}
]


def joined(uow: UnitOfWork, place: UUID) -> UUID:
    """A member whose application was granted."""
    member_id = applicant(uow, place)
    take_step(uow, members, member_id, 1, "approve", {})
    return member_id


def overdue(uow: UnitOfWork, place: UUID) -> UUID:
    """A re-election that was to be held a month ago."""
    return create_record(uow, re_elections, {"union_id": union_in_force(uow, place, months=-1)}).id


def graded(results: list[dict[str, Any]]) -> Callable[[UnitOfWork, UUID], UUID]:
    """A maker of assessments, with these results, of a union in which nearly everybody is a member."""

    def make(uow: UnitOfWork, place: UUID) -> UUID:
        union_id = approved(uow, {**founding_values(place), "members": 39})
        values = {"union_id": union_id, "assessed_on": clock.today(), "results": results}
        return taken(uow, assessments, values, (("propose", {}), ("confirm", {})))

    return make


#: The space in a name keeps them from the paths: no operation asks for these.
SAMPLES: dict[str, Callable[[UnitOfWork, UUID], Any]] = {
    "joined member": joined,
    "overdue re-election": overdue,
    "demonstration union": graded(RESULTS),
    "standard union": graded(_STANDARD),
    "venue in use": venue_at("finish", "open"),
}
