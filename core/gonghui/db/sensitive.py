"""Sensitive columns: declared where they stand, sealed when they are written, masked wherever they are shown."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import BigInteger, Column, Dialect, LargeBinary, Table
from sqlalchemy.orm import MappedColumn, mapped_column
from sqlalchemy.types import TypeDecorator, TypeEngine

from gonghui.db.ciphers import Keyring, Sealed

Sensitive = str | Sealed | None
"""What an attribute holds: a text that waits to be sealed, a sealed one, or nothing."""


class SealedType(TypeDecorator[Sealed]):
    """A sealed value as bytes. A text that nobody sealed is refused, not written."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> bytes | None:
        if value is None:
            return None
        if not isinstance(value, Sealed):
            raise TypeError("a sensitive value must be sealed before it is written")
        return value.raw

    def process_result_value(self, value: Any, dialect: Dialect) -> Sealed | None:
        return None if value is None else Sealed(bytes(value))


def sensitive(kind: str, *, personal: bool = True) -> MappedColumn[Any]:
    """A column whose texts are sealed; `kind` (`id_number`, `phone`, …) decides its mask and its index.

    Assign a plain text; it is sealed at the flush, and so are the blind indexes declared over it. With `personal`
    False it is about no human being (the bank account of a body), and erasing a person leaves it alone.
    """
    info = {"sensitive": kind, "redacted": True, "personal": personal}
    return mapped_column(SealedType(), nullable=True, info=info)


def identifying(kind: TypeEngine[Any] | None = None) -> MappedColumn[Any]:
    """A plain column that tells who somebody is (a name, a login): erasing the person empties it."""
    return mapped_column(kind, info={"identifying": True})


def blind_index(of: str) -> MappedColumn[Any]:
    """A keyed digest of the sensitive column `of`, by which equal values are found."""
    return mapped_column(LargeBinary(), nullable=True, info={"index_of": of, "redacted": True})


def blind_tail(of: str) -> MappedColumn[Any]:
    """A keyed digest of the last four characters of the sensitive column `of`."""
    return mapped_column(BigInteger(), nullable=True, info={"tail_of": of, "redacted": True})


def place_of(column: Column[Any]) -> str:
    """The name that a sealed value is bound to."""
    return f"{column.table.fullname}.{column.name}"


def seal_values(ring: Keyring, table: Table, values: dict[str, Any]) -> None:
    """Seal the texts among `values` (by column name, with `id`) and fill in their blind indexes."""
    for name, kind, place, indexes, tails in _plan(table):
        text = values.get(name)
        if isinstance(text, str):
            values[name] = ring.seal(place, values["id"], text)
            for index in indexes:
                values[index] = ring.index(kind, text)
            for tail in tails:
                values[tail] = ring.tail(kind, text)


def seal_columns(ring: Keyring, table: Table, columns: dict[str, Sequence[Any]]) -> None:
    """Seal whole columns (by name, with `id`), as the database stores them, and fill in their blind indexes."""
    for name, kind, place, indexes, tails in _plan(table):
        if name not in columns:
            continue
        texts = columns[name]
        for index in indexes:
            columns[index] = ring.index_each(kind, texts)
        for tail in tails:
            columns[tail] = [None if text is None else ring.tail(kind, text) for text in texts]
        columns[name] = ring.seal_each(place, columns["id"], texts)


@cache
def _plan(table: Table) -> list[tuple[str, str, str, list[str], list[str]]]:
    """Each sealed column of a table: name, kind, what it is bound to, and the columns of its indexes."""
    return [
        (
            column.name,
            column.info["sensitive"],
            place_of(column),
            [other.name for other in table.columns if other.info.get("index_of") == column.name],
            [other.name for other in table.columns if other.info.get("tail_of") == column.name],
        )
        for column in sealed_columns(table)
    ]


def sealed_columns(table: Table) -> list[Column[Any]]:
    """Columns of a table that hold sealed values."""
    return [column for column in table.columns if "sensitive" in column.info]
