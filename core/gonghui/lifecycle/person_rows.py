"""A person's rows at one tenant: found by what the models say, over the core and every plugin."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from unicodedata import normalize
from uuid import UUID

from sqlalchemy import Column, Table, false, or_, select

from gonghui.audit.erasing import Owners
from gonghui.auth.idempotency_keys import IdempotencyKey
from gonghui.db.base import Base
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.errors import not_found
from gonghui.parties.persons import Person
from gonghui.plugin_host.person_routes import (
    NUMBERS,
    Match,
    Route,
    belongs,
    identifying_columns,
    matches,
    routes,
)
from gonghui.records.registers.runs import StagedRow
from gonghui.tenancy.keys import open_value, opened

_AT_ONCE = 2_000
#: What stands for a name that was erased.
NOBODY = "***"
#: A shorter text is no number of anybody's, and would be found in much that is not theirs.
_SHORTEST = 6


@dataclass(frozen=True)
class Human:
    """A human being as the tenant knows them: every row that stands for them, their names and their numbers."""

    ids: tuple[UUID, ...]
    names: tuple[str, ...]
    numbers: dict[str, tuple[str, ...]] = field(repr=False)

    @property
    def every_number(self) -> set[str]:
        """Their numbers of all kinds, as they are compared."""
        return {bare(text) for texts in self.numbers.values() for text in texts}


@dataclass(frozen=True)
class Found:
    """Rows of a table that are a person's, and the columns that erasing empties; `owners` say by whom they are.

    Those that were found by a number alone are theirs in that column alone (`whole` is False).
    """

    table: Table
    ids: tuple[UUID, ...]
    columns: tuple[Column[Any], ...]
    owners: tuple[Owners, ...] = ()
    whole: bool = True

    @property
    def identifies(self) -> bool:
        """Whether the trail holds plain values of these rows that tell who somebody is."""
        return self.whole and bool(identifying_columns(self.table))


def human(uow: UnitOfWork, person_id: UUID) -> Human:
    """The human being of whom a row is known, with all rows that were merged into one. Raises `NotFound`."""
    rows: dict[UUID, Person] = {}
    wanted = {person_id}
    while wanted:
        named = or_(Person.id.in_(wanted), Person.merged_into_id.in_(wanted))
        met = {person.id: person for person in uow.session.scalars(select(Person).where(named))}
        above = {person.merged_into_id for person in met.values() if person.merged_into_id is not None}
        wanted = (met.keys() | above) - rows.keys() - wanted
        rows |= met
    if person_id not in rows:
        raise not_found()
    persons = [rows[key] for key in sorted(rows)]
    numbers = {
        kind: tuple({text for person in persons if (text := opened(uow, person, kind))}) for kind in NUMBERS
    }
    names = tuple({person.name for person in persons} - {NOBODY})
    return Human(tuple(person.id for person in persons), names, numbers)


def rows_of(uow: UnitOfWork, who: Human) -> Iterator[Found]:
    """Every row that is the person's, table by table; those found by a number alone with just that column."""
    every = routes()
    known: dict[str, tuple[UUID, ...]] = {}
    for name, route in every.items():
        known[name] = ids = _belonging(uow, route, every, who)
        owners = tuple(
            Owners(name, column.name, known[target.fullname])
            for column, target in route.links
            if known[target.fullname]
        )
        if owners:
            yield Found(route.table, ids, route.emptied, owners)
    for table in Base.metadata.sorted_tables:
        if table.fullname not in every:
            for match in matches(table):
                ids = tuple(_matching(uow, match, who))
                if ids:
                    yield Found(table, ids, _with_indexes(match), whole=False)


def staged_rows_of(uow: UnitOfWork, who: Human) -> list[UUID]:
    """Rows of registers that wait and in which one of the person's numbers stands."""
    numbers = who.every_number
    table: Any = StagedRow.__table__
    if not numbers:
        return []
    found = select(table.c.id, table.c.content).where(table.c.content.is_not(None))
    rows = uow.session.execute(found, execution_options={"yield_per": _AT_ONCE})
    texts = ((row_id, open_value(uow, table.c.content, row_id, content)) for row_id, content in rows)
    return [row_id for row_id, text in texts if any(number in bare(text or "") for number in numbers)]


def remembered_answers_of(uow: UnitOfWork, who: Human) -> list[UUID]:
    """Answers kept under idempotency keys in which the person's id or name stands."""
    marks = [text.encode() for text in (*map(str, who.ids), *who.names)]
    held = [IdempotencyKey.body.bool_op("LIKE")(b"%" + _literally(mark) + b"%") for mark in marks]
    return list(uow.session.scalars(select(IdempotencyKey.id).where(or_(false(), *held))))


def bare(text: str) -> str:
    """A number without what people put between its digits, its digits of the usual width."""
    return re.sub(r"[\W_]", "", normalize("NFKC", text)).upper()


def _literally(mark: bytes) -> bytes:
    return re.sub(rb"([\\%_])", rb"\\\1", mark)


def _belonging(uow: UnitOfWork, route: Route, every: dict[str, Route], who: Human) -> tuple[UUID, ...]:
    ids = select(route.table.c.id).where(belongs(route, every, who.ids)).order_by(route.table.c.id)
    return tuple(uow.session.scalars(ids))


def _matching(uow: UnitOfWork, match: Match, who: Human) -> Iterator[UUID]:
    table, column = match.column.table, match.column
    texts = who.numbers[match.kind]
    if not texts:
        return
    numbers = {bare(text) for text in texts if len(bare(text)) >= _SHORTEST}
    found = select(table.c.id, column).where(column.is_not(None)).order_by(table.c.id)
    for row_id, sealed in uow.session.execute(found, execution_options={"yield_per": _AT_ONCE}):
        if bare(open_value(uow, column, row_id, sealed) or "") in numbers:
            yield row_id


def _with_indexes(match: Match) -> tuple[Column[Any], ...]:
    name = match.column.name
    marks = (column for column in match.column.table.columns if name in _index_of(column))
    return (match.column, *marks)


def _index_of(column: Column[Any]) -> tuple[Any, Any]:
    return column.info.get("index_of"), column.info.get("tail_of")
