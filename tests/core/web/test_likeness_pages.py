"""Employers that look alike and persons entered twice: compared, decided, merged and taken apart on pages."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from gonghui.auth.accounts import Account
from gonghui.db import policies
from gonghui.lifecycle.plugin_removal import purge
from gonghui.parties.employer_matches import EmployerMatch
from gonghui.parties.employers import Employer, new_employer
from gonghui.parties.person_merges import PersonMerge
from gonghui.parties.persons import new_person
from gonghui.plugin_host.switching import switch_off
from gonghui.testing import Federation
from gonghui.testing.queries import counted_statements
from gonghui_organising.demo_people import demo_phone
from gonghui_organising.member_samples import fresh_number
from gonghui_organising.membership import Membership

QUEUE, EMPLOYERS = "/console/quality", "/console/quality/employers"
PERSONS, MERGES = "/console/quality/persons", "/console/quality/merges"
MEMBERS = "/api/v1/organising/members"
PHONE = demo_phone(88_101)


def main_of(answer: Any) -> str:
    return str(answer.text.split("<main")[1])


def pairs(
    federation: Federation, *, codes: tuple[str | None, str | None] = (None, None), number: int = 1
) -> Any:
    """Undecided pairs, a later employer beside the one that was known."""
    with federation.uow() as uow:
        known = [new_employer(f"样本{n}号商行", codes[1]) for n in range(number)]
        later = [new_employer(f"样本{n}号商行（总店）", codes[0]) for n in range(number)]
        uow.add(*known, *later)
        uow.session.flush()
        made = [
            EmployerMatch(employer_id=after.id, candidate_id=before.id, score=91)
            for before, after in zip(known, later, strict=True)
        ]
        uow.add(*made)
        uow.session.flush()
        return [(match.id, match.employer_id, match.candidate_id) for match in made]


def member(federation: Federation, place: str = "firm", **values: Any) -> str:
    body = {
        "org_unit_id": str(federation.units[place]), "name": "样合并", "id_number": fresh_number(),
        "is_member_already": True, "phone": PHONE, "is_another_person": True, **values,
    }  # fmt: skip
    answer = federation.client("district").post(MEMBERS, body)
    assert answer.status_code == 201, answer.text
    return str(answer.json["id"])


def person_of(federation: Federation, member_id: str) -> UUID:
    with federation.uow() as uow:
        return uow.session.scalars(select(Membership.person_id).where(Membership.id == UUID(member_id))).one()


def state_of(federation: Federation, member_id: str) -> str:
    return str(federation.client("district").get(f"{MEMBERS}/{member_id}").json["state"])


def test_two_employers_stand_side_by_side_with_what_a_merge_would_move(
    federation: Federation, asked: Callable[..., Any]
) -> None:
    ((match, _later, _first),) = pairs(federation)
    member(federation, employer={"name": "样本0号商行（总店）"})
    listed = main_of(asked("district", f"{QUEUE}?of=employers"))
    assert f"{EMPLOYERS}/{match}" in listed
    shown = main_of(asked("district", f"{EMPLOYERS}/{match}"))
    assert "样本0号商行（总店）" in shown
    assert "不同" in shown
    assert "会员 1 条" in shown
    assert asked("east", f"{EMPLOYERS}/{match}").status_code == 403
    assert asked("auditor", f"{EMPLOYERS}/{match}").status_code == 403


def test_pairs_wait_on_the_desk_of_whoever_may_decide(
    federation: Federation, asked: Callable[..., Any]
) -> None:
    assert "待判断的相似单位" not in main_of(asked("district", "/console"))
    ((match, *_parties),) = pairs(federation)
    shown = main_of(asked("district", "/console"))
    assert re.search(r'href="/console/quality/employers"[^>]*>.*待判断的相似单位', shown)
    assert asked("district", EMPLOYERS).headers["Location"] == f"{EMPLOYERS}/{match}"
    assert "待判断的相似单位" not in main_of(asked("east", "/console"))


def test_a_decision_moves_what_was_counted_and_leads_to_the_next_pair(
    federation: Federation, asked: Callable[..., Any]
) -> None:
    (match, later, first), (other, _l, _f) = pairs(federation, number=2)
    moved = member(federation, employer={"name": "样本0号商行（总店）"})
    answer = asked("district", f"{EMPLOYERS}/{match}/same", {})
    assert answer.status_code == 303
    assert answer.headers["Location"] == f"{EMPLOYERS}/{other}?done={match}"
    assert "由后者代表" in main_of(asked("district", answer.headers["Location"]))
    with federation.uow() as uow:
        at = select(Membership.employer_id).where(Membership.id == UUID(moved))
        assert uow.session.scalars(at).one() == first
    last = asked("district", f"{EMPLOYERS}/{other}/different", {}).headers["Location"]
    assert last == f"{QUEUE}?of=employers&done={other}"
    assert "已判断为不同的单位" in main_of(asked("district", last))
    judged = main_of(asked("district", f"{EMPLOYERS}/judged"))
    assert f"{EMPLOYERS}/{match}" in judged
    assert "会员 1 条" in main_of(asked("district", f"{EMPLOYERS}/{match}"))
    assert asked("east", f"{EMPLOYERS}/{match}/reopen", {}).status_code == 403
    assert asked("district", f"{EMPLOYERS}/{match}/reopen", {}).status_code == 303
    with federation.uow() as uow:
        assert uow.session.scalars(at).one() == later


def test_employers_with_different_codes_cannot_be_called_the_same(
    federation: Federation, asked: Callable[..., Any]
) -> None:
    ((match, later, _first),) = pairs(federation, codes=("91440300MA5DEMOX01", "91440300MA5DEMOX02"))
    shown = main_of(asked("district", f"{EMPLOYERS}/{match}"))
    assert f"{match}/same" not in shown
    refused = asked("district", f"{EMPLOYERS}/{match}/same", {})
    assert refused.status_code == 409
    assert "统一社会信用代码不同" in main_of(refused)
    with federation.uow() as uow:
        assert uow.session.get_one(Employer, (uow.tenant_id, later)).merged_into_id is None


def test_a_pair_that_somebody_decided_meanwhile_says_so(
    federation: Federation, asked: Callable[..., Any]
) -> None:
    ((match, *_parties),) = pairs(federation)
    asked("district", f"{EMPLOYERS}/{match}/different", {})
    again = asked("admin", f"{EMPLOYERS}/{match}/same", {})
    assert again.status_code == 409
    assert "已经判断过" in main_of(again)


def test_a_person_entered_twice_is_compared_with_masked_numbers(
    federation: Federation, asked: Callable[..., Any]
) -> None:
    numbers = [fresh_number() for _each in range(2)]
    first, second = (
        person_of(federation, member(federation, place, id_number=number, ethnicity=people))
        for place, number, people in zip(("firm", "firm_west"), numbers, ("汉族", "回族"), strict=True)
    )
    listed = main_of(asked("district", f"{QUEUE}?of=phones"))
    assert f"{PERSONS}/{first}" in listed
    led = asked("district", f"{PERSONS}/{first}")
    assert led.headers["Location"] == f"{PERSONS}/{first}/{second}"
    shown = main_of(asked("district", f"{PERSONS}/{first}/{second}"))
    assert not any(number in shown for number in (*numbers, PHONE))
    assert re.search(r"证件号码 <span class=\"tag\">不同", shown)
    assert not re.search(r"手机号码 <span class=\"tag\">不同", shown)
    assert "汉族" in shown
    assert "居民身份证" in shown
    assert "会员 1 条" in shown
    for who in ("east", "admin", "auditor"):
        assert asked(who, f"{PERSONS}/{first}/{second}").status_code == 403
    assert f"{PERSONS}/{first}" not in main_of(asked("admin", f"{QUEUE}?of=phones"))


def test_a_merge_voids_the_second_membership_and_is_taken_apart_again(
    federation: Federation, asked: Callable[..., Any]
) -> None:
    members = [member(federation, place) for place in ("firm", "firm_west")]
    kept, dropped = (person_of(federation, each) for each in members)
    path = f"{PERSONS}/{kept}/{dropped}"
    refused = asked("district", path, {"reason": " "})
    assert refused.status_code == 422
    assert "写明理由" in main_of(refused)
    answer = asked("district", path, {"reason": "身份证复印件相同"})
    assert answer.status_code == 303
    assert [state_of(federation, each) for each in members] == ["active", "voided"]
    assert person_of(federation, members[1]) == kept
    shown = main_of(asked("district", answer.headers["Location"]))
    assert "身份证复印件相同" in shown
    assert "会员 1 条" in shown
    assert asked("district", path, {"reason": "再来一次"}).status_code == 409
    with federation.uow() as uow:
        merge = uow.session.scalars(select(PersonMerge.id)).one()
    assert asked("admin", f"{MERGES}/{merge}/undo", {}).status_code == 403
    assert asked("district", f"{MERGES}/{merge}/undo", {}).status_code == 303
    assert [state_of(federation, each) for each in members] == ["active", "active"]
    assert [person_of(federation, each) for each in members] == [kept, dropped]
    assert "合并已撤销" in main_of(asked("district", MERGES))
    assert asked("district", f"{MERGES}/{merge}/undo", {}).status_code == 409


def test_a_membership_on_the_way_keeps_two_apart(federation: Federation, asked: Callable[..., Any]) -> None:
    members = [member(federation) for _each in range(2)]
    client = federation.client("district")
    tag = client.get(f"{MEMBERS}/{members[1]}").headers["ETag"]
    body = {"to_union": str(federation.units["firm_west"])}
    client.post(f"{MEMBERS}/{members[1]}/transfer", body, headers={"If-Match": tag})
    kept, dropped = (person_of(federation, each) for each in members)
    refused = asked("district", f"{PERSONS}/{kept}/{dropped}", {"reason": "同一人"})
    assert refused.status_code == 409
    assert "正在转接" in main_of(refused)
    assert state_of(federation, members[1]) == "transferring"


def test_nobody_says_of_themselves_that_they_are_somebody_else(
    federation: Federation, asked: Callable[..., Any]
) -> None:
    with federation.uow() as uow:
        other = new_person("样本")
        uow.add(other)
        uow.session.flush()
        account = uow.session.get_one(Account, (uow.tenant_id, federation.accounts["district"]))
        own = account.person_id
        if own is None:
            me = new_person("样本本人")
            uow.add(me)
            uow.session.flush()
            account.person_id = own = me.id
        other_id = other.id
    refused = asked("district", f"{PERSONS}/{other_id}/{own}", {"reason": "同一人"})
    assert refused.status_code == 409
    assert "本人" in main_of(refused)


def test_persons_are_compared_in_words_and_parted_again_without_the_plugin_that_knew_them(
    federation: Federation, asked: Callable[..., Any]
) -> None:
    kept, dropped = (person_of(federation, member(federation, place)) for place in ("firm", "firm_west"))
    merged = asked("district", f"{PERSONS}/{kept}/{dropped}", {"reason": "同一人"}).headers["Location"]
    merge = merged.partition("done=")[2]
    plugin = federation.world.registry.plugins["organising"]
    with federation.uow() as uow:
        switch_off(uow, federation.world.registry, plugin)
    shown = main_of(asked("district", f"{PERSONS}/{kept}/{dropped}"))
    assert "居民身份证" in shown
    assert not re.search(r">\s*(?:male|female|resident_id)\s*<", shown)
    with federation.uow() as uow:
        purge(uow, plugin)
    assert asked("district", f"{MERGES}/{merge}/undo", {}).status_code == 303
    assert "合并已经撤销" in main_of(asked("district", f"{MERGES}?done={merge}"))


def test_several_who_are_alike_are_chosen_among(federation: Federation, asked: Callable[..., Any]) -> None:
    with federation.uow() as uow:
        persons = [new_person("赵多", phone=PHONE) for _each in range(3)]
        alone = new_person("钱单", phone=PHONE)
        uow.add(*persons, alone)
        uow.session.flush()
        ids, alone_id = [each.id for each in persons], alone.id
    shown = main_of(asked("district", f"{PERSONS}/{ids[0]}"))
    assert all(f"{PERSONS}/{ids[0]}/{other}" in shown for other in ids[1:])
    assert "没有与此人相像的人" in main_of(asked("district", f"{PERSONS}/{alone_id}"))
    assert asked("district", f"{PERSONS}/{ids[0]}/{ids[0]}").status_code == 404


@pytest.mark.parametrize("number", [1, 4])
def test_a_comparison_takes_as_many_statements_however_much_stands_behind_it(
    federation: Federation, asked: Callable[..., Any], number: int
) -> None:
    first = person_of(federation, member(federation))
    with federation.uow() as uow:
        other = new_person("样合并", phone=PHONE)
        uow.add(other)
        uow.session.flush()
        uow.add(*(
            Membership(org_unit_id=federation.units["firm"], person_id=other.id, state="withdrawn")
            for _each in range(number)
        ))  # fmt: skip
        path = f"{PERSONS}/{first}/{other.id}"
    asked("district", path)
    with counted_statements(federation.world.database.engine(policies.APP)) as counted:
        assert f"会员 {number} 条" in main_of(asked("district", path))
    assert len(counted) <= 24, counted
