"""Members as officers enter them: checked against their document, one person once, and the life of a membership."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from gonghui.errors import Invalid
from gonghui.parties.persons import Person
from gonghui.sdk import Comment, take_step
from gonghui.testing import Federation, World
from gonghui.values import clock
from gonghui.values.names import sort_key
from gonghui_organising.demo_people import demo_id_number, demo_phone
from gonghui_organising.member_samples import asked, fresh_number
from gonghui_organising.members import members
from gonghui_organising.membership import LIVE, Membership, MembershipState, TransferState

MEMBERS = "/api/v1/organising/members"
REASON = "示例理由"
_phones = count(50_000)


def enter(
    federation: Federation,
    who: str = "district",
    place: str = "firm",
    *,
    already: bool = True,
    headers: dict[str, str] | None = None,
    **values: Any,
) -> TestResponse:
    body = {
        "org_unit_id": str(federation.units[place]),
        "name": "样会员",
        "id_number": fresh_number(),
        "is_member_already": already,
        **values,
    }
    return federation.client(who).post(MEMBERS, body, headers=headers or {})


def entered(federation: Federation, **values: Any) -> str:
    answer = enter(federation, **values)
    assert answer.status_code == 201, answer.text
    return answer.json["id"]


def step(federation: Federation, who: str, member_id: str, name: str, **body: Any) -> TestResponse:
    tag = federation.client("district").get(f"{MEMBERS}/{member_id}").headers["ETag"]
    return federation.client(who).post(f"{MEMBERS}/{member_id}/{name}", body, headers={"If-Match": tag})


def faults(answer: TestResponse) -> list[tuple[str, str]]:
    assert answer.status_code == 422, answer.text
    return [(fault["pointer"], fault["code"]) for fault in answer.json["errors"]]


def born(years: int, days: int = 0) -> date:
    """The day of birth of somebody who was `years` old `days` ago."""
    today = clock.today()
    month, day = (3, 1) if (today.month, today.day) == (2, 29) else (today.month, today.day)
    return date(today.year - years, month, day) - timedelta(days=days)


def wide(text: str) -> str:
    return "".join(chr(ord(letter) + 0xFEE0) for letter in text)


def with_wrong_check(number: str) -> str:
    return number[:-1] + ("1" if number[-1] != "1" else "2")


# --- real-name data

MAN = demo_id_number(7_001, male=True, born_on=date(1990, 5, 6))


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"id_number": "12345"}, [("/id_number", "id_malformed")]),
        ({"id_number": with_wrong_check(MAN)}, [("/id_number", "id_check_digit")]),
        ({"id_number": "990001199013010019"}, [("/id_number", "id_check_digit")]),
        ({"id_number": MAN, "sex": "female"}, [("/sex", "sex_disagrees_with_id")]),
        ({"id_number": MAN, "born_on": "1990-05-07"}, [("/born_on", "birth_disagrees_with_id")]),
        (
            {"id_number": MAN, "sex": "female", "born_on": "1990-05-07"},
            [("/sex", "sex_disagrees_with_id"), ("/born_on", "birth_disagrees_with_id")],
        ),
        ({"document_kind": "passport", "id_number": "E1"}, [("/id_number", "id_malformed")]),
        ({"document_kind": "hmt_residence", "id_number": MAN}, [("/id_number", "id_malformed")]),
        ({"id_number": MAN, "phone": "12345"}, [("/phone", "phone_malformed")]),
        ({"id_number": MAN, "bank_card": "6222000000000001"}, [("/bank_card", "bank_card_malformed")]),
        ({"id_number": MAN, "new_form_group": "no_such"}, [("/new_form_group", "group_unknown")]),
        ({"id_number": MAN, "joined_on": "2199-01-01"}, [("/joined_on", "join_date_in_future")]),
        ({"id_number": MAN, "joined_on": "1990-05-06"}, [("/joined_on", "join_date_before_birth")]),
        (
            {"id_number": "12345", "phone": "12345", "bank_card": "1"},
            [
                ("/id_number", "id_malformed"),
                ("/phone", "phone_malformed"),
                ("/bank_card", "bank_card_malformed"),
            ],
        ),
    ],
)
def test_what_is_wrong_is_named_field_by_field(
    shared_federation: Federation, values: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    assert faults(enter(shared_federation, **values)) == expected
    with shared_federation.uow() as uow:
        assert uow.session.scalar(select(func.count()).where(Person.birth_year == 1990)) == 0


def test_faults_are_told_in_both_languages(shared_federation: Federation) -> None:
    said = {
        language: enter(
            shared_federation, id_number="12345", phone="1", headers={"Accept-Language": language}
        ).json["errors"]
        for language in ("zh-CN", "en")
    }
    assert [fault["code"] for fault in said["zh-CN"]] == [fault["code"] for fault in said["en"]]
    assert not any(fault["detail"].isascii() for fault in said["zh-CN"])
    assert all(fault["detail"].isascii() for fault in said["en"]), said["en"]


def test_whoever_turned_sixteen_today_may_join_and_a_day_younger_may_not(
    shared_federation: Federation,
) -> None:
    of_age = demo_id_number(7_010, male=False, born_on=born(16))
    younger = demo_id_number(7_011, male=False, born_on=born(16, -1))
    unborn = demo_id_number(7_012, male=False, born_on=born(-1))
    assert enter(shared_federation, id_number=of_age).status_code == 201
    assert faults(enter(shared_federation, id_number=younger)) == [("/id_number", "under_16")]
    assert faults(enter(shared_federation, id_number=unborn)) == [("/id_number", "under_16")]


def test_a_passport_tells_no_birth_so_that_what_is_said_counts(shared_federation: Federation) -> None:
    passport = {"document_kind": "passport", "name": "Jane Example"}
    assert enter(shared_federation, id_number="E10000001", **passport).status_code == 201
    young = enter(shared_federation, id_number="E10000002", born_on=born(15).isoformat(), **passport)
    assert faults(young) == [("/born_on", "under_16")]
    told = enter(
        shared_federation, id_number="E10000003", born_on="1980-02-03", sex="female", **passport
    ).json
    assert (told["sex"], told["birth_year"], told["born_on"]) == ("female", 1980, "1980-**-**")


@pytest.mark.parametrize(
    ("kind", "number"),
    [("home_return", "H12345678"), ("home_return", "87654321"), ("foreign_residence", "CHN123456789012")],
)
def test_documents_of_residents_from_elsewhere_are_taken(
    shared_federation: Federation, kind: str, number: str
) -> None:
    assert enter(shared_federation, document_kind=kind, id_number=number).status_code == 201


def test_one_number_however_it_is_typed_is_one_person(shared_federation: Federation) -> None:
    serials = (demo_id_number(n, male=True, born_on=date(1985, 1, 2)) for n in range(100, 200))
    number = next(n for n in serials if n.endswith("X"))
    answer = enter(shared_federation, id_number=number.lower())
    assert answer.status_code == 201
    for typed in (
        number,
        wide(number),
        f" {number[:6]} {number[6:14]}-{number[14:]}　",
        wide(number.lower()),
    ):
        again = enter(shared_federation, id_number=typed)
        assert (again.status_code, again.json["code"]) == (409, "already_member")
    body = {"field": "id_number", "reason": REASON}
    revealed = shared_federation.client("firm").post(f"{MEMBERS}/{answer.json['id']}/reveal", body)
    assert revealed.json["value"] == number


@pytest.mark.parametrize(
    "typed",
    ["{0}", "+86 {0}", "0086{0}", "86-{0}", "wide", "{1} {2} {3}", "{1}-{2}-{3}"],
)
def test_a_phone_number_is_kept_in_one_form(shared_federation: Federation, typed: str) -> None:
    phone = demo_phone(next(_phones))
    text = wide(phone) if typed == "wide" else typed.format(phone, phone[:3], phone[3:7], phone[7:])
    member_id = entered(shared_federation, phone=text)
    body = {"field": "phone", "reason": REASON}
    assert shared_federation.client("firm").post(f"{MEMBERS}/{member_id}/reveal", body).json["value"] == phone
    found = shared_federation.client("firm").post(f"{MEMBERS}/search", {"by": "phone", "number": text}).json
    assert [item["id"] for item in found["items"]] == [member_id]


def test_made_up_numbers_are_refused_where_the_members_are_real(world: World) -> None:
    federation = world.federation(demo=False)
    assert faults(enter(federation, id_number=MAN)) == [("/id_number", "id_not_issued")]
    real = {"id_number": "11010519491231002x"}
    assert faults(enter(federation, phone=demo_phone(1), **real)) == [("/phone", "phone_malformed")]
    assert enter(federation, **real).status_code == 201


def test_a_member_is_entered_at_a_union_and_not_above(shared_federation: Federation) -> None:
    assert faults(enter(shared_federation, place="garden")) == [("/org_unit_id", "not_a_union")]
    assert enter(shared_federation, "firm", "firm_west").status_code == 404


# --- one person once


def test_a_second_entry_names_the_membership_to_those_who_see_it(shared_federation: Federation) -> None:
    number = fresh_number()
    member_id = entered(shared_federation, id_number=number)
    for who, place in (("firm", "firm"), ("district", "firm_west")):
        again = enter(shared_federation, who, place, id_number=number)
        assert (again.status_code, again.json["code"]) == (409, "already_member")
        assert again.json["membership_id"] == member_id
    elsewhere = enter(shared_federation, "west", "firm_west", id_number=number)
    assert (elsewhere.status_code, elsewhere.json["code"]) == (409, "already_member")
    assert member_id not in elsewhere.text
    assert "membership_id" not in elsewhere.json


def test_an_applicant_does_not_apply_twice(shared_federation: Federation) -> None:
    number = fresh_number()
    entered(shared_federation, id_number=number, already=False)
    assert enter(shared_federation, id_number=number, already=False).json["code"] == "already_member"


def test_the_same_document_again_is_a_member_already_also_with_the_same_phone(
    shared_federation: Federation,
) -> None:
    told = {"id_number": fresh_number(), "phone": demo_phone(next(_phones)), "name": "同证样"}
    entered(shared_federation, **told)
    assert enter(shared_federation, **told).json["code"] == "already_member"


def test_same_name_and_phone_under_another_document_is_asked_back(shared_federation: Federation) -> None:
    phone = demo_phone(next(_phones))
    entered(shared_federation, phone=phone, name="同名样")
    asked = enter(shared_federation, "district", "firm_west", phone=f"+86{phone}", name=" 同名样 ")
    assert (asked.status_code, asked.json["code"]) == (409, "possible_duplicate")
    assert phone not in asked.text
    confirmed = enter(
        shared_federation, "district", "firm_west", phone=phone, name="同名样", is_another_person=True
    )
    assert confirmed.status_code == 201
    assert enter(shared_federation, phone=phone, name="别名样").status_code == 201


def test_another_street_does_not_learn_who_is_known_by_name_and_phone(shared_federation: Federation) -> None:
    phone = demo_phone(next(_phones))
    entered(shared_federation, phone=phone, name="他街样")
    assert enter(shared_federation, "west", "firm_west", phone=phone, name="他街样").status_code == 201


def test_a_number_alone_opens_nobodys_record(shared_federation: Federation) -> None:
    number = fresh_number()
    entered(shared_federation, id_number=number, name="本名样")
    asked = enter(shared_federation, "west", "firm_west", id_number=number, name="别名样")
    assert (asked.status_code, asked.json["code"]) == (409, "name_disagrees")
    assert "本名样" not in asked.text


def test_many_who_enter_one_person_at_once_make_one_member(shared_federation: Federation) -> None:
    number = fresh_number()
    shared_federation.client("district").get(MEMBERS)

    def one(place: int) -> TestResponse:
        return enter(shared_federation, place=("firm", "firm_west")[place % 2], id_number=number)

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(one, range(20)))
    assert sorted(answer.status_code for answer in answers) == [201, *[409] * 19], {a.text for a in answers}
    assert {a.json["code"] for a in answers if a.status_code == 409} == {"already_member"}
    (made,) = (answer.json["id"] for answer in answers if answer.status_code == 201)
    with shared_federation.uow() as uow:
        person_id = uow.session.scalar(select(Membership.person_id).where(Membership.id == UUID(made)))
        mine = uow.session.scalars(select(Membership.state).where(Membership.person_id == person_id)).all()
        assert mine == ["active"]
    found = shared_federation.client("district").post(
        f"{MEMBERS}/search", {"by": "id_number", "number": number}
    )
    assert [item["id"] for item in found.json["items"]] == [made]


def test_whoever_withdrew_may_join_again_and_both_histories_stay(shared_federation: Federation) -> None:
    number = fresh_number()
    first = entered(shared_federation, id_number=number)
    assert step(shared_federation, "firm", first, "withdraw").status_code == 200
    second = entered(shared_federation, id_number=number, already=False, place="firm_west")
    assert step(shared_federation, "west", second, "approve").json["state"] == "active"
    with shared_federation.uow() as uow:
        both = uow.session.scalars(select(Membership).where(Membership.id.in_([UUID(first), UUID(second)])))
        assert len({membership.person_id for membership in both}) == 1
    names = [
        [entry["name"] for entry in shared_federation.client("district").get(f"{MEMBERS}/{i}/history").json]
        for i in (first, second)
    ]
    assert names == [["register", "withdraw"], ["apply", "approve"]]


def test_what_is_told_of_a_known_person_fills_gaps_and_overwrites_nothing(
    shared_federation: Federation,
) -> None:
    number, phone = fresh_number(), demo_phone(next(_phones))
    first = entered(shared_federation, id_number=number, phone=phone)
    step(shared_federation, "firm", first, "withdraw")
    again = enter(
        shared_federation, id_number=number, phone=demo_phone(next(_phones)), education="college"
    ).json
    assert again["phone"].endswith(phone[-4:])
    assert again["education"] == "college"


def named(federation: Federation, query: str) -> list[str]:
    """The names that the pages of a list show, two rows a page."""
    found, following = [], f"{MEMBERS}?limit=2{query}"
    while following:
        page = federation.client("district").get(following)
        assert page.status_code == 200, page.text
        found += [row["name"] for row in page.json["items"]]
        following = page.json["next"] and f"{MEMBERS}?limit=2{query}&cursor={page.json['next']}"
    return found


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("&sort=name", ["样安", "样安", "羊安", "样北", "样昌"]),
        ("&q=样", ["样安", "样安", "样北", "样昌"]),
        ("&q=yang", ["样安", "样安", "羊安", "样北", "样昌"]),
        ("&q=yanga", ["样安", "样安", "羊安"]),
        ("&q=Yang An", ["样安", "样安", "羊安"]),
        ("&q=yang&sort=newest", ["样昌", "羊安", "样安", "样北", "样安"]),
        ("&q=安", []),
        ("&q=update", []),
    ],
)
def test_members_are_found_and_put_in_order_by_how_their_names_sound(
    federation: Federation, query: str, expected: list[str]
) -> None:
    for name in ("样安", "样北", "样安", "羊安", "样昌"):
        entered(federation, name=name)
    found = named(federation, query)
    if "newest" in query:
        assert found == expected
    else:
        assert [sort_key(name) for name in found] == [sort_key(name) for name in expected]
        assert sorted(found) == sorted(expected)


# --- the steps of a membership

STEPS = {each.name: each for each in members.workflow.transitions if each.is_offered}
_BODIES = {
    name: {"comment": REASON, "warned_on": "2025-01-06"}
    if name == "deem-withdrawn"
    else {"comment": REASON}
    if step.comment is Comment.REQUIRED
    else {}
    for name, step in STEPS.items()
}


def membership_in(federation: Federation, state: MembershipState) -> UUID:
    """A membership that stands in `state`, whichever way it came there."""
    already = state not in (MembershipState.APPLIED, MembershipState.REFUSED)
    member_id = UUID(entered(federation, already=already))
    with federation.uow() as uow:
        if state is MembershipState.TRANSFERRING:
            asked(uow, member_id, federation.units["firm_west"])
        elif state not in (MembershipState.APPLIED, MembershipState.ACTIVE):
            membership = uow.session.scalars(select(Membership).where(Membership.id == member_id)).one()
            membership.state = state.value
    return member_id


@pytest.mark.parametrize("state", list(MembershipState))
def test_a_state_takes_its_own_steps_and_names_them_when_asked_for_others(
    shared_federation: Federation, state: MembershipState
) -> None:
    allowed = [name for name, step in STEPS.items() if state in step.sources]
    changes = ["change"] if state in members.workflow.changeable else []
    member_id = str(membership_in(shared_federation, state))
    bodies = _BODIES | {"transfer": {"to_union": str(shared_federation.units["firm_west"])}}
    for name in STEPS.keys() - set(allowed):
        refused = step(shared_federation, "district", member_id, name, **bodies[name])
        assert (refused.status_code, refused.json["code"]) == (409, "state_forbids")
        assert (refused.json["state"], refused.json["allowed"]) == (state.value, allowed + changes)
    for name in allowed:
        member_id = str(membership_in(shared_federation, state))
        taken = step(shared_federation, "district", member_id, name, **bodies[name])
        assert (taken.status_code, taken.json["state"]) == (200, STEPS[name].target), taken.text


def test_nobody_is_member_in_any_state_but_active(federation: Federation) -> None:
    for state in MembershipState:
        membership_in(federation, state)
    listed = federation.client("firm").get(f"{MEMBERS}?state=active&count=true&limit=100").json
    assert (listed["count"], len(listed["items"])) == (1, 1)


@pytest.mark.parametrize("name", [name for name, step in STEPS.items() if step.comment is Comment.REQUIRED])
def test_a_step_against_somebody_needs_a_reason(shared_federation: Federation, name: str) -> None:
    member_id = membership_in(shared_federation, MembershipState(STEPS[name].sources[0]))
    for comment in (None, "", "短", "      ", "短   "):
        body = {**_BODIES[name], "comment": comment}
        refused = step(shared_federation, "firm", str(member_id), name, **body)
        assert {pointer for pointer, _code in faults(refused)} == {"/comment"}, comment
    with shared_federation.uow("firm") as uow, pytest.raises(Invalid) as refused_too:
        take_step(uow, members, member_id, 1, name, {"warned_on": date(2020, 1, 1)})
    assert refused_too.value.faults[0].code == "reason_missing"


def test_deemed_withdrawn_only_six_months_after_the_warning(shared_federation: Federation) -> None:
    member_id = UUID(entered(shared_federation))
    unwarned = step(shared_federation, "firm", str(member_id), "deem-withdrawn", comment=REASON)
    assert [pointer for pointer, _code in faults(unwarned)] == ["/warned_on"]
    for warned_on, code in (
        (None, "required"),
        (date(2198, 1, 1), "warned_too_late"),
        (date(2027, 1, 16), "warned_too_late"),
        (date(2027, 1, 15), None),
    ):
        with clock.at(datetime(2027, 7, 15, 4, tzinfo=UTC)), shared_federation.uow("firm") as uow:
            options: Any = {"comment": REASON, "warned_on": warned_on}
            if code is None:
                taken = take_step(uow, members, member_id, 1, "deem-withdrawn", options)
                assert taken.state == "deemed_withdrawn"
            else:
                with pytest.raises(Invalid) as refused:
                    take_step(uow, members, member_id, 1, "deem-withdrawn", options)
                assert [(f.pointer, f.code) for f in refused.value.faults] == [("/warned_on", code)]


def test_a_warning_of_the_last_of_august_has_run_out_on_the_last_of_february(federation: Federation) -> None:
    member_id = UUID(entered(federation))
    for day, is_late in ((27, True), (28, False)):
        with clock.at(datetime(2027, 2, day, 4, tzinfo=UTC)), federation.uow("firm") as uow:
            take = (uow, members, member_id, 1, "deem-withdrawn")
            options: Any = {"comment": REASON, "warned_on": date(2026, 8, 31)}
            if is_late:
                with pytest.raises(Invalid):
                    take_step(*take, options)
            else:
                assert take_step(*take, options).state == "deemed_withdrawn"


def test_a_day_before_today_needs_the_permission_to_enter_late(shared_federation: Federation) -> None:
    member_id = entered(shared_federation, joined_on="2020-01-01")
    yesterday = (clock.today() - timedelta(days=1)).isoformat()
    tomorrow = (clock.today() + timedelta(days=1)).isoformat()
    refused = step(shared_federation, "firm", member_id, "withdraw", effective_on=yesterday)
    assert refused.status_code == 403
    future = step(shared_federation, "east", member_id, "withdraw", effective_on=tomorrow)
    assert faults(future) == [("/effective_on", "in_future")]
    assert step(shared_federation, "east", member_id, "withdraw", effective_on=yesterday).status_code == 200
    history = shared_federation.client("firm").get(f"{MEMBERS}/{member_id}/history").json
    assert history[-1]["effective_on"] == yesterday


def test_membership_dates_from_the_approval(shared_federation: Federation) -> None:
    today = clock.today()
    member_id = entered(shared_federation, already=False)
    assert shared_federation.client("firm").get(f"{MEMBERS}/{member_id}").json["joined_on"] is None
    assert step(shared_federation, "firm", member_id, "approve").json["joined_on"] == today.isoformat()
    late, day = entered(shared_federation, already=False), (today - timedelta(days=9)).isoformat()
    approved = step(shared_federation, "east", late, "approve", effective_on=day).json
    assert (approved["joined_on"], approved["first_joined_on"]) == (day, day)


def test_a_day_named_in_an_application_does_not_date_the_membership_back(
    shared_federation: Federation,
) -> None:
    member_id = entered(
        shared_federation, already=False, joined_on="2020-01-01", first_joined_on="2015-01-01"
    )
    approved = step(shared_federation, "firm", member_id, "approve").json
    assert approved["joined_on"] == clock.today().isoformat()
    assert approved["first_joined_on"] == "2015-01-01"


def test_coming_back_from_retained_invents_no_day_of_joining(shared_federation: Federation) -> None:
    member_id = entered(shared_federation)
    step(shared_federation, "firm", member_id, "retain", comment=REASON)
    assert step(shared_federation, "firm", member_id, "resume").json["joined_on"] is None


@pytest.mark.parametrize(("who", "status"), [("garden", 200), ("west", 404), ("admin", 403), ("worker", 403)])
def test_a_step_is_taken_by_those_who_may_and_see(
    shared_federation: Federation, who: str, status: int
) -> None:
    member_id = entered(shared_federation)
    assert step(shared_federation, who, member_id, "withdraw").status_code == status


def test_a_step_on_what_somebody_has_changed_meanwhile_is_refused(shared_federation: Federation) -> None:
    member_id = entered(shared_federation)
    client = shared_federation.client("firm")
    path, tag = f"{MEMBERS}/{member_id}", client.get(f"{MEMBERS}/{member_id}").headers["ETag"]
    assert client("PATCH", path, json={"occupation": "样工"}, headers={"If-Match": tag}).status_code == 200
    assert client.post(f"{path}/withdraw", {}, headers={"If-Match": tag}).status_code == 412
    assert client.post(f"{path}/withdraw", {}).status_code == 428


def test_a_membership_that_has_ended_is_not_changed(shared_federation: Federation) -> None:
    member_id = entered(shared_federation)
    ended = step(shared_federation, "firm", member_id, "record-death")
    path = f"{MEMBERS}/{member_id}"
    changed = shared_federation.client("firm")(
        "PATCH", path, json={"occupation": "样工"}, headers={"If-Match": ended.headers["ETag"]}
    )
    assert (changed.status_code, changed.json["code"]) == (409, "state_forbids")


def test_the_states_that_hold_a_person_are_those_that_the_database_holds_unique() -> None:
    assert set(LIVE) == {"applied", "active", "transferring", "retained"}
    assert TransferState.PENDING.value == "pending"
