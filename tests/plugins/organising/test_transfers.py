"""Transfers: a member counts once at every moment, in one federation and between two that see nothing of each other."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from threading import Barrier, Event
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from gonghui.errors import Conflict
from gonghui.sdk import take_step
from gonghui.testing import Federation, World
from gonghui.values import clock
from gonghui_organising import member_samples, member_steps, transfer_documents, transfers
from gonghui_organising.demo_people import demo_phone
from gonghui_organising.member_samples import fresh_number
from gonghui_organising.members import members
from gonghui_organising.membership import LIVE, Membership, MembershipTransfer

MEMBERS, TRANSFERS = "/api/v1/organising/members", "/api/v1/organising/transfers"
DOCUMENTS = "/api/v1/organising/transfer-documents"
REASON, PHONE = "示例理由", demo_phone(77_001)
#: What the parameter `organising.transfer.days` says.
DAYS = 30
Texts = Callable[[Federation], dict[str, list[str]]]


@pytest.fixture(scope="module")
def pair(world: World) -> Federation:
    """A federation with officers of both its enterprises, who do not see each other's members."""
    federation = world.federation()
    federation.add_officer("firm_west", "enterprise_officer", "firm_west")
    return federation


@pytest.fixture(scope="module")
def other(world: World) -> Federation:
    return world.federation()


def entered(federation: Federation, place: str = "firm", **values: Any) -> str:
    body = {
        "org_unit_id": str(federation.units[place]),
        "name": "样转接",
        "id_number": fresh_number(),
        "is_member_already": True,
        **values,
    }
    answer = federation.client("district").post(MEMBERS, body)
    assert answer.status_code == 201, answer.text
    return answer.json["id"]


def member(federation: Federation, member_id: str, who: str = "district") -> TestResponse:
    return federation.client(who).get(f"{MEMBERS}/{member_id}")


def at_member(federation: Federation, who: str, member_id: str, name: str, body: Any = None) -> TestResponse:
    tag = member(federation, member_id).headers["ETag"]
    extra = {} if body is None else {"json": body}
    return federation.client(who)("POST", f"{MEMBERS}/{member_id}/{name}", headers={"If-Match": tag}, **extra)


def at_transfer(
    federation: Federation, who: str, transfer_id: str, name: str, body: Any = None
) -> TestResponse:
    path = f"{TRANSFERS}/{transfer_id}"
    tag = federation.client("district").get(path).headers["ETag"]
    extra = {} if body is None else {"json": body}
    return federation.client(who)("POST", f"{path}/{name}", headers={"If-Match": tag}, **extra)


@contextmanager
def days_ago(days: int) -> Any:
    with clock.at(clock.now() - timedelta(days=days)):
        yield


def entered_ago(federation: Federation, days: int) -> str:
    with days_ago(days), federation.uow() as uow:
        return str(member_steps.register(uow, member_samples.member_values(federation.units["firm"])).id)


def asked(federation: Federation, member_id: str, *, days: int = 0) -> str:
    """A transfer to the other enterprise that was asked for some days ago."""
    with days_ago(days), federation.uow() as uow:
        target = federation.units["firm_west"]
        return str(member_samples.asked(uow, UUID(member_id), target, comment=REASON).id)


def issued(federation: Federation, member_id: str) -> tuple[str, str]:
    answer = at_member(
        federation, "firm", member_id, "transfer-document", {"counterpart": "示例区总工会", "reason": REASON}
    )
    assert answer.status_code == 201, answer.text
    return answer.json["transfer_id"], answer.json["document"]


def taken_in(federation: Federation, document: str, place: str = "firm_west") -> TestResponse:
    body = {"org_unit_id": str(federation.units[place]), "document": document}
    return federation.client("west" if place == "firm_west" else "east").post(DOCUMENTS, body)


def faults(answer: TestResponse) -> list[tuple[str, str]]:
    assert answer.status_code == 422, answer.text
    return [(fault["pointer"], fault["code"]) for fault in answer.json["errors"]]


def steps(federation: Federation, member_id: str) -> list[str]:
    history = federation.client("district").get(f"{MEMBERS}/{member_id}/history").json
    return [entry["name"] for entry in history]


# --- within the federation


def test_an_accepted_member_moves_from_one_unions_sight_into_the_others(pair: Federation) -> None:
    member_id = entered(pair, employer={"name": "深圳市样本甲有限公司", "uscc": None})
    body = {
        "to_union": str(pair.units["firm_west"]),
        "new_employer": {"name": "深圳市样本乙有限公司", "uscc": None},
    }
    under_way = at_member(pair, "firm", member_id, "transfer", body)
    assert (under_way.status_code, under_way.json["state"]) == (200, "transferring"), under_way.text
    assert under_way.json["org_unit_name"] == "样本一厂"
    receiving = pair.client("firm_west")
    listed = receiving.get(f"{TRANSFERS}?state=pending").json["items"]
    waiting = (receiving.get(f"{TRANSFERS}/{item['id']}").json for item in listed)
    (mine,) = (transfer for transfer in waiting if transfer["membership_id"] == member_id)
    assert member(pair, member_id, "firm_west").status_code == 404
    accepted = at_transfer(pair, "firm_west", mine["id"], "accept")
    assert (accepted.status_code, accepted.json["state"]) == (200, "accepted"), accepted.text
    assert member(pair, member_id, "firm").status_code == 404
    there = member(pair, member_id, "firm_west").json
    assert (there["state"], there["org_unit_name"]) == ("active", "样本二厂")
    assert there["employer_name"] == "深圳市样本乙有限公司"
    assert steps(pair, member_id) == ["register", "transfer", "accept-transfer"]


def test_the_receiving_union_is_told_a_name_and_no_number(pair: Federation) -> None:
    number = fresh_number()
    member_id = entered(pair, id_number=number, phone=PHONE, is_another_person=True)
    transfer_id = asked(pair, member_id)
    shown = pair.client("firm_west").get(f"{TRANSFERS}/{transfer_id}")
    assert shown.json["name"] == "样转接"
    assert not {"id_number", "phone", "born_on", "sex", "birth_year", "person_id"} & shown.json.keys()
    assert number not in shown.text
    assert PHONE not in shown.text
    search = {"by": "id_number", "number": number}
    assert pair.client("firm_west").post(f"{MEMBERS}/search", search).json["items"] == []
    for typed in (number, PHONE, number[-4:], "样转接"):
        found = pair.client("firm_west").get("/console/search", query_string={"q": typed})
        assert found.status_code == 200
        assert f"/console/organising/transfers/{transfer_id}" not in found.text
    for who, status in (("firm", 200), ("garden", 200), ("west", 200), ("worker", 403)):
        assert pair.client(who).get(f"{TRANSFERS}/{transfer_id}").status_code == status
    # Who asked sees what becomes of it, and decides nothing.
    assert at_transfer(pair, "firm", transfer_id, "accept").status_code == 403


def test_a_reader_never_sees_a_member_twice_nor_nowhere(pair: Federation) -> None:
    members = [entered(pair) for _ in range(6)]
    ids = [UUID(member_id) for member_id in members]
    seen: set[tuple[str, UUID]] = set()
    done, ready = Event(), Event()

    def read() -> None:
        while not done.is_set():
            with pair.uow() as uow:
                wanted = select(Membership.id, Membership.state, Membership.org_unit_id)
                rows = uow.session.execute(wanted.where(Membership.id.in_(ids))).all()
            assert sorted(row.id for row in rows) == sorted(ids)
            seen.update((row.state, row.org_unit_id) for row in rows)
            ready.set()

    with ThreadPoolExecutor(1) as pool:
        reader = pool.submit(read)
        try:
            assert ready.wait(20)
            for member_id in members:
                answer = at_transfer(pair, "firm_west", asked(pair, member_id), "accept")
                assert answer.status_code == 200
        finally:
            done.set()
        reader.result()
    firm, firm_west = pair.units["firm"], pair.units["firm_west"]
    assert seen <= {("active", firm), ("transferring", firm), ("active", firm_west)}


def test_two_who_accept_at_once_take_the_member_over_once(pair: Federation) -> None:
    member_id = entered(pair)
    transfer_id = asked(pair, member_id)
    path = f"{TRANSFERS}/{transfer_id}/accept"
    tag = pair.client("west").get(f"{TRANSFERS}/{transfer_id}").headers["ETag"]
    clients = [pair.client(who) for who in ("west", "firm_west", "district", "west")]
    start = Barrier(len(clients))

    def accept(client: Any) -> int:
        start.wait()
        return client("POST", path, headers={"If-Match": tag}).status_code

    with ThreadPoolExecutor(len(clients)) as pool:
        answers = sorted(pool.map(accept, clients))
    assert answers[0] == 200
    assert set(answers[1:]) <= {409, 412}
    assert steps(pair, member_id) == ["register", "transfer", "accept-transfer"]


def test_accepting_and_calling_back_at_once_does_one_of_the_two(pair: Federation) -> None:
    for _ in range(5):
        member_id = entered(pair)
        transfer_id = asked(pair, member_id)
        tags = (
            pair.client("west").get(f"{TRANSFERS}/{transfer_id}").headers["ETag"],
            member(pair, member_id).headers["ETag"],
        )
        calls = (
            (pair.client("west"), f"{TRANSFERS}/{transfer_id}/accept", tags[0]),
            (pair.client("firm"), f"{MEMBERS}/{member_id}/cancel-transfer", tags[1]),
        )
        start = Barrier(2)

        def one(call: Any, start: Barrier = start) -> int:
            start.wait()
            return call[0]("POST", call[1], headers={"If-Match": call[2]}).status_code

        with ThreadPoolExecutor(2) as pool:
            accepted, cancelled = pool.map(one, calls)
        state = pair.client("west").get(f"{TRANSFERS}/{transfer_id}").json["state"]
        assert (accepted, cancelled < 300, state) in {(200, False, "accepted"), (409, True, "cancelled"),
                                                      (412, True, "cancelled")}, (accepted, cancelled)  # fmt: skip
        assert member(pair, member_id).json["state"] == "active"


@pytest.mark.parametrize("before", ["active", "retained"])
def test_a_refused_member_is_again_what_they_were(pair: Federation, before: str) -> None:
    member_id = entered(pair)
    if before == "retained":
        at_member(pair, "firm", member_id, "retain", {"comment": REASON})
    transfer_id = asked(pair, member_id)
    assert at_transfer(pair, "west", transfer_id, "refuse", {}).status_code == 422
    refused = at_transfer(pair, "west", transfer_id, "refuse", {"comment": "不在本单位"})
    assert (refused.status_code, refused.json["state"]) == (200, "refused")
    there = member(pair, member_id, "firm").json
    assert (there["state"], there["org_unit_name"]) == (before, "样本一厂")
    history = pair.client("firm").get(f"{MEMBERS}/{member_id}/history").json
    assert (history[-1]["name"], history[-1]["comment"]) == ("refuse-transfer", "不在本单位")
    again = at_transfer(pair, "west", transfer_id, "accept")
    assert (again.status_code, again.json["code"]) == (409, "state_forbids")


def test_whoever_asked_can_call_it_back_and_ask_again(pair: Federation) -> None:
    member_id = entered(pair)
    transfer_id = asked(pair, member_id)
    assert at_member(pair, "west", member_id, "cancel-transfer").status_code == 404
    assert at_member(pair, "firm", member_id, "cancel-transfer").json["state"] == "active"
    assert at_transfer(pair, "west", transfer_id, "accept").json["code"] == "state_forbids"
    assert at_member(pair, "firm", member_id, "cancel-transfer").json["code"] == "state_forbids"
    assert at_transfer(pair, "west", asked(pair, member_id), "accept").status_code == 200


def test_a_transfer_lapses_after_its_days_and_not_on_the_last(pair: Federation) -> None:
    last_day, late = entered_ago(pair, DAYS + 1), entered_ago(pair, DAYS + 1)
    in_time, too_late = asked(pair, last_day, days=DAYS), asked(pair, late, days=DAYS + 1)
    refused = at_transfer(pair, "west", too_late, "accept")
    assert (refused.status_code, refused.json["code"]) == (409, "transfer_lapsed")
    assert (
        at_transfer(pair, "west", too_late, "refuse", {"comment": REASON}).json["code"] == "transfer_lapsed"
    )
    with pair.uow() as uow:
        assert transfers.lapse_transfers(uow) >= 1
    with pair.uow() as uow:
        assert transfers.lapse_transfers(uow) == 0
    assert member(pair, late, "firm").json["state"] == "active"
    assert pair.client("west").get(f"{TRANSFERS}/{too_late}").json["state"] == "lapsed"
    assert steps(pair, late)[-1] == "lapse-transfer"
    assert at_transfer(pair, "west", too_late, "accept").json["code"] == "state_forbids"
    assert at_transfer(pair, "west", in_time, "accept").json["state"] == "accepted"


def test_one_may_ask_again_once_a_lapsed_one_was_put_back(pair: Federation) -> None:
    member_id = entered_ago(pair, DAYS + 1)
    late = asked(pair, member_id, days=DAYS + 1)
    with pair.uow() as uow:
        transfers.lapse_transfers(uow)
    again = asked(pair, member_id)
    assert pair.client("west").get(f"{TRANSFERS}/{late}").json["state"] == "lapsed"
    assert at_transfer(pair, "west", again, "accept").status_code == 200


def test_a_member_on_the_way_takes_no_other_way(pair: Federation) -> None:
    member_id = entered(pair)
    transfer_id = asked(pair, member_id)
    body = {"to_union": str(pair.units["firm_west"])}
    for name, content in (
        ("transfer", body),
        ("transfer-document", {"counterpart": "示例区总工会"}),
        ("withdraw", {}),
        ("expel", {"comment": REASON}),
    ):
        refused = at_member(pair, "firm", member_id, name, content)
        assert (refused.status_code, refused.json["code"]) == (409, "state_forbids"), name
    at_transfer(pair, "west", transfer_id, "accept")


def test_only_members_go_and_only_to_another_union(pair: Federation) -> None:
    member_id = entered(pair)
    for place, code in (("firm", "same_union"), ("west", "not_a_union")):
        body = {"to_union": str(pair.units[place])}
        assert faults(at_member(pair, "firm", member_id, "transfer", body)) == [("/to_union", code)]
    applicant = entered(pair, is_member_already=False)
    body = {"to_union": str(pair.units["firm_west"])}
    refused = at_member(pair, "firm", applicant, "transfer", body)
    assert (refused.status_code, refused.json["code"]) == (409, "state_forbids")


@pytest.mark.parametrize("name", ["样本二厂", " 样本二厂 ", "样本二厂工会委员会"])
def test_the_other_union_is_told_by_its_full_name(pair: Federation, name: str) -> None:
    member_id = entered(pair)
    under_way = at_member(pair, "firm", member_id, "transfer", {"to_union": name})
    if name.strip() == "样本二厂":
        assert (under_way.status_code, under_way.json["state"]) == (200, "transferring"), under_way.text
    else:
        assert faults(under_way) == [("/to_union", "not_a_union")]


def test_a_union_of_another_federation_is_no_union_here(pair: Federation, other: Federation) -> None:
    body = {"to_union": str(other.units["firm"])}
    refused = at_member(pair, "firm", entered(pair), "transfer", body)
    assert faults(refused) == [("/to_union", "not_a_union")]


# --- to another federation


def test_a_member_goes_by_document_and_the_receipt_ends_the_membership_here(
    pair: Federation, other: Federation
) -> None:
    number = fresh_number()
    kept = {"joined_on": "2019-03-04", "first_joined_on": "2012-05-06", "occupation": "样工"}
    member_id = entered(pair, id_number=number, phone=PHONE, is_another_person=True, **kept)
    transfer_id, document = issued(pair, member_id)
    assert member(pair, member_id).json["state"] == "transferring"
    answer = taken_in(other, document)
    assert answer.status_code == 201, answer.text
    there = member(other, answer.json["member_id"]).json
    assert (there["state"], there["name"]) == ("active", "样转接")
    assert {name: there[name] for name in kept} == kept
    search = {"by": "id_number", "number": number}
    assert len(other.client("west").post(f"{MEMBERS}/search", search).json["items"]) == 1
    assert steps(other, answer.json["member_id"]) == ["transfer-in"]
    done = at_transfer(pair, "firm", transfer_id, "complete", {"receipt": answer.json["receipt"]})
    assert (done.status_code, done.json["state"]) == (200, "accepted"), done.text
    assert member(pair, member_id).json["state"] == "transferred_out"
    assert steps(pair, member_id)[-1] == "transfer-out"
    twice = at_transfer(pair, "firm", transfer_id, "complete", {"receipt": answer.json["receipt"]})
    assert (twice.status_code, twice.json["code"]) == (409, "state_forbids")
    used = taken_in(other, document)
    assert (used.status_code, used.json["code"]) == (409, "document_used")


def test_a_member_may_come_back_from_the_other_federation(pair: Federation, other: Federation) -> None:
    member_id = entered(pair)
    transfer_id, document = issued(pair, member_id)
    there = taken_in(other, document, "firm").json
    at_transfer(pair, "firm", transfer_id, "complete", {"receipt": there["receipt"]})
    _back_id, back = issued(other, there["member_id"])
    returned = taken_in(pair, back)
    assert returned.status_code == 201, returned.text
    assert returned.json["member_id"] != member_id
    assert member(pair, member_id).json["state"] == "transferred_out"


def test_a_document_is_not_for_the_federation_that_issued_it(pair: Federation) -> None:
    _transfer_id, document = issued(pair, entered(pair))
    assert faults(taken_in(pair, document)) == [("/document", "own_document")]


def test_a_document_changed_by_a_character_is_unknown(pair: Federation, other: Federation) -> None:
    _transfer_id, document = issued(pair, entered(pair))
    _mark, _master, body = document.split(".")
    start = len(document) - len(body)
    for place in (0, 5, start, start + 20, len(document) // 2, len(document) - 2):
        swapped = "A" if document[place] != "A" else "B"
        changed = document[:place] + swapped + document[place + 1 :]
        assert faults(taken_in(other, changed)) == [("/document", "document_unknown")], place
    for broken in ("", "GH1", document[:-30], document.split(".")[2]):
        assert faults(taken_in(other, broken)) == [("/document", "document_unknown")]
    folded = "\n".join(document[i : i + 60] for i in range(0, len(document), 60))
    assert taken_in(other, folded).status_code == 201


def test_a_document_and_a_receipt_do_not_stand_for_each_other(pair: Federation, other: Federation) -> None:
    transfer_id, document = issued(pair, entered(pair))
    receipt = taken_in(other, document).json["receipt"]
    assert faults(taken_in(other, receipt)) == [("/document", "document_unknown")]
    refused = at_transfer(pair, "firm", transfer_id, "complete", {"receipt": document})
    assert faults(refused) == [("/receipt", "document_unknown")]


def test_a_receipt_completes_its_own_transfer_alone(pair: Federation, other: Federation) -> None:
    first, second = entered(pair), entered(pair)
    (first_id, document), (second_id, _unused) = issued(pair, first), issued(pair, second)
    receipt = {"receipt": taken_in(other, document).json["receipt"]}
    assert faults(at_transfer(pair, "firm", second_id, "complete", receipt)) == [
        ("/receipt", "receipt_of_another")
    ]
    assert member(pair, second).json["state"] == "transferring"
    assert at_transfer(pair, "firm", first_id, "complete", receipt).status_code == 200


def test_a_transfer_outwards_is_not_accepted_at_home(pair: Federation) -> None:
    transfer_id, _document = issued(pair, entered(pair))
    refused = at_transfer(pair, "firm", transfer_id, "accept")
    assert (refused.status_code, refused.json["code"]) == (409, "state_forbids")


def issued_ago(federation: Federation, member_id: str, days: int) -> tuple[str, str]:
    with days_ago(days), federation.uow() as uow:
        transfer, document = transfer_documents.issue(
            uow, UUID(member_id), 1, counterpart="示例区总工会", reason=None
        )
        return str(transfer.id), document


def test_a_document_is_taken_on_its_last_day_and_not_after(pair: Federation, other: Federation) -> None:
    _first, in_time = issued_ago(pair, entered(pair), DAYS)
    _second, late = issued_ago(pair, entered(pair), DAYS + 1)
    assert taken_in(other, in_time).status_code == 201
    assert faults(taken_in(other, late)) == [("/document", "document_lapsed")]


def accepted_late(pair: Federation, other: Federation, member_id: str) -> tuple[str, str]:
    """A transfer that has lapsed here, and the receipt of the acceptance that was in time there."""
    transfer_id, document = issued_ago(pair, member_id, DAYS + 5)
    with days_ago(10), other.uow() as uow:
        _made, receipt = transfer_documents.accept_document(uow, document, other.units["firm_west"])
    return transfer_id, receipt


def test_a_receipt_that_comes_after_the_lapse_still_completes(pair: Federation, other: Federation) -> None:
    member_id = entered(pair)
    transfer_id, receipt = accepted_late(pair, other, member_id)
    with pair.uow() as uow:
        transfers.lapse_transfers(uow)
    assert member(pair, member_id).json["state"] == "active"
    done = at_transfer(pair, "firm", transfer_id, "complete", {"receipt": receipt})
    assert (done.status_code, done.json["state"]) == (200, "accepted"), done.text
    assert member(pair, member_id).json["state"] == "transferred_out"


def test_a_late_receipt_ends_a_transfer_that_was_asked_for_since(pair: Federation, other: Federation) -> None:
    member_id = entered(pair)
    transfer_id, receipt = accepted_late(pair, other, member_id)
    with pair.uow() as uow:
        transfers.lapse_transfers(uow)
    second = asked(pair, member_id)
    assert at_transfer(pair, "firm", transfer_id, "complete", {"receipt": receipt}).status_code == 200
    assert at_transfer(pair, "west", second, "accept").json["code"] == "state_forbids"
    assert pair.client("west").get(f"{TRANSFERS}/{second}").json["state"] == "cancelled"
    assert member(pair, member_id).json["state"] == "transferred_out"


def test_a_document_of_somebody_who_is_a_member_there_enters_nobody_twice(
    pair: Federation, other: Federation
) -> None:
    number = fresh_number()
    here, there = entered(pair, id_number=number), entered(other, id_number=number)
    _transfer_id, document = issued(pair, here)
    refused = taken_in(other, document)
    assert (refused.status_code, refused.json["code"]) == (409, "already_member")
    assert member(other, there).json["state"] == "active"


def test_one_document_shown_by_many_at_once_is_used_once(pair: Federation, other: Federation) -> None:
    _transfer_id, document = issued(pair, entered(pair))
    other.client("west").get(MEMBERS)
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _n: taken_in(other, document).status_code, range(6)))
    assert sorted(answers) == [201, *[409] * 5]


def test_the_other_federations_rows_hold_nothing_but_what_the_document_says(
    world: World, pair: Federation, table_texts: Texts
) -> None:
    elsewhere = world.federation()
    person = {
        "remark": "只在原会的备注", "union_office": "只在原会的职务", "ethnicity": "满族",
        "card_number": "CARD-778899", "political_status": "只在原会的面貌", "occupation": "随文书走的岗位",
        "employer": {"name": "只在原会的单位有限公司", "uscc": None},
    }  # fmt: skip
    member_id = entered(pair, **person)
    _transfer_id, document = issued(pair, member_id)
    answer = taken_in(elsewhere, document)
    assert answer.status_code == 201
    rows = "\n".join(row for rows in table_texts(elsewhere).values() for row in rows)
    assert "随文书走的岗位" in rows
    assert pair.view.name in rows  # the federation it came from
    for alien in ("只在原会", "满族", "CARD-778899", member_id, str(pair.units["firm"]), REASON, "样本区外"):
        assert alien not in rows, alien
    with pair.uow() as uow:
        person_id = uow.session.scalar(select(Membership.person_id).where(Membership.id == UUID(member_id)))
    assert str(person_id) not in rows
    assert document not in rows
    assert str(pair.view.id) not in rows


def test_steps_of_the_other_federation_are_out_of_reach(pair: Federation, other: Federation) -> None:
    member_id = entered(pair)
    transfer_id = asked(pair, member_id)
    for path in (f"{TRANSFERS}/{transfer_id}", f"{MEMBERS}/{member_id}", f"{MEMBERS}/{member_id}/history"):
        assert other.client("district").get(path).status_code == 404
    with other.uow() as uow:
        assert uow.session.scalars(
            select(MembershipTransfer).where(MembershipTransfer.id == UUID(transfer_id))
        ).all() == []  # fmt: skip
    with pair.uow() as uow, pytest.raises(Conflict):
        take_step(uow, members, UUID(member_id), 2, "withdraw", {})
    assert "transferring" in LIVE
