"""Figures: what took effect when, whoever recorded it later; and a number is never other than its records."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from gonghui.reporting.indicators import Indicator, Place, figures, find, open_figure, tree_of, values_below
from gonghui.sdk import create_record, take_step
from gonghui.tenancy.org_tree import OrgUnit
from gonghui.testing import Federation, World
from gonghui.values.periods import Period
from gonghui_organising.demo import demo_code
from gonghui_organising.indicators import INDICATORS
from gonghui_organising.union_samples import founding_values
from gonghui_organising.unions import unions

FOUNDED, FORCE, COVERED = (indicator.code for indicator in INDICATORS)
SHARED = {"name": "深圳市共有电子有限公司", "uscc": demo_code("91", 7)}
PERIODS = ["2023", "2024", "2025", "2024H1", "2024H2", "2024Q2", "2024M06", "2024M07", "2026"]
LOGINS = ["district", "east", "west", "garden", "firm", "admin"]


def found_union(
    federation: Federation,
    on: date,
    unit: str = "garden",
    by: str = "east",
    employers: list[dict[str, Any]] | None = None,
) -> UUID:
    """A union whose founding is approved with effect on a day, however long ago."""
    committee = {"started_on": on, "years": 5, "seats": 3}
    changed: dict[str, Any] = {"committee": committee, "employer_informed_on": on}
    if employers is not None:
        changed |= {"employers": employers, "kind": "joint" if len(employers) > 1 else "independent"}
    with federation.uow(by) as uow:
        values = founding_values(federation.units[unit]) | changed
        union = create_record(uow, unions, values)
        take_step(uow, unions, union.id, union.version, "submit", {})
    with federation.uow("district") as uow:
        reply = {"approval_no": "示工复1号", "term_years": 5, "effective_on": on}
        take_step(uow, unions, union.id, union.version, "approve", reply)
    return union.id


def figure(federation: Federation, code: str, period: str, login: str = "district") -> dict[str, Any]:
    answer = federation.client(login).get(f"/api/v1/figures?period={period}")
    assert answer.status_code == 200, answer.text
    (found,) = (each for each in answer.json["figures"] if each["code"] == code)
    return dict(found)


def records(federation: Federation, code: str, period: str, login: str = "district") -> list[dict[str, Any]]:
    answer = federation.client(login).get(f"/api/v1/figures/{code}/records?period={period}&limit=100")
    assert answer.status_code == 200, answer.text
    return list(answer.json["items"])


@pytest.fixture(scope="module")
def busy(world: World) -> Federation:
    """Foundings at both streets over three years, some of several employers, one employer under two unions."""
    federation, chance = world.federation(), Random(5)
    for number in range(12):
        day = date(2023, 1, 1) + timedelta(days=chance.randint(0, 1_000))
        unit, by = chance.choice([("garden", "east"), ("east", "east"), ("river", "west")])
        joint = [SHARED, {"name": f"样本{number}厂"}] if number % 3 == 0 else None
        found_union(federation, day, unit, by, joint)
    with federation.uow("east") as uow:
        create_record(uow, unions, founding_values(federation.units["garden"]))
    return federation


def test_a_founding_counts_in_the_period_in_which_it_took_effect(federation: Federation) -> None:
    found_union(federation, date(2024, 6, 20))
    assert [figure(federation, FOUNDED, p)["value"] for p in ("2024H1", "2024H2", "2023", "2026")] == [
        1,
        0,
        0,
        0,
    ]
    assert [figure(federation, FORCE, p)["value"] for p in ("2023", "2024H1", "2024H2", "2026")] == [
        0,
        1,
        1,
        1,
    ]


def test_paper_entered_late_changes_the_figure_of_its_own_day_only(federation: Federation) -> None:
    found_union(federation, date(2025, 3, 1))
    before = figure(federation, FOUNDED, "2025")["value"]
    found_union(federation, date(2024, 3, 1))
    assert (before, figure(federation, FOUNDED, "2025")["value"]) == (1, 1)
    assert figure(federation, FOUNDED, "2024")["value"] == 1


@pytest.mark.parametrize(
    ("day", "inside"),
    [
        (date(2024, 3, 31), False),
        (date(2024, 4, 1), True),
        (date(2024, 6, 30), True),
        (date(2024, 7, 1), False),
    ],
)
def test_first_and_last_day_of_a_period_are_within(federation: Federation, day: date, inside: bool) -> None:
    found_union(federation, day)
    assert figure(federation, FOUNDED, "2024Q2")["value"] == int(inside)
    assert len(records(federation, FOUNDED, "2024Q2")) == int(inside)


def test_what_is_not_approved_is_no_union_yet(federation: Federation) -> None:
    with federation.uow("east") as uow:
        union = create_record(uow, unions, founding_values(federation.units["garden"]))
        take_step(uow, unions, union.id, union.version, "submit", {})
    assert [figure(federation, code, "2026")["value"] for code in (FOUNDED, FORCE, COVERED)] == [0, 0, 0]


def test_an_employer_under_two_unions_counts_once(federation: Federation) -> None:
    for unit in ("garden", "east"):
        found_union(federation, date(2024, 5, 5), unit, employers=[SHARED, {"name": f"{unit}另一厂"}])
    assert figure(federation, FORCE, "2024")["value"] == 2
    assert figure(federation, COVERED, "2024")["value"] == 3
    labels = sorted(record["label"] for record in records(federation, COVERED, "2024"))
    assert labels == sorted([SHARED["name"], "garden另一厂", "east另一厂"])


@pytest.mark.parametrize("login", LOGINS)
@pytest.mark.parametrize("code", [FOUNDED, FORCE, COVERED])
def test_a_number_is_its_records(busy: Federation, login: str, code: str) -> None:
    for period in PERIODS:
        told, opened = figure(busy, code, period, login), records(busy, code, period, login)
        assert told["value"] == len(opened)
        assert told["parts"] == {part: [r["part"] for r in opened].count(part) for part in told["parts"]}
        assert sum(told["parts"].values()) == told["value"]


@pytest.mark.parametrize("period", PERIODS)
def test_covered_employers_are_the_distinct_ones_of_the_records(busy: Federation, period: str) -> None:
    labels = {record["label"] for record in records(busy, COVERED, period)}
    assert figure(busy, COVERED, period)["value"] == len(labels)


def test_there_is_something_to_count(busy: Federation) -> None:
    assert figure(busy, FORCE, "2025")["value"] == 12
    assert figure(busy, COVERED, "2025")["value"] == 8 + 4 + 1
    assert 0 < figure(busy, FOUNDED, "2024H1", "east")["value"] < 12


@pytest.mark.parametrize("code", [FOUNDED, FORCE])
def test_the_streets_add_up_to_the_district(busy: Federation, code: str) -> None:
    for period in PERIODS:
        parts = [figure(busy, code, period, login)["value"] for login in ("east", "west")]
        assert sum(parts) == figure(busy, code, period)["value"]


def test_the_halves_of_a_year_add_up_to_it(busy: Federation) -> None:
    halves = [figure(busy, FOUNDED, f"2024H{half}")["value"] for half in (1, 2)]
    assert sum(halves) == figure(busy, FOUNDED, "2024")["value"]


def test_a_figure_below_a_unit_is_that_of_the_units_officer(busy: Federation) -> None:
    below = f"&org_unit_id={busy.units['west']}"
    answer = busy.client("district").get(f"/api/v1/figures?period=2024{below}").json
    own = busy.client("west").get("/api/v1/figures?period=2024").json
    assert [each["value"] for each in answer["figures"]] == [each["value"] for each in own["figures"]]
    opened = busy.client("district").get(answer["figures"][0]["href"])
    assert len(opened.json["items"]) == answer["figures"][0]["value"]


def test_a_unit_out_of_reach_has_no_figures(busy: Federation) -> None:
    path = f"/api/v1/figures?period=2024&org_unit_id={busy.units['west']}"
    assert busy.client("east").get(path).status_code == 404


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(limit=st.integers(1, 20), code=st.sampled_from([FOUNDED, FORCE, COVERED]))
def test_records_are_opened_page_by_page_without_gap(busy: Federation, limit: int, code: str) -> None:
    whole, seen, after = records(busy, code, "2025"), [], ""
    while True:
        path = f"/api/v1/figures/{code}/records?period=2025&limit={limit}{after}"
        page = busy.client("district").get(path).json
        seen += page["items"]
        if page["next"] is None:
            break
        after = f"&cursor={page['next']}"
    assert seen == whole


def test_functions_and_addresses_say_the_same(busy: Federation) -> None:
    period = Period.parse("2024")
    with busy.uow("east") as uow:
        values = {each.indicator.code: each.value for each in figures(uow, INDICATORS, period)}
        opened = open_figure(uow, find(INDICATORS, FOUNDED), period)
    assert values == {code: figure(busy, code, "2024", "east")["value"] for code in values}
    assert len(opened) == values[FOUNDED]


@pytest.mark.parametrize(
    ("who", "path", "status"),
    [
        ("auditor", "?period=2024", 403),
        ("worker", "?period=2024", 403),
        ("east", "?period=yesterday", 422),
        ("east", "", 422),
        ("east", "/no.such.figure/records?period=2024", 404),
        ("east", f"/{FOUNDED}/records?period=2024H3", 422),
    ],
)
def test_figures_that_cannot_be_told(busy: Federation, who: str, path: str, status: int) -> None:
    assert busy.client(who).get(f"/api/v1/figures{path}").status_code == status


@pytest.mark.parametrize("code", ["2024H1", "2025", "2026", "2099"])
@pytest.mark.parametrize("indicator", INDICATORS, ids=lambda each: each.code)
def test_values_of_many_units_are_the_figures_of_each(
    busy: Federation, indicator: Indicator, code: str
) -> None:
    period = Period.parse(code)
    with busy.uow("district") as uow:
        found = uow.session.execute(values_below(indicator, period, OrgUnit.__table__))
        values = {unit_id: value for unit_id, value in found if value}
        places = [Place(unit, tree_of(period)) for unit in uow.session.scalars(select(OrgUnit))]
        told = {place.unit.id: figures(uow, [indicator], period, place)[0].value for place in places}
    assert values == {unit_id: value for unit_id, value in told.items() if value}
    assert len(values) > 2 or (code, indicator.code) == ("2099", FOUNDED) or code == "2026"
