"""Registers are written so that people and programs read back what was meant, and no cell becomes a formula."""

from __future__ import annotations

import csv
import io
import tempfile
import tracemalloc
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from gonghui.i18n import _, locale
from gonghui.records.registers import writing
from gonghui.records.registers.sheets import Column, read_register
from gonghui.records.registers.writing import (
    CHUNK,
    MASKED,
    OutColumn,
    Stamp,
    as_csv,
    as_xlsx,
    file_name,
)

AT = datetime(2024, 6, 30, 7, 30, tzinfo=UTC)
STAMP = Stamp("会员名册", "王芳", AT, str(MASKED))
LINE = "导出人：王芳 导出时间：2024-06-30 15:30（北京时间） 敏感信息已隐去"
COLUMNS = (
    OutColumn("name", _("姓名"), 20),
    OutColumn("joined", "入会日期"),
    OutColumn("count", "人数"),
    OutColumn("active", "在会"),
    OutColumn("changed", "更新时间"),
    OutColumn("identity", "身份证号"),
)
ROW: Mapping[str, object] = {
    "name": "李梅",
    "joined": date(2020, 5, 1),
    "count": -12,
    "active": True,
    "changed": datetime(2024, 1, 1, 20, 5, 59, tzinfo=UTC),
    "identity": "3101**********123X",
}
TEXT = (OutColumn("text", "文字"),)
DANGEROUS = (
    "=1+1",
    "+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "＝1+1",
    "＋1a",
    "－1a",
    "＠a",
    "-",
)


def read_csv(chunks: Iterator[bytes], encoding: str = "utf-8-sig") -> list[list[str]]:
    return list(csv.reader(io.StringIO(b"".join(chunks).decode(encoding), newline="")))


def read_xlsx(chunks: Iterator[bytes]) -> Worksheet:
    sheet = load_workbook(io.BytesIO(b"".join(chunks))).active
    assert isinstance(sheet, Worksheet)
    return sheet


def cell_of(value: object) -> object:
    return read_xlsx(as_xlsx(TEXT, [{"text": value}], STAMP))["A4"].value


def csv_of(value: object) -> str:
    return read_csv(as_csv(TEXT, [{"text": value}], STAMP))[3][0]


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_csv_says_each_kind_of_cell_plainly() -> None:
    written = b"".join(as_csv(COLUMNS, [ROW, {"active": False}], STAMP))
    assert written.startswith(b"\xef\xbb\xbf")
    assert written.count(b"\xef\xbb\xbf") == 1
    assert written.decode("utf-8-sig").split("\r\n") == [
        "会员名册",
        LINE,
        "姓名,入会日期,人数,在会,更新时间,身份证号",
        "李梅,2020-05-01,-12,是,2024-01-02 04:05,3101**********123X",
        ",,,否,,",
        "",
    ]


def test_gb18030_holds_rare_characters() -> None:
    rows = [{"text": "𠮷㐂龘 é"}]
    chunks = as_csv(TEXT, rows, STAMP, encoding="gb18030")
    assert read_csv(chunks, "gb18030") == [["会员名册"], [LINE], ["文字"], ["𠮷㐂龘 é"]]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
def test_half_a_character_does_not_break_the_export(
    encoding: Literal["utf-8-sig", "gb18030"],
) -> None:
    chunks = as_csv(TEXT, [{"text": "a\ud800b"}], STAMP, encoding=encoding)
    assert read_csv(chunks, encoding)[3] == ["a?b"]


def test_workbook_has_stamp_header_and_typed_cells() -> None:
    sheet = read_xlsx(as_xlsx(COLUMNS, [ROW, {"active": False}], STAMP))
    values = list(sheet.iter_rows(values_only=True))
    assert values[0][0] == "会员名册"
    assert values[1][0] == LINE
    assert values[2] == ("姓名", "入会日期", "人数", "在会", "更新时间", "身份证号")
    changed = datetime(2024, 1, 2, 4, 5)
    assert values[3] == ("李梅", datetime(2020, 5, 1), -12, "是", changed, "3101**********123X")
    assert values[4] == (None, None, None, "否", None, None)
    assert sheet["B4"].number_format == "yyyy-mm-dd"
    assert sheet["A3"].font.bold
    assert sheet.freeze_panes == "A4"
    assert sheet.auto_filter.ref == "A3:F5"
    assert sheet.column_dimensions["A"].width == pytest.approx(20, abs=1)
    assert sheet.title == "会员名册"
    assert sheet.oddHeader.center.text == "会员名册"
    assert sheet.oddFooter.left.text == LINE


def test_an_empty_register_still_has_its_header() -> None:
    assert [cell.value for cell in read_xlsx(as_xlsx(TEXT, [], STAMP))[3]] == ["文字"]
    assert read_csv(as_csv(TEXT, [], STAMP))[2] == ["文字"]


def test_a_written_workbook_can_be_read_as_a_register() -> None:
    workbook = b"".join(as_xlsx(COLUMNS, [ROW, {**ROW, "name": "=1+1"}], STAMP))
    register = read_register(io.BytesIO(workbook), [Column("name", "姓名"), Column("joined", "入会日期")])
    assert [row.cells["name"] for row in register.rows] == ["李梅", "=1+1"]
    assert [row.number for row in register.rows] == [4, 5]
    assert {str(row.cells["joined"])[:10] for row in register.rows} == {"2020-05-01"}


@pytest.mark.parametrize("text", DANGEROUS)
def test_what_looks_like_a_formula_stays_text(text: str) -> None:
    assert csv_of(text) == f"'{text}"
    cell = read_xlsx(as_xlsx(TEXT, [{"text": text}], STAMP))["A4"]
    assert cell.value == text.replace("\r", "\n")
    assert cell.data_type != "f"
    assert cell.number_format == "@"


def test_title_and_headings_are_no_formulas_either() -> None:
    stamp = Stamp("=1+1", "a\r\n=2", AT, "")
    lines = read_csv(as_csv([OutColumn("x", "@x")], [], stamp))
    assert lines == [["'=1+1"], ["导出人：a =2 导出时间：2024-06-30 15:30（北京时间）"], ["'@x"]]


@pytest.mark.parametrize("text", ["-5", "+86", "-3.14", "12", "1=1", "'=1", " a", "3101****"])
def test_numbers_and_plain_text_are_left_alone(text: str) -> None:
    assert csv_of(text) == text
    assert cell_of(text) == text


@pytest.mark.parametrize(
    ("value", "in_csv", "in_xlsx"),
    [
        (10**17 + 1, "100000000000000001", "100000000000000001"),
        (Decimal("-12.50"), "-12.50", -12.5),
        (Decimal("1E+3"), "1000", 1000),
        (Decimal("NaN"), "NaN", "NaN"),
        (float("inf"), "inf", "inf"),
        (0.5, "0.5", 0.5),
        (date(1899, 12, 31), "1899-12-31", "1899-12-31"),
        (_("第{n}组", n=3), "第3组", "第3组"),
        ("a\x00\x0b\ufffeb", "a\x00\x0b\ufffeb", "ab"),
        ("a\r\nb", "a\r\nb", "a\nb"),
    ],
)
def test_odd_cells(value: object, in_csv: str, in_xlsx: object) -> None:
    assert csv_of(value) == in_csv
    assert cell_of(value) == in_xlsx


def test_text_that_looks_like_an_escape_is_kept() -> None:
    workbook = b"".join(as_xlsx(TEXT, [{"text": "_x0041_"}], STAMP))
    assert read_register(io.BytesIO(workbook), [Column("text", "文字")]).rows[0].cells["text"] == "_x0041_"


def test_a_text_too_long_for_a_cell_is_cut_with_a_mark() -> None:
    long = cell_of("𠮷" * 40_000)
    assert isinstance(long, str)
    assert long.endswith("𠮷…")
    assert len(long.encode("utf-16-le")) <= 2 * 32_767


def test_an_instant_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        csv_of(datetime(2024, 1, 1))
    with pytest.raises(ValueError, match="time zone"):
        as_csv(TEXT, [], Stamp("a", "b", datetime(2024, 1, 1), ""))


@pytest.mark.parametrize(
    "title", ["", "a/b[c]:*?\\", "'x'", "History", "长" * 200, "A&B " * 80, "a\x01b", "'" * 40]
)
def test_any_title_makes_a_sound_workbook(title: str) -> None:
    stamp = Stamp(title, "&" * 300, AT, "n" * 300)
    assert read_xlsx(as_xlsx(TEXT, [], stamp))["A3"].value == "文字"


def test_the_language_is_that_of_the_call() -> None:
    with locale("en"):
        chunks = as_csv(TEXT, [{"text": MASKED}], STAMP)
        expected = str(MASKED)
    assert read_csv(chunks)[3] == [expected]


def test_text_streams_in_bounded_memory() -> None:
    rows = ({**ROW, "name": f"李梅{number}"} for number in range(50_000))
    tracemalloc.start()
    try:
        sizes = [len(chunk) for chunk in as_csv(COLUMNS, rows, STAMP)]
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert sum(sizes) > 2_000_000
    assert max(sizes) < CHUNK + 1024
    assert peak < 20_000_000


def test_a_workbook_streams_in_bounded_memory() -> None:
    rows = ({"text": f"第{number}行 {'字' * 200}"} for number in range(20_000))
    tracemalloc.start()
    try:
        sizes = [len(chunk) for chunk in as_xlsx(TEXT, rows, STAMP)]
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert max(sizes) <= CHUNK
    assert peak < 8_000_000  # the texts alone come to more


def test_rows_are_drawn_as_they_are_needed() -> None:
    drawn = 0

    def rows() -> Iterator[Mapping[str, object]]:
        nonlocal drawn
        for drawn in range(1, 50_001):  # noqa: B007
            yield ROW

    chunks = as_csv(COLUMNS, rows(), STAMP)
    assert drawn == 0
    next(chunks)
    assert 0 < drawn < 2_000


def test_the_temporary_file_goes_when_the_reader_stops_early(temporary: Path) -> None:
    rows = ({"text": f"{number}"} for number in range(2_000))
    chunks = as_xlsx(TEXT, rows, STAMP)
    assert not list(temporary.iterdir())
    next(chunks)
    assert list(temporary.iterdir())
    chunks.close()  # type: ignore[attr-defined]
    assert not list(temporary.iterdir())


def test_the_temporary_file_goes_at_the_end_and_after_a_fault(temporary: Path) -> None:
    assert b"".join(as_xlsx(TEXT, [{"text": "a"}], STAMP))
    assert not list(temporary.iterdir())

    def failing() -> Iterator[Mapping[str, object]]:
        yield {"text": "a"}
        raise LookupError("the connection is gone")

    with pytest.raises(LookupError):
        list(as_xlsx(TEXT, failing(), STAMP))
    assert not list(temporary.iterdir())


def test_too_many_rows_are_refused(temporary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert writing.LIMIT_ROWS == 1_000_000
    monkeypatch.setattr(writing, "LIMIT_ROWS", 3)
    assert list(as_xlsx(TEXT, [{"text": "a"}] * 3, STAMP))
    with pytest.raises(ValueError, match="no more than 3 rows"):
        list(as_xlsx(TEXT, [{"text": "a"}] * 4, STAMP))
    assert not list(temporary.iterdir())


@given(st.lists(st.text(), min_size=1, max_size=4))
@example(["'=1", "=1", ""])
@example([""])
@example(["\r", "\n", '"', "\x00"])
def test_any_text_survives_but_for_the_apostrophe(texts: list[str]) -> None:
    columns = [OutColumn(str(place), f"栏{place}") for place in range(len(texts))]
    row = {str(place): text for place, text in enumerate(texts)}
    read = read_csv(as_csv(columns, [row], STAMP))
    assert len(read) == 4
    for text, cell in zip(texts, read[3], strict=True):
        assert cell in (text, f"'{text}")
        if text[:1] in tuple("=@\t\r\n＝＋－＠"):
            assert cell == f"'{text}"
        elif text[:1] not in ("+", "-"):
            assert cell == text


def test_file_names() -> None:
    assert file_name("会员名册", AT, "xlsx") == "会员名册_20240630-1530.xlsx"
    assert file_name("../a\\b:c\u202e（二）\r\n", AT, "csv") == "a_b_c_（二）_20240630-1530.csv"
    assert file_name("/", AT, "csv") == "导出_20240630-1530.csv"
    assert len(file_name("长" * 500, AT, "csv").encode()) < 255
    with pytest.raises(ValueError, match="exe"):
        file_name("a", AT, "exe")
