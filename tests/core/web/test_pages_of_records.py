"""Pages of record types: all of them open for whoever may, and a union is founded with them from draft to approval."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from typing import Any

import pytest

from gonghui.records.record_types import RECORD_TYPES, RecordType
from gonghui.testing import Federation
from gonghui.web.records.values import values_of
from gonghui_organising.union_samples import founding_values

UNIONS = "/console/organising/unions"


def _beside(name: str) -> Any:
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


markup, filler = _beside("markup"), _beside("filler")


def filling(federation: Federation, login: str) -> Any:
    return filler.Filler(federation.client(login))


KINDS = sorted({kind.code for kind in RECORD_TYPES.values()})


def kind_called(code: str) -> RecordType:
    return next(kind for kind in RECORD_TYPES.values() if kind.code == code)


@pytest.mark.parametrize("code", KINDS)
def test_every_record_type_has_a_list_and_a_form(shared_federation: Federation, code: str) -> None:
    kind = kind_called(code)
    at = f"/console/{kind.plugin}/{kind.path}"
    reader = filling(shared_federation, "district" if kind.subtree else shared_federation.add_worker())
    pages = [at, *([f"{at}/new"] if "create" in kind.verbs else [])]
    for path in pages:
        answer = reader.open(path)
        assert answer.status_code == 200, answer.text
        assert markup.Page(answer.text).faults == []


def drafted(federation: Federation, login: str = "firm") -> str:
    """A founding typed in by hand, without the papers and the name of the chair: the address of its page."""
    values = founding_values(federation.units["firm"])
    typed = {
        "org_unit_id": str(federation.units["firm"]),
        "name": values["name"],
        "kind": "independent",
        "headcount": "４０",
        "members": "30",
        "employer_informed_on": "2024年5月6日",
        "preparatory_group_size": "3",
        "near_relatives_excluded": "true",
        "employers.0.name": values["employers"][0]["name"],
        "employers.0.uscc": values["employers"][0]["uscc"],
        "committee.started_on": "2024-06-12",
        "committee.years": "5",
        "committee.seats": "3",
        **{f"papers.{at}.kind": paper["kind"] for at, paper in enumerate(values["papers"])},
    }
    made = filling(federation, login).send(f"{UNIONS}/new", typed)
    assert made.status_code == 303, markup.Page(made.text).text
    return str(made.headers["Location"]).partition("?")[0]


def text_of(answer: Any) -> str:
    return str(markup.Page(answer.text).text)


# --- founding a union by hand


def test_a_union_is_founded_by_officers_of_two_levels_with_a_return_for_correction(
    federation: Federation,
) -> None:
    firm, east, district = (filling(federation, login) for login in ("firm", "east", "district"))
    at = drafted(federation)
    assert "起草中" in text_of(firm.open(at))

    early = firm.send(f"{at}/submit")
    assert early.status_code == 422
    assert "主席姓名" in text_of(early) or "主席" in text_of(early)
    assert firm.send(f"{at}/edit", {"chair_name": "样示例"}).headers["Location"] == f"{at}?done=saved"

    sent = firm.send(f"{at}/submit")
    assert sent.headers["Location"] == f"{at}?done=submit"
    told = text_of(firm.open(sent.headers["Location"]))
    assert "已办理“报送”，现在是“已报送”，等待" in told

    waiting = markup.Page(east.open(f"{UNIONS}?view=mine").text)
    assert waiting.rows == 1
    wordless = east.send(f"{at}/return", {"comment": " "})
    assert wordless.status_code == 422
    assert "必填" in text_of(wordless)
    assert east.send(f"{at}/return", {"comment": "缺少会议决议"}).status_code == 303
    assert "退回补正：缺少会议决议" in text_of(firm.open(at))
    assert markup.Page(firm.open(f"{UNIONS}?view=mine").text).rows == 1

    assert firm.send(f"{at}/edit", {"members": "31"}).status_code == 303
    assert firm.send(f"{at}/submit").status_code == 303
    reply = {"approval_no": "示工复〔2026〕1号", "term_years": "5"}
    done = district.send(f"{at}/approve", reply)
    assert done.status_code == 303, text_of(done)
    shown = text_of(firm.open(at))
    assert "已批准" in shown
    assert "示工复〔2026〕1号" in shown


def test_who_sent_it_in_may_not_decide_and_is_told_so_on_the_form(federation: Federation) -> None:
    at = drafted(federation, "district")
    district = filling(federation, "district")
    district.send(f"{at}/edit", {"chair_name": "样示例"})
    assert district.send(f"{at}/submit").status_code == 303
    refused = district.send(f"{at}/approve", {"approval_no": "示工复〔2026〕1号", "term_years": "5"})
    assert refused.status_code == 409
    assert "不能办理这一步" in text_of(refused)
    assert filler.Boxes(refused.text).values["approval_no"] == "示工复〔2026〕1号"


# --- forms


def test_faults_stand_at_their_boxes_and_nothing_typed_is_lost(federation: Federation) -> None:
    firm = filling(federation, "firm")
    wrong = firm.send(
        f"{UNIONS}/new",
        {"name": "样本工会委员会", "headcount": "很多", "employers.0.uscc": "123456789012345678"},
    )
    assert wrong.status_code == 422
    page, boxes = markup.Page(wrong.text), filler.Boxes(wrong.text)
    assert page.faults == []
    assert page.links["职工人数：此项应为整数。"] == "#headcount"
    assert page.links["建会类型：此项必填。"] == "#kind"
    assert page.links["单位名称：此项必填。"] == "#employers.0.name"
    assert boxes.values["headcount"] == "很多"
    assert boxes.values["employers.0.uscc"] == "123456789012345678"


def test_a_row_is_added_without_a_script_and_an_empty_one_is_left_out(federation: Federation) -> None:
    firm = filling(federation, "firm")
    more = firm.send(f"{UNIONS}/new", {"employers.0.name": "深圳市样本电子有限公司", "again": "employers"})
    assert more.status_code == 200
    boxes = filler.Boxes(more.text)
    assert boxes.values["employers.0.name"] == "深圳市样本电子有限公司"
    assert boxes.values["employers.1.name"] == ""


def test_a_change_sends_only_what_differs(federation: Federation) -> None:
    at = drafted(federation)
    firm = filling(federation, "firm")
    before = federation.client("firm").get(at.replace("/console/", "/api/v1/")).json
    assert firm.send(f"{at}/edit").status_code == 303
    assert firm.send(f"{at}/edit", {"papers.0.gone": "1", "industry": "电子"}).status_code == 303
    after = federation.client("firm").get(at.replace("/console/", "/api/v1/")).json
    assert after["version"] == before["version"] + 1
    assert after["industry"] == "电子"
    assert [row["id"] for row in after["papers"]] == [row["id"] for row in before["papers"][1:]]
    assert after["employers"] == before["employers"]


def test_a_form_for_a_version_that_is_gone_shows_both_and_saves_nothing(federation: Federation) -> None:
    at = drafted(federation)
    firm = filling(federation, "firm")
    old = filler.Boxes(firm.open(f"{at}/edit").text).values
    assert firm.send(f"{at}/edit", {"industry": "电子"}).status_code == 303
    stale = firm.post(f"{at}/edit", {**old, "industry": "服装"})
    assert stale.status_code == 412
    assert "有人改过这条记录" in text_of(stale)
    assert "现在的记录是：电子" in text_of(stale)
    boxes = filler.Boxes(stale.text)
    assert boxes.values["industry"] == "服装"
    assert firm.post(f"{at}/edit", boxes.values).status_code == 303


# --- lists


def test_a_list_is_narrowed_by_its_address_and_says_how(federation: Federation) -> None:
    drafted(federation)
    district = filling(federation, "district")
    page = markup.Page(district.open(UNIONS, state="draft", kind="independent").text)
    assert page.rows == 1
    assert page.links["状态：起草中"] == f"{UNIONS}?kind=independent"
    none = district.open(UNIONS, state="approved")
    assert "没有符合条件的基层工会" in text_of(none)
    assert "1" in text_of(district.open(UNIONS, unit=str(federation.units["east"])))
    assert markup.Page(district.open(UNIONS, unit=str(federation.units["west"])).text).rows == 0


def test_a_filter_that_cannot_be_read_is_told_and_left_out(federation: Federation) -> None:
    drafted(federation)
    answer = filling(federation, "district").open(UNIONS, founded_on_from="昨天")
    assert answer.status_code == 200
    assert "应为日期" in text_of(answer)
    assert markup.Page(answer.text).rows == 1


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"state": "lost"}, "状态：没有这个选项。"),
        ({"sort": "day"}, "排序：没有这个选项。"),
        ({"q": "样" * 101}, "查找：长度最多为 100。"),
        ({"count": "many"}, "没有这个选项。"),
        ({"limit": "0", "sort": "newest"}, ""),
    ],
)
def test_what_cannot_be_asked_of_a_list_is_told_as_the_page_calls_it(
    federation: Federation, asked: dict[str, str], said: str
) -> None:
    drafted(federation)
    answer = filling(federation, "district").open(UNIONS, **asked)
    assert answer.status_code == 200
    faults = re.findall(r'role="alert">(.*?)</div>', answer.text, re.DOTALL)
    assert re.sub(r"<[^>]+>", "", "".join(faults)).strip() == said


def test_a_list_is_taken_along_as_a_file_with_its_conditions(federation: Federation) -> None:
    drafted(federation)
    district = filling(federation, "district")
    taken = district.open(f"{UNIONS}/export", format="csv", state="draft")
    assert taken.status_code == 200
    assert taken.mimetype == "text/csv"
    assert "起草中" in taken.get_data().decode("utf-8-sig")
    empty = district.open(f"{UNIONS}/export", format="csv", state="approved")
    assert "起草中" not in empty.get_data().decode("utf-8-sig")


def test_no_file_is_made_of_a_list_whose_conditions_cannot_be_read(federation: Federation) -> None:
    drafted(federation)
    answer = filling(federation, "district").open(f"{UNIONS}/export", format="csv", state="nowhere")
    assert (answer.status_code, answer.headers["Location"]) == (302, f"{UNIONS}?state=nowhere")


def heads_of(answer: Any) -> list[str]:
    return re.findall(r"<th scope=\"col\"[^>]*>([^<]*)</th>", answer.text)


def test_columns_are_chosen_by_a_form_and_remembered_until_the_list_chooses_again(
    federation: Federation,
) -> None:
    drafted(federation)
    street = federation.client("east")
    usual = heads_of(street.get(UNIONS))
    asked = {"view": "mine", "columns": "chosen", "column": ["chair_name", "org_unit"]}
    chosen = street.get(UNIONS, query_string=asked)
    assert (chosen.status_code, chosen.headers["Location"]) == (303, f"{UNIONS}?view=mine")
    kept = chosen.headers["Set-Cookie"]
    assert f"Path={UNIONS}" in kept
    cookie = {"Cookie": kept.partition(";")[0]}
    heads = heads_of(street.get(UNIONS, headers=cookie))
    assert heads == ["工会名称", "状态", "主席姓名", "所属组织"] != usual
    back = street.get(UNIONS, query_string={"columns": "usual"}, headers=cookie)
    assert "Max-Age=0" in back.headers["Set-Cookie"]
    assert heads_of(street.get(UNIONS)) == usual


def test_what_is_no_column_is_not_remembered(federation: Federation) -> None:
    drafted(federation)
    street = federation.client("east")
    asked = {"columns": "chosen", "column": ["id_number", "'; Path=/", "kind"]}
    kept = street.get(UNIONS, query_string=asked).headers["Set-Cookie"]
    assert kept.startswith("columns=kind;")
    heads = heads_of(street.get(UNIONS, headers={"Cookie": "columns=nothing.at.all"}))
    assert heads == ["工会名称", "状态"]


def test_a_list_leads_to_its_file_whatever_else_its_address_holds(federation: Federation) -> None:
    drafted(federation)
    for name in ("path", "self", "format", "kind", "query"):
        shown = federation.client("district").get(UNIONS, query_string={name: "x"})
        assert shown.status_code == 200
        assert f"{UNIONS}/export?" in shown.text


@pytest.mark.parametrize("code", KINDS)
def test_no_two_columns_of_a_list_tell_the_same(code: str) -> None:
    keys = [value.key for value in values_of(kind_called(code), listed=True)]
    assert len(keys) == len(set(keys))
