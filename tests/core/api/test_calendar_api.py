"""The calendar over HTTP: when a limit is due, and the days that an administrator enters."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from gonghui.audit.entries import AuditEntry
from gonghui.testing import Federation
from gonghui.testing.federation import Asker

CALENDAR = "/api/v1/calendar"
HOLIDAY = {"is_working": False, "name": "示例节", "reason": "示例通知"}


def put(asker: Asker, path: str, body: dict[str, Any]) -> Any:
    return asker("PUT", f"{CALENDAR}/{path}", json=body)


def due(asker: Asker, query: str) -> dict[str, Any]:
    answer = asker.get(f"{CALENDAR}/due?{query}")
    assert answer.status_code == 200, answer.text
    content: dict[str, Any] = answer.json
    return content


@pytest.mark.parametrize(
    ("query", "on"),
    [
        ("start=2024-02-01&days=15", "2024-02-18"),
        ("start=2024-09-16&days=15", "2024-10-08"),
        ("start=2024-09-27&working_days=5", "2024-10-10"),
        ("start=2024-01-11&days=30", "2024-02-18"),
        ("start=2024-01-31&months=1", "2024-02-29"),
        ("start=2024-02-29&years=1", "2025-02-28"),
    ],
)
def test_everybody_who_works_here_can_ask_when_a_limit_is_due(
    shared_federation: Federation, query: str, on: str
) -> None:
    found = due(shared_federation.client("firm"), query)
    assert (found["due_on"], found["is_provisional"]) == (on, False)
    assert "开始的当日不计入" in found["explanation"]
    assert (
        "first day is not counted" in due(shared_federation.client("firm"), f"{query}&lang=en")["explanation"]
    )


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("days=15", "/query/start"),
        ("start=2024-02-30&days=15", "/query/start"),
        ("start=0001-01-01&days=15", "/query/start"),
        ("start=9999-12-31&years=100", "/query/start"),
        ("start=2024-02-01", "/query"),
        ("start=2024-02-01&days=1&months=1", "/query"),
        ("start=2024-02-01&days=0", "/query"),
        (f"start=2024-02-01&days={10**30}", "/query"),
        ("start=2024-02-01&days=1.5", "/query/days"),
        ("start=2024-02-01&weeks=2", "/query/weeks"),
    ],
)
def test_a_question_that_means_nothing_is_told_at_its_part(
    shared_federation: Federation, query: str, pointer: str
) -> None:
    answer = shared_federation.client("firm").get(f"{CALENDAR}/due?{query}")
    assert (answer.status_code, [error["pointer"] for error in answer.json["errors"]]) == (422, [pointer])


def test_a_day_that_an_administrator_enters_counts_from_then_on(federation: Federation) -> None:
    admin, firm = federation.client("admin"), federation.client("firm")
    entered = put(admin, "overrides/2024-02-18", HOLIDAY)
    assert (entered.status_code, entered.json) == (200, {"day": "2024-02-18", **HOLIDAY})
    found = due(firm, "start=2024-02-01&days=15")
    assert found["due_on"] == "2024-02-19"
    again = put(admin, "overrides/2024-02-19", {**HOLIDAY, "name": "又一节"})
    assert again.status_code == 200
    assert [day["day"] for day in firm.get(f"{CALENDAR}/overrides?year=2024").json["items"]] == [
        "2024-02-18",
        "2024-02-19",
    ]
    assert firm.get(f"{CALENDAR}/overrides?year=2023").json["items"] == []
    assert put(admin, "overrides/2024-02-18", {**HOLIDAY, "is_working": True}).json["is_working"] is True
    assert due(firm, "start=2024-02-01&days=15")["due_on"] == "2024-02-18"
    for status in (204, 404):
        assert admin("DELETE", f"{CALENDAR}/overrides/2024-02-18").status_code == status
    with federation.uow() as uow:
        actions = set(uow.session.scalars(select(AuditEntry.action)))
    assert {"core.holiday_override.put", "core.holiday_override.removed"} <= actions


def test_days_of_one_federation_are_no_other_ones(
    federation: Federation, shared_federation: Federation
) -> None:
    put(federation.client("admin"), "overrides/2024-02-18", HOLIDAY)
    assert due(shared_federation.client("firm"), "start=2024-02-01&days=15")["due_on"] == "2024-02-18"
    assert shared_federation.client("admin").get(f"{CALENDAR}/overrides").json["items"] == []


def test_days_are_listed_page_by_page(federation: Federation) -> None:
    admin = federation.client("admin")
    days = [f"2035-10-0{n}" for n in range(1, 6)]
    for day in reversed(days):
        put(admin, f"overrides/{day}", HOLIDAY)
    first = admin.get(f"{CALENDAR}/overrides?limit=3").json
    second = admin.get(f"{CALENDAR}/overrides?limit=3&cursor={first['next']}").json
    assert [item["day"] for item in (*first["items"], *second["items"])] == days
    assert second["next"] is None


def test_a_year_that_is_entered_is_no_longer_provisional(federation: Federation) -> None:
    admin, firm = federation.client("admin"), federation.client("firm")
    before = due(firm, "start=2035-03-01&working_days=5")
    assert before["is_provisional"]
    assert "2035 年的节假日安排尚未公布" in before["explanation"]
    assert put(admin, "years/2035", {"basis": "示例通知"}).json == {"year": 2035, "basis": "示例通知"}
    assert due(firm, "start=2035-03-01&working_days=5")["is_provisional"] is False
    assert firm.get(f"{CALENDAR}/years").json == [{"year": 2035, "basis": "示例通知"}]
    for status in (204, 404):
        assert admin("DELETE", f"{CALENDAR}/years/2035").status_code == status
    assert put(admin, "years/2024", {"basis": "示例通知"}).status_code == 409


@pytest.mark.parametrize(
    ("path", "body", "pointer"),
    [
        ("overrides/2024-02-30", HOLIDAY, "/path/day"),
        ("overrides/tomorrow", HOLIDAY, "/path/day"),
        ("overrides/0001-01-01", HOLIDAY, "/day"),
        ("overrides/2035-01-01", {**HOLIDAY, "name": " "}, "/name"),
        ("overrides/2035-01-01", {"is_working": False, "name": "示例"}, "/reason"),
        ("years/99999", {"basis": "示例"}, "/path/year"),
        ("years/0", {"basis": "示例"}, "/path/year"),
    ],
)
def test_a_day_or_year_that_cannot_be_is_refused(
    shared_federation: Federation, path: str, body: dict[str, Any], pointer: str
) -> None:
    answer = put(shared_federation.client("admin"), path, body)
    assert (answer.status_code, [error["pointer"] for error in answer.json["errors"]]) == (422, [pointer])


def test_only_whoever_answers_for_the_whole_federation_changes_its_days(federation: Federation) -> None:
    federation.add_officer("street", "keeps_days", "east", ["core.calendar.change"])
    for login in ("street", "district", "east", "auditor", "worker"):
        asker = federation.client(login)
        assert put(asker, "overrides/2035-01-01", HOLIDAY).status_code == 403
        assert put(asker, "years/2035", {"basis": "示例"}).status_code == 403
    assert federation.client("admin").get(f"{CALENDAR}/overrides").json["items"] == []
