"""What a cell means, over the space of ways in which people type it."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gonghui.i18n import _, locale
from gonghui.records.registers.cells import (
    FIRST_DAY,
    LARGEST_NUMBER,
    LAST_DAY,
    CellError,
    code,
    day,
    is_empty,
    likeness,
    name,
    organisation,
    text,
    whole_number,
)
from gonghui.records.registers.faults import Fault

NARROW = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
ANY_CELL = st.one_of(
    st.text(),
    st.floats(),
    st.integers(),
    st.booleans(),
    st.dates(),
    st.datetimes(),
    st.times(),
    st.timedeltas(),
)
DAYS = st.dates(FIRST_DAY, LAST_DAY)
SPELLINGS = (
    lambda d: d,
    lambda d: datetime(d.year, d.month, d.day, 13, 5),
    lambda d: f"{d:%Y-%m-%d}",
    lambda d: f"{d:%Y/%m/%d}",
    lambda d: f"{d:%Y.%m.%d}",
    lambda d: f"{d.year}/{d.month}/{d.day}",
    lambda d: f"{d.year}.{d.month}.{d.day}",
    lambda d: f"{d.year}年{d.month}月{d.day}日",
    lambda d: f" {d.year} 年 {d:%m} 月 {d:%d} 日\u3000",
    lambda d: f"{d:%Y%m%d}",
    lambda d: float(f"{d:%Y%m%d}"),
    lambda d: f"{d:%Y-%m-%d} 00:00:00",
    lambda d: f"{d:%Y-%m-%d} 14:30:00",
    lambda d: f"{d:%Y/%m/%d} 9:05",
    lambda d: f"{d:%Y-%m-%d}T23:59:59.999",
    lambda d: wide(f"{d:%Y-%m-%d}"),
)
NO_NUMBERS = (
    *("", "三十", "12人", "1,23", "-5", "3.5", "1e3", "10²", "①"),
    *(-5.0, 3.5, 1e300, LARGEST_NUMBER + 1, float("nan"), float("inf")),
    *(True, date(2024, 6, 30), timedelta(days=3)),
)
NO_DAYS = (
    *("", "昨天", "2024-13-01", "2024-02-30", "2023.2.29", "2024年13月1日", "20240231", "2024063", "2024-06"),
    *("24-06-30", "2024-06-30 24:00", "2024-06-30 8:60", "2024-6.30", "45473", "2100-01-01"),
    *(2024.0, 7305.0, 73051.0, -1.0, 0.0, float("nan"), float("inf")),
    *(True, time(8, 0), timedelta(days=45473), date(1899, 12, 31), datetime(2100, 1, 1)),
)


def wide(line: str) -> str:
    return "".join(chr(ord(char) + 0xFEE0) if "!" <= char <= "~" else char for char in line)


def outcome(read: Callable[[object], Any], cell: object) -> Any:
    """What `read` makes of the cell, or the code of its refusal."""
    try:
        return read(cell)
    except CellError as refusal:
        return refusal.code


# --- text


@given(ANY_CELL)
def test_reading_a_text_twice_changes_nothing_more(cell: object) -> None:
    assert text(text(cell)) == text(cell)


@given(ANY_CELL)
def test_a_text_holds_nothing_invisible_and_no_stray_space(cell: object) -> None:
    line = text(cell)
    assert not any(unicodedata.category(char) in ("Cc", "Cf") for char in line)
    assert line == " ".join(line.split())


@given(st.text(alphabet=NARROW, min_size=1))
def test_full_width_letters_and_digits_are_narrowed(line: str) -> None:
    assert text(wide(line)) == line


@given(st.text(alphabet="深圳市工会（）【】《》、，。：；·—“”＊－", min_size=1))
def test_chinese_punctuation_in_names_stays_as_it_is(line: str) -> None:
    assert text(line) == name(line) == organisation(line) == line


@pytest.mark.parametrize("space", ["\u00a0", "\u3000", "\u2003", "\t", "\r\n", "   "])
def test_any_space_between_words_becomes_one_space(space: str) -> None:
    assert text(f"{space}ABC{space}DEF{space}") == "ABC DEF"


@pytest.mark.parametrize("mark", ["\u200b", "\ufeff", "\u00ad", "\u202e", "\x00", "\x07"])
def test_invisible_marks_vanish(mark: str) -> None:
    assert text(f"苏{mark}俊杰") == "苏俊杰"


@pytest.mark.parametrize(
    ("cell", "line"),
    [
        (12061686932.0, "12061686932"),
        (3.5, "3.5"),
        (7, "7"),
        (True, "TRUE"),
        (date(2024, 6, 30), "2024-06-30"),
        (datetime(2024, 6, 30), "2024-06-30"),
        (datetime(2024, 6, 30, 8, 5), "2024-06-30 08:05:00"),
        (time(8, 5), "08:05:00"),
        (float("inf"), "inf"),
    ],
)
def test_a_cell_that_is_no_text_is_written_as_people_read_it(cell: object, line: str) -> None:
    assert text(cell) == line


@pytest.mark.parametrize("cell", ["", " ", "\u3000\u200b\n"])
def test_a_cell_without_anything_to_see_is_empty(cell: str) -> None:
    assert is_empty(cell)


@given(st.text(max_size=5))
def test_a_cell_is_empty_exactly_where_its_text_is(cell: str) -> None:
    assert is_empty(cell) == (text(cell) == "")


def test_nothing_at_all_is_an_empty_cell_too() -> None:
    assert is_empty(None)
    assert text(None) == ""


def test_a_zero_is_not_an_empty_cell() -> None:
    assert not is_empty(0.0)


# --- names and codes


@given(ANY_CELL)
def test_a_name_has_no_space_at_all(cell: object) -> None:
    assert not any(char.isspace() for char in name(cell))


def test_a_body_keeps_spaces_only_between_foreign_words() -> None:
    assert organisation(" 深圳市 嘉业 ABC Tech 有限公司\u3000工会 ") == "深圳市嘉业ABC Tech有限公司工会"


@given(st.text(alphabet=NARROW, min_size=1))
def test_a_code_is_narrow_upper_case_and_without_spaces(line: str) -> None:
    assert code(f" {wide(line[:3])}\u00a0{line[3:]} ") == line.upper()


def test_brackets_and_case_do_not_keep_two_spellings_apart() -> None:
    assert likeness("任期 （年）") == likeness("任期(年)")
    assert likeness("ABC公司") == likeness("ａｂｃ 公司")


# --- numbers


@given(st.integers(0, LARGEST_NUMBER))
def test_every_spelling_of_a_whole_number_is_that_number(number: int) -> None:
    for cell in (
        number,
        float(number),
        str(number),
        f"{number:,}",
        f" {wide(f'{number:,}')} ",
        f"{number}.00",
    ):
        assert whole_number(cell) == number


@pytest.mark.parametrize(
    "cell",
    NO_NUMBERS,
)
def test_what_is_no_whole_number_is_refused(cell: object) -> None:
    with pytest.raises(CellError) as refusal:
        whole_number(cell)
    assert refusal.value.code == "number_malformed"


@given(ANY_CELL)
def test_no_cell_breaks_the_reading_of_numbers(cell: object) -> None:
    number = outcome(whole_number, cell)
    assert number == "number_malformed" or 0 <= number <= LARGEST_NUMBER


# --- days


@given(DAYS)
def test_every_spelling_of_a_day_is_that_day(expected: date) -> None:
    for spelling in SPELLINGS:
        assert day(spelling(expected)) == expected


@given(st.dates(date(1920, 1, 1), LAST_DAY), st.floats(0, 0.999))
def test_a_serial_number_is_the_day_that_excel_counts(expected: date, hour: float) -> None:
    assert day((expected - date(1899, 12, 30)).days + hour) == expected


@pytest.mark.parametrize(
    "cell",
    NO_DAYS,
)
def test_what_is_no_day_is_refused(cell: object) -> None:
    with pytest.raises(CellError) as refusal:
        day(cell)
    assert refusal.value.code == "date_malformed"


@given(ANY_CELL)
def test_no_cell_breaks_the_reading_of_days(cell: object) -> None:
    found = outcome(day, cell)
    assert found == "date_malformed" or FIRST_DAY <= found <= LAST_DAY


# --- faults


def test_a_fault_is_told_in_the_language_of_whoever_is_served() -> None:
    fault = Fault("名册", 13, "会员人数", "number_malformed", _("“{value}”不是整数。", value="三"))
    with locale("zh"):
        assert fault.as_json() == {
            "sheet": "名册",
            "row": 13,
            "column": "会员人数",
            "code": "number_malformed",
            "message": "“三”不是整数。",
        }
