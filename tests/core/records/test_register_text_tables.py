"""Registers as text tables (CSV): in the encodings and with the delimiters in which programs store them."""

from __future__ import annotations

import codecs
import io

import pytest

from gonghui.errors import Invalid
from gonghui.records.registers.sheets import Column, Register, Row, read_register

COLUMNS = (Column("name", "姓名"), Column("phone", "手机号码"), Column("note", "备注", required=False))
TABLE = "姓名,手机号码,备注\r\n苏俊杰,13800000000,班长\r\n李敏,13900000000\r\n"


def read(content: bytes | str) -> Register:
    return read_register(io.BytesIO(content.encode() if isinstance(content, str) else content), COLUMNS)


def refusal(content: bytes | str) -> Invalid:
    with pytest.raises(Invalid) as caught:
        read(content)
    assert str(caught.value.detail).endswith("。")
    return caught.value


@pytest.mark.parametrize(
    "content",
    [
        TABLE.encode(),
        codecs.BOM_UTF8 + TABLE.encode(),
        TABLE.encode("gb18030"),
        TABLE.replace(",", "\t").encode("utf-16"),
        codecs.BOM_UTF16_BE + TABLE.replace(",", "\t").encode("utf-16-be"),
        TABLE.replace(",", ";").encode(),
        TABLE.replace(",", "\t").encode("gb18030"),
        TABLE.replace("\r\n", "\n").encode(),
        TABLE.replace("\r\n", "\r").encode(),
    ],
    ids=["utf-8", "bom", "gb18030", "utf-16", "utf-16-be", "semicolon", "tab", "unix", "old-mac"],
)
def test_a_text_table_is_read_in_every_usual_form(content: bytes) -> None:
    register = read(content)
    assert register.rows == (
        Row("CSV", 2, {"name": "苏俊杰", "phone": "13800000000", "note": "班长"}),
        Row("CSV", 3, {"name": "李敏", "phone": "13900000000", "note": ""}),
    )
    assert (register.sheet, register.ignored) == ("CSV", [])


def test_rows_are_numbered_as_a_spreadsheet_program_shows_them() -> None:
    register = read('会员名册\n\n姓名,手机号码\n"苏\n俊杰",1\n\n李敏,"2"\n合计,2\n')
    assert [(row.number, row.cells["name"]) for row in register.rows] == [(4, "苏\n俊杰"), (6, "李敏")]


def test_a_delimiter_inside_quotes_or_of_another_kind_belongs_to_the_text() -> None:
    cells = [row.cells["note"] for row in read('姓名,手机号码,备注\n甲,1,"班长,组长"\n乙,2,a;b\n').rows]
    assert cells == ["班长,组长", "a;b"]


def test_a_name_outside_the_basic_plane_is_read_in_either_encoding() -> None:
    for encoding in ("utf-8", "gb18030"):
        assert read(f"姓名,手机号码\n{chr(0x20BB7)}野,1\n".encode(encoding)).rows[0].cells["name"] == "𠮷野"


def test_ten_thousand_rows_are_all_read_and_in_order() -> None:
    lines = "".join(f"会员{number},{number}\n" for number in range(10_000))
    rows = read("姓名,手机号码\n" + lines).rows
    assert [(row.number, row.cells["phone"]) for row in rows] == [(n + 2, str(n)) for n in range(10_000)]


def test_a_file_put_together_of_two_encodings_is_refused_and_the_line_is_named() -> None:
    content = TABLE.encode() + b"ascii,1\n" + "王强,1\n".encode("gb18030") + "赵红,1\n".encode()
    error = refusal(content)
    assert error.code == "mixed_encodings"
    assert "第 5 行" in str(error.detail)
    assert refusal("王强,1\n".encode("gb18030") + TABLE.encode()).code == "mixed_encodings"


def test_a_file_in_an_unknown_encoding_is_refused() -> None:
    content = b"\xff\xff,\x80\n"
    assert refusal(content).code == "unreadable_file"
    assert "编码" in str(refusal(content).detail)


@pytest.mark.parametrize(
    "content",
    [
        b"\x89PNG\r\n\x1a\n\x00\x00" + bytes(100),
        TABLE.encode() + b"\x00",
        "姓名\x00,手机号码\n".encode("utf-16"),
        TABLE.encode("utf-16-le"),
    ],
    ids=["picture", "zero-at-the-end", "zero-in-utf-16", "utf-16-without-mark"],
)
def test_a_file_with_zero_bytes_is_no_text_table(content: bytes) -> None:
    error = refusal(content)
    assert error.code == "unreadable_file"
    assert "不是文字表格" in str(error.detail)


@pytest.mark.parametrize("content", ["<html><table><tr><td>姓名", '\ufeff <?xml version="1.0"?>'])
def test_a_web_page_that_is_called_a_workbook_is_refused_as_such(content: str) -> None:
    assert "Excel" in str(refusal(content).detail)


@pytest.mark.parametrize(
    "broken",
    [
        '甲,"1\n' + "乙,2\n" * 20,
        '甲,"1\n' + "乙,2\n" * 150 + '丙,"3"\n',
        '甲,"1\n' + "乙,2\n" * 50_000,
    ],
    ids=["at-the-end", "over-many-lines", "over-a-whole-file"],
)
def test_a_quote_that_is_not_closed_is_named_and_swallows_nothing(broken: str) -> None:
    error = refusal("姓名,手机号码\n" + "子,0\n" * 50 + broken)
    assert error.code == "unreadable_file"
    assert "第 52 行的引号" in str(error.detail)


def test_a_quote_that_is_not_closed_in_the_header_is_named() -> None:
    assert "第 1 行的引号" in str(refusal('姓名,"手机号码\n甲,1\n').detail)


def test_a_text_longer_than_a_cell_may_be_is_refused() -> None:
    assert "太长" in str(refusal("姓名,手机号码\n" + "甲" * 40_000 + ",1\n").detail)


def test_more_columns_than_allowed_are_refused_wherever_they_begin() -> None:
    wide = "甲,1" + ",x" * 400 + "\n"
    assert refusal("姓名,手机号码\n" + wide).code == "too_many_columns"
    assert refusal("姓名,手机号码\n" + "甲,1\n" * 100 + wide).code == "too_many_columns"


def test_a_line_of_millions_of_cells_is_refused() -> None:
    assert refusal("姓名,手机号码\n甲" + "," * 20_000_000 + "1\n").code in (
        "unreadable_file",
        "too_many_columns",
    )


@pytest.mark.parametrize("content", ["\n\n", " \n,,\n"])
def test_a_text_without_anything_in_it_is_refused(content: str) -> None:
    assert refusal(content).code in ("unreadable_file", "headings_missing")
