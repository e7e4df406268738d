"""Venues: under construction, built, in use, closed, each counted as it stood on the last day of a period."""

from __future__ import annotations

from typing import Any

import pytest
from tests.plugins.organising.stepping import BASE, codes, create, figure, send, take

from gonghui.testing import Federation
from gonghui.values import clock

IN_USE, BUILT, BUILDING = (
    f"organising.workers_homes_{state}" for state in ("in_use", "built", "under_construction")
)


def venue(federation: Federation, at: str = "garden", **more: Any) -> str:
    body = {
        "org_unit_id": federation.units[at],
        "name": "示例工业园职工之家",
        "kind": "workers_home",
        "address": "示例路1号",
        "expected_on": "2024-06-30",
        **more,
    }
    return create(federation, "east" if at != "river" else "west", "venues", body)


def on(day: str) -> dict[str, str]:
    return {"effective_on": day}


def test_a_home_is_built_opened_and_closed(federation: Federation) -> None:
    path = venue(federation)
    told = take(federation, path, ("east", "finish", on("2024-05-06")), ("east", "open", on("2024-06-03")))
    assert (told["state"], told["built_on"], told["opened_on"]) == ("in_use", "2024-05-06", "2024-06-03")
    assert [step["is_late"] for step in federation.client("east").get(f"{path}/history").json] == [
        False, True, True
    ]  # fmt: skip
    assert send(federation, "east", path, {}, step="close").status_code == 422
    take(federation, path, ("east", "close", {"comment": "园区拆迁"}))


def test_stocks_are_those_of_the_last_day(federation: Federation) -> None:
    path = venue(federation)
    take(federation, path, ("east", "finish", on("2024-05-06")), ("east", "open", on("2024-06-03")))
    take(federation, venue(federation), ("east", "finish", on("2024-05-20")))
    take(federation, venue(federation, kind="care_station"), ("east", "finish", on("2024-05-20")))
    assert [figure(federation, code, "2024M05")["value"] for code in (IN_USE, BUILT)] == [0, 2]
    assert [figure(federation, code, "2024H1")["value"] for code in (IN_USE, BUILT)] == [1, 1]
    assert figure(federation, IN_USE, "2024H1", "west")["value"] == 0


def test_a_home_that_is_being_built_is_finishing_this_month_or_later(federation: Federation) -> None:
    year = clock.today().year
    venue(federation, expected_on=f"{year}-12-31")
    venue(federation, "river", expected_on=f"{year + 1}-01-01")
    told = figure(federation, BUILDING, str(year))
    assert told["parts"] == {"this_month": 1, "later": 1}


def test_nothing_opens_without_an_address_nor_before_it_was_built(federation: Federation) -> None:
    path = venue(federation, address=None)
    take(federation, path, ("east", "finish", on("2024-05-06")))
    assert codes(send(federation, "east", path, {}, step="open")) == ["address_missing"]
    send(federation, "east", path, {"address": "示例路1号"}, method="PATCH")
    assert codes(send(federation, "east", path, on("2024-05-01"), step="open")) == ["before_last_step"]


@pytest.mark.parametrize(
    ("login", "status"), [("district", 200), ("garden", 200), ("west", 404), ("firm", 403)]
)
def test_a_venue_is_seen_by_its_community_and_those_above(
    federation: Federation, login: str, status: int
) -> None:
    assert federation.client(login).get(venue(federation)).status_code == status


def test_a_past_day_needs_the_permission(federation: Federation) -> None:
    path = venue(federation)
    assert send(federation, "garden", path, on("2024-05-06"), step="finish").status_code == 403
    assert send(federation, "garden", path, {}, step="finish").status_code == 200
    assert federation.client("garden").get(f"{BASE}/venues?q=示例工业").json["items"]
