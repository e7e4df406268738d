"""A course: what workers see of it, the last seat with two at once, the waiting list, and who came (domain 5.1)."""

from __future__ import annotations

import threading
from typing import Any

from tests.designs.asking import (
    COURSES,
    ENROLMENTS,
    change,
    course_body,
    faults,
    made,
    put,
    take,
    with_document,
)
from tests.designs.samples import person

from gonghui.testing import Federation
from gonghui.testing.federation import Asker


def a_course(federation: Federation, seats: int = 30, *, is_open: bool = True) -> str:
    garden = federation.client("garden")
    course = made(garden.post(COURSES, json=course_body(federation.units["garden"], seats=seats)))["id"]
    if is_open:
        made(take(garden, f"{COURSES}/{course}", "open"))
    return str(course)


def enrol(asker: Asker, course: str, **more: Any) -> dict[str, Any]:
    return made(asker.post(ENROLMENTS, json={"course_id": course} | more))


def new_worker(federation: Federation) -> Asker:
    return federation.client(federation.add_worker())


def test_workers_see_courses_while_they_are_open_and_nothing_else_of_them(federation: Federation) -> None:
    draft, course = a_course(federation, is_open=False), a_course(federation)
    worker = federation.client("worker")
    assert [row["id"] for row in worker.get(f"{COURSES}?count=true").json["items"]] == [course]
    assert worker.get(f"{COURSES}?count=true").json["count"] == 1
    assert worker.get(f"{COURSES}/{draft}").status_code == 404
    choices = worker.get(f"{ENROLMENTS}/choices/course-id").json
    assert [choice["id"] for choice in choices] == [course]
    made(take(federation.client("garden"), f"{COURSES}/{course}", "close"))
    assert worker.get(COURSES).json["items"] == []
    refused = worker.post(ENROLMENTS, json={"course_id": course})
    assert faults(refused) == {("/course_id", "not_choosable")}


def test_a_worker_enrols_themselves_once_and_sees_their_own_enrolment(federation: Federation) -> None:
    course, worker = a_course(federation), new_worker(federation)
    mine = enrol(worker, course)
    again = worker.post(ENROLMENTS, json={"course_id": course})
    assert (again.status_code, again.json["code"]) == (409, "already_exists")
    enrol(new_worker(federation), course)
    assert [row["id"] for row in worker.get(ENROLMENTS).json["items"]] == [mine["id"]]
    assert len(federation.client("garden").get(ENROLMENTS).json["items"]) == 2
    assert worker.get(f"{COURSES}/{course}").json["persons"] == 2
    record = f"{ENROLMENTS}/{mine['id']}"
    assert put(worker, record, "attendance", [{"slot": 1, "came": True}]).status_code == 403
    assert take(worker, record, "complete").status_code == 403
    assert federation.client("west").get(record).status_code == 404


def test_an_officer_enrols_whom_they_are_told(federation: Federation) -> None:
    course, login = a_course(federation), federation.add_worker()
    told = with_document(federation, login)
    enrol(federation.client("garden"), course, person=told)
    assert len(federation.client(login).get(ENROLMENTS).json["items"]) == 1


def test_the_last_seat_goes_once_though_two_ask_at_the_same_moment(federation: Federation) -> None:
    course, workers = a_course(federation, seats=2), [new_worker(federation) for _ in range(5)]
    barrier, waiting = threading.Barrier(len(workers)), []

    def go(worker: Asker) -> None:
        barrier.wait()
        waiting.append(enrol(worker, course)["is_waiting"])

    threads = [threading.Thread(target=go, args=(worker,)) for worker in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(waiting) == [False, False, True, True, True]


def test_who_cancels_lets_the_first_who_waits_in(federation: Federation) -> None:
    course, workers = a_course(federation, seats=1), [new_worker(federation) for _ in range(3)]
    records = [f"{ENROLMENTS}/{enrol(worker, course)['id']}" for worker in workers]
    garden = federation.client("garden")
    full = take(garden, records[2], "admit")
    assert {code for _pointer, code in faults(full)} == {"no_seat"}
    assert {code for _pointer, code in faults(take(garden, records[1], "complete"))} == {"no_seat"}
    made(take(workers[0], records[0], "cancel"))
    assert [worker.get(record).json["is_waiting"] for worker, record in zip(workers, records, strict=True)][
        1:
    ] == [
        False,
        True,
    ]
    history = garden.get(f"{records[1]}/history").json
    assert [step["name"] for step in history] == ["create", "admit"]
    made(take(workers[2], records[2], "cancel"))
    assert workers[1].get(records[1]).json["state"] == "applied"


def test_two_who_cancel_at_once_let_two_in(federation: Federation) -> None:
    course, workers = a_course(federation, seats=2), [new_worker(federation) for _ in range(4)]
    records = [f"{ENROLMENTS}/{enrol(worker, course)['id']}" for worker in workers]
    barrier, statuses = threading.Barrier(2), []

    def go(worker: Asker, record: str) -> None:
        barrier.wait()
        statuses.append(worker.post(f"{record}/cancel", json={}, headers={"If-Match": '"v1"'}).status_code)

    threads = [threading.Thread(target=go, args=pair) for pair in zip(workers[:2], records[:2], strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [200, 200]
    garden = federation.client("garden")
    assert [garden.get(record).json["is_waiting"] for record in records[2:]] == [False, False]


def test_attendance_is_put_in_its_states_and_each_slot_once(federation: Federation) -> None:
    garden, course = federation.client("garden"), a_course(federation)
    record = f"{ENROLMENTS}/{enrol(garden, course, person=person())['id']}"
    shown = made(put(garden, record, "attendance", [{"slot": 1, "came": True}, {"slot": 2, "came": False}]))
    assert [(row["slot"], row["came"]) for row in shown["attendance"]] == [(1, True), (2, False)]
    kept = [{"id": row["id"], "came": True} for row in shown["attendance"]]
    assert all(row["came"] for row in made(put(garden, record, "attendance", kept))["attendance"])
    made(take(garden, record, "miss"))
    assert put(garden, record, "attendance", []).status_code == 409


def test_a_course_that_is_open_is_not_changed(federation: Federation) -> None:
    garden, course = federation.client("garden"), a_course(federation)
    assert change(garden, f"{COURSES}/{course}", seats=5).json["code"] == "state_forbids"
