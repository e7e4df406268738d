"""Members over HTTP: masked wherever they show, found by number within reach, revealed and exported on record."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import date
from typing import Any
from uuid import UUID

import openpyxl
import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from gonghui.audit.entries import AuditEntry, AuditPayload
from gonghui.auth.accounts import account_by_id, open_account
from gonghui.db import policies
from gonghui.parties.persons import Person
from gonghui.testing import Federation, World
from gonghui.testing.queries import counted_statements
from gonghui.values.principal import PrincipalKind
from gonghui_organising.demo_people import demo_id_number, demo_phone
from gonghui_organising.member_samples import fresh_number
from gonghui_organising.membership import Membership

MEMBERS, TRANSFERS = "/api/v1/organising/members", "/api/v1/organising/transfers"
REASON = "电话通知领取会员卡"
NUMBER = demo_id_number(900_001, male=False, born_on=date(1987, 6, 5))
PHONE, CARD, UNION_CARD = demo_phone(99_881_234), "6222020000000000000", "4403-0099-7788"
SECRETS = {
    "id_number": NUMBER, "phone": PHONE, "born_on": "1987-06-05", "bank_card": CARD, "card_number": UNION_CARD,
}  # fmt: skip


def enter(federation: Federation, place: str = "firm", **values: Any) -> TestResponse:
    body = {
        "org_unit_id": str(federation.units[place]),
        "name": "样会员",
        "id_number": fresh_number(),
        "is_member_already": True,
        **values,
    }
    answer = federation.client("district").post(MEMBERS, body)
    assert answer.status_code == 201, answer.text
    return answer


def known(federation: Federation, **values: Any) -> str:
    """A member of whom every sealed value is known."""
    facts = {
        "name": "陈样例",
        "id_number": NUMBER,
        "phone": PHONE,
        "bank_card": CARD,
        "card_number": UNION_CARD,
    }
    return enter(federation, **facts, **values).json["id"]


@pytest.fixture(scope="module")
def chen(world: World) -> tuple[Federation, str]:
    """A federation with the member whose every value is known, for tests that leave them as they are."""
    federation = world.federation()
    return federation, known(federation)


def reveal(
    federation: Federation, who: str, member_id: str, field: str, reason: Any = REASON
) -> TestResponse:
    body = {"field": field, "reason": reason}
    return federation.client(who).post(f"{MEMBERS}/{member_id}/reveal", body)


def trail(federation: Federation, action: str) -> Iterator[str]:
    """What the audit trail holds of an action, as text."""
    with federation.uow() as uow:
        entries = select(AuditEntry.id).where(AuditEntry.action == action)
        yield from uow.session.scalars(
            select(AuditPayload.content).where(AuditPayload.entry_id.in_(entries))
        ).all()


# --- masks


def test_numbers_are_masked_in_list_detail_and_search(chen: tuple[Federation, str]) -> None:
    federation, member_id = chen
    client = federation.client("firm")
    detail = client.get(f"{MEMBERS}/{member_id}").json
    masked = {"id_number": f"{NUMBER[:3]}{'*' * 13}{NUMBER[-2:]}", "phone": "120****1234"}
    assert {name: detail[name] for name in masked} == masked
    assert (detail["born_on"], detail["bank_card"]) == ("1987-**-**", "*" * 15 + CARD[-4:])
    assert detail["card_number"] == "***"
    found = client.post(f"{MEMBERS}/search", {"by": "phone", "number": PHONE})
    for item in (*client.get(MEMBERS).json["items"], *found.json["items"]):
        assert {name: item[name] for name in masked} == masked


@pytest.mark.parametrize("who", ["district", "firm", "admin", "auditor", "worker"])
def test_no_answer_to_a_get_holds_a_sealed_value(chen: tuple[Federation, str], who: str) -> None:
    federation, member_id = chen
    with federation.uow() as uow:
        person_id = uow.session.scalar(select(Membership.person_id).where(Membership.id == UUID(member_id)))
    values = {
        "member_id": member_id, "person_id": person_id, "object_id": member_id, "record_id": member_id,
        "code": "organising.members", "unit_id": federation.units["firm"],
    }  # fmt: skip
    client, asked = federation.client(who), 0
    for rule in federation.world.app.url_map.iter_rules():
        if (
            "GET" not in (rule.methods or ())
            or not rule.rule.startswith("/api/")
            or rule.arguments - {*values}
        ):
            continue
        path = rule.rule
        for name in rule.arguments:
            start = path.index("<")
            path = path[:start] + str(values[name]) + path[path.index(">") + 1 :]
        for query in ("", "?format=csv", "?q=陈", "?count=true"):
            answer = client.get(path + query)
            asked += answer.status_code == 200
            text = answer.get_data().decode("utf-8", "replace")
            for secret in SECRETS.values():
                assert secret not in text, path + query
    assert asked >= 4


def test_no_answer_to_a_change_holds_a_sealed_value(federation: Federation) -> None:
    member_id = known(federation)
    client = federation.client("firm")
    phone = demo_phone(99_771_234)
    tag = client.get(f"{MEMBERS}/{member_id}").headers["ETag"]
    path = f"{MEMBERS}/{member_id}"
    changed = client("PATCH", path, json={"phone": f"+86 {phone}"}, headers={"If-Match": tag})
    assert changed.json["phone"] == "120****1234"
    malformed = client(
        "PATCH", path, json={"phone": PHONE + "9"}, headers={"If-Match": changed.headers["ETag"]}
    )
    stale = client("PATCH", path, json={"phone": PHONE}, headers={"If-Match": tag})
    body = {"org_unit_id": str(federation.units["firm"]), "name": "陈样例", "id_number": NUMBER}
    again, bad = client.post(MEMBERS, body), client.post(MEMBERS, {**body, "id_number": NUMBER[:-1]})
    assert (malformed.status_code, stale.status_code, again.status_code, bad.status_code) == (
        422, 412, 409, 422,
    )  # fmt: skip
    for answer in (changed, malformed, stale, again, bad):
        for secret in (*SECRETS.values(), phone):
            assert secret not in answer.text


def test_the_trail_holds_no_sealed_value(federation: Federation) -> None:
    member_id = known(federation)
    for field in SECRETS:
        assert reveal(federation, "firm", member_id, field).status_code == 200
    federation.client("firm").post(f"{MEMBERS}/search", {"by": "id_number", "number": NUMBER})
    with federation.uow() as uow:
        whole = "\n".join(uow.session.scalars(select(AuditPayload.content)))
    for secret in SECRETS.values():
        assert secret not in whole


# --- revealing


@pytest.mark.parametrize("field", SECRETS)
def test_a_value_is_revealed_to_whoever_says_why(chen: tuple[Federation, str], field: str) -> None:
    federation, member_id = chen
    answer = reveal(federation, "firm", member_id, field)
    assert (answer.status_code, answer.json) == (200, {"field": field, "value": SECRETS[field]})
    assert answer.headers["Cache-Control"] == "no-store"
    (shown, *_earlier) = federation.client("firm").get(f"{MEMBERS}/{member_id}/openings").json
    assert (shown["field"], shown["reason"], shown["opened_by"]) == (field, REASON, "样firm")


@pytest.mark.parametrize("reason", [None, "", "三个字", "    ", "a   "])
def test_a_value_is_not_revealed_without_a_reason(federation: Federation, reason: str | None) -> None:
    member_id = known(federation)
    refused = reveal(federation, "firm", member_id, "phone", reason)
    assert refused.status_code == 422
    assert {error["pointer"] for error in refused.json["errors"]} == {"/reason"}
    assert federation.client("firm").get(f"{MEMBERS}/{member_id}/openings").json == []


@pytest.mark.parametrize(
    ("who", "status"), [("west", 404), ("admin", 403), ("auditor", 403), ("worker", 403)]
)
def test_a_value_is_revealed_only_to_those_who_may(
    chen: tuple[Federation, str], who: str, status: int
) -> None:
    federation, member_id = chen
    refused = reveal(federation, who, member_id, "phone")
    assert refused.status_code == status
    assert PHONE not in refused.text
    assert federation.client(who).get(f"{MEMBERS}/{member_id}/openings").status_code == status


def test_what_is_no_sealed_value_is_not_revealed(chen: tuple[Federation, str]) -> None:
    federation, member_id = chen
    for field in ("name", "id_number_index", "remark", "person"):
        assert reveal(federation, "firm", member_id, field).status_code == 422


def test_the_member_sees_who_opened_what_and_why(federation: Federation) -> None:
    member_id = known(federation)
    with federation.uow() as uow:
        membership = uow.session.scalars(select(Membership).where(Membership.id == UUID(member_id))).one()
        person = uow.session.scalars(select(Person).where(Person.id == membership.person_id)).one()
        federation.accounts["chen"] = open_account(uow, "chen", kind=PrincipalKind.WORKER, person=person).id
    assert federation.client("chen").get("/api/v1/me/openings").json == []
    reveal(federation, "firm", member_id, "phone", "核对手机号码")
    reveal(federation, "east", member_id, "id_number", "核对证件号码")
    mine = federation.client("chen").get("/api/v1/me/openings")
    assert [(o["field"], o["reason"], o["opened_by"]) for o in mine.json] == [
        ("id_number", "核对证件号码", "样east"),
        ("phone", "核对手机号码", "样firm"),
    ]
    assert mine.json[0]["role"]
    assert all(secret not in mine.text for secret in SECRETS.values())
    assert federation.client("worker").get("/api/v1/me/openings").json == []
    assert federation.client().get("/api/v1/me/openings").status_code == 401


def test_a_revealing_stands_in_the_trail_without_the_value(federation: Federation) -> None:
    member_id = known(federation)
    reveal(federation, "firm", member_id, "phone")
    (entry, *_others) = [text for text in trail(federation, "organising.member.revealed") if REASON in text]
    assert '"phone"' in entry
    assert PHONE not in entry
    with federation.uow() as uow:
        actor = uow.session.scalars(
            select(AuditEntry.account_id).where(AuditEntry.action == "organising.member.revealed")
        ).first()
    assert actor == federation.accounts["firm"]


# --- searching


@pytest.mark.parametrize(
    ("by", "number", "is_found"),
    [
        ("id_number", NUMBER, True),
        ("id_number", f" {NUMBER.lower()} ", True),
        ("id_number", NUMBER[:-1], False),
        ("id_number", NUMBER[-4:], False),
        ("id_number_tail", NUMBER[-4:], True),
        ("phone", f"+86 {PHONE[:3]} {PHONE[3:7]} {PHONE[7:]}", True),
        ("phone", PHONE[:-1], False),
        ("phone_tail", PHONE[-4:], True),
        ("phone_tail", PHONE[-3:], False),
        ("bank_card", CARD, True),
        ("bank_card_tail", CARD[-4:], True),
        ("bank_card", PHONE, False),
    ],
)
def test_a_member_is_found_by_a_whole_number_or_by_its_last_four(
    chen: tuple[Federation, str], by: str, number: str, is_found: bool
) -> None:
    federation, member_id = chen
    for who, reaches in (("firm", True), ("east", True), ("district", True), ("west", False)):
        found = federation.client(who).post(f"{MEMBERS}/search", {"by": by, "number": number})
        assert found.status_code == 200
        ids = [item["id"] for item in found.json["items"]]
        assert (member_id in ids) is (is_found and reaches), who
    assert federation.client("worker").post(
        f"{MEMBERS}/search", {"by": by, "number": number}
    ).status_code == 403  # fmt: skip


# --- listing


@pytest.fixture(scope="module")
def thirty(world: World) -> Federation:
    """30 members at one enterprise, 3 at the other, of all sorts."""
    federation = world.federation()
    for n in range(30):
        enter(
            federation,
            name=f"{'张李'[n % 2]}样{n:02}",
            id_number=demo_id_number(910_000 + n, male=n % 3 == 0),
            employment_form="contract" if n % 2 else "platform",
            is_member_already=n % 5 != 0,
            phone=demo_phone(600_000 + n),
        )
    for n in range(3):
        enter(
            federation, "firm_west", name=f"西样{n}", employer={"name": "深圳市样本丙有限公司", "uscc": None}
        )
    return federation


def test_a_list_asks_as_often_for_one_row_as_for_thirty(thirty: Federation) -> None:
    engine = thirty.world.database.engine(policies.APP)
    client, numbers = thirty.client("firm"), []
    for limit in (1, 30):
        client.get(f"{MEMBERS}?limit={limit}")
        with counted_statements(engine) as sent:
            assert len(client.get(f"{MEMBERS}?limit={limit}").json["items"]) == limit
        numbers.append(len(sent))
    assert numbers[0] == numbers[1] <= 7
    with counted_statements(engine) as sent:
        assert client.get(f"{MEMBERS}/export?format=csv").status_code == 403  # an enterprise takes no file
        assert thirty.client("east").get(f"{MEMBERS}/export?format=csv").status_code == 200
    assert len(sent) <= 30


@pytest.mark.parametrize("limit", [1, 7, 10, 30, 100])
def test_pages_hold_every_member_once_and_the_newest_first(thirty: Federation, limit: int) -> None:
    client, seen, cursor = thirty.client("district"), [], None
    while True:
        page = client.get(
            f"{MEMBERS}?limit={limit}&count=true" + (f"&cursor={cursor}" if cursor else "")
        ).json
        seen += [item["id"] for item in page["items"]]
        assert page["count"] == 33
        cursor = page["next"]
        if cursor is None:
            break
        assert len(page["items"]) == limit
    assert len(seen) == len(set(seen)) == 33
    assert seen == sorted(seen, reverse=True)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("state=active", 27), ("state=applied", 6), ("sex=male&state=active", 8), ("employment_form=platform", 15),
        ("q=张样", 15), ("q=zhangyang", 15), ("q=Zhang yang0", 5),
        ("q=张样0", 5), ("q=西", 3), ("q=无", 0), ("q=%25", 0), ("q=_", 0),
        ("state=withdrawn", 0), ("employment_form=contract&q=李", 15),
    ],
)  # fmt: skip
def test_a_list_is_narrowed_down(thirty: Federation, query: str, expected: int) -> None:
    page = thirty.client("district").get(f"{MEMBERS}?{query}&count=true&limit=100").json
    if query.startswith("sex"):
        expected = sum(item["sex"] == "male" and item["state"] == "active" for item in page["items"])
        assert expected
    assert (page["count"], len(page["items"])) == (expected, expected)


def test_a_list_is_narrowed_down_to_a_part_of_the_tree(thirty: Federation) -> None:
    for unit, expected in (("east", 30), ("garden", 30), ("firm", 30), ("west", 3), ("district", 33)):
        path = f"{MEMBERS}?org_unit_id={thirty.units[unit]}&count=true"
        assert thirty.client("district").get(path).json["count"] == expected
    out_of_sight = thirty.client("east").get(f"{MEMBERS}?org_unit_id={thirty.units['west']}")
    assert out_of_sight.status_code == 404
    for who, expected in (("firm", 30), ("west", 3)):
        assert thirty.client(who).get(f"{MEMBERS}?count=true").json["count"] == expected


@pytest.mark.parametrize("query", ["state=no", "sex=x", "cursor=zzz", "limit=0", "org_unit_id=1"])
def test_a_filter_that_is_none_is_refused(thirty: Federation, query: str) -> None:
    assert thirty.client("firm").get(f"{MEMBERS}?{query}").status_code == 422


# --- exporting


def cells(answer: TestResponse, kind: str) -> list[list[str]]:
    assert answer.status_code == 200, answer.text
    if kind == "csv":
        return list(csv.reader(io.StringIO(answer.get_data().decode("utf-8-sig"))))
    sheet = openpyxl.load_workbook(io.BytesIO(answer.get_data())).active
    assert sheet is not None
    assert not [cell for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]
    return [
        ["" if value is None else str(value) for value in row] for row in sheet.iter_rows(values_only=True)
    ]


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_an_export_is_masked_stamped_and_on_record(federation: Federation, kind: str) -> None:
    known(federation)
    enter(federation, name='=HYPERLINK("x")', occupation="@SUM(A1)", phone=demo_phone(700_001))
    enter(federation, "firm_west", name="西样甲")
    answer = federation.client("east").get(f"{MEMBERS}/export?format={kind}&sex=female")
    federation.client("east").get(f"{MEMBERS}/export?format={kind}")
    rows = cells(federation.client("east").get(f"{MEMBERS}/export?format={kind}"), kind)
    assert "样east" in rows[1][0]
    assert "导出时间" in rows[1][0]
    assert "敏感信息已隐去" in rows[1][0]
    heading = next(n for n, row in enumerate(rows) if row[0] == "姓名")
    members = rows[heading + 1 :]
    assert len(members) == 2
    text = "\n".join("|".join(row) for row in rows)
    assert all(secret not in text for secret in SECRETS.values())
    assert "西样甲" not in text
    assert "120****1234" in text
    names = {row[0] for row in members}
    assert names == {"陈样例", '\'=HYPERLINK("x")' if kind == "csv" else '=HYPERLINK("x")'}
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Disposition"].startswith("attachment")
    kept = list(trail(federation, "organising.members.exported"))
    assert len(kept) == 3
    assert sum('"rows":2' in entry for entry in kept) == 2
    assert all(f'"{kind}"' in entry for entry in kept)


@pytest.mark.parametrize(
    ("who", "status"), [("firm", 403), ("garden", 403), ("auditor", 403), ("worker", 403)]
)
def test_an_export_is_for_those_who_may(chen: tuple[Federation, str], who: str, status: int) -> None:
    federation, _member_id = chen
    assert federation.client(who).get(f"{MEMBERS}/export").status_code == status


def test_an_export_holds_what_may_be_exported_and_not_all_that_may_be_read(thirty: Federation) -> None:
    thirty.add_officer("reader", "reader", "district", ["organising.member.read"])
    with thirty.uow() as uow:
        account = account_by_id(uow, thirty.accounts["reader"])
        assert account
    thirty.add_officer("taker", "taker", "west", ["organising.member.read", "organising.member.export"])
    assert thirty.client("reader").get(f"{MEMBERS}/export?format=csv").status_code == 403
    rows = cells(thirty.client("taker").get(f"{MEMBERS}/export?format=csv"), "csv")
    assert sum(row[0].startswith("西样") for row in rows) == 3
    assert not any(row[0].startswith(("张样", "李样")) for row in rows)


def test_a_program_takes_no_more_than_its_token_allows(chen: tuple[Federation, str]) -> None:
    federation, member_id = chen
    program = federation.token("east", ["organising.member.read"])
    assert program.get(f"{MEMBERS}/{member_id}").status_code == 200
    assert program.get(f"{MEMBERS}/export").status_code == 403
    body = {"field": "phone", "reason": REASON}
    assert program.post(f"{MEMBERS}/{member_id}/reveal", body).status_code == 403
