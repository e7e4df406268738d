"""The program of the child that reads a stranger's table within limits and tells it as lines of JSON.

The child is run by its path and is given the file as an open descriptor. It tells one
line per visible sheet with the sheet's first rows, then `{"sheets": n}`; after an order such as
`{"sheet": 0, "first": 4}` it tells batches `[number of the first row, rows]` and `{"end": true}`. In place of
any line it may tell `{"error": code}`. A text table is told as one sheet per delimiter: which is the right one
shows by the headings, and those are known to the parent.
"""

from __future__ import annotations

import codecs
import csv
import gc
import math
import os
import re
import resource
import struct
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import partial
from itertools import islice
from typing import BinaryIO, NamedTuple

import orjson
from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from gonghui.records.registers.slices import sheet_to_cut, sliced_rows

MEMORY = 384 * 1024 * 1024
MOST_ROWS = 150_000
"""Filled rows of a register; a sheet that spans no more is not counted before it is told."""
CPU_SECONDS = 60

PREVIEW_ROWS = 30
PREVIEW_TEXT = 200
"""Characters of a cell that count when a header is looked for; a preview of long texts would not end."""
BATCH_ROWS = 1_000
BATCH_BYTES = 1024 * 1024
MAX_COLUMNS = 300
MAX_SHEET_ROWS = 1_048_576
MAX_CELL_TEXT = 32_767
"""Rows of a sheet, characters of a cell. Source: the published limits of the format's own program."""
MAX_RECORD_LINES = 100

MAX_UNPACKED = 600 * 1024 * 1024
MAX_RATIO = 200
RATIO_FROM = 10 * 1024 * 1024

_OLE_SIGNATURE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # .xls, and .xlsx behind a password
_UTF_16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_DELIMITERS = (",", ";", "\t")
_CHINESE = re.compile("[\u4e00-\u9fff]")
_CHUNK = 1 << 20
_EMPTY_ROW = b"[]"
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    CalamineError,
    EOFError,
    RuntimeError,
    ValueError,
    TypeError,
    OSError,
)


class Refused(Exception):
    """The file is not read; `code` says why, and `details` say where."""

    def __init__(self, code: str, **details: int) -> None:
        super().__init__(code)
        self.message = {"error": code, **details}


class Table(NamedTuple):
    """A sheet: its rows from row 1 each time they are asked for, and how much it spans as far as that is known."""

    name: str
    rows: Callable[[], Iterator[list[object]]]
    columns: int = 0
    cells: int = 0
    filled: int = 0


def main(descriptor: int) -> None:
    """Tell the table behind `descriptor`, or why it cannot be told."""
    gc.disable()  # rows hold no cycles, and to look for some takes a tenth of the time
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    try:
        with os.fdopen(descriptor, "rb") as file:
            _serve(_tables(file))
    except BrokenPipeError:
        os._exit(0)  # nobody listens any more; an ordinary exit would try to write what is left
    except Refused as refusal:
        _tell(refusal.message)
    except MemoryError:
        _tell({"error": "exhausted"})
    except _BROKEN:
        _tell({"error": "damaged"})
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # the parser's, which has no name to import it by
            raise
        _tell({"error": "exhausted" if "capacity" in str(error) else "damaged"})


def _serve(tables: Sequence[Callable[[], Table]]) -> None:
    largest, kept = -1, None
    for index, load in enumerate(tables):
        table = load()
        _tell(_preview(table))
        if kept is None or table.cells > kept.cells:  # only one is kept: together they may not fit
            largest, kept = index, table
    _tell({"sheets": len(tables)})
    if not (line := sys.stdin.buffer.readline()):
        return
    order = orjson.loads(line)
    if order["sheet"] != largest or kept is None:
        kept = None
        kept = tables[order["sheet"]]()
    _stream(kept, order["first"])
    _tell({"end": True})


def _tell(message: object) -> None:
    _write(orjson.dumps(message))


def _write(line: bytes) -> None:
    sys.stdout.buffer.write(line + b"\n")
    sys.stdout.buffer.flush()


# --- telling rows


def _preview(table: Table) -> dict[str, object]:
    """The first rows; what goes wrong in them is told along, for it matters only if this sheet is chosen."""
    told: dict[str, object] = {}
    rows: list[list[object]] = []
    columns = table.columns
    try:
        for cells in islice(table.rows(), PREVIEW_ROWS):
            row = _trimmed(cells)
            columns = max(columns, len(row))
            _check_texts(row)
            rows.append([_written(cell)[:PREVIEW_TEXT] for cell in row[:MAX_COLUMNS]])
    except Refused as refusal:
        told = refusal.message
    return {"name": table.name, "columns": columns, "filled": table.filled, "rows": rows, "refusal": told}


def _written(cell: object) -> str:
    return cell if isinstance(cell, str) else str(cell)


def _stream(table: Table, first: int) -> None:
    batch: list[bytes] = []
    number, size = first, 0
    for cells in islice(table.rows(), first - 1, None):
        row = _dumped(cells) if _trimmed(cells) else _EMPTY_ROW
        batch.append(row)
        size += len(row)
        if len(batch) == BATCH_ROWS or size > BATCH_BYTES:
            _tell_batch(number, batch)
            number, size, batch = number + len(batch), 0, []
        if number > MAX_SHEET_ROWS:
            raise Refused("too_many_rows", limit=MAX_SHEET_ROWS)
    _tell_batch(number, batch)


def _tell_batch(number: int, rows: Sequence[bytes]) -> None:
    if any(row != _EMPTY_ROW for row in rows):  # a stray cell far below has a million empty rows above it
        _write(b"[%d,[%b]]" % (number, b",".join(rows)))


def _trimmed(cells: list[object]) -> list[object]:
    while cells and cells[-1] == "":
        cells.pop()
    return cells


def _dumped(row: list[object]) -> bytes:
    if len(row) > MAX_COLUMNS:
        raise Refused("too_many_columns", columns=len(row))
    line = orjson.dumps(row, default=_moment, option=orjson.OPT_PASSTHROUGH_DATETIME)
    if len(line) > MAX_CELL_TEXT:
        _check_texts(row)
    if b"null" in line:  # perhaps a number that is none, which JSON cannot write
        row = [str(cell) if isinstance(cell, float) and not math.isfinite(cell) else cell for cell in row]
        line = orjson.dumps(row, default=_moment, option=orjson.OPT_PASSTHROUGH_DATETIME)
    return line


def _check_texts(row: list[object]) -> None:
    if any(isinstance(cell, str) and len(cell) > MAX_CELL_TEXT for cell in row):
        raise Refused("text_too_long")


def _moment(value: object) -> str:
    """A date, a time or both, as people write them; a midnight is the day."""
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="seconds").removesuffix(" 00:00:00")
    return str(value)


# --- what the file holds


def _tables(file: BinaryIO) -> Sequence[Callable[[], Table]]:
    start = file.read(len(_OLE_SIGNATURE))
    file.seek(0)
    if not start:
        raise Refused("empty")
    if start == _OLE_SIGNATURE:
        raise Refused("password_or_xls")
    if start.startswith(b"PK") and start[2:3] < b"\t":  # a text may begin with these letters too
        return _sheets(file)
    if start.removeprefix(codecs.BOM_UTF8).lstrip().startswith(b"<"):  # a web page that is called .xls
        raise Refused("no_workbook")
    encoding = _encoding(file, start)
    return [_text_table(file.fileno(), encoding, delimiter) for delimiter in _DELIMITERS]


# --- workbooks


def _sheets(file: BinaryIO) -> Sequence[Callable[[], Table]]:
    """The visible sheets. The hidden ones do not count: nobody has looked at them."""
    with zipfile.ZipFile(file) as package:
        _check_package(package.infolist())
        part = sheet_to_cut(package, MOST_ROWS)
    file.seek(0)
    workbook = CalamineWorkbook.from_filelike(file)
    names = [
        sheet.name
        for sheet in workbook.sheets_metadata
        if sheet.typ == SheetTypeEnum.WorkSheet and sheet.visible == SheetVisibleEnum.Visible
    ]
    if part is not None and len(names) == len(workbook.sheets_metadata) == 1:
        rows = partial(sliced_rows, file, part, workbook)
        return [lambda: Table(names[0], rows)]
    return [_sheet(workbook, name) for name in names]


def _sheet(workbook: CalamineWorkbook, name: str) -> Callable[[], Table]:
    def load() -> Table:
        sheet = workbook.get_sheet_by_name(name)
        rows, columns = (sheet.end[0] + 1, sheet.end[1] + 1) if sheet.end else (0, 0)
        if rows > MAX_SHEET_ROWS:  # no program writes such a row, and the way there would never end
            raise Refused("exhausted")
        size = sheet.height * sheet.width
        # Counted only where it may be too much: a register that is over the limit shall not be read first.
        filled = sum(map(_is_filled, sheet.iter_rows())) if rows > MOST_ROWS else 0
        return Table(name, lambda: map(list[object], sheet.iter_rows()), columns, size, filled)

    return load


def _is_filled(cells: Sequence[object]) -> bool:
    return any(cell != "" for cell in cells)


def _check_package(parts: Sequence[zipfile.ZipInfo]) -> None:
    """Refuse what is no workbook, or says itself that it is too large."""
    names = {part.filename for part in parts}
    if "xl/workbook.xml" not in names or names & {"xl/workbook.bin", "content.xml"}:
        raise Refused("no_xlsx")
    if any(part.flag_bits & 1 for part in parts):
        raise Refused("password")
    if sum(part.file_size for part in parts) > MAX_UNPACKED or any(map(_is_bomb, parts)):
        raise Refused("unpacked_too_large")


def _is_bomb(part: zipfile.ZipInfo) -> bool:
    return part.file_size > RATIO_FROM and part.file_size > MAX_RATIO * part.compress_size


# --- text tables


def _encoding(file: BinaryIO, start: bytes) -> str:
    """The encoding in which the whole file can be read, without one wrong character."""
    if start.startswith(_UTF_16_MARKS):
        if not _decodes(file, "utf-16"):
            raise Refused("encoding")
        return "utf-16"
    if any(b"\x00" in chunk for chunk in _chunks(file)):
        raise Refused("no_text")
    if _decodes(file, "utf-8"):
        return "utf-8-sig"
    _check_one_encoding(file)
    if not _decodes(file, "gb18030"):
        raise Refused("encoding")
    return "gb18030"


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    file.seek(0)
    return iter(lambda: file.read(_CHUNK), b"")


def _decodes(file: BinaryIO, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    try:
        found_zero = any("\x00" in decoder.decode(chunk) for chunk in _chunks(file))
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    if found_zero:
        raise Refused("no_text")
    return True


def _check_one_encoding(file: BinaryIO) -> None:
    """Refuse a file that was put together of two: read as either, half of its names would be wrong."""
    first: bool | None = None
    file.seek(0)
    for number, line in enumerate(file, start=1):
        if line.isascii():
            continue
        is_utf_8 = _is_chinese_utf_8(line)
        if first is None:
            first = is_utf_8
        elif first != is_utf_8:
            raise Refused("mixed_encodings", line=number)


def _is_chinese_utf_8(line: bytes) -> bool:
    try:
        return _CHINESE.search(line.decode("utf-8")) is not None
    except UnicodeDecodeError:
        return False


def _text_table(descriptor: int, encoding: str, delimiter: str) -> Callable[[], Table]:
    return lambda: Table("CSV", lambda: _records(descriptor, encoding, delimiter))


def _records(descriptor: int, encoding: str, delimiter: str) -> Iterator[list[object]]:
    csv.field_size_limit(MAX_CELL_TEXT)
    os.lseek(descriptor, 0, os.SEEK_SET)
    with open(descriptor, encoding=encoding, newline="", closefd=False) as text:
        lines = _Lines(text)
        reader = csv.reader(lines, delimiter=delimiter)
        while True:
            line = reader.line_num + 1
            try:
                record = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                raise Refused("text_too_long" if reader.line_num <= line else "quotes", line=line) from error
            if lines.ended or reader.line_num - line >= MAX_RECORD_LINES:
                raise Refused("quotes", line=line)
            yield list(record)


class _Lines:
    """The lines of a text; a record that comes after they `ended` was cut off inside its quotes."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self.ended = False

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        for line in self._lines:
            return line
        self.ended = True
        raise StopIteration


if __name__ == "__main__":
    main(int(sys.argv[1]))
