"""Fields: what a record type says of a column beyond its type: its name for people, its limits, who may be picked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cached_property
from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, Date, DateTime, LargeBinary, Select, Table, Uuid
from sqlalchemy.dialects.postgresql import JSONB

from gonghui.db.unit_of_work import UnitOfWork
from gonghui.i18n import Text

LONGEST = 200
FEN = "_fen"
"""Columns that hold money end so, because they count fen; the field beside them is in yuan."""

#: What may be chosen: a select of `id` and `label`, for the principal and with the permission it acts by.
Picker = Callable[[UnitOfWork, str], Select[Any]]


class Kind(StrEnum):
    """What a value is, which decides how it is read, shown, exported and asked for on a page.

    Usually the column says it; money is yuan outside and fen inside.
    """

    TEXT = "text"
    CHOICE = "choice"
    INTEGER = "integer"
    MONEY = "money"
    DATE = "date"
    TIME = "time"
    BOOLEAN = "boolean"
    SENSITIVE = "sensitive"
    REFERENCE = "reference"
    PERSON = "person"
    EMPLOYER = "employer"
    TEXTS = "texts"


@dataclass(frozen=True, eq=False)
class Field:
    """A value of a record, of a child, or one that a step asks for.

    `name` is that of the column, but for money (`amount` is kept in `amount_fen`), for references (`employer` in
    `employer_id`) and for values that a step asks for and hands to its effect, which need a `kind`.
    A person or an employer is picked where there is a `picker`; otherwise a person is told by name and document, an
    employer by name and code, and entered where nobody knows them.
    `choices` are the values that it may have, each with its name for people. `longest` is in characters; `least` and
    `most` bound a number, `earliest` a day. `listed`: lists show it; `filtered`: they can be asked for a value of it.
    `example` is what the OpenAPI document shows and the contract sends, `help` a hint for whoever fills it in, `width`
    that of its column in an export, in characters.
    """

    name: str
    title: Text
    required: bool = False
    choices: Mapping[str, Text] | None = None
    longest: int = LONGEST
    least: int | None = None
    most: int | None = None
    earliest: date | None = None
    picker: Picker | None = None
    kind: Kind | None = None
    listed: bool = False
    filtered: bool = False
    #: False where only steps and derivations write it.
    settable: bool = True
    #: True for what is told once and never changed afterwards, such as somebody's document.
    fixed: bool = False
    #: False for a number that is kept as it was typed, such as a landline with its extension.
    checked: bool = True
    #: False for what is never shown, such as a text to be handed over in a sealed message.
    shown: bool = True
    example: Any = None
    #: Name of a sample of the contract kit, for what has to exist (`x-sample`).
    sample: str | None = None
    #: True where it may be left out but the contract kit has to send it, because one of several must be there.
    sent: bool = False
    help: Text | None = None
    width: int = 14


@dataclass(frozen=True, eq=False)
class Bound:
    """A field at its table: the column that holds it and, for a reference, the table that it leads to."""

    field: Field
    kind: Kind
    column: Column[Any] | None
    target: Table | None = None

    @property
    def name(self) -> str:
        """What the field is called in content."""
        return self.field.name

    @property
    def is_sealed(self) -> bool:
        """Whether the column holds sealed values, whatever kind of text they are."""
        return self.column is not None and "sensitive" in self.column.info

    @property
    def column_name(self) -> str:
        """The name of its column. Raises `ValueError` for a field without one."""
        if self.column is None:
            raise ValueError(f"the field {self.name!r} has no column")
        return self.column.name

    @property
    def may_be_null(self) -> bool:
        """Whether the column, where there is one, takes no value for a value."""
        return self.column is None or bool(self.column.nullable)

    @cached_property
    def label(self) -> Column[Any] | None:
        """The column of the target by which people know it."""
        if self.target is None:
            return None
        found: Column[Any] | None = self.target.columns.get("name", self.target.columns.get("title"))
        return found


def bind(fields: Sequence[Field], table: Table) -> tuple[Bound, ...]:
    """Fields with their columns. Raises `ValueError` for one that has neither a column nor a kind."""
    return tuple(_bound(field, table) for field in fields)


def _bound(field: Field, table: Table) -> Bound:
    for name in (field.name, f"{field.name}_id", f"{field.name}{FEN}"):
        column = table.columns.get(name)
        if column is not None:
            target = _target(column)
            return Bound(field, field.kind or _kind(field, column, target), column, target)
    if field.kind is None:
        raise ValueError(f"{table.fullname} has no column for the field {field.name!r}")
    if field.kind is Kind.REFERENCE and field.picker is None:
        raise ValueError(f"{field.name!r} refers to something that no picker of it offers")
    return Bound(field, field.kind, None)


def _target(column: Column[Any]) -> Table | None:
    return next((key.column.table for key in column.foreign_keys if key.column.name == "id"), None)


def _kind(field: Field, column: Column[Any], target: Table | None) -> Kind:
    if "sensitive" in column.info:
        return Kind.SENSITIVE
    if target is not None:
        return _TOLD.get(target.fullname, Kind.REFERENCE) if field.picker is None else Kind.REFERENCE
    if column.name.endswith(FEN):
        return Kind.MONEY
    if field.choices is not None:
        return Kind.CHOICE
    for kind, types in _BY_TYPE:
        if isinstance(column.type, types):
            return kind
    return Kind.TEXT


#: Parties that are told and not picked, because picking would show who is known.
_TOLD = {"core.person": Kind.PERSON, "core.employer": Kind.EMPLOYER}
_BY_TYPE: tuple[tuple[Kind, type[Any] | tuple[type[Any], ...]], ...] = (
    (Kind.BOOLEAN, Boolean),
    (Kind.INTEGER, BigInteger),
    (Kind.DATE, Date),
    (Kind.TIME, DateTime),
    (Kind.TEXTS, JSONB),
    (Kind.REFERENCE, Uuid),
    (Kind.SENSITIVE, LargeBinary),
)
