"""Reads a register from a workbook or a text table: finds the sheet and header of the known columns, gives rows.

What a stranger sent is parsed by a child process with limits of its own. The parser trusts it: five kilobytes
with one cell in the last corner of a sheet make it ask for 500 GB of memory, and that ends the process.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from gonghui.errors import Invalid
from gonghui.i18n import Text, _
from gonghui.records.registers.cells import is_empty, likeness
from gonghui.records.registers.child import MAX_FILE, Child, child_at, refusal
from gonghui.records.registers.headings import Column, Header, Vocabulary, find_header, heading_likeness
from gonghui.records.registers.reading import MAX_CELL_TEXT, MAX_COLUMNS
from gonghui.records.registers.reading import MOST_ROWS as LIMIT_ROWS
from gonghui.records.registers.reading import PREVIEW_ROWS as HEADER_WITHIN

__all__ = [
    "LIMIT_ROWS",
    "MAX_CELL_TEXT",
    "MAX_FILE",
    "Column",
    "OpenRegister",
    "Recognised",
    "Register",
    "Row",
    "open_register",
    "read_register",
    "recognise",
]

_REPEATED = 3
_TOTAL = re.compile(r"[合总小]计(?:\W.*)?")


class Row(NamedTuple):
    """A filled row; `number` is the row of the sheet, from 1; a column that the file lacks has no cell."""

    sheet: str
    number: int
    cells: Mapping[str, object]


@dataclass(frozen=True)
class Register:
    """The rows of a register; `headings` by column key and `ignored` are headings as the file has them."""

    sheet: str
    headings: Mapping[str, str]
    rows: Sequence[Row]
    ignored: Sequence[str] = ()


@dataclass(frozen=True)
class OpenRegister:
    """A register whose rows are still being read; `header_row` is the line with the most known headings.

    Taking from `rows` raises `Invalid` where the file turns out to be damaged or too long.
    """

    sheet: str
    header_row: int
    headings: Mapping[str, str]
    ignored: Sequence[str]
    rows: Iterator[Row]


@dataclass(frozen=True)
class Recognised:
    """What a file seems to be, before its rows are read: `headings` by column key, `ignored` those that mean none."""

    sheet: str
    header_row: int
    headings: Mapping[str, str]
    ignored: Sequence[str]


@dataclass(frozen=True)
class _Sheet:
    """A visible sheet as the child tells it, and the header that was found in it."""

    index: int
    name: str
    columns: int
    filled: int
    refusal: Mapping[str, Any]
    header: Header


@contextmanager
def open_register(
    source: Path | BinaryIO,
    columns: Sequence[Column],
    *,
    synonyms: Mapping[str, str] | None = None,
    limit_rows: int = LIMIT_ROWS,
) -> Iterator[OpenRegister]:
    """The register that the visible sheet with the most known headings holds, for the length of the block.

    `synonyms` map a heading, in any spelling, to a column key and win over those of the columns; "" leaves a
    heading out. Raises `Invalid` with the code `unreadable_file`, `file_too_large`, `mixed_encodings`,
    `too_many_columns`, `headings_missing` or, while rows are taken, `too_many_rows`.
    """
    with child_at(source) as child:
        sheet = _best_sheet(child, Vocabulary(columns, synonyms))
        _check(sheet, columns, limit_rows)
        header = sheet.header
        child.order(sheet.index, header.last + 1)
        rows = _limited(_data_rows(child, sheet), limit_rows)
        yield OpenRegister(sheet.name, header.row, header.headings, header.ignored, rows)


def recognise(
    source: Path | BinaryIO, columns: Sequence[Column], *, synonyms: Mapping[str, str] | None = None
) -> Recognised:
    """The sheet and header of a file, though required columns may be missing: somebody is asked which they are.

    Raises `Invalid` as `open_register` does, with `headings_missing` only where no heading at all is known.
    """
    with child_at(source) as child:
        sheet = _best_sheet(child, Vocabulary(columns, synonyms))
        _check_size(sheet)
        header = sheet.header
        if not header.places:
            raise _without_headings([column.heading for column in columns if column.required], sheet)
        return Recognised(sheet.name, header.row, header.headings, header.ignored)


def read_register(
    source: Path | BinaryIO,
    columns: Sequence[Column],
    *,
    synonyms: Mapping[str, str] | None = None,
    limit_rows: int = LIMIT_ROWS,
) -> Register:
    """All of a register at once. Raises what `open_register` raises."""
    with open_register(source, columns, synonyms=synonyms, limit_rows=limit_rows) as register:
        return Register(register.sheet, register.headings, tuple(register.rows), register.ignored)


# --- the sheet and its header


def _best_sheet(child: Child, vocabulary: Vocabulary) -> _Sheet:
    best: _Sheet | None = None
    index, is_empty_file = 0, True
    while "sheets" not in (told := child.hear()):
        is_empty_file = is_empty_file and not any(told["rows"]) and not told["columns"]
        header = find_header(told["rows"], vocabulary)
        if best is None or len(header.places) > len(best.header.places):
            best = _Sheet(index, told["name"], told["columns"], told["filled"], told["refusal"], header)
        index += 1
    if best is None or (is_empty_file and not best.refusal):
        raise Invalid("unreadable_file", _("工作簿里没有内容。检查是否选错了文件。"))
    return best


def _check_size(sheet: _Sheet) -> None:
    if sheet.columns > MAX_COLUMNS:
        raise refusal("too_many_columns", columns=sheet.columns)
    if sheet.refusal:
        details = dict(sheet.refusal)
        raise refusal(details.pop("error"), **details)


def _check(sheet: _Sheet, columns: Sequence[Column], limit_rows: int) -> None:
    _check_size(sheet)
    header = sheet.header
    missing = [column.heading for column in columns if column.required and column.key not in header.places]
    if missing or not header.places:
        raise _without_headings(missing, sheet)
    if sheet.filled - header.last > limit_rows:  # a workbook says so at once; a text table only as it is read
        raise refusal("too_many_rows", limit=limit_rows)


def _without_headings(missing: Sequence[str], sheet: _Sheet) -> Invalid:
    return Invalid("headings_missing", _missing_sentence(missing, sheet), extra={"headings": missing})


def _missing_sentence(missing: Sequence[str], sheet: _Sheet) -> Text:
    if not sheet.header.places:
        return _(
            "前 {within} 行里找不到表头。表头要有这些列：{headings}。",
            within=HEADER_WITHIN,
            headings=missing,
        )
    return _(
        "工作表“{sheet}”第 {row} 行的表头缺少：{headings}。没认出的表头：{ignored}。"
        "补上这些列，或指明哪一列是它，再上传。",
        sheet=sheet.name,
        row=sheet.header.row,
        headings=missing,
        ignored=list(sheet.header.ignored) or "—",
    )


_TOTAL_WITHIN = 3


# --- the rows


def _limited(rows: Iterator[Row], limit: int) -> Iterator[Row]:
    for count, row in enumerate(rows):
        if count == limit:
            raise refusal("too_many_rows", limit=limit)
        yield row


def _data_rows(child: Child, sheet: _Sheet) -> Iterator[Row]:
    header = sheet.header
    keys, width = tuple(header.places), max(header.places.values()) + 1
    known_of, repeats = _picker(tuple(header.places.values())), _Repeats(header)
    for number, cells in _rows(child):
        if len(cells) < width:
            cells.extend([""] * (width - len(cells)))
        known = known_of(cells)
        if not all(map(is_empty, known)) and not _is_total(cells) and not repeats.has(known):
            yield Row(sheet.name, number, dict(zip(keys, known, strict=True)))


def _rows(child: Child) -> Iterator[tuple[int, list[object]]]:
    while "end" not in (told := child.hear()):
        first, rows = told
        yield from enumerate(rows, start=first)


def _picker(places: tuple[int, ...]) -> Callable[[Sequence[object]], tuple[object, ...]]:
    if len(places) == 1:
        return lambda cells: (cells[places[0]],)
    return itemgetter(*places)


def _is_total(cells: Sequence[object]) -> bool:
    """Whether the row adds up: one of its first filled cells says so, perhaps behind a running number."""
    filled = 0
    for cell in cells:
        if cell == "" or is_empty(cell):
            continue
        if isinstance(cell, str) and "计" in cell and _TOTAL.fullmatch(likeness(cell)) is not None:
            return True
        filled += 1
        if filled == _TOTAL_WITHIN:
            break
    return False


class _Repeats:
    """Tells the rows that are the header once more, as on each page that was printed."""

    def __init__(self, header: Header) -> None:
        self._places = tuple(header.places.values())
        self._lines = header.lines
        self._marks = [{line.get(place) for line in self._lines} for place in self._places]
        self._likeness = lru_cache(maxsize=4_096, typed=True)(heading_likeness)

    def has(self, known: Sequence[object]) -> bool:
        """Whether the known cells of a row, of which one is filled, are those of a line of the header."""
        # The last filled cell first: mostly it is a word that came before, and none of the headings.
        last = len(known) - 1
        while known[last] == "" or is_empty(known[last]):
            last -= 1
        is_likely = self._likeness(known[last]) in self._marks[last]
        return is_likely and any(self._is_line(known, line) for line in self._lines)

    def _is_line(self, known: Sequence[object], line: Mapping[int, str]) -> bool:
        filled = [
            (place, cell) for place, cell in zip(self._places, known, strict=True) if not is_empty(cell)
        ]
        if not isinstance(filled[0][1], str):
            return False
        marks = {place: heading_likeness(cell) for place, cell in filled}
        return marks.items() <= line.items() and len(marks) >= min(_REPEATED, len(line))
