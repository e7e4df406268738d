"""The register of unions: the planted faults of the sample, and each rule on its own."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from gonghui.records.registers.checking import CheckedRow
from gonghui.records.registers.faults import Fault
from gonghui.records.registers.sheets import Row, read_register
from gonghui_organising.register import COLUMNS, Rules, UnionRow, UnionRules

SAMPLES = Path(__file__).parents[2] / "samples"
EXPECTED = json.loads((SAMPLES / "expected.json").read_text("utf-8"))["unions"]
STREETS = ("民治街道", "观湖街道", "龙华街道", "大浪街道", "福城街道", "观澜街道")
COMMUNITIES = {"民治社区": "民治街道", "福民社区": "福城街道"}
HEADINGS = {column.key: column.heading for column in COLUMNS}
KINDS = {"independent": "独立", "joint": "联合"}
SOUND: Mapping[str, object] = {
    "name": "深圳市嘉业精密五金有限公司工会委员会",
    "employer_name": "深圳市嘉业精密五金有限公司",
    "employer_uscc": "91990109439150005G",
    "uscc": "819901090636083711",
    "street": "民治街道",
    "community": "民治社区",
    "kind": "独立",
    "founded_on": "2017.9.15",
    "term_started_on": "2022-09-15",
    "term_years": 5.0,
    "headcount": 56.0,
    "women_staff": 29.0,
    "members": 35.0,
    "women_members": 18.0,
    "migrant_members": 23.0,
    "chair_name": "苏 俊杰",
    "industry": "制造业",
}


@dataclass
class Checked:
    """What the rules say about the rows of a register."""

    rows: int = 0
    good: list[UnionRow] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)


def check_rows(rows: Iterable[Row], headings: Mapping[str, str] = HEADINGS, **options: Any) -> Checked:
    """Check rows one after the other."""
    rules: dict[str, Any] = {
        "streets": STREETS,
        "communities": COMMUNITIES,
        "today": date(2024, 7, 1),
        "terms": {3, 5},
        "demo_numbers": True,
    }
    union_rules, checked = UnionRules(Rules(**(rules | options))), Checked()
    for row in rows:
        examined = CheckedRow(row, headings)
        union_rules.examine(examined)
        checked.rows += 1
        checked.faults += examined.faults
        checked.good += [examined.value] if examined.value else []
    return checked


def check(*changes: Mapping[str, object], **options: Any) -> Checked:
    """Check a register with a sound row per change, changed so."""
    rows = [Row("名册", number, {**SOUND, **change}) for number, change in enumerate(changes, start=4)]
    return check_rows(rows, **options)


def faults(**change: object) -> set[tuple[str, str]]:
    """Column and code of each fault of a sound row that is changed so."""
    return {(fault.column, fault.code) for fault in check(change).faults}


def checked_sample() -> Checked:
    register = read_register(SAMPLES / "unions.xlsx", COLUMNS)
    return check_rows(register.rows, register.headings, communities={})


def digest_line(row: UnionRow) -> str:
    fields = (row.name, row.employer_name, row.employer_uscc, row.uscc, row.street, row.community)
    figures = (
        KINDS[row.kind],
        row.founded_on,
        row.term_started_on,
        row.term_years,
        row.headcount,
        row.members,
    )
    return "|".join("" if value is None else str(value) for value in fields + figures)


# --- the sample


def test_exactly_the_planted_faults_of_the_sample_are_found() -> None:
    found = [(fault.row, fault.column, fault.code) for fault in checked_sample().faults]
    assert found == [(fault["row"], fault["column"], fault["fault"]) for fault in EXPECTED["faulty"]]


def test_all_other_rows_of_the_sample_are_good() -> None:
    checked = checked_sample()
    assert (checked.rows, len(checked.good)) == (EXPECTED["rows"], EXPECTED["good"])


def test_the_good_rows_of_the_sample_are_read_as_they_were_meant() -> None:
    content = "\n".join(map(digest_line, checked_sample().good))
    assert hashlib.sha256(content.encode()).hexdigest() == EXPECTED["digest"]


def test_only_the_serial_number_of_the_sample_is_not_read() -> None:
    assert list(read_register(SAMPLES / "unions.xlsx", COLUMNS).ignored) == ["序号"]


def test_every_message_says_how_to_mend_it_without_gaps() -> None:
    for fault in checked_sample().faults:
        message = fault.as_json()["message"]
        assert message.count("。") >= 2
        assert "{" not in message


# --- a sound row


def test_a_sound_row_is_taken_over_whole() -> None:
    assert check({}).good == [
        UnionRow(
            row=4,
            name="深圳市嘉业精密五金有限公司工会委员会",
            employer_name="深圳市嘉业精密五金有限公司",
            employer_uscc="91990109439150005G",
            uscc="819901090636083711",
            street="民治街道",
            community="民治社区",
            kind="independent",
            founded_on=date(2017, 9, 15),
            term_started_on=date(2022, 9, 15),
            term_years=5,
            headcount=56,
            women_staff=29,
            members=35,
            women_members=18,
            migrant_members=23,
            chair_name="苏俊杰",
            industry="制造业",
        )
    ]


def test_empty_numbers_of_parts_are_unknown_and_no_fault() -> None:
    empty = dict.fromkeys(("women_staff", "women_members", "migrant_members"), "")
    (union,) = check(empty).good
    assert (union.women_staff, union.women_members, union.migrant_members) == (None, None, None)


@pytest.mark.parametrize(
    ("key", "fault"),
    [("headcount", ("职工人数", "headcount_missing")), ("members", ("会员人数", "members_missing"))],
)
def test_staff_and_members_must_be_counted(key: str, fault: tuple[str, str]) -> None:
    checked = check({key: ""})
    assert [(found.column, found.code) for found in checked.faults] == [fault]
    assert checked.good == []


def test_a_register_without_the_optional_columns_is_good() -> None:
    optional = {column.key for column in COLUMNS if not column.required}
    cells = {key: value for key, value in SOUND.items() if key not in optional}
    headings = {key: heading for key, heading in HEADINGS.items() if key not in optional}
    checked = check_rows([Row("名册", 4, cells)], headings, terms={3})
    assert [fault.code for fault in checked.faults] == ["term_not_3_or_5"]


def test_a_joint_union_needs_no_employer_code() -> None:
    (union,) = check({"kind": "联合建会", "employer_uscc": "", "uscc": ""}).good
    assert (union.kind, union.employer_uscc, union.uscc) == ("joint", None, None)


@pytest.mark.parametrize("code", ["９１９９０１０９ 43915 0005ｇ", "91-990109-43915000-5-G"])
def test_codes_are_read_in_any_width_and_case_and_without_separators(code: str) -> None:
    (union,) = check({"employer_uscc": code}).good
    assert union.employer_uscc == "91990109439150005G"


@pytest.mark.parametrize("code", ["829901090636083711", "91990109439150005G"])
def test_a_code_of_another_kind_of_body_is_no_union_code(code: str) -> None:
    assert ("工会统一社会信用代码", "union_code_not_union") in faults(uscc=code)


def test_an_unknown_community_is_no_fault() -> None:
    assert faults(community="新城社区") == set()


# --- each fault


@pytest.mark.parametrize(
    ("change", "column", "code"),
    [
        ({"name": " "}, "工会名称", "name_missing"),
        ({"employer_name": ""}, "单位名称", "employer_missing"),
        ({"kind": ""}, "建会类型", "kind_unknown"),
        ({"kind": "行业"}, "建会类型", "kind_unknown"),
        ({"employer_uscc": ""}, "单位统一社会信用代码", "employer_code_missing"),
        ({"employer_uscc": "91990109439150006G"}, "单位统一社会信用代码", "employer_code_check_digit"),
        ({"employer_uscc": "9199010943915000"}, "单位统一社会信用代码", "employer_code_malformed"),
        ({"uscc": "819901090636083712"}, "工会统一社会信用代码", "union_code_check_digit"),
        ({"uscc": "81990109063608371I"}, "工会统一社会信用代码", "union_code_malformed"),
        ({"uscc": "91990109439150005G"}, "工会统一社会信用代码", "union_code_not_union"),
        ({"street": "\u3000"}, "所属街道", "street_missing"),
        ({"street": "坂田街道"}, "所属街道", "unknown_street"),
        ({"community": "福民社区"}, "所属社区", "community_in_other_street"),
        ({"founded_on": ""}, "建会日期", "founding_date_missing"),
        ({"founded_on": "2017-02-30"}, "建会日期", "date_malformed"),
        ({"founded_on": "2024-07-02"}, "建会日期", "founded_in_future"),
        ({"term_started_on": ""}, "本届任期起", "term_start_missing"),
        ({"term_started_on": "去年"}, "本届任期起", "date_malformed"),
        ({"term_started_on": "2017-09-14"}, "本届任期起", "term_before_founding"),
        ({"term_years": ""}, "任期(年)", "term_years_missing"),
        ({"term_years": 4.0}, "任期(年)", "term_not_3_or_5"),
        ({"term_years": "三年"}, "任期(年)", "number_malformed"),
        ({"headcount": "约60"}, "职工人数", "number_malformed"),
        ({"women_staff": 57.0}, "其中女职工", "women_staff_exceed_staff"),
        ({"members": 57.0}, "会员人数", "members_exceed_staff"),
        ({"women_members": 36.0}, "其中女会员", "women_exceed_members"),
        ({"migrant_members": 36.0}, "农民工会员", "migrant_members_exceed_members"),
    ],
)
def test_a_fault_is_told_once_at_its_column(change: dict[str, object], column: str, code: str) -> None:
    checked = check(change)
    assert [(fault.row, fault.column, fault.code) for fault in checked.faults] == [(4, column, code)]
    assert (checked.rows, checked.good) == (1, [])
    assert str(checked.faults[0].message).count("。") >= 2


@pytest.mark.parametrize("founded_on", ["2024-07-01", date(2024, 7, 1), 45474.0])
def test_a_union_may_be_founded_today(founded_on: object) -> None:
    assert faults(founded_on=founded_on, term_started_on="2024-07-01") == set()


def test_numbers_that_belong_to_nobody_are_refused_outside_demonstrations() -> None:
    checked = check({}, demo_numbers=False)
    assert [(fault.column, fault.code) for fault in checked.faults] == [
        ("单位统一社会信用代码", "code_not_issued"),
        ("工会统一社会信用代码", "code_not_issued"),
    ]


def test_a_code_that_was_issued_passes_outside_demonstrations() -> None:
    assert check({"employer_uscc": "9144030071526726XG", "uscc": ""}, demo_numbers=False).faults == []


def test_a_row_with_several_faults_tells_each_of_them() -> None:
    assert faults(name="", street="", term_years=4.0, members="?") == {
        ("工会名称", "name_missing"),
        ("所属街道", "street_missing"),
        ("任期(年)", "term_not_3_or_5"),
        ("会员人数", "number_malformed"),
    }


def test_a_fault_names_the_column_as_the_file_does() -> None:
    row = Row("名册", 9, {**SOUND, "street": ""})
    checked = check_rows([row], {**HEADINGS, "street": "所属街道*"})
    assert [(fault.row, fault.column) for fault in checked.faults] == [(9, "所属街道*")]


def test_a_long_value_is_quoted_in_part() -> None:
    (fault,) = check({"kind": "行" * 5000}).faults
    assert len(str(fault.message)) < 100


# --- repetition


@pytest.mark.parametrize(
    "again",
    [
        {},
        {"name": " 深圳市嘉业精密五金 有限公司工会委员会\u3000"},
        {"employer_name": "嘉业五金", "street": "观湖街道", "community": ""},
        {"employer_uscc": "", "kind": "联合"},
    ],
    ids=["same", "spaces", "same-code", "same-employer-name"],
)
def test_a_union_told_twice_is_a_fault_of_the_later_row(again: dict[str, object]) -> None:
    checked = check({}, again)
    assert [(fault.row, fault.column, fault.code) for fault in checked.faults] == [
        (5, "工会名称", "duplicate_union")
    ]
    assert "第 4 行" in str(checked.faults[0].message)
    assert [union.row for union in checked.good] == [4]


def test_unions_of_one_name_at_two_employers_are_two() -> None:
    other = {"employer_name": "大岭创意工业园", "employer_uscc": "", "kind": "联合"}
    assert len(check({}, other).good) == 2


def test_a_repetition_counts_even_when_the_first_row_has_a_fault() -> None:
    assert [fault.code for fault in check({"street": ""}, {}).faults] == ["street_missing", "duplicate_union"]


def test_rows_without_a_name_do_not_repeat_each_other() -> None:
    assert {fault.code for fault in check({"name": ""}, {"name": ""}).faults} == {"name_missing"}
