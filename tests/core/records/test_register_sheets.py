"""Finding a register in a workbook, and standing up to files that hold none or mean harm."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Callable, Iterable
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest
from openpyxl import Workbook

from gonghui.errors import Invalid
from gonghui.records.registers.sheets import Column, Register, read_register

SAMPLE = Path(__file__).parents[2] / "samples" / "unions.xlsx"
COLUMNS = (
    Column("name", "工会名称", ("工会全称",)),
    Column("members", "会员人数"),
    Column("years", "任期(年)", required=False),
)
MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
FILLED = ("甲公司工会", 12)


def workbook(*rows: Iterable[object], title: str = "名册") -> Workbook:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = title
    for row in rows:
        sheet.append(list(row))
    return book


def stored(book: Workbook) -> io.BytesIO:
    content = io.BytesIO()
    book.save(content)
    content.seek(0)
    return content


def read(*rows: Iterable[object], limit_rows: int = 100) -> Register:
    return read_register(stored(workbook(*rows)), COLUMNS, limit_rows=limit_rows)


def refusal(content: bytes, columns: Iterable[Column] = COLUMNS) -> Invalid:
    with pytest.raises(Invalid) as caught:
        read_register(io.BytesIO(content), tuple(columns))
    return caught.value


def repacked(change: Callable[[str, bytes], bytes], base: bytes | None = None) -> bytes:
    """A workbook whose parts went through `change`."""
    target = io.BytesIO()
    original = io.BytesIO(base or stored(workbook(("工会名称", "会员人数"), FILLED)).getvalue())
    with zipfile.ZipFile(original) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.namelist():
            new.writestr(part, change(part, old.read(part)))
    return target.getvalue()


def with_sheet(xml: str) -> bytes:
    return repacked(lambda part, old: xml.encode() if part == "xl/worksheets/sheet1.xml" else old)


# --- what is found


def test_the_sample_is_found_below_its_title_and_without_its_total() -> None:
    register = read_register(SAMPLE, COLUMNS)
    assert register.sheet == "基层工会名册"
    assert [row.number for row in register.rows] == list(range(4, 365))
    assert register.headings["years"] == "任期(年)"
    assert "联系电话" in register.ignored


def test_a_stream_is_read_from_its_start_and_stays_open() -> None:
    content = io.BytesIO(SAMPLE.read_bytes())
    content.seek(1000)
    assert len(read_register(content, COLUMNS).rows) == 361
    assert not content.closed


def test_columns_may_stand_in_any_order_among_unknown_ones() -> None:
    register = read(("备注", "会员人数", "序号", "工会名称"), ("无", 12, 1, "甲公司工会"))
    assert register.rows[0].cells == {"name": "甲公司工会", "members": 12.0}
    assert register.ignored == ["备注", "序号"]


def test_headings_are_known_with_stars_spaces_line_breaks_and_wide_brackets() -> None:
    register = read(("工会\n名称*", " 会员 人数＊", "任期（年）"), (*FILLED, 3))
    assert register.rows[0].cells == {"name": "甲公司工会", "members": 12.0, "years": 3.0}
    assert register.headings == {"name": "工会 名称*", "members": "会员 人数＊", "years": "任期（年）"}


def test_a_synonym_serves_as_heading() -> None:
    assert read(("工会全称", "会员人数"), FILLED).headings["name"] == "工会全称"


def test_the_first_of_two_equal_headings_counts() -> None:
    assert read(("工会名称", "会员人数", "会员人数"), (*FILLED, 99)).rows[0].cells["members"] == 12.0


def test_a_title_that_names_a_column_is_not_taken_for_the_header() -> None:
    register = read(("工会名称",), (), ("工会名称", "会员人数"), FILLED)
    assert [row.number for row in register.rows] == [4]


def test_the_sheet_with_the_most_known_headings_is_the_register() -> None:
    book = workbook(("工会名称",), ("说明",), title="填表说明")
    sheet = book.create_sheet("二月")
    sheet.append(["工会名称", "会员人数"])
    sheet.append(list(FILLED))
    book.create_chartsheet("图")
    assert read_register(stored(book), COLUMNS).sheet == "二月"


def test_a_hidden_sheet_is_no_register() -> None:
    book = workbook(("填表说明",))
    sheet = book.create_sheet("底表")
    sheet.append(["工会名称", "会员人数"])
    sheet.sheet_state = "hidden"
    with pytest.raises(Invalid, match="headings_missing"):
        read_register(stored(book), COLUMNS)


def test_rows_and_columns_before_the_table_keep_the_numbers_of_the_sheet() -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for place, value in {"C5": "工会名称", "D5": "会员人数", "C8": "甲公司工会", "D8": 12}.items():
        sheet[place] = value
    assert [row.number for row in read_register(stored(book), COLUMNS).rows] == [8]


def test_empty_rows_and_rows_with_only_a_running_number_are_skipped() -> None:
    register = read(("序号", "工会名称", "会员人数"), (1, *FILLED), (), (2, " ", None), (3, *FILLED))
    assert [row.number for row in register.rows] == [2, 5]


@pytest.mark.parametrize("word", ["合计", "总 计", "小计：", "小计（民治街道）", "合计:"])
def test_total_rows_are_skipped(word: str) -> None:
    assert len(read(("工会名称", "会员人数"), FILLED, (word, 12)).rows) == 1


def test_a_name_that_begins_like_a_total_is_a_row() -> None:
    assert len(read(("工会名称", "会员人数"), ("合计科技公司工会", 12)).rows) == 1


def test_dates_and_times_come_as_people_write_them() -> None:
    cells = (date(2024, 6, 30), datetime(2024, 6, 30, 8, 5), time(8, 5), timedelta(hours=30))
    register = read(("工会名称", "会员人数"), *[("甲", cell) for cell in cells])
    assert [row.cells["members"] for row in register.rows] == [
        "2024-06-30",
        "2024-06-30 08:05:00",
        "08:05:00",
        "1 day, 6:00:00",
    ]


def test_numbers_and_truths_come_as_such() -> None:
    register = read(("工会名称", "会员人数"), ("甲", 12), ("乙", 3.5), ("丙", True))
    assert [row.cells["members"] for row in register.rows] == [12.0, 3.5, True]


def test_a_row_that_ends_early_has_empty_cells() -> None:
    register = read(("工会名称", "会员人数", "任期(年)"), ("甲",))
    assert register.rows[0].cells == {"name": "甲", "members": "", "years": ""}


# --- what is refused


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"PK",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000),
        b"PK\x03\x04" + bytes(500),
        SAMPLE.read_bytes()[:30_000],
        SAMPLE.read_bytes()[:-10],
        SAMPLE.read_bytes()[5000:],
        stored(Workbook()).getvalue(),
    ],
    ids=[
        "empty",
        "two-bytes",
        "password-or-xls",
        "fake-zip",
        "half",
        "no-end",
        "no-start",
        "no-content",
    ],
)
def test_a_file_that_is_no_sound_workbook_is_refused_with_a_sentence(content: bytes) -> None:
    error = refusal(content)
    assert error.code == "unreadable_file"
    assert str(error.detail).endswith("。")


def test_a_file_that_is_not_there_is_refused_with_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="unreadable_file"):
        read_register(tmp_path / "nothing.xlsx", COLUMNS)


def test_a_zip_that_is_no_workbook_is_refused() -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as package:
        package.writestr("word/document.xml", "<document/>")
    assert refusal(content.getvalue()).code == "unreadable_file"


def test_a_password_on_the_parts_is_named() -> None:
    content = bytearray(SAMPLE.read_bytes())
    entry = content.index(b"PK\x01\x02")
    content[entry + 8] |= 1
    assert "密码" in str(refusal(bytes(content)).detail)


def test_a_damaged_part_is_refused() -> None:
    content = bytearray(SAMPLE.read_bytes())
    with zipfile.ZipFile(SAMPLE) as package:
        part = package.getinfo("xl/worksheets/sheet1.xml")
    content[part.header_offset + 5000] ^= 0xFF
    assert refusal(bytes(content)).code == "unreadable_file"


@pytest.mark.parametrize(
    "sheet",
    [
        "<worksheet><sheetData>",
        '<!DOCTYPE a [<!ENTITY b "c">]><worksheet/>',
        '<worksheet><row r="x"/></worksheet>',
    ],
    ids=["unclosed", "entities", "no-number"],
)
def test_a_sheet_with_unsound_xml_is_refused(sheet: str) -> None:
    assert refusal(with_sheet(sheet)).code == "unreadable_file"


def test_a_part_that_unpacks_two_hundredfold_is_refused_before_parsing() -> None:
    sheet = "<worksheet>" + " " * 11 * 1024 * 1024 + "</worksheet>"
    assert "太大" in str(refusal(with_sheet(sheet)).detail)


def test_parts_that_declare_more_than_the_limit_together_are_refused_before_parsing() -> None:
    content = bytearray(SAMPLE.read_bytes())
    at = content.index(b"PK\x01\x02")
    struct.pack_into("<I", content, at + 20, 400 * 1024 * 1024)
    struct.pack_into("<I", content, at + 24, 601 * 1024 * 1024)
    assert "太大" in str(refusal(bytes(content)).detail)


def test_a_part_longer_than_it_declares_is_refused() -> None:
    content = bytearray(SAMPLE.read_bytes())
    at = content.index(b"xl/worksheets/sheet1.xml", content.index(b"PK\x01\x02")) - 46
    struct.pack_into("<I", content, at + 24, 1000)
    assert refusal(bytes(content)).code == "unreadable_file"


HEADINGS = (
    '<row r="1"><c t="inlineStr" r="A1"><is><t>工会名称</t></is></c>'
    '<c t="inlineStr" r="B1"><is><t>会员人数</t></is></c></row>'
)


def test_a_cell_in_the_last_corner_is_refused_before_it_takes_all_memory() -> None:
    corner = '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    error = refusal(with_sheet(f"<worksheet {MAIN}><sheetData>{HEADINGS}{corner}</sheetData></worksheet>"))
    assert error.code == "unreadable_file"
    assert "多余的行列" in str(error.detail)


@pytest.mark.parametrize(
    "cells",
    [
        '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>',
        '<row r="5000000"><c><v>1</v></c><c r="B5000000"/><c><v>1</v></c></row>',
        '<x:row r="9"><x:c r="ZZZZZZ9"><x:v>1</x:v></x:c></x:row>',
        '<row r="99999999999"><c r="A99999999999"><v>1</v></c></row>',
    ],
    ids=["last-corner", "without-references", "prefixed", "beyond-all-rows"],
)
def test_a_lonely_cell_far_away_is_refused(cells: str) -> None:
    error = refusal(with_sheet(f"<worksheet><sheetData>{cells}</sheetData></worksheet>"))
    assert error.code in ("too_many_columns", "headings_missing", "unreadable_file")


def test_a_cell_far_below_does_no_harm() -> None:
    rows = '<row r="1048576"><c r="A1048576"><v>1</v></c></row>'
    content = with_sheet(f"<worksheet {MAIN}><sheetData>{HEADINGS}{rows}</sheetData></worksheet>")
    assert [row.number for row in read_register(io.BytesIO(content), COLUMNS).rows] == [1_048_576]


def test_three_hundred_columns_are_read_and_more_are_refused() -> None:
    headings = ["工会名称", "会员人数", *(f"列{number}" for number in range(498))]
    assert len(read(headings[:300], FILLED).ignored) == 298
    error = refusal(stored(workbook(headings, FILLED)).getvalue())
    assert error.code == "too_many_columns"
    assert str(error.detail) == "表格有 500 列，最多读 300 列。删掉数据右边多余的列，再上传。"


def test_a_wide_sheet_beside_the_register_does_no_harm() -> None:
    book = workbook(("工会名称", "会员人数"), FILLED)
    book.create_sheet("排班").append([f"列{number}" for number in range(500)])
    assert len(read_register(stored(book), COLUMNS).rows) == 1


def test_empty_cells_far_away_do_no_harm() -> None:
    corner = '<row r="1048576"><c r="XFD1048576" s="0"/></row>'
    sheet = f"<worksheet {MAIN}><sheetData>{HEADINGS}{corner}</sheetData></worksheet>"
    assert read_register(io.BytesIO(with_sheet(sheet)), COLUMNS).rows == ()


def test_missing_headings_are_named() -> None:
    error = refusal(stored(workbook(("名册",), ("工会名称", "联系电话"))).getvalue())
    assert (error.code, error.extra) == ("headings_missing", {"headings": ["会员人数"]})
    assert str(error.detail) == (
        "工作表“名册”第 2 行的表头缺少：会员人数。没认出的表头：联系电话。补上这些列，或指明哪一列是它，再上传。"
    )


def test_without_any_known_heading_all_required_ones_are_named() -> None:
    error = refusal(stored(workbook(("姓名", "性别"))).getvalue())
    assert error.code == "headings_missing"
    assert "工会名称、会员人数" in str(error.detail)


def test_a_header_below_the_thirtieth_row_is_not_looked_for() -> None:
    rows = [("说明",)] * 30
    assert refusal(stored(workbook(*rows, ("工会名称", "会员人数"))).getvalue()).code == "headings_missing"
    assert read(*rows[1:], ("工会名称", "会员人数"), FILLED).rows[0].number == 31


def test_as_many_rows_as_allowed_pass_and_one_more_is_refused() -> None:
    rows = [("工会名称", "会员人数"), *[FILLED] * 3]
    assert len(read(*rows, limit_rows=3).rows) == 3
    with pytest.raises(Invalid, match="too_many_rows"):
        read(*rows, FILLED, limit_rows=3)
