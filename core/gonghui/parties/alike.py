"""Parties that may be one: persons of one name with the same phone or the same end of a number, employers alike."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import and_, func, select, tuple_
from sqlalchemy.orm import aliased

from gonghui.db.unit_of_work import UnitOfWork
from gonghui.errors import not_found
from gonghui.parties.employer_matches import EmployerMatch, MatchState
from gonghui.parties.employers import Employer
from gonghui.parties.persons import Person

_P: Any = Person.__table__.c


def persons_alike(uow: UnitOfWork, *, after: tuple[str, int] | None = None, limit: int = 50) -> Sequence[Any]:
    """Names that several persons share together with the last digits of their phone."""
    return _alike(uow, _P.phone_tail, after, limit)


def persons_of_one_number(
    uow: UnitOfWork, *, after: tuple[str, int] | None = None, limit: int = 50
) -> Sequence[Any]:
    """Names that several persons share together with the last characters of their document."""
    return _alike(uow, _P.id_number_tail, after, limit)


def employers_alike(uow: UnitOfWork, *, after: UUID | None = None, limit: int = 50) -> Sequence[Any]:
    """Pairs of employers that look alike and that nobody has judged, with both names and codes."""
    one, other = aliased(Employer), aliased(Employer)
    page = (
        select(
            EmployerMatch.id, EmployerMatch.score, one.name.label("name"), one.uscc.label("code"),
            other.name.label("candidate"), other.uscc.label("candidate_code"),
        )
        .join(one, and_(one.tenant_id == EmployerMatch.tenant_id, one.id == EmployerMatch.employer_id))
        .join(other, and_(other.tenant_id == EmployerMatch.tenant_id, other.id == EmployerMatch.candidate_id))
        .where(EmployerMatch.state == MatchState.OPEN.value)
        .order_by(EmployerMatch.id)
        .limit(limit)
    )  # fmt: skip
    return uow.session.execute(page if after is None else page.where(EmployerMatch.id > after)).all()


def match_by_id(uow: UnitOfWork, match_id: UUID) -> EmployerMatch:
    """A pair of employers. Raises `NotFound`."""
    match = uow.session.get(EmployerMatch, (uow.tenant_id, match_id))
    if match is None:
        raise not_found()
    return match


def _alike(uow: UnitOfWork, tail: Any, after: tuple[str, int] | None, limit: int) -> Sequence[Any]:
    page = (
        select(_P.name, tail.label("tail"), func.count().label("persons"))
        .where(_P.merged_into_id.is_(None), tail.is_not(None))
        .group_by(_P.name, tail)
        .having(func.count() > 1)
        .order_by(_P.name, tail)
        .limit(limit)
    )
    return uow.session.execute(page if after is None else page.where(tuple_(_P.name, tail) > after)).all()
