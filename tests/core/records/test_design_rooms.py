"""A nursing room: a single file with a table, a child, a reference, a sealed telephone and a deadline."""

from __future__ import annotations

from typing import Any

from tests.designs.asking import ROOMS, change, faults, made, put, room_body, take

from gonghui.testing import Federation


def a_room(federation: Federation, **more: Any) -> str:
    body = room_body(federation.units["garden"], **more)
    return f"{ROOMS}/{made(federation.client('garden').post(ROOMS, json=body))['id']}"


def test_a_room_is_planned_opened_inspected_and_closed(federation: Federation) -> None:
    garden, record = federation.client("garden"), a_room(federation)
    assert faults(take(garden, record, "open")) == {("/opened_on", "invalid_field")}
    opened = made(take(garden, record, "open", opened_on="2024-06-28"))
    assert (opened["state"], opened["opened_on"]) == ("open", "2024-06-28")
    (running,) = garden.get("/api/v1/deadlines").json["items"]
    assert running["rule"] == "designs.room.inspection"
    rows = [{"inspected_on": "2024-06-28", "remark": "整洁"}, {"inspected_on": "2024-06-29"}]
    shown = made(put(garden, record, "inspections", rows))
    assert [row["remark"] for row in shown["inspections"]] == ["整洁", None]
    assert change(garden, record, name="改名").json["code"] == "state_forbids"
    assert made(take(garden, record, "close"))["state"] == "closed"
    assert garden.get("/api/v1/deadlines").json["items"] == []


def test_the_telephone_is_masked_and_opened_with_a_reason(federation: Federation) -> None:
    garden, record = federation.client("garden"), a_room(federation)
    assert "*" in garden.get(record).json["contact_phone"]
    assert garden.get(ROOMS).json["items"][0]["contact_phone"] == garden.get(record).json["contact_phone"]
    for reason in ("", "  a ", "abc"):
        assert (
            garden.post(f"{record}/reveal", json={"field": "contact_phone", "reason": reason}).status_code
            == 422
        )
    assert garden.post(f"{record}/reveal", json={"field": "name", "reason": "核对电话"}).status_code == 422
    answer = garden.post(f"{record}/reveal", json={"field": "contact_phone", "reason": "核对电话"})
    assert made(answer)["value"] == "0755-29000000"
    assert (
        federation.client("west")
        .post(f"{record}/reveal", json={"field": "contact_phone", "reason": "核对电话"})
        .status_code
        == 404
    )


def test_rooms_of_one_employer_name_it_and_not_its_double(federation: Federation) -> None:
    garden = federation.client("garden")
    rooms = [garden.get(a_room(federation)).json for _ in range(2)]
    assert rooms[0]["employer_id"] == rooms[1]["employer_id"]
    assert rooms[0]["employer_name"] == "深圳市样本电子有限公司"
    bad = garden.post(
        ROOMS,
        json=room_body(federation.units["garden"], employer={"name": "样本", "uscc": "91440300MA5EXAMPL0"}),
    )
    assert {pointer for pointer, _code in faults(bad)} == {"/employer/uscc"}


def test_rooms_are_found_by_a_part_of_their_name_and_by_pinyin(federation: Federation) -> None:
    garden, _record = federation.client("garden"), a_room(federation)
    for text in ("样本", "小屋", "yangben", "yang ben xiao"):
        assert len(garden.get(ROOMS, query_string={"q": text}).json["items"]) == 1, text
