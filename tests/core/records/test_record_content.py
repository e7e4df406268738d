"""What somebody sends for a record: masks, empty values, amounts, other records' rows, lists at the wrong time."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from tests.designs.asking import (
    CASES,
    COURSES,
    ENROLMENTS,
    FILES,
    PROFILES,
    ROOMS,
    case_body,
    change,
    course_body,
    faults,
    file_body,
    made,
    put,
    room_body,
    take,
    with_document,
)
from tests.designs.samples import person

from gonghui.db import policies
from gonghui.parties.told import told_employers
from gonghui.testing import Federation
from gonghui.testing.queries import counted_statements

HERE = "garden"


def a_file(federation: Federation, **more: Any) -> str:
    body = file_body(federation.units[HERE], **more)
    return f"{FILES}/{made(federation.client('garden').post(FILES, json=body))['id']}"


def a_room(federation: Federation, **more: Any) -> str:
    body = room_body(federation.units[HERE], **more)
    return f"{ROOMS}/{made(federation.client('garden').post(ROOMS, json=body))['id']}"


def opened(federation: Federation, record: str, field: str) -> str | None:
    answer = federation.client("district").post(
        f"{record}/reveal", json={"field": field, "reason": "核对内容"}
    )
    return str(answer.json["value"])


# --- masks


@pytest.mark.parametrize(
    ("field", "value"), [("health", "***"), ("bank_card", "************0007"), ("bank_card", "＊＊＊＊0007")]
)
def test_a_mask_that_is_sent_back_does_not_take_the_place_of_what_it_hides(
    shared_federation: Federation, field: str, value: str
) -> None:
    record = a_file(shared_federation)
    answer = change(shared_federation.client("garden"), record, **{field: value})
    assert faults(answer) == {(f"/{field}", "masked_value")}
    assert opened(shared_federation, record, "health") == "重大疾病"


def test_a_masked_number_that_is_kept_as_it_was_typed_is_refused_too(shared_federation: Federation) -> None:
    record = a_room(shared_federation)
    asker = shared_federation.client("garden")
    shown = asker.get(record).json["contact_phone"]
    assert "*" in shown
    assert faults(change(asker, record, contact_phone=shown)) == {("/contact_phone", "masked_value")}
    assert opened(shared_federation, record, "contact_phone") == "0755-29000000"


def test_a_mask_in_a_row_of_a_list_is_refused(shared_federation: Federation) -> None:
    record = a_file(
        shared_federation,
        household=[{"name": "陈示例", "relation": "self", "id_number": "110101199001011234"}],
    )
    asker = shared_federation.client("garden")
    row = asker.get(record).json["household"][0]
    answer = change(asker, record, household=[{"id": row["id"], "id_number": row["id_number"]}])
    assert faults(answer) == {("/household/0/id_number", "masked_value")}


def test_free_text_may_hold_a_star(shared_federation: Federation) -> None:
    record = a_file(shared_federation, health="视力 0.1*2")
    assert opened(shared_federation, record, "health") == "视力 0.1*2"


# --- empty values


def test_null_is_refused_for_what_a_record_must_have(shared_federation: Federation) -> None:
    record, asker = a_file(shared_federation), shared_federation.client("garden")
    for field in ("cause", "income", "applicant"):
        assert faults(change(asker, record, **{field: None})) == {(f"/{field}", "invalid_field")}


def test_null_for_a_column_that_holds_no_null_is_a_fault_and_no_defect(shared_federation: Federation) -> None:
    login = shared_federation.add_worker()
    worker = shared_federation.client(login)
    body = {"nickname": "小星", "birth_year": 1995, "consented": True}
    record = f"{PROFILES}/{made(worker.post(PROFILES, json=body))['id']}"
    answer = change(worker, record, consented=None)
    assert {pointer for pointer, _code in faults(answer)} == {"/consented"}


def test_unknown_fields_are_named(shared_federation: Federation) -> None:
    record, asker = a_file(shared_federation), shared_federation.client("garden")
    assert faults(change(asker, record, line="1.00")) == {("/line", "invalid_field")}
    assert faults(change(asker, record, state="filed")) == {("/state", "invalid_field")}


# --- numbers, amounts, days


@pytest.mark.parametrize(
    "amount", ["1e5", "-1", "0.001", "1,000.00", "NaN", "99999999999999.00", "", "٣", "①"]
)
def test_amounts_that_are_none_are_refused(shared_federation: Federation, amount: str) -> None:
    body = file_body(shared_federation.units[HERE], income=amount)
    assert faults(shared_federation.client("garden").post(FILES, json=body)) == {("/income", "invalid_field")}


def test_an_amount_in_full_width_figures_is_what_it_says(shared_federation: Federation) -> None:
    record = a_file(shared_federation, income="３６０００．５０")
    assert shared_federation.client("garden").get(record).json["income"] == "36000.50"


@pytest.mark.parametrize("seats", [1.5, True, "30.5", 2**62, 0, -1])
def test_counts_are_whole_and_within_reason(shared_federation: Federation, seats: Any) -> None:
    body = course_body(shared_federation.units[HERE], seats=seats)
    assert faults(shared_federation.client("garden").post(COURSES, json=body)) == {
        ("/seats", "invalid_field")
    }


@pytest.mark.parametrize(
    "moment", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2024-06-28T09:00"]
)
def test_moments_beyond_any_calendar_are_refused_by_name(shared_federation: Federation, moment: str) -> None:
    body = course_body(shared_federation.units[HERE], starts_at=moment)
    assert faults(shared_federation.client("garden").post(COURSES, json=body)) == {
        ("/starts_at", "invalid_field")
    }


@pytest.mark.parametrize("day", ["1000-01-01", "2500-01-01", "2024-02-30", "yesterday"])
def test_days_beyond_any_record_are_refused(shared_federation: Federation, day: str) -> None:
    body = file_body(shared_federation.units[HERE], authorised_on=day)
    assert faults(shared_federation.client("garden").post(FILES, json=body)) == {
        ("/authorised_on", "invalid_field")
    }


# --- lists


def test_a_row_of_another_record_is_unknown(shared_federation: Federation) -> None:
    asker = shared_federation.client("garden")
    theirs, mine = a_file(shared_federation), a_file(shared_federation)
    row = asker.get(theirs).json["household"][0]
    answer = change(asker, mine, household=[{"id": row["id"], "name": "冒名"}])
    unknown = change(asker, mine, household=[{"id": str(uuid4()), "name": "冒名"}])
    assert faults(answer) == faults(unknown) == {("/household/0/id", "row_unknown")}
    assert asker.get(theirs).json["household"][0]["name"] == "陈示例"


def test_a_list_holds_no_more_rows_than_it_may(shared_federation: Federation) -> None:
    rows = [{"name": "陈示例", "relation": "child"}] * 201
    body = file_body(shared_federation.units[HERE], household=rows)
    assert faults(shared_federation.client("garden").post(FILES, json=body)) == {
        ("/household", "invalid_field")
    }


def test_a_list_with_a_time_of_its_own_is_not_sent_along_before_it(shared_federation: Federation) -> None:
    asker, rows = shared_federation.client("garden"), [{"due_on": "2024-07-31", "amount": "5000.00"}]
    body = case_body(shared_federation.units[HERE], instalments=rows)
    assert faults(asker.post(CASES, json=body)) == {("/instalments", "invalid_field")}
    record = f"{CASES}/{made(asker.post(CASES, json=case_body(shared_federation.units[HERE])))['id']}"
    assert faults(change(asker, record, instalments=rows)) == {("/instalments", "invalid_field")}


def test_who_may_change_a_record_may_not_fill_a_list_with_a_permission_of_its_own(
    federation: Federation,
) -> None:
    federation.add_officer("clerk", "clerk", "garden", ["designs.hardship.read", "designs.hardship.change"])
    record, clerk = a_file(federation), federation.client("clerk")
    rows = [{"kind": "living", "amount": "800.00", "paid_on": "2024-06-28"}]
    assert change(clerk, record, assistance=rows).status_code == 422
    assert put(clerk, record, "assistance", rows).status_code == 403


def test_a_list_may_be_put_again_though_its_rows_are_unique(shared_federation: Federation) -> None:
    asker = shared_federation.client("garden")
    course = made(asker.post(COURSES, json=course_body(shared_federation.units[HERE])))
    made(take(asker, f"{COURSES}/{course['id']}", "open"))
    body = {"course_id": course["id"], "person": person()}
    record = f"{ENROLMENTS}/{made(asker.post(ENROLMENTS, json=body))['id']}"
    for _again in range(2):
        shown = made(put(asker, record, "attendance", [{"slot": 1, "came": True}]))
        assert [row["slot"] for row in shown["attendance"]] == [1]
    twice = put(asker, record, "attendance", [{"slot": 2, "came": True}, {"slot": 2, "came": False}])
    assert (twice.status_code, twice.json["code"]) == (409, "already_exists")


# --- who it is about


def test_nobody_enters_or_hands_on_their_own_record_as_somebody_elses(federation: Federation) -> None:
    login = federation.add_worker()
    told, worker = with_document(federation, login), federation.client(login)
    body = {"nickname": "小星", "birth_year": 1995, "consented": True}
    assert faults(worker.post(PROFILES, json=body | {"person": person()})) == {("/person", "not_yourself")}
    record = f"{PROFILES}/{made(worker.post(PROFILES, json=body | {'person': told}))['id']}"
    assert faults(change(worker, record, person=person())) == {("/person", "not_yourself")}
    assert made(change(worker, record, person=told, nickname="大星"))["nickname"] == "大星"


def test_an_officer_out_of_reach_does_not_enrol_themselves_by_mistake(federation: Federation) -> None:
    garden, west = federation.client("garden"), federation.client("west")
    course = made(garden.post(COURSES, json=course_body(federation.units[HERE])))
    made(take(garden, f"{COURSES}/{course['id']}", "open"))
    answer = west.post(ENROLMENTS, json={"course_id": course["id"], "person": person()})
    assert faults(answer) == {("/person", "not_yourself")}


def test_what_one_cannot_see_and_what_there_is_not_are_refused_alike(federation: Federation) -> None:
    worker, garden = federation.client("worker"), federation.client("garden")
    hidden = made(garden.post(COURSES, json=course_body(federation.units[HERE])))["id"]
    answers = [worker.post(ENROLMENTS, json={"course_id": each}) for each in (hidden, str(uuid4()))]
    assert [answer.status_code for answer in answers] == [422, 422]
    assert faults(answers[0]) == faults(answers[1]) == {("/course_id", "not_choosable")}
    by_west = [
        federation.client("west").post(ENROLMENTS, json={"course_id": each, "person": person()})
        for each in (hidden, str(uuid4()))
    ]
    assert faults(by_west[0]) == faults(by_west[1]) == {("/course_id", "not_choosable")}


def test_a_second_record_of_the_same_is_said_to_be_one(federation: Federation) -> None:
    asker = federation.client("garden")
    course = made(asker.post(COURSES, json=course_body(federation.units[HERE])))
    made(take(asker, f"{COURSES}/{course['id']}", "open"))
    body = {"course_id": course["id"], "person": person()}
    made(asker.post(ENROLMENTS, json=body))
    again = asker.post(ENROLMENTS, json=body)
    assert (again.status_code, again.json["code"]) == (409, "already_exists")
    assert "由他人" not in again.json["detail"]
    english = asker.post(f"{ENROLMENTS}?lang=en", json=body)
    assert english.json["detail"].startswith("There is the same already")


def test_employers_of_many_rows_are_found_in_as_many_statements_as_of_one(federation: Federation) -> None:
    engine, counts = federation.world.database.engine(policies.APP), []
    for number in (1, 20):
        told = [{"name": f"深圳市{number}之{each}电子有限公司"} for each in range(number)]
        with federation.uow() as uow, counted_statements(engine) as sent:
            found = told_employers(uow, told)
            counts.append(len(sent))
            assert [employer.name for employer in found] == [one["name"] for one in told]
    assert counts[0] == counts[1]


def test_what_a_step_asks_for_may_be_picked_by_whoever_may_take_it(federation: Federation) -> None:
    offered = federation.client("garden").get(f"{CASES}/choices/agency-id?q=gue")
    assert [choice["id"] for choice in made(offered)] == [str(federation.accounts["guest"])]
    for login in ("worker", "guest", "auditor"):
        assert federation.client(login).get(f"{CASES}/choices/agency-id").status_code == 403
