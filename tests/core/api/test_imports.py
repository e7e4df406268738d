"""Registers over HTTP: sent, checked, put right where they stand, applied, undone, and seen by nobody else."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse, encode_multipart

from gonghui.plugin_host.registers import register_of
from gonghui.records.registers import sending
from gonghui.records.registers.runs import StagedRow
from gonghui.records.registers.taking import import_file, new_run, stage_file
from gonghui.tenancy.org_tree import OrgUnit, OrgUnitKind, new_unit
from gonghui.testing import Federation, World
from gonghui.values import clock
from gonghui_organising.union import GrassrootsUnion

SAMPLES = Path(__file__).resolve().parents[2] / "samples"
EXPECTED = json.loads((SAMPLES / "expected.json").read_text("utf-8"))["unions"]
UNIONS = SAMPLES / "unions.xlsx"
STREETS = ("民治街道", "观湖街道", "龙华街道", "大浪街道", "福城街道", "观澜街道")
IMPORTS, REGISTERS = "/api/v1/imports", "/api/v1/registers"
SYNONYMS = f"{REGISTERS}/organising.unions/synonyms"
HEADINGS = (
    "工会名称,单位名称,单位统一社会信用代码,所属街道,建会类型,建会日期,本届任期起,任期(年),"
    "职工人数,会员人数,联系电话"
)


def with_streets(federation: Federation) -> Federation:
    """The federation with the streets that the sample names; `minzhi` is the officer of one of them."""
    with federation.uow() as uow:
        root = uow.session.get(OrgUnit, (uow.tenant_id, federation.units["district"]))
        for name in STREETS:
            unit = new_unit(root, OrgUnitKind.STREET_FEDERATION, f"{name}总工会")
            uow.add(unit)
            federation.units[name] = unit.id
    federation.add_officer("minzhi", "street_officer", "民治街道")
    return federation


@pytest.fixture
def streets(federation: Federation) -> Federation:
    return with_streets(federation)


@pytest.fixture(scope="module")
def sent(world: World) -> tuple[Federation, dict[str, Any]]:
    """A federation to which the sample was sent, for tests that only read."""
    federation = with_streets(world.federation())
    answer = send(federation, "district")
    assert answer.status_code == 201, answer.text
    return federation, answer.json


def send(
    federation: Federation,
    who: str,
    content: bytes | None = None,
    *,
    name: str = "unions.xlsx",
    register: str = "organising.unions",
    mapping: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> TestResponse:
    file = FileStorage(io.BytesIO(UNIONS.read_bytes() if content is None else content), name)
    form: dict[str, Any] = {"register": register, "file": file}
    if mapping is not None:
        form["mapping"] = json.dumps(mapping)
    boundary, body = encode_multipart(form)
    kind = f"multipart/form-data; boundary={boundary}"
    return federation.client(who)("POST", IMPORTS, data=body, content_type=kind, headers=headers or {})


def csv(*rows: str, headings: str = HEADINGS) -> bytes:
    return "\n".join([headings, *rows, ""]).encode()


def union_row(number: int, *, street: str = "民治街道", phone: str = "", staff: str = "20") -> str:
    firm = f"深圳市样本{number}号有限公司"
    return f"{firm}工会委员会,{firm},,{street},联合,2020-01-01,2022-01-01,5,{staff},10,{phone}"


def patch(federation: Federation, who: str, run_id: str, row: int, **cells: str) -> TestResponse:
    return federation.client(who)("PATCH", f"{IMPORTS}/{run_id}/rows/{row}", json={"cells": cells})


def step(
    federation: Federation,
    who: str,
    run_id: str,
    name: str,
    headers: Mapping[str, str] | None = None,
    **body: str,
) -> TestResponse:
    return federation.client(who).post(f"{IMPORTS}/{run_id}/{name}", body, headers=headers or {})


def all_faults(federation: Federation, who: str, run_id: str, *, limit: int = 4) -> list[dict[str, Any]]:
    """Every fault of a run, page by page."""
    found, after = [], 0
    while after is not None:
        page = federation.client(who).get(f"{IMPORTS}/{run_id}/faults?after={after}&limit={limit}").json
        found += page["items"]
        after = page["next"]
    return found


def unions(federation: Federation) -> int:
    with federation.uow() as uow:
        return uow.session.scalar(select(func.count()).select_from(GrassrootsUnion)) or 0


# --- sent and read


def test_the_planted_faults_of_the_sample_are_named(sent: tuple[Federation, dict[str, Any]]) -> None:
    federation, run = sent
    assert (run["state"], run["rows"], run["good"], run["waiting"]) == ("checked", 361, EXPECTED["good"], 15)
    found = [(f["row"], f["column"], f["code"]) for f in all_faults(federation, "district", run["id"])]
    assert found == [(f["row"], f["column"], f["fault"]) for f in EXPECTED["faulty"]]


def test_what_is_wrong_is_told_in_the_language_of_whoever_asks(
    sent: tuple[Federation, dict[str, Any]],
) -> None:
    federation, run = sent
    page = federation.client("district").get(f"{IMPORTS}/{run['id']}/faults?lang=en&limit=1").json
    assert page["items"][0]["message"].isascii() or "Correct" in page["items"][0]["message"]


def test_the_api_and_the_command_line_say_the_same(world: World, streets: Federation) -> None:
    run = send(streets, "district").json
    faults = all_faults(streets, "district", run["id"])
    applied = step(streets, "district", run["id"], "apply", faulty="skip").json
    with with_streets(world.federation()).uow("district") as uow:  # what `gonghui import` does
        report = import_file(uow, register_of(uow, "organising.unions"), UNIONS).as_json()
    assert report["faults"] == faults
    counts = ("rows", "good", "created", "known", "made")
    assert {key: report[key] for key in counts} == {key: applied[key] for key in counts}


def test_a_register_with_headings_alone_has_no_rows(streets: Federation) -> None:
    run = send(streets, "district", csv(), name="x.csv").json
    assert (run["state"], run["rows"], run["file_name"]) == ("checked", 0, "x.csv")


def test_the_registers_are_those_that_i_may_import(streets: Federation) -> None:
    found = {r["code"]: r for r in streets.client("minzhi").get(REGISTERS).json}
    phone = next(c for c in found["organising.unions"]["columns"] if c["key"] == "contact_phone")
    assert (phone["heading"], phone["required"], phone["sensitive"]) == ("联系电话", False, "phone")
    assert streets.client("garden").get(REGISTERS).status_code == 403


def test_a_file_larger_than_other_requests_may_be_is_read(streets: Federation) -> None:
    rows = [union_row(number) for number in range(12_000)]
    content = csv(*rows)
    assert len(content) > 1024 * 1024
    assert send(streets, "district", content, name="x.csv").json["rows"] == 12_000


def test_a_file_that_is_too_large_is_refused(shared_federation: Federation) -> None:
    answer = send(shared_federation, "district", b"0" * (51 * 1024 * 1024), name="x.csv")
    assert (answer.status_code, answer.json["code"]) == (413, "too_large")
    answer = send(shared_federation, "district", b"0" * (50 * 1024 * 1024 + 1), name="x.csv")
    assert (answer.status_code, answer.json["code"]) == (422, "file_too_large")


@pytest.mark.parametrize("content", [b"", b"\x00\x01\x02", b"PK\x03\x04broken", b"%PDF-1.7\n\xff\x00\xfe"])
def test_a_hostile_file_is_refused_and_leaves_a_failed_run(federation: Federation, content: bytes) -> None:
    answer = send(federation, "district", content)
    assert (answer.status_code, answer.json["code"]) == (422, "unreadable_file")
    runs = federation.client("district").get(f"{IMPORTS}?state=failed").json["items"]
    assert [(run["state"], run["error"], run["stale"]) for run in runs] == [
        ("failed", "unreadable_file", False)
    ]


def test_a_file_without_the_headings_is_refused(federation: Federation) -> None:
    answer = send(federation, "district", "工会名称\n甲\n".encode(), name="x.csv")
    assert (answer.status_code, answer.json["code"]) == (422, "headings_missing")


@pytest.mark.parametrize(
    ("form", "status", "code"),
    [
        ({"file": None}, 422, "invalid_content"),
        ({"file": "text"}, 422, "invalid_content"),
        ({"register": "organising.nothing"}, 404, "unknown_register"),
        ({"mapping": "["}, 422, "invalid_content"),
        ({"mapping": "[1]"}, 422, "invalid_content"),
        ({"mapping": '{"": "name"}'}, 422, "invalid_content"),
        ({"other": "1"}, 422, "invalid_content"),
    ],
)
def test_a_form_that_says_nothing_useful_is_refused(
    shared_federation: Federation, form: dict[str, Any], status: int, code: str
) -> None:
    whole = {"register": "organising.unions", "file": (io.BytesIO(b"x"), "x.csv"), **form}
    content = {key: value for key, value in whole.items() if value is not None}
    answer = shared_federation.client("district")(
        "POST", IMPORTS, data=content, content_type="multipart/form-data"
    )
    assert (answer.status_code, answer.json["code"]) == (status, code)


def test_a_run_that_is_never_read_to_its_end_fails(federation: Federation) -> None:
    with federation.uow("district") as uow:
        run_id = str(new_run(uow, register_of(uow, "organising.unions"), "x.csv").id)
    path, client = f"{IMPORTS}/{run_id}", federation.client("district")
    now = client.get(path).json
    assert (now["state"], now["stale"]) == ("reading", False)
    assert client("DELETE", path).json["code"] == "run_state"
    with clock.at(clock.now() + timedelta(minutes=11)):
        later = client.get(path).json
        assert (later["state"], later["stale"], later["error"]) == ("failed", True, "stale")
        assert client.get(f"{IMPORTS}?state=reading").json["items"] == []
        assert client("DELETE", path).status_code == 204


def test_others_see_a_run_while_it_is_read(streets: Federation, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []

    def slow(*args: Any, **kwargs: Any) -> None:
        seen.extend(item["state"] for item in streets.client("admin").get(IMPORTS).json["items"])
        stage_file(*args, **kwargs)

    monkeypatch.setattr(sending, "stage_file", slow)
    assert send(streets, "district", csv(union_row(1)), name="x.csv").json["state"] == "checked"
    assert seen == ["reading"]


def test_a_page_may_send_its_token_with_the_file(shared_federation: Federation, browser: Any) -> None:
    browser.sign_in("east")
    form = {"register": "organising.unions", "csrf_token": browser.csrf("/console")}
    for sent_form, status in (({**form, "csrf_token": "no"}, 403), (form, 201)):
        whole = {**sent_form, "file": (io.BytesIO(csv()), "x.csv")}
        assert browser.post(IMPORTS, data=whole).status_code == status


# --- put right, applied, undone


def test_a_faulty_row_keeps_everything_out_where_that_is_asked(streets: Federation) -> None:
    run = send(streets, "district").json
    answer = step(streets, "district", run["id"], "apply", faulty="refuse")
    assert (answer.status_code, answer.json["code"]) == (409, "rows_faulty")
    assert unions(streets) == 0
    assert streets.client("district").get(f"{IMPORTS}/{run['id']}").json["state"] == "checked"


def test_a_row_is_put_right_where_it_stands_and_goes_in_with_the_others(streets: Federation) -> None:
    run = send(streets, "district").json
    first = EXPECTED["faulty"][0]["row"]
    assert patch(streets, "district", run["id"], first, members="1", women_members="").json["faults"]
    mended = patch(streets, "district", run["id"], first, members="1", women_members="", migrant_members="")
    assert mended.json == {"faults": []}
    applied = step(streets, "district", run["id"], "apply", faulty="skip").json
    assert (applied["state"], applied["created"], applied["waiting"]) == ("applied", EXPECTED["good"] + 1, 14)
    assert unions(streets) == EXPECTED["good"] + 1


def test_rows_that_are_put_right_later_go_in_later(streets: Federation) -> None:
    run = send(streets, "district", csv(union_row(1), union_row(2, staff="?")), name="x.csv").json
    assert step(streets, "district", run["id"], "apply", faulty="skip").json["created"] == 1
    assert patch(streets, "district", run["id"], 3, headcount="30").json == {"faults": []}
    again = step(streets, "district", run["id"], "apply", faulty="refuse").json
    assert (again["created"], again["good"], again["waiting"], unions(streets)) == (2, 2, 0, 2)


def test_two_who_apply_at_once_apply_once(streets: Federation) -> None:
    content = csv(*(union_row(number) for number in range(300)))
    run = send(streets, "district", content, name="x.csv").json
    client = streets.client("district")

    def apply(_who: int) -> int:
        return client.post(f"{IMPORTS}/{run['id']}/apply", {"faulty": "skip"}).status_code

    with ThreadPoolExecutor(3) as pool:
        assert set(pool.map(apply, range(3))) == {200}
    assert unions(streets) == 300
    assert client.get(f"{IMPORTS}/{run['id']}").json["created"] == 300


def test_a_second_run_knows_every_row(streets: Federation) -> None:
    for created, known in ((EXPECTED["good"], 0), (0, EXPECTED["good"])):
        run = send(streets, "district").json
        applied = step(streets, "district", run["id"], "apply", faulty="skip").json
        assert (applied["created"], applied["known"]) == (created, known)
    assert unions(streets) == EXPECTED["good"]


def test_what_a_run_brought_is_undone(streets: Federation) -> None:
    run = send(streets, "district").json
    assert step(streets, "district", run["id"], "undo").json["code"] == "run_state"
    step(streets, "district", run["id"], "apply", faulty="skip")
    undone = step(streets, "district", run["id"], "undo")
    assert (undone.status_code, undone.json["state"], undone.json["waiting"]) == (200, "undone", 0)
    assert unions(streets) == 0


def test_what_is_discarded_waits_no_longer(streets: Federation) -> None:
    run = send(streets, "district").json
    path = f"{IMPORTS}/{run['id']}"
    assert streets.client("district")("DELETE", path).status_code == 204
    assert streets.client("district").get(path).json["state"] == "discarded"
    assert all_faults(streets, "district", run["id"]) == []
    assert step(streets, "district", run["id"], "apply", faulty="skip").status_code == 409
    with streets.uow() as uow:
        assert uow.session.scalars(select(StagedRow)).all() == []


# --- what a row shows


def test_sensitive_cells_are_masked_unless_they_are_what_is_wrong(streets: Federation) -> None:
    content = csv(
        union_row(1, phone="13800138000", staff="?"),
        union_row(2, phone="not a number"),
        union_row(3, phone="13800138000"),
    )
    run = send(streets, "district", content, name="x.csv").json
    shown = {
        row: {
            c["key"]: c
            for c in streets.client("district").get(f"{IMPORTS}/{run['id']}/rows/{row}").json["cells"]
        }
        for row in (2, 3, 4)
    }
    phones = [(shown[row]["contact_phone"]["text"], shown[row]["contact_phone"]["masked"]) for row in shown]
    assert phones == [("138****8000", True), ("not a number", False), ("138****8000", True)]
    assert shown[2]["headcount"] == {"key": "headcount", "heading": "职工人数", "text": "?", "masked": False}


def test_a_masked_value_does_not_take_the_place_of_what_it_hides(streets: Federation) -> None:
    content = csv(union_row(1, phone="13800138000", staff="?"))
    run = send(streets, "district", content, name="x.csv").json
    answer = patch(streets, "district", run["id"], 2, contact_phone="138****8000", headcount="30")
    assert (answer.status_code, [e["pointer"] for e in answer.json["errors"]]) == (
        422,
        ["/cells/contact_phone"],
    )
    assert patch(streets, "district", run["id"], 2, headcount="30").json == {"faults": []}
    step(streets, "district", run["id"], "apply", faulty="refuse")
    with streets.uow() as uow:
        stored = uow.session.scalars(select(GrassrootsUnion)).one().contact_phone
    assert stored is not None


def test_a_row_or_column_that_is_not_there_is_not_put_right(sent: tuple[Federation, dict[str, Any]]) -> None:
    federation, run = sent
    assert patch(federation, "district", run["id"], 13, nothing="1").status_code == 422
    for row in (0, 1, 10**6, 10**30):
        assert patch(federation, "district", run["id"], row, members="1").status_code == 404
        assert federation.client("district").get(f"{IMPORTS}/{run['id']}/rows/{row}").status_code == 404


# --- who sees it


def test_a_run_shows_to_its_street_and_those_above_and_to_nobody_else(streets: Federation) -> None:
    run = send(streets, "minzhi", csv(union_row(1, staff="?")), name="x.csv").json
    assert run["org_unit_id"] == str(streets.units["民治街道"])
    for who, status in (("minzhi", 200), ("district", 200), ("admin", 200), ("east", 404), ("auditor", 403)):
        client = streets.client(who)
        for path in ("", "/faults", "/rows/2"):
            assert client.get(f"{IMPORTS}/{run['id']}{path}").status_code == status, (who, path)
    for who, seen in (("minzhi", 1), ("district", 1), ("east", 0)):
        assert len(streets.client(who).get(IMPORTS).json["items"]) == seen
    assert step(streets, "east", run["id"], "apply", faulty="skip").status_code == 404
    assert patch(streets, "east", run["id"], 2, headcount="30").status_code == 404


def test_the_permission_for_the_register_itself_is_needed_too(streets: Federation) -> None:
    run = send(streets, "district", csv(union_row(1)), name="x.csv").json
    streets.add_officer("halfway", "halfway", "district", ["core.import.use"])
    client = streets.client("halfway")
    assert client.get(REGISTERS).json == []
    assert client.get(SYNONYMS).status_code == 403
    assert send(streets, "halfway", csv()).status_code == 403
    assert client.get(IMPORTS).json["items"] == []
    assert client.get(f"{IMPORTS}/{run['id']}").status_code == 404


def test_the_list_goes_page_by_page_from_the_newest(streets: Federation) -> None:
    made = [send(streets, "district", csv(), name=f"{n}.csv").json["id"] for n in range(5)]
    found, path = [], f"{IMPORTS}?limit=2&register=organising.unions&state=checked"
    cursor = ""
    while cursor is not None:
        page = streets.client("district").get(f"{path}&cursor={cursor}").json
        found += [item["id"] for item in page["items"]]
        cursor = page["next"]
    assert found == made[::-1]


# --- headings


ODD = csv(union_row(1), headings=HEADINGS.replace("工会名称", "咱们工会"))


def test_a_mapping_by_hand_is_kept_for_the_next_file(streets: Federation) -> None:
    refused = send(streets, "district", ODD, name="x.csv")
    assert (refused.status_code, refused.json["code"]) == (422, "headings_missing")
    mapped = send(streets, "district", ODD, name="x.csv", mapping={"咱们工会": "name"})
    assert (mapped.status_code, mapped.json["headings"]["name"]) == (201, "咱们工会")
    assert send(streets, "minzhi", ODD, name="y.csv").status_code == 201


def test_a_mapping_is_kept_though_the_file_is_refused(streets: Federation) -> None:
    assert send(streets, "district", b"", mapping={"咱们工会": "name"}).status_code == 422
    assert send(streets, "district", ODD, name="x.csv").status_code == 201


def test_only_whoever_holds_the_whole_teaches(streets: Federation) -> None:
    assert (
        streets.client("minzhi")("PUT", SYNONYMS, json={"mapping": {"咱们工会": "name"}}).status_code == 403
    )
    assert streets.client("minzhi").get(SYNONYMS).json == []


def test_the_mapping_of_a_street_holds_for_its_own_file_alone(streets: Federation) -> None:
    assert send(streets, "minzhi", ODD, name="x.csv", mapping={"咱们工会": "name"}).status_code == 201
    assert streets.client("minzhi").get(SYNONYMS).json == []
    assert send(streets, "minzhi", ODD, name="x.csv").status_code == 422


def test_a_synonym_is_taught_listed_and_forgotten(streets: Federation) -> None:
    client = streets.client("district")
    taught = client("PUT", SYNONYMS, json={"mapping": {"咱们工会": "name", "序号": ""}})
    assert [(s["heading"], s["key"]) for s in taught.json] == [("序号", ""), ("咱们工会", "name")]
    assert send(streets, "minzhi", ODD, name="x.csv").status_code == 201
    assert client.get(SYNONYMS).json == taught.json
    for synonym in taught.json:
        assert client("DELETE", f"{SYNONYMS}/{synonym['id']}").status_code == 204
        assert client("DELETE", f"{SYNONYMS}/{synonym['id']}").status_code == 404
    assert send(streets, "minzhi", ODD, name="x.csv").status_code == 422


def test_a_heading_cannot_mean_a_column_that_is_not_there(shared_federation: Federation) -> None:
    answer = shared_federation.client("district")("PUT", SYNONYMS, json={"mapping": {"甲": "nothing"}})
    assert (answer.status_code, answer.json["errors"][0]["code"]) == (422, "column_unknown")


def test_a_plugin_that_is_off_has_no_registers(world: World) -> None:
    federation = world.federation(plugins=())
    federation.add_officer("lone", "lone", "district", ["core.import.use", "organising.union.import"])
    assert federation.client("lone").get(REGISTERS).json == []
    assert send(federation, "lone", csv()).json["code"] == "plugin_off"
    assert federation.client("lone").get(IMPORTS).json["items"] == []
