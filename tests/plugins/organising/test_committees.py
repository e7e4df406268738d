"""The bodies of a union's term: who sits in them, who may, and how officers come and go within the term."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from werkzeug.test import TestResponse

from gonghui.db import policies
from gonghui.testing import Federation
from gonghui.testing.queries import counted_statements
from gonghui.values import clock
from gonghui_organising.re_election_samples import committee_at, committee_values, union_in_force
from gonghui_organising.union import GrassrootsUnion

COMMITTEES = "/api/v1/organising/committees"
NEWCOMER = {
    "name": "周示例",
    "sex": "female",
    "office": "member",
    "elected_on": "2024-06-27",
    "is_no_relative": True,
    "due": 30,
    "votes": 16,
}


def a_union(federation: Federation, place: str = "firm") -> UUID:
    with federation.uow() as uow:
        union_id = union_in_force(uow, federation.units[place])
        uow.commit()
    return union_id


def told(union_id: UUID, of: int = 3, **values: Any) -> dict[str, Any]:
    return {**committee_values(union_id, of), **values}


def in_office(federation: Federation, place: str = "firm", *steps: str) -> str:
    with federation.uow() as uow:
        made = committee_at("confirm", *steps)(uow, federation.units[place])
        uow.commit()
    return str(made)


def step(federation: Federation, login: str, committee_id: str, verb: str, **body: Any) -> TestResponse:
    path = f"{COMMITTEES}/{committee_id}"
    tag = federation.client("district").get(path).headers["ETag"]
    return federation.client(login).post(f"{path}/{verb}", body, headers={"If-Match": tag})


def faults(answer: TestResponse) -> set[tuple[str, str]]:
    assert answer.status_code == 422, answer.text
    return {(fault["pointer"], fault["code"]) for fault in answer.json["errors"]}


def test_a_union_enters_its_committee_and_the_union_above_confirms_it(federation: Federation) -> None:
    made = federation.client("firm").post(COMMITTEES, told(a_union(federation)))
    assert made.status_code == 201, made.text
    assert (made.json["state"], made.json["form"], made.json["serving"]) == ("entered", "committee", 3)
    assert made.json["org_unit_id"] == str(federation.units["firm"])
    assert made.json["started_on"] < made.json["ends_on"]
    assert step(federation, "firm", made.json["id"], "confirm").status_code == 403
    assert step(federation, "garden", made.json["id"], "confirm").status_code == 403
    assert step(federation, "east", made.json["id"], "confirm").json["state"] == "in_office"


def test_whoever_entered_a_committee_does_not_confirm_it(federation: Federation) -> None:
    made = federation.client("east").post(COMMITTEES, told(a_union(federation)))
    refused = step(federation, "east", made.json["id"], "confirm")
    assert (refused.status_code, refused.json["code"]) == (409, "same_person")


@pytest.mark.parametrize(
    ("values", "fault"),
    [
        ({"seats": 4}, ("/seats", "seats_even")),
        ({"seats": 7}, ("/seats", "seats_outside_table")),
        ({"kind": "audit", "seats": 13}, ("/seats", "seats_outside_table")),
        ({"kind": "women", "seats": 1, "officers": []}, ("/seats", "body_form")),
    ],
)
def test_seats_are_odd_and_in_the_table_and_many_women_have_a_committee(
    federation: Federation, values: dict[str, Any], fault: tuple[str, str]
) -> None:
    assert fault in faults(federation.client("firm").post(COMMITTEES, told(a_union(federation), **values)))


def test_all_that_is_wrong_with_officers_is_said_at_once(federation: Federation) -> None:
    body = told(a_union(federation), of=4)
    body["officers"][1] |= {"office": "chair", "may_be_chair": False}
    body["officers"][2] |= {"is_no_relative": False, "number": 1}
    assert faults(federation.client("firm").post(COMMITTEES, body)) == {
        ("/officers", "too_many_officers"),
        ("/officers", "two_chairs"),
        ("/officers/1/may_be_chair", "chair_not_eligible"),
        ("/officers/2/number", "number_twice"),
        ("/officers/2/is_no_relative", "relative_not_excluded"),
    }


def test_a_committee_without_a_chair_or_with_empty_seats_is_not_confirmed(federation: Federation) -> None:
    body = told(a_union(federation), of=2)
    body["officers"][0]["office"] = "member"
    made = federation.client("firm").post(COMMITTEES, body)
    assert faults(step(federation, "east", made.json["id"], "confirm")) == {
        ("/officers", "too_few_officers"),
        ("/officers", "no_chair"),
    }


def test_a_term_has_each_body_once(federation: Federation) -> None:
    union_id = a_union(federation)
    assert federation.client("firm").post(COMMITTEES, told(union_id)).status_code == 201
    again = federation.client("firm").post(COMMITTEES, told(union_id))
    assert faults(again) == {("/kind", "committee_exists")}
    audit = federation.client("firm").post(COMMITTEES, told(union_id, kind="audit"))
    assert audit.status_code == 201, audit.text


def test_a_union_out_of_sight_cannot_be_named(federation: Federation) -> None:
    made = federation.client("west").post(COMMITTEES, told(a_union(federation)))
    assert (made.status_code, made.json["errors"][0]["code"]) == (422, "not_choosable")


def test_a_by_election_needs_a_free_seat_and_more_than_half_of_those_due(federation: Federation) -> None:
    committee_id = in_office(federation)
    assert ("", "no_seat") in faults(step(federation, "firm", committee_id, "by-elect", **NEWCOMER))
    step(federation, "firm", committee_id, "leave", number=3, left_on="2024-06-03", left_reason="retired")
    half = {**NEWCOMER, "votes": 15}
    assert faults(step(federation, "firm", committee_id, "by-elect", **half)) == {("/votes", "no_majority")}
    seated = step(federation, "firm", committee_id, "by-elect", **NEWCOMER).json
    assert seated["serving"] == 3
    newest = max(seated["officers"], key=lambda officer: officer["number"])
    assert (newest["name"], newest["number"], newest["left_on"]) == ("周示例", 4, None)


@pytest.mark.parametrize(("votes", "status"), [(15, 422), (16, 200)])
def test_a_removal_needs_more_than_half_of_all_members(
    federation: Federation, votes: int, status: int
) -> None:
    committee_id = in_office(federation)
    answer = step(
        federation, "firm", committee_id, "remove",
        number=1, left_on="2024-06-27", due=30, votes=votes, comment="会员大会罢免",
    )  # fmt: skip
    assert answer.status_code == status, answer.text
    if status == 422:
        assert faults(answer) == {("/votes", "no_majority")}
        assert "第十八条" in answer.json["errors"][0]["detail"]
    else:
        gone = next(officer for officer in answer.json["officers"] if officer["number"] == 1)
        assert (gone["left_on"], gone["left_reason"]) == ("2024-06-27", "removed")


def test_a_chair_who_leaves_is_no_longer_shown_as_the_unions_chair(federation: Federation) -> None:
    committee_id = in_office(federation)
    step(federation, "firm", committee_id, "leave", number=1, left_on="2024-06-27", left_reason="job_ended")
    chair = {**NEWCOMER, "office": "chair"}
    refused = step(federation, "firm", committee_id, "by-elect", **chair)
    assert faults(refused) == {("/may_be_chair", "chair_not_eligible")}
    answer = step(federation, "firm", committee_id, "by-elect", **chair, may_be_chair=True)
    assert answer.status_code == 200, answer.text
    with federation.uow() as uow:
        union = uow.session.get_one(GrassrootsUnion, (uow.tenant_id, UUID(answer.json["union_id"])))
        assert union.chair_name == "周示例"


def test_a_transfer_in_term_takes_the_own_committees_consent_and_the_upper_union(
    federation: Federation,
) -> None:
    committee_id = in_office(federation)
    body = {"number": 2, "left_on": "2024-06-27", "consent_no": "示工复〔2024〕9号"}
    agreed = {**body, "committee_agreed_on": "2024-06-20"}
    late = step(federation, "east", committee_id, "transfer", **body, committee_agreed_on="2024-06-28")
    assert faults(late) == {("/committee_agreed_on", "consent_too_late")}
    assert step(federation, "firm", committee_id, "transfer", **agreed).status_code == 403
    assert step(federation, "east", committee_id, "transfer", **agreed).json["serving"] == 2


def test_nobody_leaves_twice_or_before_their_election(federation: Federation) -> None:
    committee_id = in_office(federation, "firm", "leave")
    again = step(
        federation, "firm", committee_id, "leave", number=3, left_on="2024-06-27", left_reason="died"
    )
    assert faults(again) == {("/number", "not_in_office")}
    early = step(
        federation, "firm", committee_id, "leave", number=2, left_on="2023-01-05", left_reason="died"
    )
    assert faults(early) == {("/left_on", "before_election")}


def test_paper_entered_late_needs_the_permission_and_shows_as_late(federation: Federation) -> None:
    committee_id = in_office(federation)
    before = (clock.today() - timedelta(days=3)).isoformat()
    body = {"number": 2, "left_on": date(2024, 6, 3), "left_reason": "retired", "effective_on": before}
    assert step(federation, "firm", committee_id, "leave", **body).status_code == 403
    assert step(federation, "east", committee_id, "leave", **body).status_code == 200
    history = federation.client("firm").get(f"{COMMITTEES}/{committee_id}/history").json
    assert [(entry["name"], entry["is_late"]) for entry in history][-1] == ("leave", True)


def test_a_list_takes_as_many_statements_for_thirty_committees_as_for_one(federation: Federation) -> None:
    client = federation.client("east")
    made = iter(range(30))

    def more(number: int) -> None:
        with federation.uow() as uow:
            for _one in range(number):
                next(made)
                committee_at()(uow, federation.units["garden"])
            uow.commit()

    def sent() -> int:
        with counted_statements(federation.world.database.engine(policies.APP)) as statements:
            assert client.get(COMMITTEES, query_string={"limit": 50}).status_code == 200
        return len(statements)

    more(1)
    client.get(COMMITTEES)
    one = sent()
    more(29)
    assert len(client.get(COMMITTEES, query_string={"limit": 50}).json["items"]) == 30
    assert sent() == one
