"""Resealing: after a tenant has a new data key, what older keys have sealed is sealed anew, batch by batch."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

from sqlalchemy import Table, bindparam, func, or_, select, update

from gonghui.db.base import Base
from gonghui.db.ciphers import Keyring, Sealed
from gonghui.db.sensitive import place_of, sealed_columns
from gonghui.db.unit_of_work import UnitOfWork, unaudited
from gonghui.tenancy.keys import keyring

_AT_ONCE = 2_000


def reseal(open_uow: Callable[[], AbstractContextManager[UnitOfWork]]) -> int:
    """Seal everything by the latest key, each batch in a transaction of its own; how many rows there were.

    No audit entry for each row: no value changes. Whoever calls it writes one for the whole.
    """
    total = 0
    for table in _sealed_tables():
        while True:
            with open_uow() as uow:
                count = _reseal_batch(uow, table)
            total += count
            if count < _AT_ONCE:
                break
    return total


def _sealed_tables() -> Iterator[Table]:
    return (table for table in Base.metadata.sorted_tables if sealed_columns(table))


def _reseal_batch(uow: UnitOfWork, table: Table) -> int:
    ring = keyring(uow)
    columns = sealed_columns(table)
    mark = ring.version.to_bytes(2, "big")
    old = or_(*(func.substring(column, 1, 2, type_=column.type.impl) != mark for column in columns))  # type: ignore[attr-defined]
    with unaudited(uow) as connection:
        found = select(table.c.id, *columns).where(old).limit(_AT_ONCE).with_for_update()
        rows = connection.execute(found).mappings().all()
        if rows:
            values = {column.name: bindparam(f"new_{column.name}", type_=column.type) for column in columns}
            change = update(table).where(table.c.id == bindparam("row_id")).values(values)
            connection.execute(change, [_resealed(ring, columns, row) for row in rows])
    return len(rows)


def _resealed(ring: Keyring, columns: list[Any], row: Any) -> dict[str, Any]:
    fresh: dict[str, Any] = {"row_id": row["id"]}
    for column in columns:
        sealed: Sealed | None = row[column.name]
        place = place_of(column)
        fresh[f"new_{column.name}"] = (
            None if sealed is None else ring.seal(place, row["id"], ring.open(place, row["id"], sealed))
        )
    return fresh
