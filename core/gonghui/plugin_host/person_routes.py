"""Which rows are a person's: read from the models alone, so that no table is forgotten when a person asks.

A row is a person's where it refers to them (a record type says by which column, its `subject`), or where it cannot be
without a row that is: a child, a part, anything with a reference that must be there. A sealed number in a table
without such a reference is theirs where it is one of their own numbers. For everything else the plugin has to answer,
by the hooks `export_person` and `erase_person`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Column, ColumnElement, Table, Uuid, any_, literal, or_, select

from gonghui.auth.accounts import Account
from gonghui.db.base import Base
from gonghui.db.sensitive import sealed_columns
from gonghui.parties.persons import Person
from gonghui.plugin_host.hooks import new_manager
from gonghui.plugin_host.manifest import Plugin
from gonghui.records.record_types import RECORD_TYPES

#: Tables that name persons who did something; what the row is about is somebody or something else.
_DOERS = frozenset({"core.record_transition"})
#: Kinds of sealed values by which a person is found: numbers that are theirs alone, or nearly so.
NUMBERS = ("id_number", "phone", "bank_card")


@dataclass(frozen=True)
class Route:
    """How rows of a table belong to a person: by these columns, each with the table whose rows it names."""

    table: Table
    links: tuple[tuple[Column[Any], Table], ...]

    @property
    def emptied(self) -> tuple[Column[Any], ...]:
        """What erasing a person empties in such a row: sealed values with their indexes, and what identifies."""
        return (*personal_columns(self.table), *identifying_columns(self.table))


@dataclass(frozen=True)
class Match:
    """A sealed number that leads to a person by its value, opened and compared.

    Not by a blind index: that holds the number as it was typed, and people type one number in several ways.
    """

    column: Column[Any]

    @property
    def kind(self) -> str:
        """What number it is."""
        return str(self.column.info["sensitive"])


def routes() -> dict[str, Route]:
    """Tables whose rows are a person's, by name, the nearest to the person first."""
    person: Any = Person.__table__
    tables = [table for table in Base.metadata.sorted_tables if "tenant_id" in table.columns]
    found = {person.fullname: Route(person, ((person.c.id, person),))}
    found |= {
        table.fullname: Route(table, links)
        for table in tables
        if table is not person and (links := tuple((column, person) for column in _subjects(table)))
    }
    while True:
        further = {
            table.fullname: Route(table, links)
            for table in tables
            if table.fullname not in found and (links := tuple(_links(table, found)))
        }
        if not further:
            return found
        found |= further


def belongs(route: Route, every: Mapping[str, Route], persons: Collection[UUID]) -> ColumnElement[bool]:
    """The condition under which a row of a route's table is one of these persons'."""
    person: Any = Person.__table__
    conditions = []
    for column, target in route.links:
        if target is person:
            conditions.append(column == any_(literal(list(persons), ARRAY(Uuid()))))
        else:
            inner = belongs(every[target.fullname], every, persons)
            conditions.append(column.in_(select(target.c.id).where(inner)))
    return or_(*conditions)


def matches(table: Table) -> list[Match]:
    """Sealed numbers of a table that lead to a person by their value."""
    return [
        Match(column)
        for column in sealed_columns(table)
        if column.info["sensitive"] in NUMBERS and column.info["personal"]
    ]


def uncovered(plugin: Plugin) -> list[str]:
    """Sealed columns of the plugin's tables about persons that nothing leads to: they could never be erased.

    None where the plugin has an `erase_person` of its own, which answers for them.
    """
    if answers_to(plugin, "erase_person"):
        return []
    known = routes()
    return [
        f"{table.fullname}.{column.name}"
        for table in Base.metadata.sorted_tables
        if table.schema == plugin.id and table.fullname not in known
        for column in sealed_columns(table)
        if column.info["personal"] and column.info["sensitive"] not in NUMBERS
    ]


def answers_to(plugin: Plugin, hook: str) -> bool:
    """Whether a plugin implements a hook."""
    if plugin.hooks is None:
        return False
    manager = new_manager()
    manager.register(plugin.hooks, name=plugin.id)
    return bool(getattr(manager.hook, hook).get_hookimpls())


def personal_columns(table: Table) -> list[Column[Any]]:
    """Sealed columns of a table that are about a person, with their blind indexes."""
    sealed = {column.name for column in sealed_columns(table) if column.info["personal"]}
    return [
        column
        for column in table.columns
        if sealed & {column.name, column.info.get("index_of"), column.info.get("tail_of")}
    ]


def identifying_columns(table: Table) -> list[Column[Any]]:
    """Plain columns that tell who somebody is."""
    return [column for column in table.columns if "identifying" in column.info]


def _subjects(table: Table) -> list[Column[Any]]:
    """Columns that name the persons whom a row is about."""
    if table.fullname in _DOERS:
        return []
    kind = RECORD_TYPES.get(table.fullname)
    if kind is not None and kind.subject is not None:
        return [table.columns[kind.subject]]
    person: Any = Person.__table__
    return [column for column, target in _references(table) if target is person]


def _links(table: Table, known: Mapping[str, Route]) -> Iterator[tuple[Column[Any], Table]]:
    """References without which a row could not be, to rows that are a person's."""
    account: Any = Account.__table__
    if table.fullname in _DOERS:
        return
    for column, target in _references(table):
        # Whoever handles a case is not the one whom it is about.
        is_handler = target is account and table.schema != account.schema
        if not column.nullable and target.fullname in known and not is_handler:
            yield column, target


def _references(table: Table) -> Iterator[tuple[Column[Any], Table]]:
    for key in sorted(table.foreign_key_constraints, key=lambda key: str(key.name)):
        for column in key.columns:
            if column.name != "tenant_id" and key.referred_table.fullname != table.fullname:
                yield column, key.referred_table
