"""Statements of a record type: what its lists, single reads and exports select, made once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal

from sqlalchemy import Select, and_, func, literal_column, select
from sqlalchemy.dialects.postgresql import aggregate_order_by

from gonghui.records.fields import Bound, Kind
from gonghui.records.record_types import Child, RecordType
from gonghui.tenancy.org_tree import OrgUnit

Purpose = Literal["list", "detail", "export"]
_UNIT = "org_unit_id"
#: What the key by which lists are put in the order of names is called in their rows.
NAME_KEY = "name_key"


@dataclass
class Shape:
    """A statement, and what has to be done with the rows that it gives.

    `sealed` are values to be masked, each with its column and the key under which the row's id stands; `money`
    those in fen; `hidden` what no reader gets. `filters`, `searched` and `name_keys` are columns by field, and
    `of_persons` the names among them that are people's.
    """

    select: Select[Any] = field(default_factory=select)
    tables: Any = None
    sealed: dict[str, tuple[Any, str]] = field(default_factory=dict)
    money: list[str] = field(default_factory=list)
    hidden: list[str] = field(default_factory=list)
    children: dict[str, Shape] = field(default_factory=dict)
    filters: dict[str, Any] = field(default_factory=dict)
    searched: dict[str, Any] = field(default_factory=dict)
    name_keys: dict[str, Any] = field(default_factory=dict)
    #: By what the list is put in the order of names: the record's own, or that of the person it is about.
    by_name: Any = None
    of_persons: set[str] = field(default_factory=set)
    is_published: bool = False


@cache
def statement_of(kind: RecordType, purpose: Purpose) -> Shape:
    """The statement for a purpose: the listed values, or all of them with the rows that belong to the record."""
    table, shape = kind.table, Shape()
    targets = _Targets(table)
    columns = [table.c[name] for name in ("id", "state", _UNIT, "version")]
    columns.append(targets.of(_UNIT, OrgUnit.__table__).c.name.label("org_unit_name"))
    if purpose != "list":
        columns += [table.c.created_at, table.c.changed_at]
    for bound in kind.bound:
        _note_ways(shape, bound, table, kind)
        if _is_shown(bound, purpose):
            columns += _columns(shape, bound, table, "id", targets)
    for link, more in kind.joined.items():
        columns += _joined_columns(shape, kind, link, more, purpose, targets)
    for one in kind.computed:
        if purpose == "export" or (not one.exported_only and (one.listed or purpose == "detail")):
            columns.append(one.expression(table).label(one.name))
            shape.money += [one.name] if one.kind is Kind.MONEY else []
    if purpose == "detail":
        columns += _children(shape, kind)
    shape.by_name = _by_name(shape, kind)
    if purpose == "list" and shape.by_name is not None:
        columns.append(shape.by_name.label(NAME_KEY))  # for the cursor; whoever answers takes it away
    shape.tables = targets.joined
    shape.select = select(*columns).select_from(targets.joined)
    return shape


def _by_name(shape: Shape, kind: RecordType) -> Any:
    if "name_key" in kind.table.c:
        return kind.table.c.name_key
    # Behind a column that every row has: a cursor cannot go on from a name that is not there.
    there = {b.name for link, more in kind.joined.items() if not kind.table.c[link].nullable for b in more}
    person = next((name for name in shape.name_keys if name in shape.of_persons & there), None)
    return None if person is None else shape.name_keys[person]


class _Targets:
    """Tables that references lead to, each joined once and under the name of its reference."""

    def __init__(self, table: Any) -> None:
        self._table = table
        self._known: dict[str, Any] = {}
        self.joined = table

    def of(self, link: str, target: Any) -> Any:
        """The table behind a column."""
        if link not in self._known:
            other = self._known[link] = target.alias(link.removesuffix("_id"))
            same = and_(other.c.tenant_id == self._table.c.tenant_id, other.c.id == self._table.c[link])
            # What every row has is no reason to begin with the rows: a name may be the better beginning.
            self.joined = self.joined.join(other, same, isouter=self._table.c[link].nullable)
        return self._known[link]


def _is_shown(bound: Bound, purpose: Purpose) -> bool:
    return bound.column is not None and bound.field.shown and (purpose != "list" or bound.field.listed)


def _note_ways(shape: Shape, bound: Bound, source: Any, kind: RecordType) -> None:
    """By which columns one may filter and search."""
    if bound.column is None:
        return
    if bound.field.filtered:
        shape.filters[bound.name] = source.c[bound.column.name]
    if bound.column.name in kind.search:
        shape.searched[bound.column.name] = source.c[bound.column.name]
        if f"{bound.column.name}_key" in source.c:
            shape.name_keys[bound.column.name] = source.c[f"{bound.column.name}_key"]
        if bound.column.table.fullname == "core.person":
            shape.of_persons.add(bound.column.name)


def _columns(shape: Shape, bound: Bound, source: Any, owner: str, targets: _Targets | None) -> Iterator[Any]:
    """What a field selects: its column under the field's name; a reference also the name of what it leads to."""
    column: Any = bound.column
    name = column.name if bound.target is not None else bound.name
    if bound.is_sealed:
        shape.sealed[name] = (column, owner)
    if bound.kind is Kind.MONEY:
        shape.money.append(name)
    yield source.c[column.name].label(name)
    if targets is not None and bound.label is not None:
        target = targets.of(column.name, bound.target)
        yield target.c[bound.label.name].label(f"{column.name.removesuffix('_id')}_name")


def _joined_columns(
    shape: Shape,
    kind: RecordType,
    link: str,
    more: tuple[Bound, ...],
    purpose: Purpose,
    targets: _Targets,
) -> Iterator[Any]:
    target, owner = targets.of(link, more[0].column.table), f"_{link}"  # type: ignore[union-attr]
    yield target.c.id.label(owner)
    shape.hidden.append(owner)
    for bound in more:
        _note_ways(shape, bound, target, kind)
        if _is_shown(bound, purpose):
            yield from _columns(shape, bound, target, owner, None)


def _children(shape: Shape, kind: RecordType) -> Iterator[Any]:
    for child in kind.children:
        inner = shape.children[child.name] = Shape(is_published=child.published)
        entry, source = child.entry() if child.entry is not None else _entry(inner, child)
        listed = func.jsonb_agg(aggregate_order_by(entry, child.table.c.id))
        rows = select(func.coalesce(listed, literal_column("'[]'::jsonb"))).select_from(source)
        mine = child.table.c[child.link(kind.table)] == kind.table.c.id
        owned = rows.where(child.table.c.tenant_id == kind.table.c.tenant_id, mine)
        yield owned.correlate(kind.table).scalar_subquery().label(child.name)


def _entry(shape: Shape, child: Child) -> tuple[Any, Any]:
    """A row of a child as JSON, and the tables that it is made from."""
    targets, parts = _Targets(child.table), {"id": child.table.c.id}
    for bound in child.bound:
        if _is_shown(bound, "detail"):
            parts |= {c.name: c for c in _columns(shape, bound, child.table, "id", targets)}
    pairs = [part for name, column in parts.items() for part in (name, _bare(column))]
    return func.jsonb_build_object(*pairs), targets.joined


def _bare(column: Any) -> Any:
    return getattr(column, "element", column)
