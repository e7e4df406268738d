"""Figures by the tree of then and of now: other parts, the same whole."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest

from gonghui.sdk import create_record, take_step
from gonghui.testing import Federation, World
from gonghui.testing.federation import UNITS
from gonghui.values import clock
from gonghui_organising.union_samples import founding_values
from gonghui_organising.unions import unions

CODE = "organising.unions_in_force"
FOUNDED = "organising.unions_founded"


def found_union(federation: Federation, on: date, unit: str, by: str) -> None:
    committee = {"started_on": on, "years": 5, "seats": 3}
    values = founding_values(federation.units[unit]) | {"committee": committee, "employer_informed_on": on}
    with federation.uow(by) as uow:
        union = create_record(uow, unions, values)
        take_step(uow, unions, union.id, union.version, "submit", {})
    with federation.uow("district") as uow:
        reply = {"approval_no": "示工复1号", "term_years": 5, "effective_on": on}
        take_step(uow, unions, union.id, union.version, "approve", reply)


@pytest.fixture(scope="module")
def merged(world: World) -> Federation:
    """Two streets that merged on 1 May 2024, with foundings before and after, at the streets and below them."""
    with clock.at(datetime(2023, 1, 1, 4, tzinfo=UTC)):
        federation = world.federation()
    for day, unit, by in (
        (date(2024, 2, 1), "garden", "east"),
        (date(2024, 3, 1), "east", "east"),
        (date(2024, 3, 5), "river", "west"),
        (date(2024, 4, 5), "west", "west"),
        (date(2024, 4, 30), "west", "west"),
    ):
        found_union(federation, day, unit, by)
    body = {
        "unit_ids": [federation.units["east"], federation.units["west"]],
        "into_id": federation.units["east"],
        "effective_on": "2024-05-01",
        "decision": "示工发〔2024〕8号",
    }
    answer = federation.client("admin").post("/api/v1/org-units/merge", body)
    assert (answer.status_code, answer.json["state"]) == (200, "applied"), answer.text
    for day, unit, by in ((date(2024, 5, 1), "river", "east"), (date(2024, 6, 1), "garden", "east")):
        found_union(federation, day, unit, by)
    return federation


def asked(federation: Federation, query: str, code: str = CODE, who: str = "district") -> dict[str, Any]:
    answer = federation.client(who).get(f"/api/v1/figures?period={query}")
    assert answer.status_code == 200, answer.text
    (found,) = (figure for figure in answer.json["figures"] if figure["code"] == code)
    return dict(found) | {"tree_on": answer.json["tree_on"]}


def children(federation: Federation, on: str) -> list[UUID]:
    """Units right below the district on a day."""
    items = federation.client("admin").get(f"/api/v1/org-units/tree?on={on}&limit=100").json["items"]
    return [item["id"] for item in items if item["parent_id"] == str(federation.units["district"])]


@pytest.mark.parametrize("code", [CODE, FOUNDED])
@pytest.mark.parametrize("tree", ["2023-06-30", "2024-04-30", "2024-05-01", "2024-06-30", "now"])
def test_the_parts_add_up_to_the_district_whatever_tree_they_are_told_by(
    merged: Federation, tree: str, code: str
) -> None:
    chosen = "tree=now" if tree == "now" else f"tree_on={tree}"
    day = clock.today().isoformat() if tree == "now" else tree
    below = children(merged, day)
    parts = [asked(merged, f"2024H1&org_unit_id={unit}&{chosen}", code)["value"] for unit in below]
    whole = asked(merged, "2024H1", code)["value"]
    assert len(below) == (2 if day < "2024-05-01" else 1)
    assert (sum(parts), whole) == (7, 7)


def test_each_tree_gives_each_street_its_own(merged: Federation) -> None:
    def told(unit: str, tree: str) -> int:
        return int(asked(merged, f"2024H1&org_unit_id={merged.units[unit]}&{tree}")["value"])

    assert [told(unit, "tree_on=2024-04-30") for unit in ("east", "west")] == [3, 4]
    assert [told(unit, "tree_on=2024-05-01") for unit in ("east", "west")] == [7, 0]
    assert [told(unit, "tree=now") for unit in ("east", "west")] == [7, 0]


def test_a_period_that_is_over_is_told_by_the_tree_of_its_last_day(merged: Federation) -> None:
    west = merged.units["west"]
    first, half = (asked(merged, f"{period}&org_unit_id={west}") for period in ("2024Q1", "2024H1"))
    assert (first["tree_on"], first["value"]) == ("2024-03-31", 1)
    assert (half["tree_on"], half["value"]) == ("2024-06-30", 0)
    assert asked(merged, f"{clock.today().year}&org_unit_id={west}")["tree_on"] is None
    assert asked(merged, f"2024Q1&org_unit_id={west}&tree=now")["tree_on"] is None


def test_a_number_told_by_an_old_tree_opens_to_its_records(merged: Federation) -> None:
    west = merged.units["west"]
    for query in (f"2024H1&org_unit_id={west}&tree_on=2024-04-30", f"2024Q1&org_unit_id={west}&tree=now"):
        figure = asked(merged, query)
        opened = merged.client("district").get(figure["href"]).json["items"]
        assert len(opened) == figure["value"]


def test_who_sees_what_follows_the_present_tree_whatever_the_figures_follow(merged: Federation) -> None:
    query = f"2024H1&org_unit_id={merged.units['west']}&tree_on=2024-04-30"
    assert asked(merged, query, who="east")["value"] == 4
    # The officer of the street that was merged away keeps that street, and not what stood below it.
    assert asked(merged, query, who="west")["value"] == 0


def test_the_history_of_what_moved_shows_both_parents_with_their_days(merged: Federation) -> None:
    history = merged.client("east").get(f"/api/v1/org-units/{merged.units['river']}/history").json
    edges = [(e["parent_name"], e["valid_from"], e["valid_to"], e["cause"]) for e in history["edges"]]
    assert edges == [
        (UNITS["west"], "2023-01-01", "2024-04-30", "founded"),
        (UNITS["east"], "2024-05-01", None, "merged"),
    ]
    assert history["edges"][1]["decision"] == "示工发〔2024〕8号"


@pytest.mark.parametrize("query", ["tree=yesterday", "tree_on=2024-13-01"])
def test_a_tree_that_cannot_be_told(merged: Federation, query: str) -> None:
    path = f"/api/v1/figures?period=2024H1&org_unit_id={merged.units['west']}&{query}"
    assert merged.client("district").get(path).status_code == 422
