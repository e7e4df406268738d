"""Leaders' hang-points: visits are counted on their day, and what was found is settled by others than its owner."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from tests.plugins.organising.stepping import BASE, codes, create, figure, send, take

from gonghui.auth.accounts import account_by_id
from gonghui.db import policies
from gonghui.records.deadlines import deadlines_of
from gonghui.testing import Federation
from gonghui.testing.queries import counted_statements
from gonghui.values import clock


def point(federation: Federation, at: str = "garden", **more: Any) -> str:
    body = {
        "org_unit_id": federation.units[at],
        "kind": "community",
        "leader_name": "冯示例",
        "leader_office": "区总工会副主席",
        "starts_on": "2024-01-01",
        "ends_on": "2024-12-31",
        **more,
    }
    return create(federation, "district", "hang-points", body)


def visit(on: str) -> dict[str, str]:
    return {"visited_on": on, "place": "示例工业园", "findings": "届期将满，尚未报送换届方案"}


def put_visits(federation: Federation, path: str, *days: str, by: str = "district") -> Any:
    body = {"visits": [visit(on) for on in days]}
    return send(federation, by, path, body, step="visits", method="PUT")


def test_supervised_visits_count_on_the_day_of_each(federation: Federation) -> None:
    path = point(federation)
    put_visits(federation, path, "2024-03-31", "2024-04-01", "2024-06-30", "2024-07-01")
    point(federation, "east", kind="street", visits=[visit("2024-06-03")])
    point(federation, "river")
    told = figure(federation, "organising.supervised_visits", "2024Q2")
    assert (told["value"], told["parts"]) == (3, {"street": 1, "community": 2, "enterprise": 0})
    assert figure(federation, "organising.supervised_visits", "2024H1", "garden")["value"] == 3
    assert figure(federation, "organising.supervised_visits", "2024H1", "west")["value"] == 0


@pytest.mark.parametrize(("on", "code"), [("2023-12-31", "outside"), ("2025-01-01", "outside")])
def test_a_visit_lies_in_the_time_of_the_point(federation: Federation, on: str, code: str) -> None:
    assert codes(put_visits(federation, point(federation), on)) == [code]


def test_a_visit_to_come_is_none_yet(federation: Federation) -> None:
    path = point(federation, ends_on="2099-12-31")
    tomorrow = (clock.today() + timedelta(days=1)).isoformat()
    assert codes(put_visits(federation, path, tomorrow)) == ["in_future"]


def test_contradictions_of_a_point_are_named(federation: Federation) -> None:
    body = {
        "org_unit_id": federation.units["garden"],
        "kind": "street",
        "employer": {"name": "样本厂", "uscc": None},
        "leader_name": "冯示例",
        "leader_office": "主席",
        "starts_on": "2024-02-01",
        "ends_on": "2024-01-01",
    }
    refused = federation.client("district").post(f"{BASE}/hang-points", body)
    assert sorted(codes(refused)) == ["before_start", "no_enterprise"]


def test_streets_read_their_points_and_the_district_keeps_them(federation: Federation) -> None:
    path = point(federation)
    assert [federation.client(login).get(path).status_code for login in ("east", "garden", "west", "firm")] == [
        200, 200, 404, 403
    ]  # fmt: skip
    assert put_visits(federation, path, "2024-03-01", by="east").status_code == 403
    assert take(federation, path, ("district", "end", {}))["state"] == "ended"
    assert put_visits(federation, path, "2024-03-01").status_code == 409


def issue(federation: Federation, by: str = "garden", **more: Any) -> str:
    body = {"org_unit_id": federation.units["garden"], "title": "尚未设立女职工委员会", **more}
    return create(federation, by, "issues", body)


def assigned(
    federation: Federation, path: str, owner: str, by: str = "east", days: int = 30
) -> dict[str, Any]:
    due_on = (clock.today() + timedelta(days=days)).isoformat()
    body = {"owner_id": str(federation.accounts[owner]), "due_on": due_on}
    return take(federation, path, (by, "assign", body))


RESOLVED = {"resolution": "已补选女职工委员"}


def test_an_issue_is_assigned_resolved_by_its_owner_and_closed_by_whoever_raised_it(
    federation: Federation,
) -> None:
    path = issue(federation, hang_point_id=point(federation).rsplit("/", 1)[1])
    told = assigned(federation, path, "firm")
    assert (told["state"], told["owner_name"]) == ("assigned", "样firm")
    take(federation, path, ("firm", "resolve", RESOLVED))
    assert take(federation, path, ("garden", "close", {}))["state"] == "closed"


def test_an_issue_without_an_owner_cannot_be_closed(federation: Federation) -> None:
    path = issue(federation)
    assert send(federation, "garden", path, {}, step="close").status_code == 409
    assert send(federation, "garden", path, RESOLVED, step="resolve").status_code == 409
    assert send(federation, "east", path, {"due_on": "2099-01-01"}, step="assign").status_code == 422


def test_the_owner_alone_never_closes_an_issue_not_even_one_that_they_raised(federation: Federation) -> None:
    path = issue(federation, by="east")
    assigned(federation, path, "east", by="district")
    take(federation, path, ("east", "resolve", RESOLVED))
    assert codes(send(federation, "east", path, {}, step="close")) == ["own_issue"]
    federation.add_officer("second", "street_officer", "east")
    with federation.uow() as uow:
        first, second = (account_by_id(uow, federation.accounts[login]) for login in ("east", "second"))
        assert first
        assert second
        second.person_id = first.person_id
    assert codes(send(federation, "second", path, {}, step="close")) == ["own_issue"]
    take(federation, path, ("district", "close", {}))


def test_it_is_closed_by_whoever_raised_it_or_from_above_and_not_from_beside(federation: Federation) -> None:
    path = issue(federation, by="east")
    assigned(federation, path, "firm")
    take(federation, path, ("firm", "resolve", RESOLVED))
    assert codes(send(federation, "garden", path, {}, step="close")) == ["not_the_raiser"]
    assert send(federation, "west", path, {}, step="close").status_code == 404
    federation.add_officer("other", "street_officer", "east")
    take(federation, path, ("other", "close", {}))


def test_the_owner_sees_the_issue_wherever_it_is_filed_until_it_is_taken_back(federation: Federation) -> None:
    path = issue(federation)
    assert federation.client("west").get(path).status_code == 404
    assigned(federation, path, "west", by="district")
    assert federation.client("west").get(path).status_code == 200
    take(federation, path, ("east", "take-back", {"comment": "改派"}))
    assert federation.client("west").get(path).status_code == 404
    assert assigned(federation, path, "firm")["owner_name"] == "样firm"


def test_what_was_shared_with_the_owner_ends_when_the_issue_is_closed(federation: Federation) -> None:
    path = issue(federation)
    assigned(federation, path, "west", by="district")
    take(federation, path, ("west", "resolve", RESOLVED))
    take(federation, path, ("garden", "close", {}))
    assert federation.client("west").get(path).status_code == 404


def test_a_reopened_issue_is_assigned_anew_and_its_first_deadline_was_met(federation: Federation) -> None:
    path = issue(federation)
    assigned(federation, path, "firm")
    take(federation, path, ("firm", "resolve", RESOLVED), ("garden", "close", {}))
    assert send(federation, "garden", path, {}, step="reopen").status_code == 422
    told = take(federation, path, ("garden", "reopen", {"comment": "复查时又停了"}))
    assert (told["state"], told["owner_id"], told["due_on"]) == ("open", None, None)
    assigned(federation, path, "firm", days=10)
    with federation.uow() as uow:
        kept = [(each.state, each.rule) for each in deadlines_of(uow, UUID(path.rsplit("/", 1)[1]))]
    assert sorted(kept) == [("met", "organising.issue.due"), ("open", "organising.issue.due")]


def test_the_day_of_putting_right_does_not_lie_before_the_assignment(federation: Federation) -> None:
    path, owner = issue(federation), str(federation.accounts["firm"])
    due_on = (clock.today() - timedelta(days=1)).isoformat()
    refused = send(federation, "east", path, {"owner_id": owner, "due_on": due_on}, step="assign")
    assert codes(refused) == ["before_assignment"]
    earlier = {"effective_on": (clock.today() - timedelta(days=9)).isoformat()}
    late = {"owner_id": owner, "due_on": due_on, **earlier}
    assert send(federation, "garden", path, late, step="assign").status_code == 403
    take(federation, path, ("east", "assign", late))
    assert federation.client("east").get(f"{path}/history").json[-1]["is_late"]


def test_a_list_takes_the_same_queries_for_one_and_for_thirty(federation: Federation) -> None:
    def count() -> int:
        with counted_statements(federation.world.database.engine(policies.APP)) as sent:
            federation.client("east").get(f"{BASE}/issues?limit=50")
        return len(sent)

    issue(federation)
    count()
    one = count()
    for _serial in range(29):
        issue(federation)
    assert count() == one
