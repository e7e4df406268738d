"""The parts of a founding that are more than rows: the units it covers and the committee's term."""

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
    UnionState,
    term_end,
)


def put_employers(uow: UnitOfWork, union: GrassrootsUnion, employers: Sequence[Mapping[str, Any]]) -> None:
    """Let the union cover these employers and no others; one whose name nobody relies on yet takes the name told."""
    _clear(uow, union, CoveredUnit)
    uow.add(*_covered(uow, union, employers))


def put_committee(uow: UnitOfWork, union: GrassrootsUnion, committees: Sequence[Mapping[str, Any]]) -> None:
    """Let this be the term of the committee that founds the union."""
    _clear(uow, union, CommitteeTerm)
    uow.add(*(_term(union, committee) for committee in committees))


def _clear(uow: UnitOfWork, union: GrassrootsUnion, part: type[Any]) -> None:
    if union not in uow.session.new:
        for old in uow.session.scalars(select(part).where(part.union_id == union.id)):
            uow.session.delete(old)
        uow.session.flush()


def _covered(
    uow: UnitOfWork, union: GrassrootsUnion, employers: Sequence[Mapping[str, Any]]
) -> list[CoveredUnit]:
    pairs = [(employer["name"].strip(), employer.get("uscc") or None) for employer in employers]
    found = obtain_employers(uow, pairs)
    settled = settled_employers(uow, [employer.id for employer in found])
    for employer, (name, _code) in zip(found, pairs, strict=True):
        if employer.id not in settled and employer.name != name:
            rename_employer(uow, employer, name)
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
