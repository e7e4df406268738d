"""Rows as COPY takes them in its binary form: each column packed by its type, a row as one piece of bytes.

Source: PostgreSQL's manual, COPY, "Binary Format". The driver's own `write_row` asks each value for its type anew.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from operator import call
from typing import Any

from gonghui.db.ciphers import Sealed

NULL = b"\xff\xff\xff\xff"
_HEAD = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
_END = b"\xff\xff"
_FIRST_DAY = date(2000, 1, 1).toordinal()
_REMEMBERED = 1_000

_length = struct.Struct("!i").pack
_int8 = struct.Struct("!iq").pack
_date = struct.Struct("!ii").pack
_UUID = _length(16)
_BOOLS = {None: NULL, True: b"\x00\x00\x00\x01\x01", False: b"\x00\x00\x00\x01\x00"}


class _Texts(dict[str | None, bytes]):
    """Texts of one column, packed; a column of codes or of names of bodies repeats a few of them."""

    def __missing__(self, text: str | None) -> bytes:
        raw = (text or "").encode()
        packed = NULL if text is None else _length(len(raw)) + raw
        if len(self) < _REMEMBERED:
            self[text] = packed
        return packed


def _pack_uuid(value: Any) -> bytes:
    return NULL if value is None else _UUID + value.bytes


def _pack_bytes(value: bytes | None) -> bytes:
    return NULL if value is None else _length(len(value)) + value


def _pack_sealed(value: Sealed | None) -> bytes:
    return NULL if value is None else _length(len(value.raw)) + value.raw


def _pack_int(value: int | None) -> bytes:
    return NULL if value is None else _int8(8, value)


def _pack_date(value: date | None) -> bytes:
    return NULL if value is None else _date(4, value.toordinal() - _FIRST_DAY)


_PACKERS: Mapping[str, Callable[[Any], bytes]] = {
    "uuid": _pack_uuid,
    "bytea": _pack_bytes,
    "utf8": _pack_bytes,
    "sealed": _pack_sealed,
    "int8": _pack_int,
    "date": _pack_date,
    "bool": _BOOLS.__getitem__,
}


class RowPacker:
    """Packs rows of columns with these types; `utf8` is a text that comes as bytes, `sealed` a `Sealed` for bytea."""

    def __init__(self, types: Sequence[str]) -> None:
        self._start = struct.pack("!h", len(types))
        self._packers = [_Texts().__getitem__ if kind == "text" else _PACKERS[kind] for kind in types]

    def pack(self, values: Iterable[Any]) -> bytes:
        """One row."""
        return self._start + b"".join(map(call, self._packers, values))


def copied(rows: Iterable[bytes]) -> bytes:
    """Packed rows as everything that a COPY sends."""
    return b"".join((_HEAD, *rows, _END))

