"""The register of members: the sample after the sample of unions, in every form, and what of it can be read in the
database without keys."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import aliased

from gonghui.audit.entries import AuditEntry
from gonghui.parties.employers import Employer
from gonghui.parties.persons import Person
from gonghui.plugin_host.registers import register_of
from gonghui.records.registers.checking import CheckedRow
from gonghui.records.registers.report import ImportReport
from gonghui.records.registers.runs import RegisterRun
from gonghui.records.registers.sheets import Row
from gonghui.records.registers.taking import import_file, undo_run
from gonghui.tenancy.keys import open_value
from gonghui.tenancy.org_tree import OrgUnit
from gonghui.testing import Federation
from gonghui.values import clock
from gonghui.values.ids import new_id
from gonghui_organising.member_register import COLUMNS, MemberRules, Rules
from gonghui_organising.membership import Membership
from gonghui_organising.union import CommitteeTerm, CoveredUnit, GrassrootsUnion

SAMPLES = Path(__file__).parents[2] / "samples"
EXPECTED = json.loads((SAMPLES / "expected.json").read_text("utf-8"))
#: The day on which the samples were drawn up.
THEN = datetime(2024, 7, 1, 4, tzinfo=UTC)
SEXES = {"male": "男", "female": "女", None: ""}
KINDS = {"independent": "独立", "joint": "联合"}
OTHER_WORDS = {
    "unions": {
        "工会名称": "基层工会名称",
        "单位名称": "企业名称",
        "所属街道": "街道",
        "建会日期": "成立日期",
        "任期(年)": "任期年限",
        "会员人数": "会员总数",
        "其中女会员": "女会员",
    },
    "members": {
        "姓名*": "会员姓名",
        "证件号码*": "身份证号",
        "出生日期": "出生年月日",
        "手机号码": "联系电话",
        "工作单位": "用人单位",
        "所属工会*": "工会名称",
        "入会日期": "入会时间",
    },
}
Maker = Callable[[], Federation]
Counts = Callable[[Federation], dict[str, int]]
Texts = Callable[[Federation], dict[str, list[str]]]


@dataclass(frozen=True)
class Taken:
    """A federation after the samples, with what was said about them."""

    federation: Federation
    reports: dict[str, ImportReport]


def take(federation: Federation, code: str, source: Path | bytes) -> ImportReport:
    content = source if isinstance(source, Path) else io.BytesIO(source)
    with clock.at(THEN), federation.uow() as uow:
        return import_file(uow, register_of(uow, f"organising.{code}"), content)


def sample_rows(code: str) -> list[list[object]]:
    book = openpyxl.load_workbook(SAMPLES / f"{code}.xlsx", read_only=True)
    try:
        return [list(row) for row in book.worksheets[0].iter_rows(values_only=True)]
    finally:
        book.close()


def text_of(cell: object) -> str:
    """A cell as somebody writes it into a text table."""
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    return str(int(cell)) if isinstance(cell, float) else "" if cell is None else str(cell)


def as_text_table(code: str, encoding: str, *, other_words: bool) -> bytes:
    """The sample as CSV; with other heading words, the columns after the first are turned round."""
    rows = [[text_of(cell) for cell in row] for row in sample_rows(code)]
    if other_words:
        head = [OTHER_WORDS[code].get(heading, heading) for heading in rows[2]]
        assert len({*head} - {*rows[2]}) == len(OTHER_WORDS[code])
        rows = [*rows[:2], *([row[0], *row[:0:-1]] for row in (head, *rows[3:]))]
    target = io.StringIO()
    csv.writer(target).writerows(rows)
    return target.getvalue().encode(encoding)


def faults_of(report: ImportReport, words: Mapping[str, str] | None = None) -> list[tuple[int, str, str]]:
    back = {other: heading for heading, other in (words or {}).items()}
    return sorted(
        (fault.row, back.get(fault.column, fault.column).rstrip("*"), fault.code) for fault in report.faults
    )


def planted(code: str) -> list[tuple[int, str, str]]:
    return sorted((each["row"], each["column"], each["fault"]) for each in EXPECTED[code]["faulty"])


def digest_of(lines: Iterable[Sequence[object]]) -> str:
    content = "\n".join("|".join("" if cell is None else str(cell) for cell in line) for line in lines)
    return hashlib.sha256(content.encode()).hexdigest()


def members_stored(federation: Federation) -> str:
    """The digest over the members as they are stored and opened, in the order in which they went in."""
    person = Person.__table__.c
    wanted = (
        select(Person.id, Person.name, Person.sex, Person.id_number, Person.born_on, Person.phone)
        .add_columns(GrassrootsUnion.name.label("union_name"), Membership.joined_on)
        .join(Membership, Membership.person_id == Person.id)
        .join(GrassrootsUnion, GrassrootsUnion.org_unit_id == Membership.org_unit_id)
        .join(AuditEntry, AuditEntry.object_id == Membership.id)
        .order_by(AuditEntry.number)
    )
    with federation.uow() as uow:
        return digest_of(
            (
                row.name,
                SEXES[row.sex],
                *(open_value(uow, person[key], row.id, getattr(row, key)) for key in ("id_number", "born_on", "phone")),
                row.union_name,
                row.joined_on,
            )
            for row in uow.session.execute(wanted)
        )  # fmt: skip


# --- the sample, in every form


@pytest.fixture(scope="module")
def taken(new_district: Maker) -> Taken:
    federation = new_district()
    return Taken(
        federation, {code: take(federation, code, SAMPLES / f"{code}.xlsx") for code in ("unions", "members")}
    )


def test_exactly_the_planted_faults_of_the_sample_are_found(taken: Taken) -> None:
    report, expected = taken.reports["members"], EXPECTED["members"]
    assert faults_of(report) == planted("members")
    assert (report.rows, report.good, report.created) == (
        expected["rows"],
        expected["good"],
        expected["good"],
    )
    assert list(report.not_kept) == ["序号"]


def test_the_good_rows_are_stored_as_they_were_meant(taken: Taken) -> None:
    assert members_stored(taken.federation) == EXPECTED["members"]["digest"]


def test_every_message_says_how_to_mend_it_without_gaps(taken: Taken) -> None:
    messages = [str(fault.message) for fault in taken.reports["members"].faults]
    assert len(messages) == 37
    for message in messages:
        assert message.count("。") >= 2
        assert "{" not in message


@pytest.mark.parametrize(
    ("encoding", "other_words"),
    [("gb18030", False), ("utf-8", True)],
    ids=["gb18030", "other-words-and-order"],
)
def test_text_tables_of_the_same_rows_come_to_the_same(
    new_district: Maker, encoding: str, other_words: bool
) -> None:
    federation = new_district()
    for code in ("unions", "members"):
        report = take(federation, code, as_text_table(code, encoding, other_words=other_words))
        assert faults_of(report, OTHER_WORDS[code] if other_words else None) == planted(code)
        assert report.created == EXPECTED[code]["good"]
    assert unions_stored(federation) == EXPECTED["unions"]["digest"]
    assert members_stored(federation) == EXPECTED["members"]["digest"]


def unions_stored(federation: Federation) -> str:
    """The digest over the unions as they are stored, in the order in which they went in."""
    place, area, street = OrgUnit, aliased(OrgUnit), aliased(OrgUnit)
    wanted = (
        select(GrassrootsUnion, Employer, CommitteeTerm, area.name, street.name)
        .join(CoveredUnit, CoveredUnit.union_id == GrassrootsUnion.id)
        .join(Employer, Employer.id == CoveredUnit.employer_id)
        .join(CommitteeTerm, CommitteeTerm.union_id == GrassrootsUnion.id)
        .join(place, place.id == GrassrootsUnion.org_unit_id)
        .join(area, area.id == place.parent_id)
        .join(street, street.id == area.parent_id)
        .join(AuditEntry, AuditEntry.object_id == GrassrootsUnion.id)
        .order_by(AuditEntry.number)
    )
    with federation.uow() as uow:
        return digest_of(
            (
                *(union.name, employer.name, employer.uscc, union.uscc),
                *(in_street.removesuffix("总工会"), in_area.removesuffix("工联会")),
                *(KINDS[union.kind], union.founded_on, term.started_on, term.years),
                *(union.headcount, union.members),
            )
            for union, employer, term, in_area, in_street in uow.session.execute(wanted)
        )


# --- what can be read without keys


def test_no_number_and_no_digest_of_one_can_be_read_in_the_database(taken: Taken, table_texts: Texts) -> None:
    rows = [[text_of(cell) for cell in row] for row in sample_rows("members")]
    head, body = rows[2], rows[3:]
    numbers = {row[head.index("证件号码*")] for row in body}
    phones = {row[head.index("手机号码")] for row in body}
    plain_numbers = {n.strip().upper() for n in numbers if re.fullmatch(r"[0-9]{17}[0-9Xx]", n.strip())}
    plain_phones = {p for p in phones if re.fullmatch("[0-9]{11}", p)}
    assert (len(plain_numbers) > 4_800, len(plain_phones) > 4_700) == (True, True)
    whole = "\n".join(text for texts in table_texts(taken.federation).values() for text in texts)
    assert len(whole) > 5_000_000
    assert "方雨" in whole  # names are plain: the dump is one of this register
    windows = {found[1].upper() for found in re.finditer(r"(?=([0-9]{17}[0-9Xx]))", whole)}
    assert windows & plain_numbers == set()
    assert {found[1] for found in re.finditer(r"(?=([0-9]{11}))", whole)} & plain_phones == set()
    digests = {digest[:16] for number in plain_numbers for digest in digests_of(number)}
    assert len(digests) > 7 * 4_800
    hexes = {found[1] for found in re.finditer(r"(?=([0-9a-f]{16}))", whole.lower())}
    assert len(hexes) > 1_000_000
    assert hexes & digests == set()


def digests_of(number: str) -> list[str]:
    """What somebody without keys would try for a number; raw digests stand in the dump as hex, too."""
    plain = [hashlib.new(kind, number.encode()).hexdigest() for kind in ("md5", "sha1", "sha256", "sha512")]
    marked = f"id_number:{number}".encode()
    return [
        *plain,
        hashlib.sha256(marked).hexdigest(),
        hashlib.blake2b(marked, digest_size=16).hexdigest(),
        hashlib.blake2b(number.encode(), digest_size=16).hexdigest(),
    ]


# --- again, elsewhere, undone


def members_table(*rows: Mapping[str, str]) -> bytes:
    head = list(rows[0])
    return "\n".join(
        ",".join(line) for line in (head, *([row[key] for key in head] for row in rows))
    ).encode()


def first_member(**changes: str) -> dict[str, str]:
    head, first = sample_rows("members")[2:4]
    cells = dict(zip(map(str, head), map(text_of, first), strict=True))
    wanted = {key: cells[key] for key in ("姓名*", "证件号码*", "所属工会*", "工作单位")}
    return wanted | changes


def records(counted: Mapping[str, int]) -> dict[str, int]:
    told = (
        "core.audit_entry",
        "core.audit_payload",
        "core.outbox_event",
        "core.register_run",
        "core.staged_row",
    )
    return {table: number for table, number in counted.items() if table not in told}


def test_a_second_import_knows_everybody(taken: Taken, table_counts: Counts) -> None:
    before = records(table_counts(taken.federation))
    again = take(taken.federation, "members", SAMPLES / "members.xlsx")
    assert (again.created, again.known, len(again.faults)) == (0, EXPECTED["members"]["good"], 37)
    assert records(table_counts(taken.federation)) == before


def test_a_known_member_who_is_told_differently_is_pointed_out_and_not_changed(
    taken: Taken, table_counts: Counts
) -> None:
    before = records(table_counts(taken.federation))
    told = first_member(**{"手机号码": "12000000001", "入会日期": "2012-04-15"})
    report = take(taken.federation, "members", members_table(told))
    assert (report.known, report.created, report.faults) == (1, 0, [])
    (notice,) = report.notices
    assert (notice.row, notice.column, notice.code) == (2, "手机号码", "known_differs")
    assert "手机号码、入会日期" in str(notice.message)
    assert records(table_counts(taken.federation)) == before


def test_a_known_number_under_another_name_is_a_fault(taken: Taken) -> None:
    report = take(taken.federation, "members", members_table(first_member(**{"姓名*": "别名"})))
    assert (report.known, faults_of(report)) == (0, [(2, "姓名", "name_disagrees")])


def test_a_message_about_a_number_does_not_spell_it_out(taken: Taken) -> None:
    report = take(taken.federation, "members", SAMPLES / "members.xlsx")
    wrong = [fault for fault in report.faults if fault.code == "id_check_digit"]
    assert wrong
    assert all(re.search(r"\d{3}\*{13}[0-9X]{2}", str(fault.message)) for fault in wrong)


def test_who_is_a_member_of_another_union_is_refused(taken: Taken, table_counts: Counts) -> None:
    other = sample_rows("members")[4][12]
    assert isinstance(other, str)
    before = records(table_counts(taken.federation))
    report = take(taken.federation, "members", members_table(first_member(**{"所属工会*": other})))
    assert (report.created, faults_of(report)) == (0, [(2, "所属工会", "member_elsewhere")])
    assert records(table_counts(taken.federation)) == before


def test_who_is_no_member_any_more_becomes_one_again_as_the_same_person(
    taken: Taken, table_counts: Counts
) -> None:
    number = "110101199003078515"
    row = first_member(**{"证件号码*": number, "姓名*": "样再来"})
    with taken.federation.uow() as uow:
        first = take(taken.federation, "members", members_table(row))
        member = uow.session.scalars(select(Membership).where(Membership.run_id == first.run_id)).one()
        member.state = "withdrawn"
        person_id = member.person_id
    before = records(table_counts(taken.federation))
    again = take(taken.federation, "members", members_table(row))
    assert again.created == 1
    with taken.federation.uow() as uow:
        held = list(uow.session.scalars(select(Membership.state).where(Membership.person_id == person_id)))
    assert sorted(held) == ["active", "withdrawn"]
    assert records(table_counts(taken.federation))["core.person"] == before["core.person"]


def test_undoing_takes_members_persons_and_employers_back(taken: Taken, table_counts: Counts) -> None:
    before = records(table_counts(taken.federation))
    row = first_member(
        **{"证件号码*": "11010119900307205X", "姓名*": "样撤销", "工作单位": "从未听说过的小店"}
    )
    report = take(taken.federation, "members", members_table(row))
    assert report.created == 1, report.faults
    assert records(table_counts(taken.federation))["core.person"] == before["core.person"] + 1
    with taken.federation.uow() as uow:
        run = uow.session.scalars(select(RegisterRun).where(RegisterRun.id == report.run_id)).one()
        gone = undo_run(uow, register_of(uow, "organising.members"), run)
    assert gone == {"memberships": 1, "persons": 1, "employers": 1}
    assert records(table_counts(taken.federation)) == before


# --- the rules, on generated rows

UNION = "深圳市样本电子有限公司工会委员会"
UNIT = new_id()
HEADINGS = {column.key: column.heading for column in COLUMNS}
TODAY = date(2024, 7, 1)


def check(*rows: Mapping[str, object]) -> list[CheckedRow]:
    rules = MemberRules(
        Rules(
            unions={UNION: [UNIT]},
            groups={"货车司机": "truck"},
            minimum_age=16,
            today=TODAY,
            demo_numbers=True,
        )
    )
    checked = [CheckedRow(Row("名册", number, cells), HEADINGS) for number, cells in enumerate(rows, start=2)]
    for row in checked:
        rules.examine(row)
    return checked


def test_the_same_unknown_word_is_a_fault_in_each_of_its_rows() -> None:
    facts = {"ethnicity": "汉", "education": "大专", "household_kind": "农业"}
    rows = check(*[{**facts, "is_migrant_worker": word} for word in ("是", "也许", "是", "也许")])
    found = [[fault.code for fault in row.faults if fault.code == "yes_no_unknown"] for row in rows]
    assert found == [[], ["yes_no_unknown"], [], ["yes_no_unknown"]]


def number_of(born_on: date, sequence: int, division: str = "440306") -> str:
    body = f"{division}{born_on:%Y%m%d}{sequence:03d}"
    total = sum(int(digit) * pow(2, 17 - place, 11) for place, digit in enumerate(body))
    return body + "10X98765432"[total % 11]


def day_written(day: date, style: int) -> str:
    return [day.isoformat(), f"{day.year}/{day.month}/{day.day}", f"{day.year}年{day.month}月{day.day}日",
            f"{day.year}.{day.month}.{day.day}", f"{day:%Y%m%d}"][style]  # fmt: skip


def widened(text: str) -> str:
    return "".join(chr(ord(char) + 0xFEE0) if char.isascii() and char.isalnum() else char for char in text)


@settings(max_examples=150, deadline=None)
@given(
    born_on=st.dates(date(1940, 1, 1), date(2008, 7, 1)),
    sequence=st.integers(1, 999),
    after=st.integers(1, 365 * 10),
    style=st.integers(0, 4),
    is_wide=st.booleans(),
    name=st.text("方雨闫梦韦平浩苏俊杰", min_size=2, max_size=4),
)
def test_a_sound_row_is_read_as_it_was_meant_however_it_is_written(
    born_on: date, sequence: int, after: int, style: int, is_wide: bool, name: str
) -> None:
    number = number_of(born_on, sequence)
    joined_on = min(TODAY, date.fromordinal(born_on.toordinal() + after))
    written = {
        "name": f" {name[0]} {name[1:]}\u3000",
        "sex": "男" if sequence % 2 else "女",
        "id_number": widened(number) if is_wide else number.lower(),
        "born_on": day_written(born_on, style),
        "joined_on": day_written(joined_on, style),
        "union": f"{UNION} ",
        "employer": "",
    }
    (row,) = check(written)
    assert [fault.code for fault in row.faults] == []
    told = row.value
    assert (told.name, told.document.number, told.born_on) == (name, number, born_on)
    assert (told.sex, told.joined_on, told.union_unit_id) == (
        "male" if sequence % 2 else "female",
        joined_on,
        UNIT,
    )


@settings(max_examples=150, deadline=None)
@given(born_on=st.dates(date(1940, 1, 1), date(2008, 7, 1)), place=st.integers(0, 17), step=st.integers(1, 9))
def test_a_number_with_one_wrong_digit_is_always_refused(born_on: date, place: int, step: int) -> None:
    number = number_of(born_on, 123)
    digit = "0123456789X".index(number[place])
    wrong = number[:place] + "0123456789X"[(digit + step) % (11 if place == 17 else 10)] + number[place + 1 :]
    (row,) = check({"name": "方雨", "id_number": wrong, "union": UNION})
    assert {fault.column for fault in row.faults} == {"证件号码"}
    assert row.value is None


@settings(max_examples=100, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(sorted(HEADINGS)),
        st.one_of(st.text(max_size=40), st.floats(), st.integers(), st.dates(), st.booleans()),
    )
)
def test_whatever_stands_in_a_row_it_is_either_sound_or_has_its_faults_named(row: dict[str, Any]) -> None:
    (checked,) = check(row)
    assert (checked.value is None) is bool(checked.faults)
    assert all(fault.column in HEADINGS.values() and str(fault.message) for fault in checked.faults)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"name": ""}, ("姓名", "name_missing")),
        ({"name": "方雨1"}, ("姓名", "name_malformed")),
        ({"sex": "不详"}, ("性别", "sex_unknown")),
        ({"document_kind": "会员证"}, ("证件类型", "document_kind_unknown")),
        ({"id_number": ""}, ("证件号码", "id_missing")),
        ({"id_number": number_of(date(2008, 7, 2), 1)}, ("证件号码", "under_16")),
        ({"ethnicity": "火星族"}, ("民族", "ethnicity_unknown")),
        ({"phone": "1206766900"}, ("手机号码", "phone_malformed")),
        ({"education": "很高"}, ("学历", "education_unknown")),
        ({"household_kind": "集体"}, ("户籍类型", "household_unknown")),
        ({"is_migrant_worker": "也许"}, ("是否农民工", "yes_no_unknown")),
        ({"union": ""}, ("所属工会", "union_missing")),
        ({"union": "没有的工会"}, ("所属工会", "unknown_union")),
        ({"employment_form": "打短工"}, ("就业形态", "employment_form_unknown")),
        ({"new_form_group": "宇航员"}, ("新就业群体", "group_unknown")),
        ({"joined_on": "2024-07-02"}, ("入会日期", "join_date_in_future")),
        ({"joined_on": "1990-01-01"}, ("入会日期", "join_date_before_birth")),
        ({"joined_on": "去年"}, ("入会日期", "date_malformed")),
    ],
)
def test_a_fault_is_told_once_at_its_column(change: dict[str, object], fault: tuple[str, str]) -> None:
    sound = {"name": "方雨", "id_number": number_of(date(1990, 3, 7), 1), "union": UNION}
    (row,) = check({**sound, **change})
    assert [(found.column, found.code) for found in row.faults] == [fault]
    assert row.value is None


def test_one_number_in_two_rows_is_a_fault_of_the_later_one() -> None:
    sound = {"name": "方雨", "id_number": number_of(date(1990, 3, 7), 1), "union": UNION}
    first, second = check(sound, {**sound, "id_number": widened(str(sound["id_number"]))})
    assert (first.faults, [fault.code for fault in second.faults]) == ([], ["duplicate_id_in_file"])
    assert "第 2 行" in str(second.faults[0].message)
