"""Looking values up: many at once by an index whatever the statistics say, and names by how they begin."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Select, and_, cast, func, literal, or_, select, true

from gonghui.values.names import sort_key

Key = bytes | int | UUID
_DIGITS = r'"\\x'
"""What is before the digits of bytes in the text of an array."""


def select_each(
    column: ColumnElement[Any] | tuple[ColumnElement[Any], ...],
    values: Sequence[Key] | Sequence[tuple[Key, ...]],
    *wanted: ColumnElement[Any],
    where: Any = None,
) -> Select[Any]:
    """Rows whose `column` is one of `values`, found one by one through the column's index.

    For an index over several columns both are tuples.
    While a register goes in, tables grow faster than their statistics, and a plain `IN` of thousands of values
    becomes a scan of the whole table for every batch. The lateral join leaves the planner no other way.
    """
    columns: Sequence[ColumnElement[Any]] = column if isinstance(column, tuple) else (column,)
    lists: Sequence[Sequence[Any]] = (
        list(zip(*values, strict=True)) if isinstance(column, tuple) else [values]
    )
    lists = lists or [()] * len(columns)
    arrays = (cast(literal(_array(each)), ARRAY(key.type)) for key, each in zip(columns, lists, strict=True))
    names = [f"value_{number}" for number in range(len(columns))]
    one = func.unnest(*arrays).table_valued(*names, name="listed").render_derived()
    same = [key == one.c[name] for key, name in zip(columns, names, strict=True)]
    found = select(*wanted).where(*same, true() if where is None else where)
    each = found.offset(0).lateral("found")
    return select(each).select_from(one.join(each, true()))


def _array(values: Sequence[Key]) -> str:
    """An array in one text: the driver takes longer over a list of thousands than the database over the look-up."""
    raw = [value for value in values if isinstance(value, bytes)]
    if not raw:
        return f"{{{','.join(map(str, values))}}}"
    size = len(raw[0])
    if set(map(len, raw)) != {size}:
        raise ValueError("digests of one index are of one length")
    # All in one go, and the signs between them afterwards.
    digits = b"".join(raw).hex(",", size).replace(",", f'",{_DIGITS}')
    return f'{{{_DIGITS}{digits}"}}'


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
