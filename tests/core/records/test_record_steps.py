"""Steps of records: separation of duties, days of effect, versions, races, effects that fail, keys sent twice."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select
from tests.designs.asking import (
    CASES,
    FILES,
    ROOMS,
    case_body,
    faults,
    file_body,
    made,
    room_body,
    sent,
    take,
)
from tests.designs.dispute import dispute
from tests.designs.hardship import hardship
from tests.designs.rooms import rooms
from tests.designs.samples import dispute_at, hardship_at

from gonghui.audit.entries import AuditEntry
from gonghui.auth.accounts import Account, account_by_id
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.errors import Conflict, Invalid
from gonghui.i18n import Text
from gonghui.parties.person_merges import merge_persons
from gonghui.parties.persons import person_by_id
from gonghui.records.fields import Field, Kind, bind
from gonghui.records.sharing import RecordShare
from gonghui.records.steps import take_step
from gonghui.records.transitions import RecordTransition, history
from gonghui.records.workflow import Transition, Workflow
from gonghui.sdk import share
from gonghui.testing import Federation
from gonghui.values import clock


def a_file(federation: Federation, login: str = "garden") -> str:
    body = file_body(federation.units["garden"])
    return f"{FILES}/{made(federation.client(login).post(FILES, json=body))['id']}"


def a_case(federation: Federation) -> str:
    body = case_body(federation.units["garden"])
    return f"{CASES}/{made(federation.client('garden').post(CASES, json=body))['id']}"


@contextmanager
def also(kind: Any, *transitions: Transition) -> Iterator[None]:
    """A record type with further transitions, for the length of the block."""
    before = kind.workflow
    states, more = before.states, (*before.transitions, *transitions)
    kind.workflow = Workflow(
        before.initial, states, more, changeable=before.changeable, in_order=before.in_order
    )
    kind.__dict__.pop("shareable", None)
    try:
        yield
    finally:
        kind.workflow = before
        kind.__dict__.pop("shareable", None)


# --- versions, states


def test_a_step_names_the_version_that_it_means(shared_federation: Federation) -> None:
    asker, record = shared_federation.client("garden"), a_file(shared_federation)
    answers = {
        header: asker.post(
            f"{record}/submit", json={}, headers={"If-Match": header} if header else {}
        ).status_code
        for header in ("", '"v9"', "*", 'W/"v1"', '"v1', '"v99999999999999999999"')
    }
    assert answers.pop("") == 428
    assert set(answers.values()) == {412}
    assert take(asker, record, "submit").status_code == 200
    assert take(asker, record, "submit").json["code"] == "state_forbids"
    assert "visit" in take(asker, record, "submit").json["allowed"]


def test_the_system_alone_takes_what_time_does(shared_federation: Federation) -> None:
    asker, record = shared_federation.client("garden"), a_case(shared_federation)
    made(take(asker, record, "accept"))
    assert take(asker, record, "expire").status_code == 404
    assert "designs.dispute.expire" not in dispute.permissions
    with shared_federation.uow("garden") as uow, pytest.raises(Conflict):
        take_step(uow, dispute, UUID(record.rsplit("/", 1)[1]), 2, "expire", {})


# --- who


def test_a_second_account_of_the_same_person_does_not_count_as_another(federation: Federation) -> None:
    asker, record = federation.client("garden"), a_file(federation)
    made(take(asker, record, "submit"))
    made(take(asker, record, "visit"))
    federation.add_officer("second", "community_officer", "garden")
    with federation.uow() as uow:
        with federation.uow("garden") as mine:
            person_id = mine.principal.person_id
        account = account_by_id(uow, federation.accounts["second"])
        assert account is not None
        account.person_id = person_id
    refused = take(federation.client("second"), record, "review", panel=5, category="deep")
    assert (refused.status_code, refused.json["code"]) == (409, "same_person")
    made(take(federation.client("east"), record, "review", panel=5, category="deep"))


def test_whoever_changed_the_content_does_not_decide_on_it(federation: Federation) -> None:
    asker, record = federation.client("garden"), a_file(federation)
    federation.add_officer("second", "street_officer", "east")
    tag = {"If-Match": asker.get(record).headers["ETag"]}
    made(federation.client("second")("PATCH", record, json={"cause": "工伤"}, headers=tag))
    made(take(asker, record, "submit"))
    made(take(asker, record, "visit"))
    refused = take(federation.client("second"), record, "review", panel=5, category="deep")
    assert (refused.status_code, refused.json["code"]) == (409, "same_person")
    made(take(federation.client("east"), record, "review", panel=5, category="deep"))


def test_nobody_decides_on_a_record_that_is_about_them(federation: Federation) -> None:
    asker, record = federation.client("garden"), a_file(federation)
    made(take(asker, record, "submit"))
    made(take(asker, record, "visit"))
    with federation.uow("east") as uow:
        person_id = uow.principal.person_id
    with federation.uow() as uow:
        file: Any = uow.session.get_one(hardship.model, (uow.tenant_id, UUID(record.rsplit("/", 1)[1])))
        file.applicant_id = person_id
    refused = take(federation.client("east"), record, "review", panel=5, category="deep")
    assert (refused.status_code, refused.json["code"]) == (409, "own_record")


def test_who_turns_out_to_be_the_same_human_being_does_not_count_as_another(federation: Federation) -> None:
    asker, record = federation.client("garden"), a_file(federation)
    made(take(asker, record, "submit"))
    made(take(asker, record, "visit"))
    federation.add_officer("second", "community_officer", "garden")
    with federation.uow("garden") as uow:
        dropped = uow.principal.person_id
    with federation.uow("second") as uow:
        kept = uow.principal.person_id
    assert dropped is not None
    assert kept is not None
    with federation.uow() as uow:
        merge_persons(uow, person_by_id(uow, kept), person_by_id(uow, dropped), "同一人")
    refused = take(federation.client("second"), record, "review", panel=5, category="deep")
    assert refused.json["code"] == "same_person"


def test_the_next_upper_body_decides_and_not_the_records_own(federation: Federation) -> None:
    with federation.uow() as uow:
        made_at = hardship_at(
            ("submit", {}), ("visit", {}), ("review", {"panel": 5, "category": "deep"}), ("post", {})
        )
        record = f"{FILES}/{made_at(uow, federation.units['east'])}"
    later = clock.now() + timedelta(days=60)
    with clock.at(later):
        assert take(federation.client("east"), record, "approve").status_code == 403
        made(take(federation.client("district"), record, "approve"))


# --- days


def test_a_day_of_effect_is_neither_in_the_future_nor_earlier_without_the_permission(
    federation: Federation,
) -> None:
    record, today = a_file(federation), clock.today()
    asker = federation.client("garden")
    early, late = (today - timedelta(days=3)).isoformat(), (today + timedelta(days=1)).isoformat()
    assert faults(take(asker, record, "submit", effective_on=late)) == {("/effective_on", "in_future")}
    federation.add_officer(
        "new",
        "newcomer",
        "garden",
        ["designs.hardship.read", "designs.hardship.submit", "designs.hardship.visit"],
    )
    assert take(federation.client("new"), record, "submit", effective_on=early).status_code == 403
    made(take(asker, record, "submit", effective_on=early))
    submitted = asker.get(f"{record}/history").json[-1]
    assert (submitted["effective_on"], submitted["is_late"]) == (early, True)


def test_where_nobody_may_backdate_an_earlier_day_is_refused_and_no_defect(federation: Federation) -> None:
    early = (clock.today() - timedelta(days=1)).isoformat()
    for login in ("garden", "district"):
        answer = take(federation.client(login), a_case(federation), "accept", effective_on=early)
        assert (answer.status_code, answer.json["code"]) == (403, "forbidden")


def test_in_order_no_step_takes_effect_before_the_one_before_it(federation: Federation) -> None:
    before = hardship.workflow
    hardship.workflow = Workflow(
        before.initial, before.states, before.transitions, changeable=before.changeable, in_order=True
    )
    try:
        asker, record, today = federation.client("garden"), a_file(federation), clock.today()
        made(take(asker, record, "submit", effective_on=(today - timedelta(days=3)).isoformat()))
        early = take(asker, record, "visit", effective_on=(today - timedelta(days=4)).isoformat())
        assert faults(early) == {("/effective_on", "before_last_step")}
        made(take(asker, record, "visit", effective_on=(today - timedelta(days=3)).isoformat()))
    finally:
        hardship.workflow = before


# --- what follows


def test_an_effect_that_fails_leaves_nothing_behind(federation: Federation) -> None:
    def share_and_fail(uow: UnitOfWork, case: Any, _answers: object) -> None:
        share(uow, dispute, case, federation.accounts["guest"], ["designs.dispute.read"])
        uow.session.flush()
        raise Conflict("made_up", Text("不行"))

    record = a_case(federation)
    case_id = UUID(record.rsplit("/", 1)[1])
    with federation.uow() as uow:
        entries = uow.session.scalar(select(func.count()).where(AuditEntry.object_id == case_id))
    failing = Transition("fail", "reported -> withdrawn", Text("失败"), effect=share_and_fail)
    with also(dispute, failing), pytest.raises(Conflict, match="made_up"), federation.uow() as uow:
        take_step(uow, dispute, case_id, 1, "fail", {})
    with federation.uow() as uow:
        assert uow.session.get_one(dispute.model, (uow.tenant_id, case_id)).state == "reported"
        assert [step.name for step in history(uow, case_id)] == ["create"]
        assert uow.session.scalar(select(func.count()).where(RecordShare.record_id == case_id)) == 0
        assert uow.session.scalar(select(func.count()).where(AuditEntry.object_id == case_id)) == entries


def test_a_step_that_takes_a_record_out_of_sight_is_answered(federation: Federation) -> None:
    def hand_over(_uow: UnitOfWork, case: Any, _answers: object) -> None:
        case.org_unit_id = federation.units["river"]

    record = a_case(federation)
    before = dispute.workflow.named("accept")
    changed = replace_effect(before, hand_over)
    with swapped(dispute, before, changed):
        answer = take(federation.client("garden"), record, "accept")
    assert made(answer)["state"] == "mediating"
    assert federation.client("garden").get(record).status_code == 404
    assert federation.client("west").get(record).status_code == 200


def replace_effect(transition: Transition, effect: Any) -> Transition:
    return Transition(transition.name, transition.step, transition.title, effect=effect)


@contextmanager
def swapped(kind: Any, old: Transition, new: Transition) -> Iterator[None]:
    """A record type with one transition in place of another, for the length of the block."""
    before = kind.workflow
    others = [new if each is old else each for each in before.transitions]
    kind.workflow = Workflow(before.initial, before.states, others, changeable=before.changeable)
    try:
        yield
    finally:
        kind.workflow = before


def test_a_reference_that_no_column_keeps_is_checked_all_the_same(federation: Federation) -> None:
    def of_nobody(_uow: UnitOfWork, _permission: str) -> Any:
        table = Account.__table__.c
        return select(table.id, table.login.label("label")).where(table.kind == "guest")

    asks = (Field("whom", Text("谁"), kind=Kind.REFERENCE, picker=of_nobody),)
    pass_on = Transition("pass-on", "reported -> reported", Text("转交"), asks=asks)
    with federation.uow() as uow:
        case_id = dispute_at()(uow, federation.units["garden"])
    with also(dispute, pass_on):
        with federation.uow() as uow, pytest.raises(Invalid):
            take_step(uow, dispute, case_id, 1, "pass-on", {"whom": federation.accounts["district"]})
        with federation.uow() as uow:
            take_step(uow, dispute, case_id, 1, "pass-on", {"whom": federation.accounts["guest"]})
    with pytest.raises(ValueError, match="no picker"):
        bind((replace(asks[0], picker=None),), dispute.table)


# --- races and repetitions


def test_of_two_steps_at_once_one_wins(federation: Federation) -> None:
    record = a_file(federation)
    askers = [federation.client(login) for login in ("garden", "east")]
    barrier, statuses = threading.Barrier(2), []

    def go(asker: Any) -> None:
        barrier.wait()
        statuses.append(asker.post(f"{record}/submit", json={}, headers={"If-Match": '"v1"'}).status_code)

    threads = [threading.Thread(target=go, args=(asker,)) for asker in askers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) in ([200, 409], [200, 412])
    names = [step["name"] for step in federation.client("garden").get(f"{record}/history").json]
    assert names == ["create", "submit"]


def test_a_key_sent_twice_has_one_effect(federation: Federation) -> None:
    asker, record = federation.client("garden"), a_file(federation)
    headers = {"If-Match": '"v1"', "Idempotency-Key": "one"}
    answers = [asker.post(f"{record}/submit", json={}, headers=headers) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json == answers[1].json
    assert len(asker.get(f"{record}/history").json) == 2
    body, key = room_body(federation.units["garden"]), {"Idempotency-Key": "two"}
    rooms_made = {asker.post(ROOMS, json=body, headers=key).json["id"] for _ in range(2)}
    assert len(rooms_made) == 1
    other = asker.post(ROOMS, json=body | {"name": "另一间"}, headers=key)
    assert other.json["errors"][0]["code"] == "key_reused"


def test_faults_of_the_answers_are_named_and_nothing_is_done(shared_federation: Federation) -> None:
    asker, record = shared_federation.client("garden"), a_file(shared_federation)
    made(take(asker, record, "submit"))
    assert faults(take(asker, record, "return")) == {("/comment", "invalid_field")}
    assert faults(take(asker, record, "return", comment="  ")) == {("/comment", "invalid_field")}
    made(take(asker, record, "visit"))
    east = shared_federation.client("east")
    bad = take(east, record, "review", panel=2, category="rich", extra=1)
    assert faults(bad) == {
        ("/panel", "invalid_field"),
        ("/category", "invalid_field"),
        ("/extra", "invalid_field"),
    }
    assert asker.get(record).json["state"] == "visited"
    assert sent(east, "POST", f"{record}/review?lang=en", {"panel": None}, at=record).status_code == 422


def test_transitions_say_who_took_them(federation: Federation) -> None:
    record = a_file(federation)
    made(take(federation.client("east"), record, "submit"))
    with federation.uow() as uow:
        rows = uow.session.scalars(select(RecordTransition).order_by(RecordTransition.id)).all()
        assert [row.account_id for row in rows] == [federation.accounts[each] for each in ("garden", "east")]
        assert rooms.workflow.named("open").act == "opened"
