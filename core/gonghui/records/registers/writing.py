"""Writes rows out as a register, as a workbook or as text, row by row, with who took it out and when.

Words are put into the reader's language when the writer is called: the rows may be drawn much later.
"""

from __future__ import annotations

import codecs
import csv
import math
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

import xlsxwriter  # type: ignore[import-untyped]

from gonghui.i18n import Text, _, current_locale
from gonghui.records.registers.sheets import MAX_CELL_TEXT
from gonghui.values.clock import LAW_TIME, minute

MEDIA_TYPES: Mapping[str, str] = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv",
}
LIMIT_ROWS = 1_000_000
"""Rows a workbook takes; a sheet ends at 1,048,576."""
CHUNK = 64 * 1024
MASKED = _("敏感信息已隐去")
"""The note of an export whose identity and telephone numbers are masked; only the caller knows that."""

_FORMULA_STARTS = tuple("=+-@\t\r\n＝＋－＠")
_NUMBER = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_LINE_ENDS = re.compile(r"\r\n?")
_NOT_IN_SHEET_NAME = re.compile(r"[\[\]:*?/\\]")
_NOT_IN_FILE_NAME = re.compile(r"[^\w（）()·—-]+")
_EXACT_BELOW = 10**15
"""Spreadsheet programs keep 15 digits of a number; longer ones would lose their last digits."""
_LONGEST_SHEET_NAME = 31
_LONGEST_FILE_TITLE = 60
_LONGEST_PRINTED = 120
"""Half of what a page header holds, for every & counts twice there."""
_A4 = 9
_HEADER_ROW = 2


@dataclass(frozen=True)
class OutColumn:
    """A column of the register to write; `width` is in characters, for workbooks."""

    key: str
    heading: Text | str
    width: int = 14


@dataclass(frozen=True)
class Stamp:
    """What stands above the header and on every printed page: what it is, who took it out and when."""

    title: str
    exported_by: str
    at: datetime
    note: str

    def lines(self) -> tuple[str, str]:
        """The stamp rows; each is one line, whatever a name contains, so that none can be forged."""
        taken = _(
            "导出人：{name} 导出时间：{time}（北京时间）",
            name=_one_line(self.exported_by),
            time=minute(self.at),
        )
        return _one_line(self.title), _one_line(f"{taken} {self.note}")


class _Wording:
    """Cells as text, in the language of whoever is served when the export begins."""

    def __init__(self) -> None:
        self._language = current_locale()
        self._yes, self._no = str(_("是")), str(_("否"))

    def of(self, value: object) -> str:
        """The cell as people read it."""
        match value:
            case None:
                text = ""
            case bool():
                text = self._yes if value else self._no
            case datetime():
                text = minute(value)
            case date():
                text = value.isoformat()
            case Decimal():
                text = f"{value:f}"
            case Text():
                text = value.translated(self._language)
            case _other:
                text = str(value)
        return text


# --- text


def as_csv(
    columns: Sequence[OutColumn],
    rows: Iterable[Mapping[str, object]],
    stamp: Stamp,
    *,
    encoding: Literal["utf-8-sig", "gb18030"] = "utf-8-sig",
) -> Iterator[bytes]:
    """The register as comma-separated text, in chunks; a key that a row lacks gives an empty cell."""
    wording = _Wording()
    top = [*([line] for line in stamp.lines()), [wording.of(column.heading) for column in columns]]
    keys = [column.key for column in columns]

    def lines() -> Iterator[list[str]]:
        yield from top
        for row in rows:
            yield [wording.of(row.get(key)) for key in keys]

    return _csv_chunks(lines(), encoding)


class _Echo:
    """A file for the csv module that hands each line back instead of keeping it."""

    def write(self, line: str) -> str:
        """The line itself, which `writerow` returns."""
        return line


def _csv_chunks(lines: Iterable[list[str]], encoding: str) -> Iterator[bytes]:
    writer = csv.writer(_Echo(), lineterminator="\r\n")
    encoder = codecs.getincrementalencoder(encoding)(errors="replace")
    ready = bytearray()
    for cells in lines:
        ready += encoder.encode(writer.writerow([_harmless(cell) for cell in cells]))
        if len(ready) >= CHUNK:
            yield bytes(ready)
            ready.clear()
    if ready:
        yield bytes(ready)


def _harmless(cell: str) -> str:
    """The cell so that no spreadsheet program takes it for a formula and runs it."""
    if cell.startswith(_FORMULA_STARTS) and not _NUMBER.fullmatch(cell):
        return f"'{cell}"
    return cell


# --- workbooks


def as_xlsx(
    columns: Sequence[OutColumn], rows: Iterable[Mapping[str, object]], stamp: Stamp
) -> Iterator[bytes]:
    """The register as a workbook, in chunks; a key that a row lacks gives an empty cell.

    The first chunk comes when all rows are written. More than `LIMIT_ROWS` of them raise `ValueError`.
    """
    wording = _Wording()
    headings = [wording.of(column.heading) for column in columns]
    lines = stamp.lines()
    return _xlsx_chunks(lambda path: _write_workbook(path, columns, headings, lines, rows, wording))


def _xlsx_chunks(write: Callable[[Path], None]) -> Iterator[bytes]:
    # The folder goes when the generator ends, is closed by a consumer who stops early, or fails.
    with tempfile.TemporaryDirectory(prefix="gonghui-export-") as folder:
        path = Path(folder, "register.xlsx")
        write(path)
        with path.open("rb") as file:
            while chunk := file.read(CHUNK):
                yield chunk


def _write_workbook(
    path: Path,
    columns: Sequence[OutColumn],
    headings: Sequence[str],
    stamp: tuple[str, str],
    rows: Iterable[Mapping[str, object]],
    wording: _Wording,
) -> None:
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "tmpdir": str(path.parent),
        "use_zip64": True,  # changes nothing unless a part grows beyond 2 GB
    }
    # Leaving the block closes the workbook after a fault too, and with it the files it writes to.
    with xlsxwriter.Workbook(str(path), options) as book:
        sheet = _Sheet(book, stamp[0], wording)
        sheet.set_up(columns, stamp)
        sheet.write_top(stamp, headings)
        last = _HEADER_ROW
        for last, row in enumerate(rows, start=_HEADER_ROW + 1):
            if last - _HEADER_ROW > LIMIT_ROWS:
                raise ValueError(f"a workbook takes no more than {LIMIT_ROWS} rows")
            for place, column in enumerate(columns):
                sheet.write(last, place, row.get(column.key))
        if columns:
            sheet.filter_down_to(last, len(columns))


class _Sheet:
    """The one sheet of a workbook, to be written from its top down: a row that is done has left memory."""

    def __init__(self, book: Any, title: str, wording: _Wording) -> None:
        self._sheet = book.add_worksheet(_sheet_name(title))
        self._wording = wording
        # "@" keeps a text a text when somebody edits the cell: long numbers, and what looks like a formula.
        self._text = book.add_format({"num_format": "@"})
        self._bold = book.add_format({"num_format": "@", "bold": True})
        self._day = book.add_format({"num_format": "yyyy-mm-dd"})
        self._minute = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})

    def set_up(self, columns: Sequence[OutColumn], stamp: tuple[str, str]) -> None:
        """Widths, the frozen header, and the printed page with its stamp."""
        for place, column in enumerate(columns):
            self._sheet.set_column(place, place, column.width)
        self._sheet.freeze_panes(_HEADER_ROW + 1, 0)
        self._sheet.repeat_rows(_HEADER_ROW)
        self._sheet.set_paper(_A4)
        self._sheet.set_landscape()
        self._sheet.fit_to_pages(1, 0)
        if title := _printed(stamp[0]):
            self._sheet.set_header(f"&C{title}")
        self._sheet.set_footer(f"&L{_printed(stamp[1])}&R&P / &N")

    def write_top(self, stamp: tuple[str, str], headings: Sequence[str]) -> None:
        """The stamp rows and the header."""
        self._write_text(0, 0, stamp[0], self._bold)
        self._write_text(1, 0, stamp[1], self._text)
        for place, heading in enumerate(headings):
            self._write_text(_HEADER_ROW, place, heading, self._bold)

    def write(self, row: int, place: int, value: object) -> None:
        """A cell as what it is; as text where a spreadsheet would not keep it as it is."""
        if isinstance(value, date) and value.year >= 1900:  # the first year that workbooks can count
            if isinstance(value, datetime):
                local = _local(value).replace(second=0, microsecond=0, tzinfo=None)
                self._sheet.write_datetime(row, place, local, self._minute)
            else:
                self._sheet.write_datetime(row, place, value, self._day)
        elif isinstance(value, int | float | Decimal) and _is_exact_number(value):
            self._sheet.write_number(row, place, value)
        else:
            self._write_text(row, place, self._wording.of(value), self._text)

    def filter_down_to(self, row: int, columns: int) -> None:
        """Let people filter the rows by each column."""
        self._sheet.autofilter(_HEADER_ROW, 0, row, columns - 1)

    def _write_text(self, row: int, place: int, text: str, form: object) -> None:
        if kept := _cut(_storable(text), MAX_CELL_TEXT):
            self._sheet.write_string(row, place, kept, form)


def _is_exact_number(value: int | float | Decimal) -> bool:
    match value:
        case bool():
            return False
        case int():
            return abs(value) < _EXACT_BELOW
        case Decimal():
            return value.is_finite() and abs(value) < _EXACT_BELOW and len(value.as_tuple().digits) <= 15
    return math.isfinite(value)


def _storable(text: str) -> str:
    """The text without what XML cannot hold, its lines ended as workbooks end them."""
    return _LINE_ENDS.sub("\n", _NOT_XML.sub("", text))


def _cut(text: str, limit: int) -> str:
    """The text, or as much as `limit` takes and a mark that there was more; the format counts in UTF-16."""
    units = text.encode("utf-16-le")
    if len(units) <= 2 * limit:
        return text
    return units[: 2 * (limit - 1)].decode("utf-16-le", errors="ignore") + "…"


def _printed(line: str) -> str:
    return _cut(_storable(line), _LONGEST_PRINTED).replace("&", "&&")


def _sheet_name(title: str) -> str | None:
    """A name that the format allows, or None for its own."""
    name = _cut(_NOT_IN_SHEET_NAME.sub(" ", _storable(title)).strip(" '"), _LONGEST_SHEET_NAME)
    return None if name.lower() == "history" else name or None  # that one is reserved


# --- files


def file_name(title: str, at: datetime, kind: str) -> str:
    """The name under which an export is saved: what it is and when it was taken out."""
    if kind not in MEDIA_TYPES:
        raise ValueError(f"no register is written as {kind}")
    safe = _NOT_IN_FILE_NAME.sub("_", title)[:_LONGEST_FILE_TITLE].strip("_-") or str(_("导出"))
    return f"{safe}_{_local(at):%Y%m%d-%H%M}.{kind}"


# --- shared


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _local(instant: datetime) -> datetime:
    if instant.tzinfo is None:
        raise ValueError("an instant needs a time zone")
    return instant.astimezone(LAW_TIME)
