"""Looking values up: many at once by an index whatever the statistics say, and names by how they begin."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Select, and_, cast, func, literal, or_, select, true

from gonghui.values.names import sort_key


def select_each(
    column: ColumnElement[Any],
    values: Sequence[bytes] | Sequence[UUID],
    *wanted: ColumnElement[Any],
    where: Any = None,
) -> Select[Any]:
    """Rows whose `column` is one of `values`, found one by one through the column's index.

    While a register goes in, tables grow faster than their statistics, and a plain `IN` of thousands of values
    becomes a scan of the whole table for every batch. The lateral join leaves the planner no other way.
    """
    listed = func.unnest(cast(literal(_array(values)), ARRAY(column.type)))
    one = listed.table_valued("value", name="listed").render_derived()
    found = select(*wanted).where(column == one.c.value, true() if where is None else where)
    each = found.offset(0).lateral("found")
    return select(each).select_from(one.join(each, true()))


def _array(values: Sequence[bytes] | Sequence[UUID]) -> str:
    """An array in one text: the driver takes longer over a list of thousands than the database over the look-up."""
    return f"{{{','.join([_element(value) for value in values])}}}"


def _element(value: bytes | UUID) -> str:
    return f'"\\\\x{value.hex()}"' if isinstance(value, bytes) else str(value)


def name_holds(name: ColumnElement[str], key: ColumnElement[str], text: str) -> ColumnElement[bool]:
    """Whether a body's name begins with what somebody typed, or holds it: nearly all names begin with the city.

    A part of a name is a scan of the tenant's rows, which bodies are few enough for.
    """
    return or_(name_begins(name, key, text), func.strpos(name, text.strip()) > 0)


def name_begins(name: ColumnElement[str], key: ColumnElement[str], text: str) -> ColumnElement[bool]:
    """Whether a name begins with what somebody typed, in characters or in pinyin with or without spaces."""
    typed = text.strip()
    # Whatever begins with these characters has a key that begins with theirs, and the key of persons has an index.
    sounds = key.bool_op("^@")(sort_key(typed))
    # Most of what sounds so is written so. The planner would take the two for independent, and expect hardly a row.
    return sounds if typed.isascii() else and_(sounds, func.coalesce(name.bool_op("^@")(typed), False))
