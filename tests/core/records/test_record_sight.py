"""Who sees a record and what of it: strangers of what is published, shares after their end, limited tokens, exports."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from tests.designs.asking import (
    CASES,
    COURSES,
    FILES,
    ROOMS,
    case_body,
    change,
    course_body,
    file_body,
    made,
    room_body,
    sent,
    take,
)
from tests.designs.course import courses
from tests.designs.dispute import dispute
from tests.designs.rooms import rooms

from gonghui.records import statements
from gonghui.records.sharing import share
from gonghui.testing import Federation
from gonghui.testing.federation import Asker
from gonghui.values import clock

READ, EXPORT = "designs.dispute.read", "designs.dispute.export"


def a_case(federation: Federation) -> str:
    body = case_body(federation.units["garden"])
    return str(made(federation.client("garden").post(CASES, json=body))["id"])


def exported(asker: Asker, path: str) -> list[list[str]]:
    answer = asker.get(f"{path}/export?format=csv")
    assert answer.status_code == 200, answer.text
    rows = list(csv.reader(StringIO(answer.get_data().decode("utf-8-sig"))))
    return [row for row in rows if len(row) > 2][1:]


def shared(federation: Federation, case_id: str, *permissions: str, until: Any = None) -> None:
    with federation.uow() as uow:
        case = uow.session.get_one(dispute.model, (uow.tenant_id, case_id))
        share(uow, dispute, case, federation.accounts["guest"], permissions or (READ,), until)


# --- sharing


def test_a_share_ends_with_its_day(federation: Federation) -> None:
    case, guest = a_case(federation), federation.client("guest")
    shared(federation, case, until=clock.today())
    assert guest.get(f"{CASES}/{case}").status_code == 200
    shared(federation, case, until=clock.today() - timedelta(days=1))
    assert guest.get(f"{CASES}/{case}").status_code == 404
    assert guest.get(CASES).json["items"] == []


def test_a_share_of_one_record_opens_no_other_and_no_other_kind(federation: Federation) -> None:
    case, other, guest = a_case(federation), a_case(federation), federation.client("guest")
    shared(federation, case)
    assert [row["id"] for row in guest.get(CASES).json["items"]] == [case]
    for path in (f"{CASES}/{other}", f"{CASES}/{other}/history", f"{FILES}/{case}"):
        assert guest.get(path).status_code == 404
    assert take(guest, f"{CASES}/{case}", "accept").status_code == 403
    assert change(guest, f"{CASES}/{case}", cause="injury").status_code == 403
    assert guest.get(f"{CASES}/export").status_code == 403
    with pytest.raises(ValueError, match="does not share"):
        shared(federation, case, EXPORT)


def test_a_token_does_no_more_than_it_names(federation: Federation) -> None:
    case = a_case(federation)
    shared(federation, case)
    assert federation.token("guest", ["designs.dispute.report"]).get(CASES).status_code == 403
    assert federation.token("guest", [READ]).get(CASES).json["items"] != []
    reader = federation.token("garden", [READ])
    assert reader.get(f"{CASES}/{case}").status_code == 200
    assert take(reader, f"{CASES}/{case}", "accept").status_code == 403


def test_a_token_that_may_only_enter_learns_what_it_entered(federation: Federation) -> None:
    writer = federation.token("garden", ["designs.room.create"])
    answer = writer.post(ROOMS, json=room_body(federation.units["garden"]))
    assert answer.status_code == 201, answer.text
    assert writer.get(f"{ROOMS}/{answer.json['id']}").status_code == 403


# --- what is published


@contextmanager
def published_rooms() -> Iterator[None]:
    """Rooms that everybody sees while they are open, with their sealed telephone and their inspections."""
    before, rooms.published = rooms.published, frozenset({"open"})
    statements.statement_of.cache_clear()
    try:
        yield
    finally:
        rooms.published = before
        statements.statement_of.cache_clear()


def test_a_stranger_sees_of_a_published_record_neither_its_steps_nor_its_rows_nor_masks(
    federation: Federation,
) -> None:
    garden, worker = federation.client("garden"), federation.token("district", None)
    room = made(garden.post(ROOMS, json=room_body(federation.units["garden"])))["id"]
    record = f"{ROOMS}/{room}"
    made(take(garden, record, "open", opened_on="2024-06-28"))
    made(
        sent(
            garden,
            "PUT",
            f"{record}/inspections",
            {"inspections": [{"inspected_on": "2024-06-28"}]},
            at=record,
        )
    )
    with published_rooms(), federation.uow("worker") as uow:
        from gonghui.records.listing import list_rows, read_row

        row = read_row(uow, rooms, room)
        assert (row["name"], row["contact_phone"], row["inspections"]) == ("样本小屋", None, [])
        listed = list_rows(uow, rooms, {"limit": 10}, None)
        assert [(each["name"], each["contact_phone"]) for each in listed] == [("样本小屋", None)]
    with published_rooms(), federation.uow("garden") as uow:
        row = read_row(uow, rooms, room)
        assert "*" in row["contact_phone"]
        assert row["inspections"]
    assert worker.get(record).status_code == 200


def test_a_stranger_does_not_read_the_history_of_a_published_record(federation: Federation) -> None:
    garden, worker = federation.client("garden"), federation.client("worker")
    course = made(garden.post(COURSES, json=course_body(federation.units["garden"])))["id"]
    record = f"{COURSES}/{course}"
    assert worker.get(record).status_code == 404
    made(take(garden, record, "open"))
    assert worker.get(record).json["state"] == "open"
    assert worker.get(f"{record}/history").status_code == 403
    assert garden.get(f"{record}/history").status_code == 200
    assert worker.get(f"{COURSES}/export").status_code == 403
    assert take(worker, record, "close").status_code == 403
    made(take(garden, record, "close"))
    assert worker.get(record).status_code == 404
    assert courses.published == {"open"}


# --- exports


def test_an_export_holds_what_the_list_holds_and_may_be_exported(federation: Federation) -> None:
    federation.add_officer("reader", "reader", "district", [READ])
    federation.add_officer("both", "both", "east", [READ, EXPORT])
    case = a_case(federation)
    with federation.uow() as uow:  # a case elsewhere, which the second officer sees as theirs to help with
        from tests.designs.samples import dispute_at

        away = str(dispute_at()(uow, federation.units["river"]))
        record = uow.session.get_one(dispute.model, (uow.tenant_id, away))
        share(uow, dispute, record, federation.accounts["both"], (READ,))
    both = federation.client("both")
    assert {row["id"] for row in both.get(CASES).json["items"]} == {case, away}
    assert len(exported(both, CASES)) == 1
    assert federation.client("reader").get(f"{CASES}/export").status_code == 403


def test_exports_mask_what_is_sealed_and_say_choices_in_words(federation: Federation) -> None:
    garden, district = federation.client("garden"), federation.client("district")
    body = file_body(federation.units["garden"], bank_card="6222020000000000000")
    file = made(garden.post(FILES, json=file_body(federation.units["garden"])))
    assert body
    assert file["health"] == "***"
    text = district.get(f"{FILES}/export?format=csv").get_data().decode("utf-8-sig")
    assert "***" in text
    assert "重大疾病" not in text
    assert "起草中" in text
    for path in (FILES, CASES, COURSES, ROOMS):
        assert district.get(f"{path}/export").status_code == 200
