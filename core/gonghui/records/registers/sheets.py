"""Reads a register from a workbook (.xlsx): finds the sheet and header row of the known columns, gives rows.

What a stranger sent is measured before it is parsed, because the parser trusts it: five kilobytes with one
cell in the last corner of a sheet would make it ask for 500 GB of memory and end the process.
"""

from __future__ import annotations

import re
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import BinaryIO
from xml.parsers import expat

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from gonghui.errors import Invalid
from gonghui.i18n import Text, _
from gonghui.records.registers.cells import is_empty, likeness, text

LIMIT_ROWS = 50_000
HEADER_WITHIN = 30
MAX_UNPACKED = 300 * 1024 * 1024
MAX_RATIO = 200
RATIO_FROM = 10 * 1024 * 1024
MAX_CELLS = 5_000_000
MAX_CELL_TEXT = 32_767
"""Characters a cell may hold. Source: the published limits of the format's own program."""
LONG_TEXT = 1_000
MAX_TEXT = 300_000_000
"""Characters that long texts may come to when each cell has its copy."""
_SHEET_MARKS = (b"sheetData", b"<sst", b":sst")
"""Size of the rectangle that the cells of one sheet span; the parser takes 32 bytes for each."""

_OLE_SIGNATURE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # .xls, and .xlsx behind a password
_TOTAL = re.compile(r"[合总小]计(?:\W.*)?")
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    expat.ExpatError,
    CalamineError,
    EOFError,
    RuntimeError,
    ValueError,
    OSError,
)


@dataclass(frozen=True)
class Column:
    """A column that a register may have; a file without a required one is refused."""

    key: str
    heading: str
    synonyms: Sequence[str] = ()
    required: bool = True


@dataclass(frozen=True)
class Row:
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
class _Header:
    """The header row of a sheet: where each known column stands, from 0, and what else there is."""

    sheet: CalamineSheet
    row: int = 0
    places: Mapping[str, int] = field(default_factory=dict)
    headings: Mapping[str, str] = field(default_factory=dict)
    ignored: Sequence[str] = ()


def read_register(
    source: Path | BinaryIO, columns: Sequence[Column], *, limit_rows: int = LIMIT_ROWS
) -> Register:
    """The register that the visible sheet with the most known headings holds.

    Raises `Invalid` with the code `unreadable_file`, `headings_missing` or `too_many_rows`.
    """
    try:
        with _opened(source) as file:
            _measure(file)
            file.seek(0)
            with CalamineWorkbook.from_filelike(file) as workbook:
                return _register(workbook, columns, limit_rows)
    except _BROKEN as error:
        raise _unreadable(_("文件已损坏，打不开。在表格软件里打开原文件，另存为 .xlsx，再上传。")) from error


@contextmanager
def _opened(source: Path | BinaryIO) -> Iterator[BinaryIO]:
    if isinstance(source, Path):
        if not source.is_file():
            raise _unreadable(_("没有这个文件：{path}。", path=source))
        with source.open("rb") as file:
            yield file
    else:
        yield source


# --- measuring what was sent


def _measure(file: BinaryIO) -> None:
    """Refuse what is no workbook and what would not fit into memory."""
    file.seek(0)
    start = file.read(len(_OLE_SIGNATURE))
    if not start:
        raise _unreadable(_("文件是空的。检查是否选错了文件。"))
    if start == _OLE_SIGNATURE:
        raise _unreadable(_("文件设有密码，或是旧的 .xls 格式。去掉密码，另存为 .xlsx，再上传。"))
    if not start.startswith(b"PK"):
        raise _unreadable(_("这不是 Excel 工作簿。在表格软件里打开，另存为 .xlsx，再上传。"))
    file.seek(0)
    with zipfile.ZipFile(file) as package:
        _check_package(package.infolist())
        weight = _Weight()
        for part in package.infolist():
            _check_part(package, part, weight)
    if weight.is_unbearable():
        raise _unreadable(_("单元格里的文字太长太多。只留名册这一张表，另存为 .xlsx，再上传。"))


def _check_package(parts: Sequence[zipfile.ZipInfo]) -> None:
    names = {part.filename for part in parts}
    if "xl/workbook.xml" not in names or names & {"xl/workbook.bin", "content.xml"}:
        raise _unreadable(_("这不是 .xlsx 工作簿。在表格软件里打开，另存为 .xlsx，再上传。"))
    if any(part.flag_bits & 1 for part in parts):
        raise _unreadable(_("文件设有密码。去掉密码，再上传。"))
    if sum(part.file_size for part in parts) > MAX_UNPACKED or any(map(_is_bomb, parts)):
        raise _unreadable(_("文件解压后太大。只留名册这一张表，另存为 .xlsx，再上传。"))


def _is_bomb(part: zipfile.ZipInfo) -> bool:
    return part.file_size > RATIO_FROM and part.file_size > MAX_RATIO * part.compress_size


def _check_part(package: zipfile.ZipFile, part: zipfile.ZipInfo, weight: _Weight) -> None:
    """Read a part to its end: sound XML and of a bearable extent, or nothing that could be taken for a sheet.

    What a part is called says nothing: the workbook may name any of them as its sheet.
    """
    extent = _Extent(weight)
    parser = expat.ParserCreate()
    parser.StartElementHandler = extent.see
    parser.EndElementHandler = weight.leave
    parser.CharacterDataHandler = weight.read
    parser.StartDoctypeDeclHandler = _refuse_doctype
    with package.open(part) as content:
        chunk = content.read(1 << 16)
        if not chunk.removeprefix(b"\xef\xbb\xbf").startswith(b"<") or part.filename.lower().endswith(".vml"):
            _refuse_hidden_sheet(chunk + content.read())
            return
        while chunk:
            parser.Parse(chunk, False)
            chunk = content.read(1 << 16)
    parser.Parse(b"", True)
    if extent.rows * extent.columns > MAX_CELLS:
        raise Invalid(
            "too_many_rows",
            _(
                "表格撑到了 {rows} 行 {columns} 列。删掉数据下面和右边多余的行列，再上传。",
                rows=extent.rows,
                columns=extent.columns,
            ),
        )


def _refuse_hidden_sheet(content: bytes) -> None:
    """Pictures and old drawings need not be sound XML; a sheet that passes for one would go unmeasured."""
    if any(mark in content for mark in _SHEET_MARKS):
        raise ValueError("a part that is no sound XML holds a sheet")


def _refuse_doctype(*_details: object) -> None:
    raise ValueError("a workbook declares no document type")


class _Weight:
    """What the texts of a workbook come to, once every cell that points to a shared one has its copy."""

    def __init__(self) -> None:
        self.pointers = self.longest = 0
        self._length = 0
        self._inside = False

    def enter(self) -> None:
        """A text begins."""
        self._inside, self._length = True, 0

    def read(self, characters: str) -> None:
        """A piece of a text."""
        if self._inside:
            self._length += len(characters)

    def leave(self, tag: str) -> None:
        """An element ends, perhaps a text."""
        if self._inside and tag.rpartition(":")[2] in ("si", "is"):
            self._inside, self.longest = False, max(self.longest, self._length)

    def is_unbearable(self) -> bool:
        """Whether a text is longer than a cell may hold, or long ones stand in too many cells."""
        many = self.longest > LONG_TEXT and self.longest * self.pointers > MAX_TEXT
        return self.longest > MAX_CELL_TEXT or many


class _Extent:
    """The last row and column of a sheet in which a cell holds something, as its XML tells it."""

    def __init__(self, weight: _Weight) -> None:
        self._weight = weight
        self.rows = self.columns = 0
        self._row = self._column = 0

    def see(self, tag: str, attributes: Mapping[str, str]) -> None:
        """Take in one element; cells and rows may leave out their reference and then follow the last one."""
        kind = tag.rpartition(":")[2]
        if kind in ("si", "is"):
            self._weight.enter()
        if kind == "row":
            self._row, self._column = int(attributes.get("r", self._row + 1)), 0
        elif kind == "c":
            self._column += 1
            self._weight.pointers += attributes.get("t") == "s"
            if reference := attributes.get("r"):
                self._column, self._row = _place(reference)
        elif kind in ("v", "is", "f"):
            self.rows, self.columns = max(self.rows, self._row), max(self.columns, self._column)


def _place(reference: str) -> tuple[int, int]:
    """Column and row, from 1, of a reference such as `AB12`."""
    letters = reference.rstrip("0123456789")
    column = 0
    for letter in letters.upper():
        column = column * 26 + ord(letter) - 64
    return column, int(reference[len(letters) :])


# --- reading


def _register(workbook: CalamineWorkbook, columns: Sequence[Column], limit_rows: int) -> Register:
    header = _best_header(workbook, columns)
    missing = [column.heading for column in columns if column.required and column.key not in header.places]
    if missing:
        raise Invalid("headings_missing", _missing_sentence(missing, header), extra={"headings": missing})
    rows = tuple(islice(_data_rows(header), limit_rows + 1))
    if len(rows) > limit_rows:
        raise Invalid("too_many_rows", _("数据超过 {limit} 行。分成几个文件，分别上传。", limit=limit_rows))
    return Register(header.sheet.name, header.headings, rows, header.ignored)


def _best_header(workbook: CalamineWorkbook, columns: Sequence[Column]) -> _Header:
    """The header row that knows the most columns. Hidden sheets do not count: nobody has looked at them."""
    sheets = [
        workbook.get_sheet_by_name(sheet.name)
        for sheet in workbook.sheets_metadata
        if sheet.typ == SheetTypeEnum.WorkSheet and sheet.visible == SheetVisibleEnum.Visible
    ]
    if not any(sheet.height for sheet in sheets):
        raise _unreadable(_("工作簿里没有内容。检查是否选错了文件。"))
    known = {likeness(heading): column.key for column in columns for heading in _headings(column)}
    headers = [
        _header(sheet, number, cells, known)
        for sheet in sheets
        for number, cells in enumerate(islice(sheet.iter_rows(), HEADER_WITHIN), start=1)
    ]
    return max(headers, key=lambda header: len(header.places))


def _headings(column: Column) -> Iterable[str]:
    return (column.heading, *column.synonyms)


def _header(sheet: CalamineSheet, number: int, cells: Sequence[object], known: Mapping[str, str]) -> _Header:
    places: dict[str, int] = {}
    headings: dict[str, str] = {}
    ignored: list[str] = []
    for place, cell in enumerate(cells):
        key = known.get(likeness(cell).replace("*", ""))
        if key is not None and key not in places:
            places[key], headings[key] = place, text(cell)
        elif not is_empty(cell):
            ignored.append(text(cell))
    return _Header(sheet, number, places, headings, ignored)


def _missing_sentence(missing: Sequence[str], header: _Header) -> Text:
    if not header.places:
        return _(
            "前 {within} 行里找不到表头。表头要有这些列：{headings}。",
            within=HEADER_WITHIN,
            headings=missing,
        )
    return _(
        "工作表“{sheet}”第 {row} 行的表头缺少：{headings}。补上这些列，再上传。",
        sheet=header.sheet.name,
        row=header.row,
        headings=missing,
    )


def _data_rows(header: _Header) -> Iterator[Row]:
    for number, cells in enumerate(islice(header.sheet.iter_rows(), header.row, None), start=header.row + 1):
        known = {key: cells[place] for key, place in header.places.items()}
        if not all(map(is_empty, known.values())) and not _is_total(cells):
            yield Row(header.sheet.name, number, known)


def _is_total(cells: Sequence[object]) -> bool:
    first = next((cell for cell in cells if not is_empty(cell)), "")
    return _TOTAL.fullmatch(likeness(first)) is not None


def _unreadable(sentence: Text) -> Invalid:
    return Invalid("unreadable_file", sentence)
