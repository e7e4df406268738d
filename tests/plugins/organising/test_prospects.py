"""Prospects: firms without a union are visited, agree, and are founded only by a union that covers them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from tests.plugins.organising.stepping import BASE, codes, create, figure, send, take

from gonghui.db import policies
from gonghui.records.deadlines import deadlines_of
from gonghui.records.timers import run_timers
from gonghui.sdk import create_record
from gonghui.testing import Federation
from gonghui.testing.queries import counted_statements
from gonghui.values import clock
from gonghui_organising.demo import demo_code
from gonghui_organising.prospects import prospects
from gonghui_organising.target_samples import approved
from gonghui_organising.union_samples import founding_values
from gonghui_organising.unions import unions

FIRM = {"name": "深圳市未建电子有限公司", "uscc": demo_code("91", 77)}
OTHER = {"name": "深圳市另一电子有限公司", "uscc": demo_code("91", 78)}


def day(offset: int) -> str:
    return (clock.today() + timedelta(days=offset)).isoformat()


def visit(offset: int = 0, outcome: str = "willing", **more: Any) -> dict[str, Any]:
    return {"visited_on": day(offset), "visitor": "王示例", "outcome": outcome, **more}


def prospect(federation: Federation, by: str = "garden", at: str = "garden", **more: Any) -> str:
    body = {"org_unit_id": federation.units[at], "employer": FIRM, "headcount": 120, **more}
    return create(federation, by, "prospects", body)


def union_of(federation: Federation, employers: list[dict[str, str]], at: str = "garden") -> str:
    kind = "joint" if len(employers) > 1 else "independent"
    with federation.uow() as uow:
        values = {**founding_values(federation.units[at]), "employers": employers, "kind": kind}
        return str(approved(uow, values))


def put_visits(federation: Federation, path: str, *visits: dict[str, Any], by: str = "garden") -> Any:
    return send(federation, by, path, {"visits": list(visits)}, step="visits", method="PUT")


def test_a_prospect_goes_from_the_first_visit_to_its_union(federation: Federation) -> None:
    path = prospect(federation)
    assert codes(send(federation, "garden", path, {}, step="contact")) == ["not_visited"]
    told = put_visits(federation, path, visit(-3, "hesitant", met="厂长")).json
    assert (told["outcome"], told["visited_on"]) == ("hesitant", day(-3))
    take(federation, path, ("garden", "contact", {}))
    assert codes(send(federation, "garden", path, {}, step="agree")) == ["not_willing"]
    put_visits(federation, path, *told["visits"], visit(0))
    take(federation, path, ("garden", "agree", {}), ("garden", "begin", {}))
    union_id = union_of(federation, [FIRM])
    told = take(federation, path, ("garden", "found", {"union_id": union_id}))
    assert (told["state"], told["union_id"]) == ("founded", union_id)
    assert send(federation, "garden", path, {"headcount": 9}, method="PATCH").status_code == 409


def test_only_a_union_that_covers_the_employer_makes_it_founded(federation: Federation) -> None:
    path = prospect(federation, visits=[visit()])
    take(federation, path, ("garden", "agree", {}))
    body = {"union_id": union_of(federation, [OTHER])}
    assert codes(send(federation, "garden", path, body, step="found")) == ["not_covered"]
    with federation.uow("garden") as uow:
        values = {**founding_values(federation.units["garden"]), "employers": [FIRM]}
        draft = create_record(uow, unions, values)
    body = {"union_id": str(draft.id)}
    assert codes(send(federation, "garden", path, body, step="found")) == ["not_choosable"]
    joint = union_of(federation, [FIRM, {"name": "样本甲厂", "uscc": None}])
    take(federation, path, ("garden", "found", {"union_id": joint}))


def test_a_union_out_of_sight_cannot_be_named(federation: Federation) -> None:
    path = prospect(federation, visits=[visit()])
    take(federation, path, ("garden", "agree", {}))
    elsewhere = {"union_id": union_of(federation, [FIRM], "river")}
    assert codes(send(federation, "garden", path, elsewhere, step="found")) == ["not_choosable"]
    take(federation, path, ("district", "found", elsewhere))


def test_an_employer_with_a_union_in_force_is_no_prospect(federation: Federation) -> None:
    union_of(federation, [FIRM], "river")
    body = {"org_unit_id": federation.units["garden"], "employer": FIRM}
    assert codes(federation.client("garden").post(f"{BASE}/prospects", body)) == ["has_a_union"]


def test_an_employer_is_on_file_once(federation: Federation) -> None:
    prospect(federation)
    body = {"org_unit_id": federation.units["river"], "employer": FIRM}
    assert codes(federation.client("west").post(f"{BASE}/prospects", body)) == ["on_file"]


def test_an_employer_of_a_list_is_on_the_wider_one_too_and_found_by_either(federation: Federation) -> None:
    path = prospect(federation, lists=["top_hundred"])
    assert federation.client("garden").get(path).json["lists"] == ["top_hundred", "above_scale"]
    for name, found in (("above_scale", 1), ("top_hundred", 1), ("high_tech", 0)):
        listed = federation.client("east").get(f"{BASE}/prospects?lists={name}").json["items"]
        assert len(listed) == found
    body = {"org_unit_id": federation.units["garden"], "employer": OTHER, "lists": ["invented"]}
    assert codes(federation.client("garden").post(f"{BASE}/prospects", body)) == ["list_unknown"]


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"visited_on": 1, "outcome": "willing", "visitor": "王"}, "in_future"),
        ({"visited_on": -1, "next_on": -1, "outcome": "willing", "visitor": "王"}, "before_visit"),
        ({"visited_on": -1, "outcome": "willing"}, "required"),
    ],
)
def test_a_visit_that_cannot_have_been_is_refused(
    federation: Federation, wrong: dict[str, Any], code: str
) -> None:
    path = prospect(federation)
    said = {name: day(value) if name.endswith("_on") else value for name, value in wrong.items()}
    assert codes(put_visits(federation, path, said)) == [code]
    assert federation.client("garden").get(path).json["visits"] == []


def test_the_agreed_day_is_a_deadline_that_the_next_visit_meets(federation: Federation) -> None:
    path = prospect(federation, visits=[visit(-10, "hesitant", next_on=day(-2))])
    first = federation.client("garden").get(path).json["visits"][0]
    record_id = UUID(path.rsplit("/", 1)[1])
    put_visits(federation, path, first, visit(0, "hesitant", next_on=day(20)))
    with federation.uow("garden") as uow:
        kept = [(each.state, each.met_on, each.starts_on) for each in deadlines_of(uow, record_id)]
    assert kept == [
        ("met", clock.today(), clock.today() - timedelta(days=3)),
        ("open", None, clock.today() + timedelta(days=19)),
    ]
    watched = federation.client("garden").get("/api/v1/deadlines").json["items"]
    assert [each["record_id"] for each in watched] == [str(record_id)]
    take(federation, path, ("garden", "set-aside", {"set_aside_reason": "refuses"}))
    assert federation.client("garden").get("/api/v1/deadlines").json["items"] == []


def test_what_was_set_aside_comes_back_when_its_time_is_over(federation: Federation) -> None:
    path = prospect(federation, visits=[visit()])
    aside = {"set_aside_reason": "refuses", "set_aside_until": day(-1)}
    assert codes(send(federation, "garden", path, aside, step="set-aside")) == ["in_past"]
    take(federation, path, ("garden", "set-aside", {**aside, "set_aside_until": day(30)}))
    with federation.uow() as uow:
        assert run_timers(uow, [prospects])["organising.prospect.wake"].moved == 0
    with clock.at(clock.now() + timedelta(days=45)), federation.uow() as uow:
        assert run_timers(uow, [prospects])["organising.prospect.wake"].moved == 1
    told = federation.client("garden").get(path).json
    assert (told["state"], told["set_aside_reason"]) == ("new", None)


def test_the_owner_is_an_officer_near_by(federation: Federation) -> None:
    offered = federation.client("garden").get(f"{BASE}/prospects/choices/owner-id").json
    labels = {each["label"] for each in offered}
    assert {"样garden", "样east", "样district", "样firm"} <= labels
    assert "样west" not in labels
    assert "样worker" not in labels
    path = prospect(federation, owner_id=str(federation.accounts["east"]))
    assert federation.client("garden").get(path).json["owner_name"] == "样east"


@pytest.mark.parametrize(
    ("login", "status"),
    [("district", 200), ("east", 200), ("garden", 200), ("admin", 200), ("west", 404), ("firm", 403)],
)
def test_a_prospect_is_seen_by_its_community_and_those_above(
    federation: Federation, login: str, status: int
) -> None:
    assert federation.client(login).get(prospect(federation)).status_code == status


def test_a_past_day_needs_the_permission_and_shows_as_late(federation: Federation) -> None:
    path, earlier = prospect(federation, visits=[visit(-30)]), {"effective_on": day(-30)}
    assert send(federation, "garden", path, earlier, step="contact").status_code == 403
    take(federation, path, ("east", "contact", earlier))
    assert federation.client("east").get(f"{path}/history").json[-1]["is_late"]


def test_coverage_tells_both_of_its_parts(federation: Federation) -> None:
    year = str(clock.today().year)
    covered = prospect(federation, visits=[visit()])
    union_id = union_of(federation, [FIRM, OTHER])
    take(federation, covered, ("garden", "agree", {}), ("garden", "found", {"union_id": union_id}))
    for serial, reason in enumerate((None, "refuses", "not_qualified")):
        path = prospect(federation, employer={"name": f"样本{serial}厂", "uscc": None})
        if reason:
            take(federation, path, ("garden", "set-aside", {"set_aside_reason": reason}))
    scope = figure(federation, "organising.units_in_scope", year)
    assert (scope["value"], scope["parts"]) == (4, {"covered": 2, "not_covered": 2})
    assert figure(federation, "organising.units_covered", year)["value"] == scope["parts"]["covered"]
    assert figure(federation, "organising.prospects_open", year)["parts"]["set_aside"] == 1
    assert figure(federation, "organising.units_in_scope", year, "west")["value"] == 0
    assert figure(federation, "organising.units_in_scope", "2023")["value"] == 0


def test_an_employer_covered_since_counts_as_covered_though_nobody_said_so(federation: Federation) -> None:
    prospect(federation)
    union_of(federation, [FIRM])
    scope = figure(federation, "organising.units_in_scope", str(clock.today().year))
    assert scope["parts"] == {"covered": 1, "not_covered": 0}


def test_a_list_takes_the_same_queries_for_one_and_for_thirty(federation: Federation) -> None:
    def count() -> int:
        with counted_statements(federation.world.database.engine(policies.APP)) as sent:
            federation.client("east").get(f"{BASE}/prospects?limit=50")
        return len(sent)

    prospect(federation)
    count()
    one = count()
    for serial in range(29):
        prospect(federation, employer={"name": f"样本{serial}厂", "uscc": None})
    assert count() == one
