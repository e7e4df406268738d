"""Branches and groups: parts of a union without a code, which stand rightly, and the members who belong to them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from werkzeug.test import TestResponse

from gonghui.db import policies
from gonghui.testing import Federation
from gonghui.testing.queries import counted_statements
from gonghui.values import clock
from gonghui_organising.member_samples import member_values
from gonghui_organising.union_samples import founding_values

PARTS, ASSIGNED = "/api/v1/organising/subdivisions", "/api/v1/organising/group-assignments"
UNIONS, MEMBERS = "/api/v1/organising/unions", "/api/v1/organising/members"


@pytest.fixture
def union(federation: Federation) -> Any:
    """A union of its own for each test."""
    answer = federation.client("garden").post(UNIONS, founding_values(federation.units["garden"]))
    assert answer.status_code == 201, answer.text
    return answer.json


def planned(federation: Federation, union: Any, who: str = "garden", **values: Any) -> TestResponse:
    body = {"org_unit_id": union["org_unit_id"], "kind": "group", "name": "第一小组", **values}
    return federation.client(who).post(PARTS, body)


def at(
    federation: Federation, path: str, record: Any, name: str, body: Any = None, who: str = "garden"
) -> TestResponse:
    one = f"{path}/{record['id']}"
    tag = federation.client("district").get(one).headers["ETag"]
    method, one = ("PATCH", one) if name == "change" else ("POST", f"{one}/{name}")
    return federation.client(who)(method, one, headers={"If-Match": tag}, json=body or {})


def active(federation: Federation, union: Any, **values: Any) -> Any:
    answer = at(federation, PARTS, planned(federation, union, **values).json, "establish")
    assert answer.status_code == 200, answer.text
    return answer.json


def member(federation: Federation, union: Any) -> Any:
    values = member_values(union["org_unit_id"])
    body = {**values, "joined_on": values["joined_on"].isoformat(), "is_member_already": True}
    answer = federation.client("district").post(MEMBERS, body)
    assert answer.status_code == 201, answer.text
    return answer.json


def assigned(federation: Federation, part: Any, who: Any, first: str = "2024-06-28") -> TestResponse:
    body = {"subdivision_id": part["id"], "membership_id": who["id"], "from_on": first}
    return federation.client("garden").post(ASSIGNED, body)


def shown(federation: Federation, part: Any) -> Any:
    return federation.client("garden").get(f"{PARTS}/{part['id']}").json


def faults(answer: TestResponse) -> list[tuple[str, str]]:
    assert answer.status_code == 422, answer.text
    return [(fault["pointer"], fault["code"]) for fault in answer.json["errors"]]


def test_a_group_stands_under_a_branch_of_its_union(federation: Federation, union: Any) -> None:
    branch = active(federation, union, kind="branch", name="一车间分会")
    group = planned(federation, union, branch_id=branch["id"], leader_name="样示例", members=12)
    assert (group.json["branch_name"], group.json["members"]) == ("一车间分会", 12)
    under = planned(federation, union, kind="branch", branch_id=branch["id"])
    assert faults(under) == [("/branch_id", "branch_under_branch")]
    in_group = planned(federation, union, branch_id=group.json["id"])
    assert faults(in_group) == [("/branch_id", "not_choosable")]
    other = federation.client("garden").post(UNIONS, founding_values(federation.units["garden"])).json
    assert faults(planned(federation, other, branch_id=branch["id"])) == [("/branch_id", "no_branch")]


def test_a_part_stands_where_a_union_is(federation: Federation) -> None:
    answer = planned(federation, {"org_unit_id": str(federation.units["garden"])})
    assert faults(answer) == [("/org_unit_id", "no_union_here")]


def test_it_is_seen_upwards_and_not_beside(federation: Federation, union: Any) -> None:
    part = planned(federation, union).json
    statuses = {
        login: federation.client(login).get(f"{PARTS}/{part['id']}").status_code
        for login in ("district", "east", "garden", "admin", "west", "firm", "worker")
    }
    assert statuses == {
        "district": 200, "east": 200, "garden": 200, "admin": 200, "west": 404, "firm": 404, "worker": 403,
    }  # fmt: skip


def test_an_earlier_day_needs_its_permission_and_shows_as_late(federation: Federation, union: Any) -> None:
    part = planned(federation, union).json
    earlier = {"effective_on": (clock.today() - timedelta(days=30)).isoformat()}
    assert at(federation, PARTS, part, "establish", earlier).status_code == 403
    assert (
        at(federation, PARTS, part, "establish", earlier, "east").json["set_up_on"] == earlier["effective_on"]
    )
    steps = federation.client("garden").get(f"{PARTS}/{part['id']}/history").json
    assert [step["is_late"] for step in steps] == [False, True]


def test_a_member_is_in_one_part_at_a_time_and_their_time_in_it_stays_on_record(
    federation: Federation, union: Any
) -> None:
    first, second = (active(federation, union, name=name) for name in ("甲组", "乙组"))
    who = member(federation, union)
    time = assigned(federation, first, who).json
    assert (time["subdivision_name"], time["member_name"]) == ("甲组", "样会员")
    assert faults(assigned(federation, second, who)) == [("/membership_id", "assigned_already")]
    before = {"effective_on": "2024-06-27"}
    assert faults(at(federation, ASSIGNED, time, "end", before, "east")) == [
        ("/effective_on", "before_first_day")
    ]
    assert at(federation, ASSIGNED, time, "end").json["to_on"] == clock.today().isoformat()
    assert assigned(federation, second, who).status_code == 201
    times = federation.client("garden").get(f"{ASSIGNED}?membership_id={who['id']}").json["items"]
    assert [(one["subdivision_name"], one["state"]) for one in times] == [
        ("乙组", "assigned"),
        ("甲组", "ended"),
    ]
    assert [shown(federation, part)["assigned_members"] for part in (first, second)] == [0, 1]


def test_a_member_of_another_union_is_not_assigned(federation: Federation, union: Any) -> None:
    part = active(federation, union)
    other = federation.client("garden").post(UNIONS, founding_values(federation.units["garden"])).json
    assert faults(assigned(federation, part, member(federation, other))) == [
        ("/membership_id", "of_another_union")
    ]


def test_whoever_leaves_the_union_is_no_longer_counted_in_its_parts(
    federation: Federation, union: Any
) -> None:
    part, who = active(federation, union), member(federation, union)
    assigned(federation, part, who)
    assert shown(federation, part)["assigned_members"] == 1
    tag = federation.client("garden").get(f"{MEMBERS}/{who['id']}").headers["ETag"]
    left = federation.client("garden")(
        "POST", f"{MEMBERS}/{who['id']}/withdraw", headers={"If-Match": tag}, json={"comment": "本人申请"}
    )
    assert left.status_code == 200, left.text
    assert shown(federation, part)["assigned_members"] == 0


def test_a_part_is_dissolved_when_nothing_is_left_in_it(federation: Federation, union: Any) -> None:
    branch = active(federation, union, kind="branch", name="分会")
    group = active(federation, union, branch_id=branch["id"])
    time = assigned(federation, group, member(federation, union)).json
    why = {"comment": "车间合并"}
    assert faults(at(federation, PARTS, branch, "dissolve", why)) == [("", "groups_remain")]
    assert faults(at(federation, PARTS, group, "dissolve", why)) == [("", "members_remain")]
    at(federation, ASSIGNED, time, "end")
    for part in (group, branch):
        assert at(federation, PARTS, part, "dissolve", why).json["dissolved_on"] == clock.today().isoformat()


def test_a_large_union_is_told_that_it_could_have_parts_and_why(federation: Federation, union: Any) -> None:
    hints = federation.client("garden").get(f"{UNIONS}/{union['id']}/subdivision-hints").json
    assert hints["members"] == union["members"]
    assert [(one["kind"], one["has_some"]) for one in hints["hints"]] == [("branch", False), ("group", False)]
    assert all(one["basis"] for one in hints["hints"])
    planned(federation, union)
    hints = federation.client("garden").get(f"{UNIONS}/{union['id']}/subdivision-hints").json
    assert [one["has_some"] for one in hints["hints"]] == [False, True]
    assert federation.client("west").get(f"{UNIONS}/{union['id']}/subdivision-hints").status_code == 404


@pytest.mark.parametrize("path", [PARTS, ASSIGNED])
def test_a_list_takes_the_same_statements_for_one_row_and_for_thirty(
    federation: Federation, union: Any, path: str
) -> None:
    part = active(federation, union)
    engine = federation.world.database.engine(policies.APP)
    statements = []
    for limit in (1, 30):
        for _n in range(limit):
            planned(federation, union) if path == PARTS else assigned(
                federation, part, member(federation, union)
            )
        federation.client("garden").get(path)
        with counted_statements(engine) as sent:
            assert len(federation.client("garden").get(f"{path}?limit={limit}").json["items"]) == limit
        statements.append(len(sent))
    assert statements[0] == statements[1]
