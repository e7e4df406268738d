"""Finding the header: of several lines, repeated, with notes, and in the words of one federation."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping

import pytest
from openpyxl import Workbook

from gonghui.records.registers.sheets import Column, OpenRegister, Register, open_register, read_register

COLUMNS = (
    Column("name", "姓名"),
    Column("sex", "性别", required=False),
    Column("birth", "出生日期", required=False),
    Column("phone", "手机号码", ("联系电话",), sensitive="phone"),
    Column("address", "住址", required=False),
)
ROW = ("苏俊杰", "男", "1990-01-01", "13800000000", "民治")


def workbook(rows: Iterable[Iterable[object]], merged: Iterable[str] = ()) -> io.BytesIO:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(list(row))
    for cells in merged:
        sheet.merge_cells(cells)
    content = io.BytesIO()
    book.save(content)
    return content


def read(
    *rows: Iterable[object], merged: Iterable[str] = (), synonyms: Mapping[str, str] | None = None
) -> Register:
    return read_register(workbook(rows, merged), COLUMNS, synonyms=synonyms)


def header_row(*rows: Iterable[object]) -> int:
    with open_register(workbook(rows), COLUMNS) as register:
        assert isinstance(register, OpenRegister)
        return register.header_row


def everything(register: Register) -> list[tuple[int, tuple[object, ...]]]:
    return [(row.number, tuple(row.cells[column.key] for column in COLUMNS)) for row in register.rows]


# --- headers of several lines


def test_headings_below_a_group_are_found_beside_merged_ones() -> None:
    top = ("姓名", "性别", "出生日期", "联系方式", None)
    below = (None, None, None, "手机号码", "住址")
    register = read(("会员名册",), top, below, ROW, merged=("A2:A3", "B2:B3", "C2:C3", "D2:E2"))
    assert everything(register) == [(4, ROW)]
    assert register.ignored == []


def test_merged_headings_above_are_found_beside_those_below_a_group() -> None:
    top = ("姓名", "基本信息", None, None, None, "备注")
    below = (None, "性别", "出生日期", "手机号码", "住址", None)
    register = read(top, below, ROW, merged=("A1:A2", "B1:E1", "F1:F2"))
    assert everything(register) == [(3, ROW)]
    assert register.ignored == ["备注"]


def test_a_header_of_three_lines_is_one_header() -> None:
    lines = (
        ("姓名", "基本信息", None, None, None),
        (None, "性别", "其他", None, None),
        (None, None, "出生日期", "手机号码", "住址"),
    )
    merged = ("A1:A3", "B1:E1", "B2:B3", "C2:E2")
    register = read(*lines, ROW, merged=merged)
    assert everything(register) == [(4, ROW)]
    assert register.ignored == []


def test_unknown_headings_below_a_group_are_listed_and_the_group_is_not() -> None:
    top = ("姓名", "联系方式", None, None)
    below = (None, "手机号码", "微信", "邮箱")
    assert read(top, below, ("甲", "1", "a", "b"), merged=("A1:A2", "B1:D1")).ignored == ["微信", "邮箱"]


def test_a_row_of_data_that_holds_a_heading_is_data() -> None:
    register = read(("姓名", "手机号码", "偏好"), ("甲", "1", "住址"), ("乙", "2", "性别"))
    assert [row.number for row in register.rows] == [2, 3]
    assert "address" not in register.headings


def test_the_label_of_a_form_above_an_unknown_heading_is_no_heading() -> None:
    register = read(
        ("单位", "某公司", "住址", "民治"), ("姓名", "手机号码", "岗位", "工龄"), ("甲", "1", "钳工", 3)
    )
    assert set(register.headings) == {"name", "phone"}
    assert register.ignored == ["岗位", "工龄"]


def test_the_header_row_is_the_line_with_the_most_headings() -> None:
    assert header_row(("会员名册",), (), ("姓名", "手机号码"), ROW[:2]) == 3


# --- spellings


@pytest.mark.parametrize(
    "heading", ["姓名*", "＊ 姓名", "姓\n名", "姓名（必填）", "姓名(必填)", "姓名【选填，两个字以上】"]
)
def test_stars_spaces_and_notes_on_filling_in_do_not_count(heading: str) -> None:
    assert read((heading, "手机号码"), ("甲", "1")).headings["name"] == " ".join(heading.split())


@pytest.mark.parametrize("heading", ["姓名(配偶)", "姓名（填写人）"])
def test_brackets_that_say_whose_column_it_is_do_count(heading: str) -> None:
    assert read(("姓名", "手机号码", heading), ("甲", "1", "乙")).ignored == [heading]
    with pytest.raises(Exception, match="headings_missing"):
        read((heading, "手机号码"), ("甲", "1"))


def test_the_first_of_two_equal_headings_counts_and_the_other_is_listed() -> None:
    register = read(("姓名", "手机号码", "联系电话", "姓名"), ("甲", "1", "2", "乙"))
    assert register.rows[0].cells == {"name": "甲", "phone": "1"}
    assert register.ignored == ["联系电话", "姓名"]


# --- words of one federation


def test_a_federation_may_have_its_own_word_for_a_column() -> None:
    register = read(("会员 大名*", "手机号码"), ("甲", "1"), synonyms={"会员大名": "name"})
    assert register.headings["name"] == "会员 大名*"


def test_a_word_of_the_federation_wins_over_ours() -> None:
    rows = (("姓名", "联系电话", "本人电话"), ("甲", "1", "2"))
    register = read(*rows, synonyms={"本人电话": "phone"})
    assert register.rows[0].cells["phone"] == "2"
    assert register.ignored == ["联系电话"]
    register = read(("姓名", "联系电话", "手机号码"), ("甲", "民治", "2"), synonyms={"联系电话": "address"})
    assert register.rows[0].cells == {"name": "甲", "phone": "2", "address": "民治"}


def test_a_heading_may_be_left_out_without_a_word() -> None:
    register = read(("姓名", "手机号码", "住址"), ("甲", "1", "2"), synonyms={"住 址": ""})
    assert set(register.headings) == {"name", "phone"}
    assert register.ignored == []


def test_a_word_for_a_column_of_another_register_means_nothing() -> None:
    assert read(("姓名", "手机号码", "年级"), ("甲", "1", "2"), synonyms={"年级": "grade"}).ignored == [
        "年级"
    ]


# --- the header again, on each page


def test_a_header_that_is_repeated_among_the_data_is_skipped() -> None:
    header = ("姓名", "性别", "出生日期", "手机号码", "住址")
    again = ("姓名*", "性 别", "出生日期（必填）", None, "住址")
    register = read(("序号", *header), (1, *ROW), ("序号", *header), (2, *ROW), ("序号", *again), (3, *ROW))
    assert [row.number for row in register.rows] == [2, 4, 6]


def test_a_row_whose_last_cell_alone_is_a_heading_is_a_row() -> None:
    header = tuple(column.heading for column in COLUMNS)
    odd = (*ROW[: len(header) - 1], header[-1])
    assert [row.number for row in read(header, ROW, odd, header).rows] == [2, 3]


def test_both_lines_of_a_repeated_header_are_skipped() -> None:
    header = (("姓名", "性别", "出生日期", "联系方式", None), (None, None, None, "手机号码", "住址"))
    register = read(*header, ROW, *header, ROW)
    assert [row.number for row in register.rows] == [3, 6]


def test_a_row_with_only_two_cells_like_their_headings_is_a_row() -> None:
    register = read(
        ("姓名", "性别", "手机号码", "住址"), ("姓名", "性别"), ("姓名", "性别", "手机号码", "民治")
    )
    assert [row.number for row in register.rows] == [2, 3]


@pytest.mark.parametrize(
    "heading", ["*姓名", "★姓名", "姓名※", "▲ 姓名", "姓名（本人）", "姓名\n(必填)", "姓名（18位）"]
)
def test_marks_and_notes_around_a_heading_do_not_hide_it(heading: str) -> None:
    register = read((heading, "手机号码"), ("苏俊杰", "13800000000"))
    assert register.rows[0].cells == {"name": "苏俊杰", "phone": "13800000000"}
