"""Rows packed for COPY arrive as the values that they were."""

from __future__ import annotations

from datetime import date
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from gonghui.db.copying import RowPacker, copied
from gonghui.testing import Federation
from gonghui.values.ids import new_id

TYPES = {"a": "uuid", "b": "bytea", "c": "utf8", "d": "int8", "e": "date", "f": "bool", "g": "text"}
EMPTY = (None,) * len(TYPES)


def round_trip(federation: Federation, rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    packer = RowPacker(list(TYPES.values()))
    listed = ", ".join(f"{name} {kind.replace('utf8', 'text')}" for name, kind in TYPES.items())
    with federation.uow() as uow:
        connection: Any = uow.session.connection().connection.driver_connection
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE TEMP TABLE packed ({listed}) ON COMMIT DROP")
            with cursor.copy("COPY packed FROM STDIN (FORMAT BINARY)") as copy:
                copy.write(copied(packer.pack(list(zip(*rows, strict=True)))))
            cursor.execute("SELECT * FROM packed")
            return list(cursor.fetchall())


def test_every_type_and_nothing_at_all_arrive(federation: Federation) -> None:
    rows = [
        (new_id(), b"\x00\xff", "样方雨".encode(), -(2**63), date(1900, 1, 1), True, "城"),
        EMPTY,
        (new_id(), b"", b"", 2**63 - 1, date(2099, 12, 31), False, ""),
        (new_id(), b"1", b"1", 0, date(2000, 1, 1), None, "城"),
    ]
    assert round_trip(federation, rows) == [
        (a, b, c and c.decode() if c != b"" else "", d, e, f, g) for a, b, c, d, e, f, g in rows
    ]


def test_more_texts_than_are_remembered_arrive(federation: Federation) -> None:
    rows = [(*EMPTY[:-1], text) for number in range(1_500) for text in (f"第{number}户", "同样", None)]
    assert round_trip(federation, rows) == rows


@settings(max_examples=50)
@given(
    text=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00")),
    number=st.integers(0, 2**40),
)
def test_any_text_is_packed_with_its_length(text: str, number: int) -> None:
    ((first), (second)) = RowPacker(["text", "int8"]).pack([[text, text], [number, None]])
    raw = text.encode()
    packed = b"\x00\x02" + len(raw).to_bytes(4, "big") + raw
    assert first == packed + (8).to_bytes(4, "big") + number.to_bytes(8, "big")
    assert second == packed + b"\xff\xff\xff\xff"
