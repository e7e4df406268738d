"""A union's founding, from the organiser's draft to the reply of the union above: who may do what, when."""

from typing import Any

import pytest
from werkzeug.test import TestResponse

from gonghui.auth.accounts import account_by_id
from gonghui.testing import Federation
from gonghui_organising.union_samples import founding_values

UNIONS = "/api/v1/organising/unions"
REPLY = {"approval_no": "示工复〔2026〕1号", "term_years": 5}


class Founding:
    """A founding under way; steps use the version that the step before gave."""

    def __init__(self, federation: Federation, by: str = "firm", place: str = "firm") -> None:
        self.federation = federation
        self.last = federation.client(by).post(UNIONS, founding_values(federation.units[place]))
        assert self.last.status_code == 201, self.last.text
        self.path = f"{UNIONS}/{self.last.json['id']}"

    def step(self, login: str, name: str, body: Any = None) -> TestResponse:
        tag = self.federation.client("district").get(self.path).headers["ETag"]
        asker = self.federation.client(login)
        method, path = ("PATCH", self.path) if name == "change" else ("POST", f"{self.path}/{name}")
        extra = {} if body is None else {"json": body}
        self.last = asker(method, path, headers={"If-Match": tag}, **extra)
        return self.last


def test_a_founding_goes_from_draft_over_a_return_to_approval(federation: Federation) -> None:
    founding = Founding(federation)
    assert founding.step("firm", "submit").json["state"] == "submitted"
    assert founding.step("east", "return", {"comment": "缺签名"}).json["state"] == "returned"
    assert founding.step("firm", "change", {"chair_name": "改示例"}).json["chair_name"] == "改示例"
    assert founding.step("firm", "submit").json["state"] == "submitted"
    approved = founding.step("east", "approve", REPLY)
    assert (approved.json["state"], approved.json["approval_no"]) == ("approved", REPLY["approval_no"])
    history = federation.client("firm").get(f"{founding.path}/history").json
    assert [step["name"] for step in history] == ["create", "submit", "return", "submit", "approve"]
    assert [step["comment"] for step in history] == [None, None, "缺签名", None, None]


@pytest.mark.parametrize(
    ("login", "status"),
    [("district", 200), ("east", 200), ("garden", 200), ("firm", 200), ("admin", 200), ("west", 404),
     ("auditor", 403), ("worker", 403), ("guest", 403)],
)  # fmt: skip
def test_it_is_visible_upwards_and_to_nobody_beside(federation: Federation, login: str, status: int) -> None:
    founding = Founding(federation)
    assert federation.client(login).get(founding.path).status_code == status
    listed = federation.client(login).get(UNIONS)
    ids = [item["id"] for item in listed.json.get("items", ())]
    assert (founding.path.split("/")[-1] in ids) is (status == 200)


def test_the_enterprises_own_officer_cannot_approve_even_with_the_permission(federation: Federation) -> None:
    federation.add_officer("boss", "boss", "firm", ["organising.union.read", "organising.union.approve"])
    founding = Founding(federation)
    founding.step("firm", "submit")
    assert founding.step("boss", "approve", REPLY).status_code == 403
    assert founding.step("east", "approve", REPLY).status_code == 200


def test_the_person_who_submitted_cannot_approve(federation: Federation) -> None:
    founding = Founding(federation, by="east", place="garden")
    founding.step("east", "submit")
    refused = founding.step("east", "approve", REPLY)
    assert (refused.status_code, refused.json["code"]) == (409, "same_person")
    assert founding.step("district", "approve", REPLY).status_code == 200


def test_a_second_account_of_the_person_who_submitted_cannot_approve_either(federation: Federation) -> None:
    founding = Founding(federation, by="east", place="garden")
    founding.step("east", "submit")
    federation.add_officer("second", "street_officer", "east")
    with federation.uow() as uow:
        first, second = (account_by_id(uow, federation.accounts[login]) for login in ("east", "second"))
        assert first
        assert second
        second.person_id = first.person_id
    assert founding.step("second", "approve", REPLY).json["code"] == "same_person"


@pytest.mark.parametrize(
    ("steps", "forbidden"),
    [([], ["return", "approve"]), (["submit"], ["change", "submit"]),
     (["submit", "approve"], ["change", "submit", "return", "approve"])],
)  # fmt: skip
def test_a_step_that_the_state_does_not_allow_names_those_it_does(
    federation: Federation, steps: list[str], forbidden: list[str]
) -> None:
    bodies = {"return": {"comment": "再改"}, "approve": REPLY, "change": {"chair_name": "改示例"}}
    founding = Founding(federation)
    for step in steps:
        assert (
            founding.step("firm" if step == "submit" else "east", step, bodies.get(step)).status_code == 200
        )
    for step in forbidden:
        refused = founding.step("district", step, bodies.get(step))
        assert (refused.status_code, refused.json["code"]) == (409, "state_forbids")
        assert not set(refused.json["allowed"]) & set(forbidden)


def test_the_reply_states_the_term_that_was_submitted(federation: Federation) -> None:
    founding = Founding(federation)
    founding.step("firm", "submit")
    refused = founding.step("east", "approve", {**REPLY, "term_years": 3})
    assert refused.json["errors"][0]["code"] == "term_differs"


@pytest.mark.parametrize(("day", "code"), [("2099-01-01", "in_future"), ("2024-06-11", "before_election")])
def test_the_day_of_the_reply_lies_between_election_and_today(
    federation: Federation, day: str, code: str
) -> None:
    founding = Founding(federation)
    founding.step("firm", "submit")
    refused = founding.step("east", "approve", {**REPLY, "effective_on": day})
    assert (refused.status_code, refused.json["errors"][0]["code"]) == (422, code)


def test_an_earlier_day_needs_the_permission_to_back_date(federation: Federation) -> None:
    federation.add_officer("clerk", "clerk", "east", ["organising.union.read", "organising.union.approve"])
    founding = Founding(federation)
    founding.step("firm", "submit")
    assert founding.step("clerk", "approve", {**REPLY, "effective_on": "2024-06-20"}).status_code == 403
    approved = founding.step("east", "approve", {**REPLY, "effective_on": "2024-06-20"})
    assert approved.json["founded_on"] == "2024-06-20"


def test_a_union_approved_for_june_counts_in_the_first_half_year_and_opens_to_itself(
    federation: Federation,
) -> None:
    founding = Founding(federation)
    founding.step("firm", "submit")
    founding.step("east", "approve", {**REPLY, "effective_on": "2024-06-28"})
    for login, expected in (("east", 1), ("district", 1), ("west", 0)):
        client = federation.client(login)
        figures = {f["code"]: f for f in client.get("/api/v1/figures?period=2024H1").json["figures"]}
        founded = figures["organising.unions_founded"]
        assert (founded["value"], founded["records"]) == (expected, expected)
        behind = client.get(founded["href"]).json["items"]
        assert [record["id"] for record in behind] == [founding.path.split("/")[-1]] * expected
        assert figures["organising.units_covered"]["value"] == expected
    later = federation.client("district").get("/api/v1/figures?period=2024H2").json["figures"]
    told = {figure["code"]: figure["value"] for figure in later}
    expected = {
        "organising.unions_founded": 0,
        "organising.unions_in_force": 1,
        "organising.units_covered": 1,
    }
    assert {code: told[code] for code in expected} == expected


def test_one_node_holds_one_union(federation: Federation) -> None:
    Founding(federation)
    again = federation.client("firm").post(UNIONS, founding_values(federation.units["firm"]))
    assert (again.status_code, again.json["code"]) == (409, "union_exists")


def test_a_draft_for_an_enterprise_without_a_node_makes_one_below_the_unit(federation: Federation) -> None:
    founding = Founding(federation, by="garden", place="garden")
    unit = federation.client("garden").get(f"/api/v1/org-units/{founding.last.json['org_unit_id']}").json
    assert unit["parent_id"] == str(federation.units["garden"])
    assert (unit["kind"], unit["name"]) == ("grassroots_union", founding.last.json["name"])


def test_nobody_drafts_outside_their_own_part_of_the_tree(federation: Federation) -> None:
    for place in ("firm", "garden", "east", "district"):
        answer = federation.client("west").post(UNIONS, founding_values(federation.units[place]))
        assert answer.status_code == 404


def test_a_change_replaces_parts_as_a_whole_and_leaves_the_others(federation: Federation) -> None:
    founding = Founding(federation)
    before = founding.last.json
    changed = founding.step("firm", "change", {"papers": [{"kind": "minutes", "number": "一"}]}).json
    assert [(paper["kind"], paper["number"]) for paper in changed["papers"]] == [("minutes", "一")]
    assert changed["employers"] == before["employers"]
    assert changed["version"] == before["version"] + 1


def test_every_step_is_in_the_trail_with_who_took_it(federation: Federation) -> None:
    founding = Founding(federation)
    founding.step("firm", "submit")
    founding.step("east", "approve", REPLY)
    union_id = founding.path.split("/")[-1]
    trail = federation.client("auditor").get(f"/api/v1/audit?object_id={union_id}").json["items"]
    assert [(entry["action"], entry["actor"]) for entry in reversed(trail)] == [
        ("organising.union.created", "样firm"),
        ("organising.union.submitted", "样firm"),
        ("organising.union.approved", "样east"),
    ]
    assert trail[0]["payload"]["after"]["approval_no"] == REPLY["approval_no"]


def test_of_two_unions_submitted_for_one_employer_one_is_approved(federation: Federation) -> None:
    foundings = [Founding(federation, by="garden", place="garden") for _number in range(2)]
    employer = foundings[0].last.json["employers"][0]
    named = [{"name": employer["name"], "uscc": employer["uscc"]}]
    for founding in foundings:
        assert founding.step("garden", "change", {"employers": named}).status_code == 200
        assert founding.step("garden", "submit").status_code == 200
    assert foundings[0].step("east", "approve", REPLY).status_code == 200
    refused = foundings[1].step("east", "approve", REPLY)
    assert (refused.status_code, refused.json["errors"][0]["code"]) == (422, "employer_has_union")
