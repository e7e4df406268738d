"""Workbooks made to exhaust whoever opens them are refused with a sentence; ordinary ones are not."""

from __future__ import annotations

import io
import time
import zipfile
from collections.abc import Callable, Iterator

import pytest
from openpyxl import Workbook
from openpyxl.comments import Comment

from gonghui.errors import Invalid
from gonghui.records.registers.sheets import Column, read_register

COLUMNS = (Column("name", "工会名称"), Column("members", "会员人数"))
MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
SHEET, STRINGS = "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml"
FAR = (
    f'<worksheet {MAIN}><sheetData><row r="1"><c r="A1"><v>1</v></c></row>'
    '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData></worksheet>'
)
REFUSALS = ("unreadable_file", "too_many_rows", "too_many_columns", "headings_missing")
RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40
QUICK = 20


@pytest.fixture(autouse=True)
def quickly() -> Iterator[None]:
    began = time.monotonic()
    yield
    assert time.monotonic() - began < QUICK


def ordinary(*, comment: bool = False) -> bytes:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["工会名称", "会员人数"])
    for number in range(300):
        sheet.append([f"第{number % 7}公司工会", number])
    if comment:
        sheet["A2"].comment = Comment("请核对", "样示例")
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def rebuilt(
    change: Callable[[str, bytes], tuple[str, bytes]], extra: dict[str, bytes] | None = None, **options: bool
) -> bytes:
    """An ordinary workbook whose parts, with their names, went through `change`."""
    target = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(ordinary(**options))) as old,
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for part in old.namelist():
            new.writestr(*change(part, old.read(part)))
        for part, content in (extra or {}).items():
            new.writestr(part, content)
    return target.getvalue()


def with_parts(sheet: bytes, strings: bytes | None = None) -> bytes:
    """An ordinary workbook with another sheet, and with shared strings where they are given."""
    link = f'<Relationship Id="rId99" Target="sharedStrings.xml" Type="{RELATION}"/></Relationships>'.encode()

    def change(part: str, old: bytes) -> tuple[str, bytes]:
        if part == "xl/_rels/workbook.xml.rels" and strings is not None:
            assert b"sharedStrings" not in old
            return part, old.replace(b"</Relationships>", link)
        return part, sheet if part == SHEET else old

    return rebuilt(change, {} if strings is None else {STRINGS: strings}, comment=True)


def refusal(content: bytes) -> str:
    with pytest.raises(Invalid) as caught:
        read_register(io.BytesIO(content), COLUMNS)
    assert str(caught.value.detail).endswith("。")
    return caught.value.code


def pointing(cells: int) -> bytes:
    """A sheet of which every cell points to the first shared string."""
    rows = "".join(f'<row r="{n}"><c r="A{n}" t="s"><v>0</v></c></row>' for n in range(1, cells + 1))
    return f"<worksheet {MAIN}><sheetData>{rows}</sheetData></worksheet>".encode()


def test_a_sheet_that_calls_itself_a_drawing_is_refused_all_the_same() -> None:
    def change(part: str, old: bytes) -> tuple[str, bytes]:
        if part == SHEET:
            return SHEET.replace(".xml", ".vml"), FAR.encode()
        return part, old.replace(b"worksheets/sheet1.xml", b"worksheets/sheet1.vml")

    assert refusal(rebuilt(change)) == "unreadable_file"


@pytest.mark.parametrize(
    "before",
    [b"x", b" " * 70_000, b"\n", b"\xef\xbb\xbfx", b"\xef\xbb\xbf" + b" " * 70_000, b"\x00", b"\x89PNG"],
    ids=["x", "spaces", "line-break", "mark-and-x", "mark-and-spaces", "zero", "picture"],
)
def test_a_sheet_behind_something_else_is_refused_all_the_same(before: bytes) -> None:
    assert refusal(with_parts(before + FAR.encode())) == "unreadable_file"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp037"])
def test_a_sheet_in_another_encoding_is_refused_all_the_same(encoding: str) -> None:
    assert refusal(with_parts(FAR.encode(encoding))) in REFUSALS


def test_one_long_text_in_many_cells_is_refused() -> None:
    text = b"a" * (1 << 20)
    strings = f"<sst {MAIN}><si><t>".encode() + text + b"</t></si></sst>"
    assert refusal(with_parts(pointing(20_000), strings)) == "unreadable_file"


def test_one_long_text_in_pieces_in_many_cells_is_refused() -> None:
    pieces = b"<r><t>" + b"a" * 20_000 + b"</t></r>"
    strings = f"<sst {MAIN}><si>".encode() + pieces * 2 + b"</si></sst>"
    assert refusal(with_parts(pointing(20_000), strings)) == "unreadable_file"


def test_long_texts_as_a_cell_may_hold_in_too_many_cells_are_refused() -> None:
    strings = f"<sst {MAIN}><si><t>".encode() + b"a" * 32_000 + b"</t></si></sst>"
    assert refusal(with_parts(pointing(20_000), strings)) == "unreadable_file"


@pytest.mark.parametrize(
    "opening", [b"x<sst>", b"x", b"x<x:sst>"], ids=["opened", "never-opened", "prefixed"]
)
def test_shared_texts_behind_something_else_are_refused_all_the_same(opening: bytes) -> None:
    closing = b"</x:sst>" if b"x:" in opening else b"</sst>"
    strings = opening + b"<si><t>" + b"a" * 200_000 + b"</t></si>" + closing
    assert refusal(with_parts(pointing(200), strings)) == "unreadable_file"


# --- what is no bomb


def register(name: bytes) -> tuple[bytes, bytes]:
    """A sheet of 300 rows and its three shared strings: two headings, and the name that all rows have."""
    head = b'<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c></row>'
    row = b'<row r="%d"><c r="A%d" t="s"><v>2</v></c><c r="B%d"><v>7</v></c></row>'
    rows = head + b"".join(row % (n, n, n) for n in range(2, 302))
    texts = "<si><t>工会名称</t></si><si><r><t>会员</t></r><r><t>人数</t></r></si><si><t>".encode()
    start, end = f"<sst {MAIN}>".encode(), b"</t></si></sst>"
    return f"<worksheet {MAIN}><sheetData>".encode() + rows + b"</sheetData></worksheet>", (
        start + texts + name + end
    )


def test_a_workbook_with_a_picture_and_a_comment_is_read() -> None:
    extra = {"xl/media/image1.png": PNG, "xl/printerSettings/printerSettings1.bin": bytes(3_000)}
    content = rebuilt(lambda part, old: (part, old), extra, comment=True)
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        assert any(part.endswith(".vml") for part in package.namelist())
    assert len(read_register(io.BytesIO(content), COLUMNS).rows) == 300


@pytest.mark.parametrize("name", ["甲公司工会".encode(), b"a" * 5_000], ids=["short", "of-some-length"])
def test_a_shared_text_in_many_cells_is_read(name: bytes) -> None:
    rows = read_register(io.BytesIO(with_parts(*register(name))), COLUMNS).rows
    assert (len(rows), {row.cells["name"] for row in rows}) == (300, {name.decode()})
