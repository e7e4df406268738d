"""The wizard of imports: both samples through its pages, their faults at their cells, put right, applied, undone."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from sqlalchemy import func, select
from werkzeug.datastructures import FileStorage

from gonghui.records.registers.runs import RegisterRun, StagedRow
from gonghui.records.registers.synonyms import ColumnSynonym
from gonghui.tenancy.org_tree import OrgUnit, OrgUnitKind, new_unit
from gonghui.testing import Federation
from gonghui.web.imports import runs as run_pages
from gonghui_organising.membership import Membership
from gonghui_organising.union import GrassrootsUnion

SAMPLES = Path(__file__).resolve().parents[2] / "samples"
EXPECTED = json.loads((SAMPLES / "expected.json").read_text("utf-8"))
STREETS = ("民治街道", "观湖街道", "龙华街道", "大浪街道", "福城街道", "观澜街道")
HOME = "/console/imports"
UNIONS, MEMBERS = f"{HOME}/new/organising.unions", f"{HOME}/new/organising.members"
HEADINGS = (
    "工会名称,单位名称,单位统一社会信用代码,所属街道,建会类型,建会日期,本届任期起,任期(年),"
    "职工人数,会员人数,联系电话"
)
_IN_PLACE = {"HX-Request": "true"}


@pytest.fixture
def streets(federation: Federation) -> Federation:
    """The federation with the streets that the samples name; `minzhi` is the officer of one of them."""
    with federation.uow() as uow:
        root = uow.session.get(OrgUnit, (uow.tenant_id, federation.units["district"]))
        for name in STREETS:
            unit = new_unit(root, OrgUnitKind.STREET_FEDERATION, f"{name}总工会")
            uow.add(unit)
            federation.units[name] = unit.id
    federation.add_officer("minzhi", "street_officer", "民治街道")
    return federation


def csv(*rows: str, headings: str = HEADINGS) -> bytes:
    return "\n".join([headings, *rows, ""]).encode()


def union_row(number: int, *, street: str = "民治街道", phone: str = "", staff: str = "20") -> str:
    firm = f"深圳市样本{number}号有限公司"
    return f"{firm}工会委员会,{firm},,{street},联合,2020-01-01,2022-01-01,5,{staff},10,{phone}"


def upload(officer: Any, at: str, content: bytes, name: str = "名册.csv") -> Any:
    return officer.send(at, at=at, file=FileStorage(io.BytesIO(content), name))


def sent(officer: Any, at: str, content: bytes, name: str = "名册.csv") -> str:
    """The address of a run whose file was sent."""
    answer = upload(officer, at, content, name)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["Location"])


def checked(officer: Any, at: str, content: bytes, name: str = "名册.csv", **fields: str) -> str:
    """The address of a run whose columns were confirmed as they were recognised."""
    path = sent(officer, at, content, name)
    answer = officer.send(f"{path}/check", at=path, **fields)
    assert answer.status_code == 303, answer.text
    return path


def faults_shown(officer: Any, path: str) -> list[tuple[int, str]]:
    """Row and code of every fault on the pages of a report."""
    found: list[tuple[int, str]] = []
    while path:
        page = officer.open(path).text
        for number, row in re.findall(r'<tr id="row-(\d+)">(.*?)</tr>', page, re.DOTALL):
            found += [(int(number), code) for code in re.findall(r'data-code="([a-z_0-9]+)"', row)]
        following = re.search(r'rel="next" href="([^"]+)"', page)
        path = following[1].replace("&amp;", "&") if following else ""
    return found


def planted(code: str) -> list[tuple[int, str]]:
    return sorted((each["row"], each["fault"]) for each in EXPECTED[code]["faulty"])


def stored(federation: Federation, model: Any) -> int:
    with federation.uow() as uow:
        return uow.session.scalar(select(func.count()).select_from(model)) or 0


def test_both_samples_come_in_through_the_wizard(
    streets: Federation, reader: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_pages, "_AT_ONCE", 10)
    officer = reader(streets, "district")
    path = checked(officer, UNIONS, (SAMPLES / "unions.xlsx").read_bytes(), "unions.xlsx")
    assert sorted(faults_shown(officer, path)) == planted("unions")
    assert stored(streets, GrassrootsUnion) == 0
    # Row 21 has a term of so many years as no law knows.
    term = {"cell-term_years": "5"}
    assert officer.send(f"{path}/rows/21", at=path, **term).status_code == 303
    assert officer.send(f"{path}/apply", at=path, faulty="skip").status_code == 303
    done = officer.open(path).text
    assert "新增工会 347 个" in done
    assert stored(streets, GrassrootsUnion) == 347
    path = checked(officer, MEMBERS, (SAMPLES / "members.xlsx").read_bytes(), "members.xlsx")
    assert sorted(faults_shown(officer, path)) == planted("members")
    officer.send(f"{path}/apply", at=path, faulty="skip")
    assert "新增会员 4,963 人" in officer.open(path).text
    assert stored(streets, Membership) == 4_963


# --- sending


def test_an_empty_workbook_with_the_headings_can_be_fetched(
    streets: Federation, reader: Callable[..., Any]
) -> None:
    answer = reader(streets, "district").open(f"{MEMBERS}/template")
    (headings,) = openpyxl.load_workbook(io.BytesIO(answer.data)).active.iter_rows(values_only=True)
    assert headings[:4] == ("姓名*", "性别", "证件类型", "证件号码*")


def test_a_file_that_cannot_be_read_says_so_at_its_field_and_leaves_nothing(
    streets: Federation, reader: Callable[..., Any]
) -> None:
    officer = reader(streets, "district")
    for content, said in ((b"a,b\n1,2\n", "找不到表头"), (b"PK\x03\x04", 'id="file-fault"')):
        answer = upload(officer, UNIONS, content)
        assert (answer.status_code, said in answer.text) == (422, True)
    assert officer.send(UNIONS, at=UNIONS).status_code == 422
    assert stored(streets, RegisterRun) == 0


def test_a_heading_in_other_words_is_mapped_by_hand_and_kept_for_the_federation(
    streets: Federation, reader: Callable[..., Any]
) -> None:
    officer = reader(streets, "district")
    content = csv(union_row(1), headings=HEADINGS.replace("所属街道", "片区"))
    path = sent(officer, UNIONS, content)
    page = officer.open(path).text
    assert "文件里还缺这些列：所属街道" in page
    field = re.search(r'“片区”是哪一列</label>\s*<select id="(column-\d+)"', page)
    assert field is not None
    refused = officer.send(f"{path}/check", at=path)
    assert (refused.status_code, "还缺这些列" in refused.text) == (422, True)
    twice = officer.send(f"{path}/check", at=path, **{field[1]: "name"})
    assert (twice.status_code, "已经给了另一个表头" in twice.text) == (422, True)
    assert officer.send(f"{path}/check", at=path, keep="1", **{field[1]: "street"}).status_code == 303
    assert "没有问题" in officer.open(path).text
    assert stored(streets, ColumnSynonym) == 1
    assert "文件里还缺" not in officer.open(sent(officer, UNIONS, content)).text


def test_a_street_maps_for_its_own_file_alone(streets: Federation, reader: Callable[..., Any]) -> None:
    officer = reader(streets, "minzhi")
    content = csv(union_row(1), headings=HEADINGS.replace("所属街道", "片区"))
    path = sent(officer, UNIONS, content)
    page = officer.open(path).text
    assert 'name="keep"' not in page
    field = re.search(r'“片区”是哪一列</label>\s*<select id="(column-\d+)"', page)
    assert field is not None
    assert officer.send(f"{path}/check", at=path, keep="1", **{field[1]: "street"}).status_code == 303
    assert stored(streets, ColumnSynonym) == 0


# --- putting right


def test_a_cell_is_put_right_in_place_and_the_counts_come_along(
    streets: Federation, reader: Callable[..., Any]
) -> None:
    officer = reader(streets, "district")
    path = checked(officer, UNIONS, csv(union_row(1), union_row(2, staff="二十多")))
    page = officer.open(path).text
    assert 'value="二十多"' in page
    row = f"{path}/rows/3"
    wrong = officer.send(row, at=path, headers=_IN_PLACE, **{"cell-headcount": "很多"})
    assert (wrong.status_code, 'value="很多"' in wrong.text) == (200, True)
    right = officer.send(row, at=path, headers=_IN_PLACE, **{"cell-headcount": "22"})
    assert ("已改好" in right.text, 'id="counts" hx-swap-oob="true"' in right.text) == (True, True)
    assert "<b>0</b>" in right.text


def test_without_a_script_what_is_still_wrong_is_a_page_of_its_own(
    streets: Federation, reader: Callable[..., Any]
) -> None:
    officer = reader(streets, "district")
    path = checked(officer, UNIONS, csv(union_row(1, staff="?")))
    again = officer.send(f"{path}/rows/2", at=path, **{"cell-headcount": "??"})
    assert (again.status_code, again.headers["Location"]) == (303, f"{path}/rows/2")
    assert 'value="??"' in officer.open(f"{path}/rows/2").text
    assert officer.send(f"{path}/rows/2", at=path, **{"cell-headcount": "30"}).status_code == 303
    assert officer.send(f"{path}/rows/99", at=path, **{"cell-headcount": "30"}).status_code == 404


def test_who_did_not_send_the_file_sees_sensitive_cells_masked(
    streets: Federation, reader: Callable[..., Any]
) -> None:
    street, district = reader(streets, "minzhi"), reader(streets, "district")
    path = checked(
        street, UNIONS, csv(union_row(1, phone="12x"), union_row(2, phone="12012345678", staff="?"))
    )
    assert 'value="12x"' in street.open(path).text
    assert 'value="12x"' not in district.open(path).text
    for page in (street.open(f"{path}/rows/3").text, district.open(f"{path}/rows/3").text):
        assert "12012345678" not in page
        assert "120****5678" in page
    # A masked cell that is left empty stays what it was.
    fields = {"cell-headcount": "30", "cell-contact_phone": ""}
    assert district.send(f"{path}/rows/3", at=path, **fields).status_code == 303
    starred = district.send(f"{path}/rows/2", at=path, **{"cell-contact_phone": "120****5678"})
    assert (starred.status_code, "带星号的是遮盖后的内容" in starred.text) == (422, True)


def test_the_faulty_rows_can_be_fetched_mended_and_sent_again(
    streets: Federation, reader: Callable[..., Any]
) -> None:
    street, district = reader(streets, "minzhi"), reader(streets, "district")
    path = checked(street, UNIONS, csv(union_row(1), union_row(2, phone="12012345678", staff="?")))
    book = openpyxl.load_workbook(io.BytesIO(street.open(f"{path}/faults").data))
    rows = list(book.active.iter_rows(values_only=True))
    where = {heading: place for place, heading in enumerate(rows[2])}
    assert [(row[0], row[where["联系电话"]], row[where["职工人数"]]) for row in rows[3:]] == [
        (3, "12012345678", "?")
    ]
    assert "职工人数" in rows[3][where["要改正的问题"]]
    others = openpyxl.load_workbook(io.BytesIO(district.open(f"{path}/faults").data))
    assert "12012345678" not in str(list(others.active.iter_rows(values_only=True)))
    book.active.cell(4, where["职工人数"] + 1).value = "22"
    mended = io.BytesIO()
    book.save(mended)
    again = checked(street, UNIONS, mended.getvalue(), "改好.xlsx")
    assert faults_shown(street, again) == []


# --- deciding


def test_one_faulty_row_keeps_all_out_where_that_is_wanted(
    streets: Federation, reader: Callable[..., Any]
) -> None:
    officer = reader(streets, "district")
    path = checked(officer, UNIONS, csv(union_row(1), union_row(2, staff="?")))
    refused = officer.send(f"{path}/apply", at=path, faulty="refuse")
    assert (refused.status_code, "一行也没有写入" in refused.text) == (422, True)
    assert stored(streets, GrassrootsUnion) == 0


def test_rows_put_right_afterwards_follow_and_the_whole_is_undone(
    streets: Federation, reader: Callable[..., Any]
) -> None:
    officer = reader(streets, "district")
    path = checked(officer, UNIONS, csv(union_row(1), union_row(2, staff="?")))
    officer.send(f"{path}/apply", at=path, faulty="skip")
    officer.send(f"{path}/rows/3", at=path, **{"cell-headcount": "22"})
    officer.send(f"{path}/apply", at=path, faulty="skip")
    assert "新增工会 2 个" in officer.open(path).text
    assert "新增的 2 条记录" in officer.open(f"{path}/undo").text
    assert officer.send(f"{path}/undo", at=path).status_code == 303
    assert "已撤销" in officer.open(path).text
    assert stored(streets, GrassrootsUnion) == 0
    again = officer.send(f"{path}/undo", at=HOME)
    assert (again.status_code, "状态不允许" in again.text) == (422, True)


def test_what_is_undone_or_was_never_applied_is_not_offered_to_be_undone(
    streets: Federation, reader: Callable[..., Any]
) -> None:
    district = reader(streets, "district")
    path = checked(district, UNIONS, csv(union_row(1)))
    assert district.open(f"{path}/undo").headers["Location"] == path
    district.send(f"{path}/apply")
    assert "都会删除" in district.open(f"{path}/undo").text
    assert district.send(f"{path}/undo").status_code == 303
    again = district.send(f"{path}/undo")
    assert again.status_code == 422
    assert "都会删除" not in again.text
    assert "已撤销" in again.text
    assert district.open(f"{path}/undo").headers["Location"] == path


def test_what_is_given_up_is_forgotten(streets: Federation, reader: Callable[..., Any]) -> None:
    officer = reader(streets, "district")
    for path in (sent(officer, UNIONS, csv(union_row(1))), checked(officer, UNIONS, csv(union_row(1)))):
        assert officer.send(f"{path}/discard", at=path).status_code == 303
        assert "已放弃" in officer.open(path).text
    assert stored(streets, StagedRow) == 0
    with streets.uow() as uow:
        assert set(uow.session.scalars(select(RegisterRun.upload))) == {None}


def test_the_list_shows_what_units_below_sent_and_not_what_stands_beside(
    streets: Federation, reader: Callable[..., Any]
) -> None:
    path = sent(reader(streets, "minzhi"), UNIONS, csv(union_row(1)), "民治.csv")
    seen = {who: "民治.csv" in reader(streets, who).open(HOME).text for who in ("district", "minzhi", "east")}
    assert seen == {"district": True, "minzhi": True, "east": False}
    assert reader(streets, "east").open(path).status_code == 404
    narrowed = f"{HOME}?unit={streets.units['east']}"
    assert "民治.csv" not in reader(streets, "district").open(narrowed).text
