"""A hardship file from the application to its end: whose hands, which days, which money (domain 2.1-2.5)."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from tests.designs.asking import (
    AT,
    FILES,
    change,
    faults,
    file_body,
    long_standing,
    made,
    on,
    put,
    take,
    with_document,
)

from gonghui.tenancy.parameters import PACKS, Parameter
from gonghui.testing import Federation, World

REVIEW = {"panel": 5, "category": "deep"}


@pytest.fixture
def federation(world: World) -> Federation:
    """A federation that was there in 2024."""
    return long_standing(world)


def a_file(federation: Federation, **more: Any) -> str:
    body = file_body(federation.units["garden"], **more)
    return f"{FILES}/{made(federation.client('garden').post(FILES, json=body))['id']}"


def reviewed_and_posted(federation: Federation) -> str:
    """A file that is posted on the day on which the clock stands."""
    record, garden, east = a_file(federation), federation.client("garden"), federation.client("east")
    for asker, step, answers in (
        (garden, "submit", {}),
        (garden, "visit", {}),
        (east, "review", REVIEW),
        (east, "post", {}),
    ):
        made(take(asker, record, step, **answers))
    return record


def posted(federation: Federation) -> str:
    """A file that was posted on Thursday 6 June 2024; Monday the 10th was the dragon boat festival."""
    with on(federation, 2024, 6, 6):
        return reviewed_and_posted(federation)


def test_a_file_without_the_signed_authorisation_is_not_submitted(federation: Federation) -> None:
    asker, record = federation.client("garden"), a_file(federation, authorised_on=None)
    assert faults(take(asker, record, "submit")) == {("/authorised_on", "not_authorised")}
    made(change(asker, record, authorised_on="2024-06-03"))
    assert made(take(asker, record, "submit"))["state"] == "submitted"
    late = change(asker, record, cause="残疾")
    assert (late.status_code, late.json["code"]) == (409, "state_forbids")


def test_who_visited_does_not_review_and_who_applied_does_not_approve(federation: Federation) -> None:
    garden, record = federation.client("garden"), a_file(federation)
    made(take(garden, record, "submit"))
    made(take(garden, record, "visit"))
    refused = take(garden, record, "review", **REVIEW)
    assert (refused.status_code, refused.json["code"]) == (409, "same_person")
    made(take(federation.client("east"), record, "review", **REVIEW))
    made(take(federation.client("east"), record, "post"))
    with on(federation, 2027, 6, 28):
        assert take(federation.client("garden"), record, "approve").status_code == 403
        same = take(federation.client("east"), record, "approve")
        assert (same.status_code, same.json["code"]) == (409, "same_person")
        assert made(take(federation.client("district"), record, "approve"))["state"] == "filed"


def test_posting_lasts_five_working_days_and_a_holiday_is_none(federation: Federation) -> None:
    record = posted(federation)
    # 7 June, then 11, 12, 13, 14: the weekend and the festival do not count.
    (running,) = (
        federation.client("district").get("/api/v1/deadlines?rule=designs.hardship.posting").json["items"]
    )
    assert (running["starts_on"], running["due_on"], running["is_provisional"]) == (
        "2024-06-06",
        "2024-06-14",
        False,
    )
    with on(federation, 2024, 6, 14):
        early = take(federation.client("district"), record, "approve")
        assert {fault["code"] for fault in early.json["errors"]} == {"posting_runs"}
        assert "2024" in early.json["errors"][0]["detail"]
    with on(federation, 2024, 6, 17):
        district = federation.client("district")
        made(take(district, record, "approve"))
        met = district.get("/api/v1/deadlines?rule=designs.hardship.posting&state=met").json["items"]
        assert [(one["record_id"], one["met_on"]) for one in met] == [
            (record.rsplit("/", 1)[1], "2024-06-17")
        ]
        (review,) = district.get("/api/v1/deadlines?rule=designs.hardship.review").json["items"]
        assert review["due_on"] == "2025-06-17"


def test_a_posting_into_a_year_without_published_holidays_is_provisional(federation: Federation) -> None:
    with on(federation, 2035, 6, 6):
        reviewed_and_posted(federation)
        (running,) = (
            federation.client("east").get("/api/v1/deadlines?rule=designs.hardship.posting").json["items"]
        )
        assert running["is_provisional"]


def test_a_file_keeps_the_line_by_which_it_was_drawn_up(federation: Federation) -> None:
    code, asker = "designs.hardship.line", federation.client("garden")
    record, draft = a_file(federation), a_file(federation)
    before = asker.get(record).json
    assert before["line"] == "1500.00"
    made(take(asker, record, "submit"))
    PACKS.add(Parameter(code, "nation", 160_000, "fen", date(2024, 7, 1), None, "示例", "D"))
    try:
        made(take(asker, record, "visit"))
        after = asker.get(record).json
        assert (after["line"], after["line_version"]) == (before["line"], before["line_version"])
        redrawn = made(change(asker, draft, cause="失业"))
        assert (redrawn["line"], redrawn["line_version"]) == ("1600.00", "nation@2024-07-01")
    finally:
        del PACKS._by_code[code]["nation", date(2024, 7, 1)]
    assert made(change(asker, draft, cause="失业"))["line"] == "1500.00"


def test_assistance_is_entered_once_the_file_stands_and_by_whom_may_pay(federation: Federation) -> None:
    record, rows = posted(federation), [{"kind": "living", "amount": "800.00", "paid_on": "2024-06-28"}]
    district = federation.client("district")
    early = put(district, record, "assistance", rows)
    assert (early.status_code, early.json["code"]) == (409, "state_forbids")
    with on(federation, 2024, 7, 1):
        made(take(federation.client("district"), record, "approve"))
        shown = made(put(federation.client("district"), record, "assistance", rows))
    assert [row["amount"] for row in shown["assistance"]] == ["800.00"]
    zero = put(
        district, record, "assistance", [{"kind": "living", "amount": "0.00", "paid_on": "2024-06-28"}]
    )
    assert {pointer for pointer, _code in faults(zero)} == {"/assistance/0/amount"}


def test_the_applicant_reads_their_own_file_and_applies_again_and_nobody_elses(
    federation: Federation,
) -> None:
    login = federation.add_worker()
    told, worker = with_document(federation, login), federation.client(login)
    own, other = a_file(federation, applicant=told), a_file(federation)
    assert worker.get(own).json["health"] == "***"
    assert [row["id"] for row in worker.get(FILES).json["items"]] == [own.rsplit("/", 1)[1]]
    assert worker.get(other).status_code == 404
    assert change(worker, own, cause="失业").status_code == 403
    assert worker.get(f"{FILES}/export").status_code == 403
    assert worker.post(f"{own}/reveal", json={"field": "health", "reason": "看看自己的"}).status_code == 403
    assert made(take(worker, own, "submit"))["state"] == "submitted"
    assert take(worker, own, "visit").status_code == 403
    assert worker.post(f"{other}/submit", json={}, headers={"If-Match": '"v1"'}).status_code == 404


def test_a_file_is_nobodys_business_next_door(federation: Federation) -> None:
    record = a_file(federation)
    for login in ("west", "firm", "guest", "worker"):
        answer = federation.client(login).get(record)
        assert answer.status_code in (403, 404)
    assert federation.client("west").get(f"{FILES}?count=true").json["count"] == 0
    assert federation.client("district").get(f"{FILES}?count=true").json["count"] == 1
    assert federation.client("west").get(f"{AT}/hardship-files/{record[-36:]}/history").status_code == 404


def test_a_returned_file_says_what_is_missing(federation: Federation) -> None:
    record, garden = a_file(federation), federation.client("garden")
    made(take(garden, record, "submit"))
    made(take(federation.client("east"), record, "return", comment="缺户口本"))
    assert garden.get(f"{record}/history").json[-1]["comment"] == "缺户口本"
    made(change(garden, record, household=[]))
    assert made(take(garden, record, "submit"))["household"] == []
