"""Looking many values up by an index, whatever the statistics of a table say."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, Select, func, literal, select, true


def select_each(
    column: ColumnElement[Any], values: Sequence[Any], *wanted: ColumnElement[Any], where: Any = None
) -> Select[Any]:
    """Rows whose `column` is one of `values`, found one by one through the column's index.

    While a register goes in, tables grow faster than their statistics, and a plain `IN` of thousands of values
    becomes a scan of the whole table for every batch. The lateral join leaves the planner no other way.
    """
    listed = func.unnest(literal(list(values), ARRAY(column.type))).table_valued("value", name="listed")
    one = listed.render_derived()
    found = select(*wanted).where(column == one.c.value, true() if where is None else where)
    each = found.offset(0).lateral("found")
    return select(each).select_from(one.join(each, true()))
