"""Listing records: pages, single records, counts and exports as rows, each in one statement, masked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, func, literal, or_, select, tuple_
from sqlalchemy.dialects.postgresql import JSONB

from gonghui.auth.scope import unit_within
from gonghui.db.ciphers import Sealed
from gonghui.db.lookups import name_begins, name_holds
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.errors import not_found
from gonghui.records.overdue import first_due, is_overdue
from gonghui.records.record_types import EXPORT, READ, RecordType
from gonghui.records.sight import visible
from gonghui.records.statements import NAME_KEY, Shape, statement_of
from gonghui.records.waiting import awaits
from gonghui.tenancy.keys import keyring, masked
from gonghui.tenancy.org_tree import OrgUnit, in_subtree, under
from gonghui.values import clock
from gonghui.values.masks import mask

Query = Mapping[str, Any]
NEWEST, BY_NAME, BY_DAY = "newest", "name", "day"
#: Lists that everybody keeps: what waits for me, and what a deadline has overtaken (`view` of a query).
MINE, OVERDUE = "mine", "overdue"
_KNOWN, _DAY = "_known", "_day"


def list_rows(
    uow: UnitOfWork, kind: RecordType, query: Query, after: tuple[Any, ...] | None
) -> list[dict[str, Any]]:
    """A page of records that the principal sees, one row more than asked so that the caller knows of a next one.

    `query` holds what was asked in the list's query (`limit` and the filters), `after` the values where the page
    before ended, as `decode_cursor` reads them; None for the first page.
    """
    shape = statement_of(kind, "list")
    page = _filtered(uow, kind, shape, _with_sight(uow, kind, shape.select), query)
    sort = sort_of(kind, query)
    if sort == BY_DAY:
        due = first_due(kind)
        page = page.join(due, due.c.record_id == kind.table.c.id).add_columns(due.c.day.label(_DAY))
        order = [(due.c.day, False), (kind.table.c.id, False)]
    else:
        order = _order(kind, shape, sort)
    if after is not None:
        keys = tuple_(*(column for column, _descending in order))
        bound = tuple_(*(literal(value) for value in after))
        page = page.where(keys < bound if order[0][1] else keys > bound)
    ordered = page.order_by(*(column.desc() if descending else column for column, descending in order))
    # A street has a hundred times the members of a firm, and 王 those of 欧阳: one plan for all serves none.
    uow.plan_afresh()
    found = uow.session.connection().execute(ordered.limit(query["limit"] + 1))
    return list(_shown(uow, shape, found.mappings()))


def orders(kind: RecordType) -> tuple[str, ...]:
    """In which orders the list of a record type can be had."""
    return (NEWEST,) if statement_of(kind, "list").by_name is None else (NEWEST, BY_NAME)


def sort_of(kind: RecordType, query: Query) -> str:
    """The order asked for; else by day for what is overdue, by name where a name is looked for, the newest first.

    Only what is overdue can be had by day: its deadlines are few, and those of all records are not.
    """
    if sort := query.get("sort"):
        return str(sort)
    if query.get("view") == OVERDUE:
        return BY_DAY
    return BY_NAME if query.get("q") and BY_NAME in orders(kind) else NEWEST


def sort_values(row: Mapping[str, Any], sort: str) -> tuple[Any, ...]:
    """What a cursor keeps of the last row of a page."""
    first = {BY_NAME: NAME_KEY, BY_DAY: _DAY}.get(sort)
    return (row["id"],) if first is None else (row[first], row["id"])


def sort_parsers(sort: str) -> tuple[Any, ...]:
    """How the values of a cursor are read."""
    return {BY_NAME: (str, UUID), BY_DAY: (date.fromisoformat, UUID)}.get(sort, (UUID,))


def rows_with_ids(uow: UnitOfWork, kind: RecordType, ids: Sequence[UUID]) -> list[dict[str, Any]]:
    """These records as in a list, the newest first; whoever asks has found out that they may be seen."""
    shape = statement_of(kind, "list")
    page = shape.select.where(kind.table.c.id.in_(ids)).order_by(kind.table.c.id.desc())
    return list(_shown(uow, shape, uow.session.connection().execute(page).mappings()))


def rows_seen(uow: UnitOfWork, kind: RecordType, ids: Sequence[UUID]) -> list[dict[str, Any]]:
    """Those of the records that the principal may read, as in a list."""
    seen = select(kind.table.c.id).where(
        kind.table.c.id.in_(ids), visible(kind, uow.principal, kind.permission(READ))
    )
    return rows_with_ids(uow, kind, list(uow.session.scalars(seen)))


def count_rows(uow: UnitOfWork, kind: RecordType, query: Query) -> int:
    """How many records the whole list has."""
    shape = statement_of(kind, "list")
    counted = select(func.count()).select_from(shape.tables)
    return uow.session.scalar(_filtered(uow, kind, shape, counted, query)) or 0


def read_row(
    uow: UnitOfWork, kind: RecordType, record_id: UUID, *, is_written: bool = False
) -> dict[str, Any]:
    """One record with the rows that belong to it. Raises `NotFound` for one that is not there or not to be seen.

    `is_written`: by the principal, just now; they are told what became of it though it may have left their sight.
    """
    shape = statement_of(kind, "detail")
    wanted = shape.select.where(kind.table.c.id == record_id)
    if not is_written:
        seen = visible(kind, uow.principal, kind.permission(READ))
        wanted = _with_sight(uow, kind, wanted).where(seen)
    found = uow.session.connection().execute(wanted)
    for row in _shown(uow, shape, found.mappings()):
        return row
    raise not_found()


def export_rows(uow: UnitOfWork, kind: RecordType, query: Query) -> Iterator[dict[str, Any]]:
    """Every record of the list that may be exported, as they come from the database."""
    shape = statement_of(kind, "export")
    everyone = _filtered(uow, kind, shape, shape.select, query)
    everyone = everyone.where(visible(kind, uow.principal, kind.permission(EXPORT)))
    found = uow.session.connection().execute(
        everyone.order_by(kind.table.c.id).execution_options(yield_per=1_000)
    )
    return _shown(uow, shape, found.mappings())


def _with_sight(uow: UnitOfWork, kind: RecordType, statement: Select[Any]) -> Select[Any]:
    """The statement with a column that says whether a row is seen for a better reason than being published."""
    if not kind.published:
        return statement
    known = visible(kind, uow.principal, kind.permission(READ), as_stranger=False)
    return statement.add_columns(known.label(_KNOWN))


def _filtered(
    uow: UnitOfWork, kind: RecordType, shape: Shape, statement: Select[Any], query: Query
) -> Select[Any]:
    table, permission = kind.table.c, kind.permission(READ)
    wanted = [visible(kind, uow.principal, permission)]
    if "state" in query:
        wanted.append(table.state == query["state"])
    if "org_unit_id" in query:
        unit = unit_within(uow, uow.principal, permission, query["org_unit_id"])
        wanted.append(table.org_unit_id.in_(select(OrgUnit.id).where(under([unit.path]))))
    if "path" in query:  # of the unit in view: whatever one sees of its subtree
        wanted.append(in_subtree(table.org_unit_id, (query["path"],)))
    if query.get("view") == MINE:
        wanted.append(awaits(uow, kind))
    elif query.get("view") == OVERDUE:
        wanted.append(is_overdue(kind, clock.today()))
    for name, column in shape.filters.items():
        if name in query:
            is_list = isinstance(column.type, JSONB)
            wanted.append(column.contains([query[name]]) if is_list else column == query[name])
        if f"{name}_from" in query:
            wanted.append(column >= query[f"{name}_from"])
        if f"{name}_to" in query:
            wanted.append(column <= query[f"{name}_to"])
    if query.get("q"):
        wanted.append(_holds(kind, shape, query["q"].strip()))
    return statement.where(and_(*wanted))


def _holds(kind: RecordType, shape: Shape, text: str) -> Any:
    """A body's name that holds the text, a person's that begins with it, in characters or pinyin; else exactly.

    Bodies are few enough for a scan; persons are not.
    """
    ways = []
    for name in kind.search:
        column, key = shape.searched[name], shape.name_keys.get(name)
        if key is None:
            ways.append(column == text)
        else:
            compare = name_begins if name in shape.of_persons else name_holds
            ways.append(compare(column, key, text))
    return or_(*ways)


def _order(kind: RecordType, shape: Shape, sort: str) -> list[tuple[Any, bool]]:
    if sort == BY_NAME:
        return [(shape.by_name, False), (kind.table.c.id, False)]
    return [(kind.table.c.id, True)]


def _shown(uow: UnitOfWork, shape: Shape, rows: Iterable[Mapping[Any, Any]]) -> Iterator[dict[str, Any]]:
    """Rows with their sensitive values masked, money in yuan, and lists without what only the database needs.

    A stranger gets of what is published neither masks nor the rows that belong to it, but for published lists.
    """
    for found in rows:
        row = {str(key): value for key, value in found.items()}
        if row.pop(_KNOWN, True) is False:
            kept = {name for name, child in shape.children.items() if child.is_published}
            row |= dict.fromkeys(shape.sealed) | {name: [] for name in shape.children.keys() - kept}
        for name, (column, owner) in shape.sealed.items():
            row[name] = masked(uow, column, row[owner], row[name])
        for name in shape.money:
            row[name] = yuan(row[name])
        for name, child in shape.children.items():
            row[name] = [_shown_entry(uow, child, entry) for entry in row[name]]
        for name in shape.hidden:
            del row[name]
        yield row


def _shown_entry(uow: UnitOfWork, child: Shape, entry: dict[str, Any]) -> dict[str, Any]:
    for name, (column, owner) in child.sealed.items():
        if entry[name] is not None:  # as PostgreSQL writes bytes in JSON
            sealed = Sealed(bytes.fromhex(entry[name].removeprefix("\\x")))
            text = keyring(uow).open(_place(column), UUID(entry[owner]), sealed)
            entry[name] = mask(column.info["sensitive"], text)
    for name in child.money:
        entry[name] = yuan(entry[name])
    for name in child.hidden:
        entry.pop(name, None)
    return entry


def yuan(fen: int | None) -> str | None:
    """An amount as a decimal string in yuan."""
    return None if fen is None else f"{'-' if fen < 0 else ''}{abs(fen) // 100}.{abs(fen) % 100:02d}"


def _place(column: Any) -> str:
    return f"{column.table.fullname}.{column.name}"
