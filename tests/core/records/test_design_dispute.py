"""A dispute case: two clocks, a guest agency that sees one case, instalments while it is performed (domain 3.1)."""

from __future__ import annotations

from typing import Any

import pytest
from tests.designs.asking import (
    AT,
    CASES,
    case_body,
    change,
    faults,
    long_standing,
    made,
    on,
    put,
    take,
    with_document,
)

from gonghui.records.timers import run_timers
from gonghui.testing import Federation, World
from gonghui.testing.federation import _account
from gonghui.values.principal import PrincipalKind, system

RECEIPT, ACCEPTANCE = "designs.dispute.from_receipt", "designs.dispute.from_acceptance"


@pytest.fixture
def federation(world: World) -> Federation:
    """A federation that was there in 2024."""
    return long_standing(world)


def a_case(federation: Federation, **more: Any) -> str:
    body = case_body(federation.units["garden"], **more)
    return f"{CASES}/{made(federation.client('garden').post(CASES, json=body))['id']}"


def accepted(federation: Federation, **more: Any) -> str:
    with on(federation, 2024, 6, 5):
        record = a_case(federation, **more)
        made(take(federation.client("garden"), record, "accept"))
    return record


def referred(federation: Federation) -> str:
    record = accepted(federation)
    made(take(federation.client("garden"), record, "refer", agency_id=str(federation.accounts["guest"])))
    return record


def due(federation: Federation, state: str = "open") -> dict[str, str]:
    found = federation.client("district").get(f"/api/v1/deadlines?state={state}").json["items"]
    return {one["rule"]: one["due_on"] for one in found}


def test_two_clocks_run_from_two_days(federation: Federation) -> None:
    accepted(federation, received_on="2024-06-03")
    assert due(federation) == {RECEIPT: "2024-06-18", ACCEPTANCE: "2024-06-20"}


def test_an_agreement_stops_both_clocks(federation: Federation) -> None:
    record = accepted(federation)
    with on(federation, 2024, 6, 19):
        shown = made(take(federation.client("garden"), record, "agree", agreed="15000.00"))
        assert (shown["state"], shown["agreed"]) == ("performing", "15000.00")
        assert due(federation) == {}
        assert due(federation, "met") == {ACCEPTANCE: "2024-06-20"}


def test_time_ends_a_mediation_and_an_agreement_is_still_possible(federation: Federation) -> None:
    record = accepted(federation)
    kinds = federation.world.registry.record_types(frozenset({"designs"}))
    for day, state in (((2024, 6, 20), "mediating"), ((2024, 6, 21), "expired"), ((2024, 6, 22), "expired")):
        with on(federation, *day), federation.uow() as uow:
            uow.become(system(uow.tenant_id))
            run_timers(uow, kinds)
        assert federation.client("garden").get(record).json["state"] == state
    garden = federation.client("garden")
    steps = garden.get(f"{record}/history").json
    assert [step["name"] for step in steps] == ["create", "accept", "expire"]
    assert (steps[-1]["account_id"], steps[-1]["effective_on"]) == (None, "2024-06-21")
    assert made(take(garden, record, "agree", agreed="1.00"))["state"] == "performing"


def test_a_guest_agency_sees_the_case_that_was_referred_to_it_and_nothing_else(
    federation: Federation,
) -> None:
    other, before = accepted(federation), accepted(federation)
    guest = federation.client("guest")
    assert guest.get(before).status_code == 404
    assert guest.get(CASES).json["items"] == []
    record = referred(federation)
    assert guest.get(record).json["facts"] == "***"
    assert [row["id"] for row in guest.get(f"{CASES}?count=true").json["items"]] == [record.rsplit("/", 1)[1]]
    assert guest.get(f"{CASES}?count=true").json["count"] == 1
    assert guest.get(f"{CASES}?cause=pay&limit=1").json["next"] is None
    assert [step["name"] for step in guest.get(f"{record}/history").json] == ["create", "accept", "refer"]
    for path in (other, f"{other}/history", before):
        assert guest.get(path).status_code == 404
    for path in (f"{CASES}/export", "/api/v1/deadlines", "/api/v1/audit", f"{CASES}/choices/agency-id"):
        assert guest.get(path).status_code in (403, 404), path
    for path in ("hardship-files", "rooms", "enrolments"):
        answer = guest.get(f"{AT}/{path}")
        assert answer.status_code == 403 or answer.json["items"] == []
    made(take(guest, record, "report", comment="双方同意再谈一次"))
    for step, answers in (("agree", {"agreed": "1.00"}), ("withdraw", {}), ("refer", {})):
        assert take(guest, record, step, **answers).status_code in (403, 422)
    assert guest.post(f"{record}/reveal", json={"field": "facts", "reason": "了解案情"}).status_code == 403
    assert change(guest, record, cause="injury").status_code == 403


def test_a_case_is_referred_to_a_guest_and_to_nobody_else(federation: Federation) -> None:
    record, garden = accepted(federation), federation.client("garden")
    unknown = "01900000-0000-7000-8000-000000000000"
    answers = [
        take(garden, record, "refer", agency_id=each) for each in (str(federation.accounts["east"]), unknown)
    ]
    assert faults(answers[0]) == faults(answers[1]) == {("/agency_id", "not_choosable")}


def test_another_agency_takes_the_place_of_the_first(federation: Federation) -> None:
    record = referred(federation)
    garden = federation.client("garden")
    with federation.uow() as uow:
        federation.accounts["agency"] = _account(uow, "agency", PrincipalKind.GUEST).id
    made(take(garden, record, "refer", agency_id=str(federation.accounts["agency"])))
    assert federation.client("agency").get(record).status_code == 200
    assert federation.client("guest").get(record).status_code == 404


def test_instalments_are_entered_while_the_agreement_is_performed_and_only_then(
    federation: Federation,
) -> None:
    record, garden = accepted(federation), federation.client("garden")
    rows: list[Any] = [
        {"due_on": "2024-07-31", "amount": "5000.00"},
        {"due_on": "2024-08-31", "amount": "5000"},
    ]
    assert put(garden, record, "instalments", rows).status_code == 409
    made(take(garden, record, "agree", agreed="10000.00"))
    shown = made(put(garden, record, "instalments", rows))["instalments"]
    paid = [{"id": shown[0]["id"], "paid_on": "2024-07-30"}, {"id": shown[1]["id"]}]
    shown = made(put(garden, record, "instalments", paid))["instalments"]
    assert [(row["amount"], row["paid_on"]) for row in shown] == [
        ("5000.00", "2024-07-30"),
        ("5000.00", None),
    ]
    made(take(garden, record, "perform"))
    assert put(garden, record, "instalments", []).status_code == 409
    assert len(garden.get(record).json["instalments"]) == 2


def test_the_claimant_reads_and_withdraws_their_case(federation: Federation) -> None:
    login = federation.add_worker()
    record = accepted(federation, claimant=with_document(federation, login))
    worker = federation.client(login)
    assert worker.get(record).json["claimed"] == "15000.00"
    assert take(worker, record, "agree", agreed="1.00").status_code == 403
    assert made(take(worker, record, "withdraw"))["state"] == "withdrawn"
    assert due(federation) == {}
