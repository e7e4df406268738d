"""Parties that may be one: persons of one name with the same phone or the same end of a number, employers alike."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, func, or_, select, tuple_
from sqlalchemy.dialects.postgresql import aggregate_order_by
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
    page = _pairs().where(EmployerMatch.state == MatchState.OPEN.value).order_by(EmployerMatch.id)
    page = page if after is None else page.where(EmployerMatch.id > after)
    return uow.session.execute(page.limit(limit)).all()


def count_alike(uow: UnitOfWork) -> int:
    """How many pairs of employers nobody has judged."""
    undecided = EmployerMatch.state == MatchState.OPEN.value
    return uow.session.scalar(select(func.count()).select_from(EmployerMatch).where(undecided)) or 0


def employers_judged(
    uow: UnitOfWork, *, before: tuple[datetime, UUID] | None = None, limit: int = 50
) -> Sequence[Any]:
    """Pairs that somebody has judged, the last decision first, as `employers_alike` gives them."""
    order = (EmployerMatch.decided_at, EmployerMatch.id)
    page = _pairs().where(EmployerMatch.state != MatchState.OPEN.value)
    page = page.order_by(*(each.desc() for each in order)).limit(limit)
    return uow.session.execute(page if before is None else page.where(tuple_(*order) < before)).all()


def pair_judged(uow: UnitOfWork, match_id: UUID | None) -> Any | None:
    """The pair as `employers_judged` gives it, while a decision about it stands; None for none."""
    if match_id is None:
        return None
    judged = (EmployerMatch.id == match_id, EmployerMatch.state != MatchState.OPEN.value)
    return uow.session.execute(_pairs().where(*judged)).one_or_none()


def next_alike(uow: UnitOfWork, match_id: UUID | None = None) -> UUID | None:
    """The undecided pair that comes after this one; behind the last one the first, and none where none is left."""
    rest = select(EmployerMatch.id).where(EmployerMatch.state == MatchState.OPEN.value)
    if match_id is not None:
        begins_anew = EmployerMatch.id < match_id
        rest = rest.where(EmployerMatch.id != match_id).order_by(begins_anew)
    return uow.session.scalars(rest.order_by(EmployerMatch.id).limit(1)).first()


def match_by_id(uow: UnitOfWork, match_id: UUID, *, lock: bool = False) -> EmployerMatch:
    """A pair of employers; `lock`: so that two who decide at once do so one after the other. Raises `NotFound`."""
    match = uow.session.get(EmployerMatch, (uow.tenant_id, match_id), with_for_update=lock or None)
    if match is None:
        raise not_found()
    return match


def persons_like(uow: UnitOfWork, person: Person, *, limit: int = 20) -> Sequence[Person]:
    """Others of the same name with the same last digits of phone or document."""
    tails = [
        column == tail
        for column, tail in ((_P.phone_tail, person.phone_tail), (_P.id_number_tail, person.id_number_tail))
        if tail is not None
    ]
    if not tails:
        return ()
    alike = (_P.name == person.name, _P.merged_into_id.is_(None), _P.id != person.id, or_(*tails))
    return uow.session.scalars(select(Person).where(*alike).order_by(_P.id).limit(limit)).all()


def _pairs() -> Any:
    one, other = aliased(Employer), aliased(Employer)
    return (
        select(
            EmployerMatch.id, EmployerMatch.score, EmployerMatch.state, EmployerMatch.decided_at,
            one.name.label("name"), one.uscc.label("code"),
            other.name.label("candidate"), other.uscc.label("candidate_code"),
        )
        .join(one, and_(one.tenant_id == EmployerMatch.tenant_id, one.id == EmployerMatch.employer_id))
        .join(other, and_(other.tenant_id == EmployerMatch.tenant_id, other.id == EmployerMatch.candidate_id))
    )  # fmt: skip


def _alike(uow: UnitOfWork, tail: Any, after: tuple[str, int] | None, limit: int) -> Sequence[Any]:
    # `min` knows no UUIDs before PostgreSQL 18.
    first = func.array_agg(aggregate_order_by(_P.id, _P.id))[1]
    page = (
        select(_P.name, tail.label("tail"), func.count().label("persons"), first.label("id"))
        .where(_P.merged_into_id.is_(None), tail.is_not(None))
        .group_by(_P.name, tail)
        .having(func.count() > 1)
        .order_by(_P.name, tail)
        .limit(limit)
    )
    return uow.session.execute(page if after is None else page.where(tuple_(_P.name, tail) > after)).all()
