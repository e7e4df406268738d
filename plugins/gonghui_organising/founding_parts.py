"""The parts of a founding (covered units, the committee's term, papers), entered and replaced as wholes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import select

from gonghui.sdk import UnitOfWork, obtain_employers, rename_employer
from gonghui_organising.union import (
    CommitteeTerm,
    CoveredUnit,
    GrassrootsUnion,
    UnionPaper,
    UnionState,
    term_end,
)

#: The table behind each part of the content.
PARTS: dict[str, Any] = {"employers": CoveredUnit, "committee": CommitteeTerm, "papers": UnionPaper}


def new_parts(uow: UnitOfWork, union: GrassrootsUnion, values: Mapping[str, Any]) -> list[Any]:
    """Rows for the parts that the content gives."""
    rows: list[Any] = []
    if values.get("employers") is not None:
        rows += _covered(uow, union, values["employers"])
    if values.get("committee") is not None:
        rows.append(_term(union, values["committee"]))
    for paper in values.get("papers") or ():
        number, dated_on = paper.get("number"), paper.get("dated_on")
        rows.append(UnionPaper(union_id=union.id, kind=paper["kind"], number=number, dated_on=dated_on))
    return rows


def replace_parts(uow: UnitOfWork, union: GrassrootsUnion, values: Mapping[str, Any]) -> None:
    """Put new parts in the place of the old ones; a part that is not given stays."""
    fresh = new_parts(uow, union, values)
    for name, part in PARTS.items():
        if values.get(name) is not None:
            for old in uow.session.scalars(select(part).where(part.union_id == union.id)):
                uow.session.delete(old)
    uow.session.flush()
    uow.add(*fresh)


def _covered(
    uow: UnitOfWork, union: GrassrootsUnion, employers: Sequence[Mapping[str, Any]]
) -> list[CoveredUnit]:
    pairs = [(employer["name"].strip(), employer.get("uscc") or None) for employer in employers]
    found = obtain_employers(uow, pairs)
    settled = settled_employers(uow, [employer.id for employer in found])
    for employer, (name, _code) in zip(found, pairs, strict=True):
        if employer.id not in settled and employer.name != name:
            rename_employer(employer, name)
    ids = dict.fromkeys(employer.id for employer in found)
    return [CoveredUnit(union_id=union.id, employer_id=employer_id) for employer_id in ids]


def settled_employers(uow: UnitOfWork, ids: Sequence[UUID]) -> set[UUID]:
    """Those employers that an approved union covers: from then on their name is not a drafter's to change."""
    covering = (
        select(CoveredUnit.employer_id)
        .join(GrassrootsUnion, GrassrootsUnion.id == CoveredUnit.union_id)
        .where(CoveredUnit.employer_id.in_(ids), GrassrootsUnion.state == UnionState.APPROVED.value)
    )
    return set(uow.session.scalars(covering))


def _term(union: GrassrootsUnion, committee: Mapping[str, Any]) -> CommitteeTerm:
    years: int = committee["years"]
    started_on: date = committee["started_on"]
    return CommitteeTerm(
        union_id=union.id,
        started_on=started_on,
        years=years,
        ends_on=term_end(started_on, years),
        seats=committee.get("seats"),
    )
