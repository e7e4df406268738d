"""Re-elections, from the term that ends over plan, meeting and count to the new term: who may do what, by when."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from gonghui.db import policies
from gonghui.records.steps import take_step
from gonghui.reporting.indicators import Place, figures
from gonghui.tenancy.org_tree import OrgUnit
from gonghui.testing import Federation
from gonghui.testing.queries import counted_statements
from gonghui.values import clock
from gonghui.values.periods import Period
from gonghui_organising import member_steps
from gonghui_organising.committee import Committee
from gonghui_organising.electorate import electorate
from gonghui_organising.member_samples import member_values
from gonghui_organising.members import members
from gonghui_organising.re_election import DEADLINES as RULES
from gonghui_organising.re_election_indicators import INDICATORS
from gonghui_organising.re_election_samples import (
    committee_values,
    count_values,
    plan_values,
    re_election_at,
    union_in_force,
    vote_values,
)
from gonghui_organising.re_election_steps import open_due
from gonghui_organising.union import CommitteeTerm, GrassrootsUnion, term_end

RE_ELECTIONS = "/api/v1/organising/re-elections"
HELD = ("submit-plan", "approve-plan", "notify", "hold")
SUBMITTED = (*HELD, "count", "submit-result")
REPLY = {"approval_no": "示工复〔2026〕8号", "term_years": 5}
_DAY = timedelta(days=1)


def a_union(federation: Federation, place: str = "firm", months: int = 3) -> UUID:
    with federation.uow() as uow:
        union_id = union_in_force(uow, federation.units[place], months)
        uow.commit()
    return union_id


def at(federation: Federation, *steps: str, place: str = "firm") -> str:
    with federation.uow() as uow:
        made = re_election_at(*steps)(uow, federation.units[place])
        uow.commit()
    return str(made)


def planned(federation: Federation, days: int = 30, **values: Any) -> TestResponse:
    """A re-election with a plan, as the union enters it."""
    plan = {"union_id": a_union(federation), **plan_values(clock.today() + timedelta(days=days)), **values}
    answer = federation.client("firm").post(RE_ELECTIONS, plan)
    assert answer.status_code == 201, answer.text
    return answer


def step(federation: Federation, login: str, record_id: str, verb: str, **body: Any) -> TestResponse:
    path = f"{RE_ELECTIONS}/{record_id}"
    tag = federation.client("district").get(path).headers["ETag"]
    return federation.client(login).post(f"{path}/{verb}", body, headers={"If-Match": tag})


def put(federation: Federation, record_id: str, name: str, rows: list[dict[str, Any]]) -> TestResponse:
    path = f"{RE_ELECTIONS}/{record_id}"
    tag = federation.client("district").get(path).headers["ETag"]
    headers = {"If-Match": tag}
    return federation.client("firm")("PUT", f"{path}/{name}", json={name: rows}, headers=headers)


def faults(answer: TestResponse) -> set[tuple[str, str]]:
    assert answer.status_code == 422, answer.text
    return {(fault["pointer"], fault["code"]) for fault in answer.json["errors"]}


def deadlines(federation: Federation, login: str = "district", **query: Any) -> list[dict[str, Any]]:
    answer = federation.client(login).get("/api/v1/deadlines", query_string=query)
    assert answer.status_code == 200, answer.text
    return answer.json["items"]


@contextmanager
def in_days(federation: Federation, days: int) -> Iterator[None]:
    """So many days later; whoever was signed in signs in again."""
    federation.secrets.clear()
    with clock.at(clock.now() + timedelta(days=days)):
        yield
    federation.secrets.clear()


# --- the whole way


def test_a_re_election_goes_from_the_plan_over_the_meeting_to_a_new_term(federation: Federation) -> None:
    made = planned(federation).json
    assert (made["state"], made["org_unit_id"]) == ("due", str(federation.units["firm"]))
    assert step(federation, "firm", made["id"], "submit-plan").json["state"] == "plan_submitted"
    assert step(federation, "east", made["id"], "approve-plan", plan_reply_no="示1号").status_code == 200
    notified = step(federation, "firm", made["id"], "notify", notified_on=clock.today())
    assert notified.json["state"] == "approved_to_hold"
    with in_days(federation, 31):
        held_on = clock.today() - _DAY
        assert step(federation, "firm", made["id"], "hold", held_on=held_on).json["state"] == "held"
        assert put(federation, made["id"], "ballots", count_values()).status_code == 200
        counted = put(federation, made["id"], "votes", vote_values())
        assert counted.status_code == 200, counted.text
        submitted = step(federation, "firm", made["id"], "submit-result")
        assert submitted.status_code == 200, submitted.text
        elected = {one["number"] for one in submitted.json["candidates"] if one["is_elected"]}
        assert elected == {1, 2, 3, 5, 6, 7, 9, 10, 11, 13}
        assert step(federation, "firm", made["id"], "approve", **REPLY).status_code == 403
        approved = step(federation, "east", made["id"], "approve", **REPLY)
        assert (approved.status_code, approved.json["state"]) == (200, "approved"), approved.text
        the_new_term_has_its_bodies(federation, UUID(made["union_id"]), held_on)
        (changes,) = deadlines(federation, rule="organising.re_election.changes")
        assert changes["starts_on"] == clock.today().isoformat()
        done = step(federation, "firm", made["id"], "register-changes", changes_on=clock.today())
        assert done.json["changes_on"] == clock.today().isoformat()
        again = step(federation, "firm", made["id"], "register-changes", changes_on=clock.today())
        assert faults(again) == {("", "changes_known")}
        met = {one["rule"]: one for one in deadlines(federation, state="met")}
        assert met.keys() == {rule.code for rule in RULES}
        assert met["organising.re_election.term_end"]["met_on"] == held_on.isoformat()
        assert not any(one["is_late"] for one in met.values())


def the_new_term_has_its_bodies(federation: Federation, union_id: UUID, held_on: date) -> None:
    with federation.uow() as uow:
        terms = select(CommitteeTerm).where(CommitteeTerm.union_id == union_id)
        newest = uow.session.scalars(terms.order_by(CommitteeTerm.started_on.desc())).first()
        assert newest is not None
        assert (newest.started_on, newest.ends_on) == (held_on, term_end(held_on, 5))
        bodies = uow.session.scalars(select(Committee).where(Committee.term_id == newest.id)).all()
        assert {(one.kind, one.form, one.seats, one.state) for one in bodies} == {
            (kind, "committee", 3, "in_office") for kind in ("union", "audit", "women")
        }
        union = uow.session.get_one(GrassrootsUnion, (uow.tenant_id, union_id))
        assert union.chair_name == "甲示例"
    listed = federation.client("firm").get("/api/v1/organising/committees", query_string={"kind": "union"})
    (committee,) = listed.json["items"]
    shown = federation.client("firm").get(f"/api/v1/organising/committees/{committee['id']}").json
    assert [(one["name"], one["office"]) for one in shown["officers"]] == [
        ("甲示例", "chair"),
        ("乙示例", "member"),
        ("丙示例", "member"),
    ]


def test_the_bodies_of_the_old_term_end_with_the_approval(federation: Federation) -> None:
    record_id = at(federation, *SUBMITTED)
    union_id = federation.client("firm").get(f"{RE_ELECTIONS}/{record_id}").json["union_id"]
    old = federation.client("firm").post("/api/v1/organising/committees", committee_values(union_id, 3)).json
    path = f"/api/v1/organising/committees/{old['id']}"
    tag = {"If-Match": federation.client("east").get(path).headers["ETag"]}
    assert federation.client("east").post(f"{path}/confirm", {}, headers=tag).status_code == 200
    assert step(federation, "east", record_id, "approve", **REPLY).status_code == 200
    assert federation.client("firm").get(path).json["state"] == "ended"


def test_whoever_submitted_plan_or_result_does_not_approve_it(federation: Federation) -> None:
    made = federation.client("east").post(
        RE_ELECTIONS, {"union_id": a_union(federation), **plan_values(clock.today() + 30 * _DAY)}
    )
    step(federation, "east", made.json["id"], "submit-plan")
    refused = step(federation, "east", made.json["id"], "approve-plan", plan_reply_no="示1号")
    assert (refused.status_code, refused.json["code"]) == (409, "same_person")
    result = at(federation, *HELD, "count", place="garden")
    assert step(federation, "east", result, "submit-result").status_code == 200
    refused = step(federation, "east", result, "approve", **REPLY)
    assert (refused.status_code, refused.json["code"]) == (409, "same_person")
    assert step(federation, "district", result, "approve", **REPLY).status_code == 200


def test_a_meeting_that_was_held_long_ago_is_planned_as_of_a_day_before_it(federation: Federation) -> None:
    made = planned(federation, -10).json
    assert faults(step(federation, "firm", made["id"], "submit-plan")) == {("/meeting_on", "not_ahead")}
    late = step(federation, "district", made["id"], "submit-plan", effective_on=clock.today() - 40 * _DAY)
    assert (late.status_code, late.json["state"]) == (200, "plan_submitted"), late.text


@pytest.mark.parametrize(
    ("login", "status"),
    [("district", 200), ("east", 200), ("garden", 200), ("firm", 200), ("admin", 200), ("west", 404),
     ("auditor", 403), ("worker", 403)],
)  # fmt: skip
def test_it_is_visible_upwards_and_to_nobody_beside(federation: Federation, login: str, status: int) -> None:
    assert federation.client(login).get(f"{RE_ELECTIONS}/{at(federation)}").status_code == status


def test_a_plan_that_was_returned_is_changed_and_submitted_again(federation: Federation) -> None:
    record_id = at(federation, "submit-plan")
    returned = step(federation, "east", record_id, "return", comment="缺少候选人名单")
    assert returned.json["state"] == "returned"
    path = f"{RE_ELECTIONS}/{record_id}"
    change = {"meeting_on": clock.today() + 30 * _DAY}
    changed = federation.client("firm")(
        "PATCH", path, json=change, headers={"If-Match": returned.headers["ETag"]}
    )
    assert changed.status_code == 200, changed.text
    assert step(federation, "firm", record_id, "submit-plan").json["state"] == "plan_submitted"


def test_the_reply_states_the_term_that_was_planned(federation: Federation) -> None:
    record_id = at(federation, *SUBMITTED)
    refused = step(federation, "east", record_id, "approve", **{**REPLY, "term_years": 3})
    assert faults(refused) == {("/term_years", "term_differs")}


def test_a_result_that_was_returned_is_corrected_and_one_meeting_may_follow_another(
    federation: Federation,
) -> None:
    record_id = at(federation, *SUBMITTED)
    assert step(federation, "east", record_id, "return-result", comment="票数不符").json["state"] == "held"
    again = step(
        federation, "firm", record_id, "reconvene", comment="选举无效", meeting_on=clock.today() + 30 * _DAY
    ).json
    assert (again["state"], again["held_on"], again["notified_on"]) == ("approved_to_hold", None, None)
    assert {one["votes"] for one in again["candidates"]} == {None}
    assert again["ballots"] == []
    (notice,) = deadlines(federation, rule="organising.re_election.notice")
    assert notice["starts_on"] == (clock.today() + 30 * _DAY).isoformat()


# --- the plan


@pytest.mark.parametrize(
    ("values", "fault"),
    [
        ({"meeting_form": None}, ("/meeting_form", "required")),
        ({"meeting_on": "2024-06-28"}, ("/meeting_on", "not_ahead")),
        ({"meeting_form": "congress", "delegates": 30}, ("/meeting_form", "too_few_members")),
        ({"years": 4}, ("/years", "term_unlawful")),
        ({"seats": 4}, ("/seats", "seats_even")),
        ({"seats": 5}, ("/candidates", "too_few_candidates")),
        ({"audit_seats": 13}, ("/audit_seats", "seats_outside_table")),
        ({"women_seats": 1}, ("/women_seats", "body_form")),
        ({"candidates": []}, ("/candidates", "too_few_candidates")),
    ],
)
def test_a_plan_with_a_fault_is_not_submitted(
    federation: Federation, values: dict[str, Any], fault: tuple[str, str]
) -> None:
    made = planned(federation, **values).json
    assert fault in faults(step(federation, "firm", made["id"], "submit-plan"))


def test_candidates_are_eligible_and_contested_and_the_chair_stands_for_the_committee(
    federation: Federation,
) -> None:
    candidates = plan_values(clock.today())["candidates"]
    candidates[0] |= {"name": "外示例", "is_no_relative": False}
    candidates[1] |= {"office": "chair"}
    candidates[12] |= {"may_be_chair": False}
    del candidates[4]
    made = planned(federation, candidates=candidates).json
    assert faults(step(federation, "firm", made["id"], "submit-plan")) == {
        ("/candidates", "too_few_candidates"),
        ("/candidates/0/is_no_relative", "relative_not_excluded"),
        ("/candidates/1/office", "office_of_member"),
        ("/candidates/11/may_be_chair", "chair_not_eligible"),
        ("/candidates/11/name", "not_candidate_of_committee"),
    }


@pytest.mark.parametrize(
    ("delegates", "managers", "codes"),
    [
        (30, 6, set()),
        (40, 0, set()),
        (29, 0, {"delegates_outside_table"}),
        (41, 8, {"delegates_outside_table"}),
        (30, 7, {"too_many_managers"}),
        (None, None, {"delegates_outside_table"}),
    ],
)
def test_a_congress_has_delegates_by_the_table_and_few_managers_among_them(
    federation: Federation, delegates: int | None, managers: int | None, codes: set[str]
) -> None:
    union_id = a_union(federation)
    with federation.uow() as uow:
        union = uow.session.get_one(GrassrootsUnion, (uow.tenant_id, union_id))
        union.members = 100
        uow.commit()
    plan = plan_values(clock.today() + 30 * _DAY)
    plan |= {"meeting_form": "congress", "delegates": delegates, "managers": managers}
    made = federation.client("firm").post(RE_ELECTIONS, {"union_id": union_id, **plan})
    answer = step(federation, "firm", made.json["id"], "submit-plan")
    assert (set() if answer.status_code == 200 else {code for _pointer, code in faults(answer)}) == codes


# --- the result


def test_every_breach_of_procedure_is_named_and_the_result_refused(federation: Federation) -> None:
    record_id = at(federation, "submit-plan", "approve-plan", "hold")
    counts = count_values()[:3]
    counts[0] |= {"attended": 19, "issued": 20, "returned": 21, "is_secret": False}
    counts[1] |= {"invalid": 29}
    assert put(federation, record_id, "ballots", counts).status_code == 200
    votes = [row for row in vote_values() if row["number"] != 9]
    votes[1]["votes"], votes[2]["votes"] = 15, 22
    assert put(federation, record_id, "votes", votes).status_code == 200
    assert faults(step(federation, "firm", record_id, "submit-result")) >= {
        ("/notified_on", "notice_missing"),
        ("/ballots/union/issued", "issued_too_many"),
        ("/ballots/union/returned", "returned_too_many"),
        ("/ballots/union/attended", "no_quorum"),
        ("/ballots/union/is_secret", "not_secret"),
        ("/ballots/audit/invalid", "invalid_too_many"),
        ("/votes", "votes_missing"),
        ("/votes", "votes_exceed_papers"),
        ("/votes", "seats_vacant"),
        ("/ballots", "count_missing"),
    }


def test_half_of_those_due_elects_nobody_and_equal_votes_for_the_last_seat_ask_for_another_ballot(
    federation: Federation,
) -> None:
    record_id = at(federation, *HELD, "count")
    votes = vote_values()
    votes[2]["votes"] = 15
    put(federation, record_id, "votes", votes)
    assert faults(step(federation, "firm", record_id, "submit-result")) == {("/votes", "seats_vacant")}
    votes[2]["votes"] = votes[3]["votes"] = 16
    put(federation, record_id, "votes", votes)
    assert faults(step(federation, "firm", record_id, "submit-result")) == {("/votes", "tied")}
    votes[3]["votes"] = 15
    put(federation, record_id, "votes", votes)
    assert step(federation, "firm", record_id, "submit-result").status_code == 200


def test_a_chair_is_one_of_the_elected_members(federation: Federation) -> None:
    record_id = at(federation, *HELD, "count")
    votes = vote_values()
    votes[0]["votes"], votes[3]["votes"] = 5, 20
    put(federation, record_id, "votes", votes)
    assert faults(step(federation, "firm", record_id, "submit-result")) == {
        ("/votes", "not_member_of_committee")
    }


def test_a_womens_commissioner_stands_for_the_committee_and_is_elected_to_it(federation: Federation) -> None:
    union_id = a_union(federation)
    with federation.uow() as uow:
        uow.session.get_one(GrassrootsUnion, (uow.tenant_id, union_id)).women_members = 9
        uow.commit()
    plan = {**plan_values(clock.today() + 30 * _DAY), "women_seats": 1}
    made = federation.client("firm").post(RE_ELECTIONS, {"union_id": union_id, **plan})
    refused = step(federation, "firm", made.json["id"], "submit-plan")
    assert {code for _pointer, code in faults(refused)} == {"not_candidate_of_committee"}
    women = [one for one in plan["candidates"] if one["ballot"] == "women"]
    plan["candidates"] = [one for one in plan["candidates"] if one not in women[1:]]
    women[0]["name"] = plan["candidates"][1]["name"]
    path, tag = f"{RE_ELECTIONS}/{made.json['id']}", {"If-Match": made.headers["ETag"]}
    changed = federation.client("firm")("PATCH", path, json={"candidates": plan["candidates"]}, headers=tag)
    assert changed.status_code == 200, changed.text
    assert step(federation, "firm", made.json["id"], "submit-plan").status_code == 200


def test_a_meeting_is_not_held_before_the_upper_union_has_consented(federation: Federation) -> None:
    record_id = at(federation, "submit-plan", "approve-plan", "notify")
    refused = step(federation, "firm", record_id, "hold", held_on=clock.today() - 40 * _DAY)
    assert faults(refused) == {("/held_on", "before_consent")}
    early = step(federation, "firm", record_id, "hold", held_on=clock.today() + _DAY)
    assert faults(early) == {("/held_on", "in_future")}


def test_a_notice_later_than_five_working_days_before_breaks_the_procedure(federation: Federation) -> None:
    record_id = at(federation, "submit-plan", "approve-plan")
    held_on = clock.today() - _DAY
    assert step(federation, "firm", record_id, "notify", notified_on=held_on - 3 * _DAY).status_code == 200
    step(federation, "firm", record_id, "hold", held_on=held_on)
    put(federation, record_id, "ballots", count_values())
    put(federation, record_id, "votes", vote_values())
    refused = step(federation, "firm", record_id, "submit-result")
    assert faults(refused) == {("/notified_on", "notice_too_late")}


def test_votes_of_nobody_and_a_ballot_told_twice_are_refused(federation: Federation) -> None:
    record_id = at(federation, *HELD)
    strange = put(federation, record_id, "votes", [{"number": 99, "votes": 1}])
    assert faults(strange) == {("/votes/0/number", "candidate_unknown")}
    twice = put(federation, record_id, "ballots", [count_values()[0], count_values()[0]])
    assert faults(twice) == {("/ballots/1/ballot", "told_twice")}


def test_the_count_can_be_told_after_the_meeting_only(federation: Federation) -> None:
    refused = put(federation, at(federation), "ballots", count_values())
    assert (refused.status_code, refused.json["code"]) == (409, "state_forbids")


# --- retained members


def members_of(federation: Federation, union_id: UUID, number: int) -> list[UUID]:
    with federation.uow() as uow:
        place = uow.session.get_one(GrassrootsUnion, (uow.tenant_id, union_id)).org_unit_id
        made = [member_steps.register(uow, member_values(place)).id for _one in range(number)]
        uow.commit()
    return made


def retain(federation: Federation, member_id: UUID, on: date) -> None:
    with federation.uow() as uow:
        take_step(uow, members, member_id, 1, "retain", {"comment": "退休返乡", "effective_on": on})
        uow.commit()


def test_retained_members_neither_vote_nor_count_from_the_day_of_effect_on(federation: Federation) -> None:
    union_id = a_union(federation)
    first, second, *_others = members_of(federation, union_id, 5)
    today = clock.today()
    retain(federation, first, today - 10 * _DAY)
    retain(federation, second, today - 2 * _DAY)
    with federation.uow() as uow:
        union = uow.session.get_one(GrassrootsUnion, (uow.tenant_id, union_id))
        by_day = {days: electorate(uow, union, today - days * _DAY) for days in (11, 10, 3, 2, 0)}
    assert {days: (found.active, found.retained) for days, found in by_day.items()} == {
        11: (5, 0), 10: (4, 1), 3: (4, 1), 2: (3, 2), 0: (3, 2),
    }  # fmt: skip


def test_those_due_are_the_active_members_of_the_day_of_the_meeting(federation: Federation) -> None:
    record_id = at(federation, "submit-plan", "approve-plan", "notify")
    union_id = UUID(federation.client("firm").get(f"{RE_ELECTIONS}/{record_id}").json["union_id"])
    there = members_of(federation, union_id, 6)
    held_on = clock.today() - _DAY
    retain(federation, there[0], held_on)
    retain(federation, there[1], clock.today())
    held = step(federation, "firm", record_id, "hold", held_on=held_on).json
    assert (held["voters"], held["retained"]) == (5, 1)
    put(federation, record_id, "ballots", count_values())
    put(federation, record_id, "votes", vote_values())
    refused = faults(step(federation, "firm", record_id, "submit-result"))
    assert {("/ballots/union/due", "due_differs"), ("/ballots/chair/due", "due_differs")} <= refused


# --- terms that end


def test_every_term_that_ends_within_the_watch_gets_one_re_election(federation: Federation) -> None:
    for months, place in ((-8, "firm"), (3, "garden"), (20, "east")):
        a_union(federation, place, months)
    with federation.uow() as uow:
        assert [open_due(uow), open_due(uow)] == [2, 0]
        uow.commit()
    listed = federation.client("district").get(RE_ELECTIONS).json["items"]
    assert [item["state"] for item in listed] == ["due", "due"]
    again = federation.client("firm").post(RE_ELECTIONS, {"union_id": listed[1]["union_id"]})
    assert (again.status_code, again.json["code"]) == (409, "re_election_exists")


def test_an_officer_opens_the_terms_of_their_own_unions(federation: Federation) -> None:
    for place in ("firm", "river"):
        a_union(federation, place)
    with federation.uow("east") as uow:
        assert open_due(uow) == 1
        uow.commit()
    assert len(federation.client("district").get(RE_ELECTIONS).json["items"]) == 1


def test_terms_are_opened_in_as_many_statements_for_thirty_as_for_one(federation: Federation) -> None:
    sent = []
    for number in (1, 30):
        for _one in range(number):
            a_union(federation, "garden")
        with federation.uow() as uow, counted_statements(uow.session.connection().engine) as statements:
            assert open_due(uow) == number
            uow.commit()
        sent.append(len(statements))
    assert sent[1] == sent[0]
    client = federation.client("east")
    client.get(RE_ELECTIONS)
    reads = []
    for limit in (1, 50):
        with counted_statements(federation.world.database.engine(policies.APP)) as statements:
            assert client.get(RE_ELECTIONS, query_string={"limit": limit}).status_code == 200
        reads.append(len(statements))
    assert reads[0] == reads[1]


def test_overdue_terms_are_listed_by_street(federation: Federation) -> None:
    for place, months in (("garden", -8), ("garden", -1), ("river", -2), ("east", 3)):
        a_union(federation, place, months)
    with federation.uow() as uow:
        open_due(uow)
        uow.commit()
    query = {"state": "overdue", "rule": "organising.re_election.term_end"}
    overdue = deadlines(federation, **query)
    assert len(overdue) == 3
    assert all(one["is_overdue"] for one in overdue)
    for street, number in (("east", 2), ("west", 1)):
        assert len(deadlines(federation, **query, org_unit_id=federation.units[street])) == number
        assert len(deadlines(federation, street, **query)) == number
    summary = federation.client("district").get(
        "/api/v1/deadlines/summary", query_string={"org_unit_id": federation.units["district"]}
    )
    by_unit = {unit["org_unit_id"]: unit["overdue"] for unit in summary.json["units"]}
    assert by_unit[str(federation.units["east"])] == 2
    assert by_unit[str(federation.units["west"])] == 1


def test_the_watch_speaks_up_180_90_and_30_days_before_the_end(federation: Federation) -> None:
    for months in (5, 2, 0):
        a_union(federation, "garden", months)
    with federation.uow() as uow:
        open_due(uow)
        uow.commit()
    found = deadlines(federation, rule="organising.re_election.term_end")
    assert [one["warning"] for one in found] == [30, 90, 180]


def test_the_upper_union_puts_a_term_off_by_six_months_at_most(federation: Federation) -> None:
    a_union(federation, "firm", -1)
    with federation.uow() as uow:
        open_due(uow)
        uow.commit()
    (item,) = federation.client("firm").get(RE_ELECTIONS).json["items"]
    body = {"extension_no": "示工复〔2026〕4号", "comment": "单位搬迁"}
    assert step(federation, "firm", item["id"], "extend", months=3, **body).status_code == 403
    put_off = step(federation, "east", item["id"], "extend", months=4, **body).json
    assert put_off["state"] == "extended"
    assert put_off["extended_to"] > clock.today().isoformat()
    assert not deadlines(federation, state="overdue")
    too_long = step(federation, "east", item["id"], "extend", months=3, **body)
    assert (too_long.status_code, too_long.json["code"]) == (409, "extension_too_long")
    assert step(federation, "east", item["id"], "extend", months=2, **body).status_code == 200


# --- figures


def figure_of(federation: Federation, code: str, last: date, street: str | None = None) -> int:
    with federation.uow() as uow:
        period = Period("test", last.replace(day=1), last)
        wanted = [one for one in INDICATORS if one.code == f"organising.{code}"]
        place = None
        if street is not None:
            place = Place(uow.session.get_one(OrgUnit, (uow.tenant_id, federation.units[street])))
        return figures(uow, wanted, period, place)[0].value


def test_figures_of_re_elections_follow_the_steps_of_the_day(federation: Federation) -> None:
    today, yesterday = clock.today(), clock.today() - _DAY
    at(federation, "submit-plan", place="garden")
    at(federation, "submit-plan", "approve-plan", place="river")
    at(federation, "submit-plan", "return", place="east")
    done = at(federation, *SUBMITTED)
    assert figure_of(federation, "re_elections_completed", today) == 0
    assert figure_of(federation, "re_election_plans_submitted", today) == 2
    assert figure_of(federation, "re_election_plans_submitted", today, "west") == 1
    # On the day before, the fourth union's meeting was not on record yet.
    assert figure_of(federation, "re_election_plans_submitted", yesterday) == 3
    assert step(federation, "east", done, "approve", **REPLY).status_code == 200
    assert figure_of(federation, "re_elections_completed", today) == 1
    assert figure_of(federation, "re_elections_completed", today, "east") == 1
    assert figure_of(federation, "re_elections_completed", today, "west") == 0


def test_a_term_is_overdue_until_it_is_put_off_or_renewed(federation: Federation) -> None:
    a_union(federation, "firm", -2)
    with federation.uow() as uow:
        open_due(uow)
        uow.commit()
    today = clock.today()
    assert figure_of(federation, "terms_overdue", today) == 1
    assert figure_of(federation, "terms_overdue", today, "east") == 1
    assert figure_of(federation, "terms_overdue", today, "west") == 0
    assert figure_of(federation, "terms_overdue", today - 100 * _DAY) == 0
    a_union(federation, "garden", 1)
    with federation.uow() as uow:
        assert open_due(uow) == 1
        uow.commit()
    assert figure_of(federation, "terms_overdue", today + 60 * _DAY) == 1
    (item,) = federation.client("firm").get(RE_ELECTIONS).json["items"]
    step(federation, "east", item["id"], "extend", months=6, extension_no="示4号", comment="单位搬迁")
    assert figure_of(federation, "terms_overdue", today) == 0
    assert figure_of(federation, "terms_overdue", today - _DAY) == 1


def test_a_late_reply_needs_the_permission_and_shows_as_late(federation: Federation) -> None:
    record_id = at(federation, "submit-plan")
    federation.add_officer(
        "clerk", "clerk", "east", ["organising.re_election.read", "organising.re_election.approve_plan"]
    )
    reply = {"plan_reply_no": "示1号", "effective_on": clock.today() - 3 * _DAY}
    assert step(federation, "clerk", record_id, "approve-plan", **reply).status_code == 403
    assert step(federation, "east", record_id, "approve-plan", **reply).status_code == 200
    history = federation.client("firm").get(f"{RE_ELECTIONS}/{record_id}/history").json
    assert [(entry["name"], entry["is_late"]) for entry in history][-1] == ("approve-plan", True)
    (met,) = deadlines(federation, state="met", rule="organising.re_election.plan_reply")
    assert met["is_late"]
