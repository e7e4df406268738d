"""Merging two rows of one human being, and taking it apart again with both histories as they were."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from gonghui.auth.accounts import open_account
from gonghui.parties.persons import Person, person_with_document
from gonghui.records.transitions import RecordTransition
from gonghui.testing import Federation, World
from gonghui.values.principal import PrincipalKind
from gonghui_organising.demo_people import demo_phone
from gonghui_organising.member_samples import fresh_number
from gonghui_organising.membership import Membership, MembershipTransfer

MEMBERS, MERGES = "/api/v1/organising/members", "/api/v1/organising/person-merges"
REASON = "同一人登记了两次"
PHONES = (demo_phone(88_001), demo_phone(88_002))


@pytest.fixture(scope="module")
def pair(world: World) -> Federation:
    return world.federation()


def entered(federation: Federation, place: str = "firm", **values: Any) -> str:
    body = {
        "org_unit_id": str(federation.units[place]),
        "name": "样合并",
        "id_number": fresh_number(),
        "is_member_already": True,
        **values,
    }
    answer = federation.client("district").post(MEMBERS, body)
    assert answer.status_code == 201, answer.text
    return answer.json["id"]


def merge(federation: Federation, kept: str, dropped: str, who: str = "district") -> TestResponse:
    body = {"kept_id": kept, "dropped_id": dropped, "reason": REASON}
    return federation.client(who).post(MERGES, body)


def undo(federation: Federation, merge_id: str, who: str = "district") -> TestResponse:
    return federation.client(who).post(f"{MERGES}/{merge_id}/undo")


def rows(federation: Federation, *member_ids: str) -> dict[UUID, dict[str, Any]]:
    """Every column of the persons, memberships, transfers and accounts, but the marks of a change itself."""
    with federation.uow() as uow:
        ids = [UUID(member_id) for member_id in member_ids]
        members = uow.session.scalars(select(Membership).where(Membership.id.in_(ids))).all()
        people = {membership.person_id for membership in members}
        found: list[Any] = [*members]
        found += uow.session.scalars(select(Person).where(Person.id.in_(people)))
        found += uow.session.scalars(
            select(MembershipTransfer).where(MembershipTransfer.membership_id.in_(ids))
        )
        return {
            row.id: {
                column.name: getattr(row, column.name)
                for column in row.__table__.columns
                if column.name not in ("version", "changed_at")
            }
            for row in found
        }


def history(federation: Federation, member_id: str) -> list[tuple[str, Any, str, Any, Any]]:
    with federation.uow() as uow:
        step = RecordTransition
        taken = uow.session.scalars(
            select(step).where(step.record_id == UUID(member_id)).order_by(step.recorded_at, step.id)
        )
        return [(s.name, s.from_state, s.to_state, s.recorded_at, s.account_id) for s in taken]


def test_undoing_a_merge_leaves_both_histories_as_they_were(pair: Federation) -> None:
    kept = entered(pair, phone=PHONES[0], joined_on="2019-01-02")
    dropped = entered(pair, "firm_west", phone=PHONES[1], joined_on="2020-03-04", occupation="样工")
    before = rows(pair, kept, dropped)
    steps = {member_id: history(pair, member_id) for member_id in (kept, dropped)}
    made = merge(pair, kept, dropped)
    assert made.status_code == 201, made.text
    merged = rows(pair, kept, dropped)
    assert merged[UUID(kept)] == before[UUID(kept)]
    assert merged[UUID(dropped)]["state"] == "voided"
    assert merged[UUID(dropped)]["person_id"] == before[UUID(kept)]["person_id"]
    assert undo(pair, made.json["id"]).status_code == 200
    assert rows(pair, kept, dropped) == before
    assert history(pair, kept) == steps[kept]
    now = history(pair, dropped)
    assert now[: len(steps[dropped])] == steps[dropped]
    assert [step[:3] for step in now[len(steps[dropped]) :]] == [
        ("void", "active", "voided"),
        ("unvoid", "voided", "active"),
    ]


@pytest.mark.parametrize("state", ["applied", "retained"])
def test_a_voided_membership_comes_back_in_the_state_it_had(pair: Federation, state: str) -> None:
    kept, dropped = entered(pair), entered(pair, is_member_already=state != "applied")
    client = pair.client("district")
    if state == "retained":
        tag = client.get(f"{MEMBERS}/{dropped}").headers["ETag"]
        client.post(f"{MEMBERS}/{dropped}/retain", {"comment": REASON}, headers={"If-Match": tag})
    made = merge(pair, kept, dropped).json
    assert client.get(f"{MEMBERS}/{dropped}").json["state"] == "voided"
    undo(pair, made["id"])
    assert client.get(f"{MEMBERS}/{dropped}").json["state"] == state


def test_an_ended_membership_goes_along_and_stays_ended(pair: Federation) -> None:
    kept, dropped = entered(pair), entered(pair)
    client = pair.client("district")
    tag = client.get(f"{MEMBERS}/{dropped}").headers["ETag"]
    client.post(f"{MEMBERS}/{dropped}/withdraw", {}, headers={"If-Match": tag})
    before = rows(pair, kept, dropped)
    made = merge(pair, kept, dropped).json
    assert client.get(f"{MEMBERS}/{dropped}").json["state"] == "withdrawn"
    undo(pair, made["id"])
    assert rows(pair, kept, dropped) == before


def test_the_only_live_membership_stays_live_when_its_person_is_merged(pair: Federation) -> None:
    kept, dropped = entered(pair), entered(pair)
    client = pair.client("district")
    tag = client.get(f"{MEMBERS}/{kept}").headers["ETag"]
    client.post(f"{MEMBERS}/{kept}/withdraw", {}, headers={"If-Match": tag})
    made = merge(pair, kept, dropped).json
    assert client.get(f"{MEMBERS}/{dropped}").json["state"] == "active"
    undo(pair, made["id"])
    assert client.get(f"{MEMBERS}/{dropped}").json["state"] == "active"


def test_the_document_of_a_merged_person_leads_to_the_one_who_stands_for_them(pair: Federation) -> None:
    numbers = fresh_number(), fresh_number()
    kept, dropped = (entered(pair, id_number=number) for number in numbers)
    made = merge(pair, kept, dropped).json
    body = {
        "org_unit_id": str(pair.units["firm"]),
        "name": "样合并",
        "id_number": numbers[1],
        "is_member_already": True,
    }
    again = pair.client("district").post(MEMBERS, body)
    assert (again.status_code, again.json["code"], again.json["membership_id"]) == (
        409, "already_member", kept,
    )  # fmt: skip
    for number in numbers:
        search = {"by": "id_number", "number": number}
        found = pair.client("district").post(f"{MEMBERS}/search", search).json["items"]
        assert {item["id"] for item in found} == {kept, dropped}
    undo(pair, made["id"])
    with pair.uow() as uow:
        people = [person_with_document(uow, "resident_id", number) for number in numbers]
        assert len({person.id for person in people if person}) == 2
    found = pair.client("district").post(f"{MEMBERS}/search", {"by": "id_number", "number": numbers[1]}).json
    assert [item["id"] for item in found["items"]] == [dropped]


def test_what_is_opened_of_the_one_is_seen_by_the_other_after_a_merge(pair: Federation) -> None:
    kept, dropped = entered(pair), entered(pair)
    pair.client("firm").post(f"{MEMBERS}/{dropped}/reveal", {"field": "id_number", "reason": "核对证件号码"})
    merge(pair, kept, dropped)
    shown = pair.client("firm").get(f"{MEMBERS}/{kept}/openings").json
    assert [opening["reason"] for opening in shown] == ["核对证件号码"]


def test_both_must_be_within_reach(pair: Federation) -> None:
    kept, dropped = entered(pair), entered(pair, "firm_west")
    pair.add_officer("merger", "district_officer", "east")
    assert merge(pair, kept, dropped, "merger").status_code == 404
    assert merge(pair, kept, entered(pair), "merger").status_code == 201
    for who in ("firm", "east", "west", "worker", "auditor"):
        assert merge(pair, kept, dropped, who).status_code == 403


def test_a_part_of_a_history_is_not_enough_to_merge_it(pair: Federation) -> None:
    number = fresh_number()
    ended = entered(pair, id_number=number)
    client = pair.client("east")
    tag = {"If-Match": client.get(f"{MEMBERS}/{ended}").headers["ETag"]}
    assert client("POST", f"{MEMBERS}/{ended}/withdraw", json={}, headers=tag).status_code == 200
    elsewhere = entered(pair, "firm_west", id_number=number)
    assert merge(pair, entered(pair), ended, "east").status_code == 403
    assert pair.client("west").get(f"{MEMBERS}/{elsewhere}").json["state"] == "active"


def test_a_merge_is_undone_by_those_who_reach_it(pair: Federation) -> None:
    made = merge(pair, entered(pair), entered(pair)).json
    pair.add_officer("elsewhere", "district_officer", "west")
    assert undo(pair, made["id"], "elsewhere").status_code == 404
    for who in ("firm", "east", "west"):
        assert undo(pair, made["id"], who).status_code == 403
    assert undo(pair, made["id"]).json["undone_at"]
    twice = undo(pair, made["id"])
    assert (twice.status_code, twice.json["code"]) == (409, "merge_undone")


def test_one_person_is_not_merged_with_themselves(pair: Federation) -> None:
    kept, dropped = entered(pair), entered(pair)
    refused = merge(pair, kept, kept)
    assert refused.status_code == 422
    assert [(e["pointer"], e["code"]) for e in refused.json["errors"]] == [("/dropped_id", "same_person")]
    assert pair.client("district").get(f"{MEMBERS}/{kept}").json["state"] == "active"
    merge(pair, kept, dropped)
    assert merge(pair, kept, dropped).status_code == 422


def test_a_membership_on_the_way_is_not_voided(pair: Federation) -> None:
    kept, dropped = entered(pair), entered(pair)
    client = pair.client("district")
    tag = client.get(f"{MEMBERS}/{dropped}").headers["ETag"]
    body = {"to_union": str(pair.units["firm_west"])}
    client.post(f"{MEMBERS}/{dropped}/transfer", body, headers={"If-Match": tag})
    refused = merge(pair, kept, dropped)
    assert (refused.status_code, refused.json["code"]) == (409, "state_forbids")
    assert client.get(f"{MEMBERS}/{dropped}").json["state"] == "transferring"


def test_the_account_of_a_merged_person_goes_along_and_back(pair: Federation) -> None:
    kept, dropped = entered(pair), entered(pair)
    with pair.uow() as uow:
        membership = uow.session.scalars(select(Membership).where(Membership.id == UUID(dropped))).one()
        person = uow.session.scalars(select(Person).where(Person.id == membership.person_id)).one()
        account = open_account(uow, "merged-worker", kind=PrincipalKind.WORKER, person=person)
        pair.accounts["merged-worker"] = account.id
    made = merge(pair, kept, dropped).json
    pair.client("firm").post(f"{MEMBERS}/{kept}/reveal", {"field": "born_on", "reason": "核对出生日期"})
    mine = pair.client("merged-worker").get("/api/v1/me/openings").json
    assert [opening["reason"] for opening in mine] == ["核对出生日期"]
    undo(pair, made["id"])
    assert pair.client("merged-worker").get("/api/v1/me/openings").json == []


def test_two_who_merge_the_same_pair_the_other_way_round_do_not_both(pair: Federation) -> None:
    for _ in range(4):
        first, second = entered(pair), entered(pair)
        start = Barrier(2)
        pair.client("district").get(MEMBERS)

        def one(order: tuple[str, str], start: Barrier = start) -> int:
            start.wait()
            return merge(pair, *order).status_code

        with ThreadPoolExecutor(2) as pool:
            answers = sorted(pool.map(one, ((first, second), (second, first))))
        assert answers in ([201, 422], [201, 409]), answers
        states = sorted(pair.client("district").get(f"{MEMBERS}/{i}").json["state"] for i in (first, second))
        assert states == ["active", "voided"]
