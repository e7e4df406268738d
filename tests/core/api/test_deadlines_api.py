"""The watch list: what is due and overdue among the records that one sees, page by page, and by unit."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import text

from gonghui.db import policies
from gonghui.records.deadline_changes import suspend_deadline
from gonghui.records.deadline_rules import DeadlineRule
from gonghui.records.deadlines import meet_deadline, set_deadline, set_deadlines
from gonghui.testing import Federation, World
from gonghui.testing.federation import Asker
from gonghui.testing.queries import counted_statements
from gonghui.values import clock
from gonghui.values.ids import new_id
from gonghui_organising.membership import Membership
from gonghui_organising.union import GrassrootsUnion
from gonghui_organising.union_samples import drafted

Rules = dict[str, DeadlineRule]
DEADLINES = "/api/v1/deadlines"
#: The Tuesday on which the lists are read.
TODAY = datetime(2024, 5, 28, 1, tzinfo=UTC)
#: Where a union stands and the day on which its reply began to be due; the last is due after TODAY.
UNIONS = (
    ("garden", date(2024, 4, 8)),  # 2024-04-23
    ("garden", date(2024, 5, 6)),  # 2024-05-21
    ("east", date(2024, 5, 20)),  # 2024-06-04
    ("west", date(2024, 4, 8)),
)


@pytest.fixture(scope="module", autouse=True)
def today() -> Iterator[None]:
    with clock.at(TODAY):
        yield


@pytest.fixture(scope="module")
def filled(world: World, rules: Rules) -> Federation:
    """Four unions, one of them in the west; renewals far ahead; one reply that stands still, one that came late."""
    federation = world.federation()
    with federation.uow("district") as uow:
        for unit, first in UNIONS:
            union = uow.session.get(GrassrootsUnion, (uow.tenant_id, drafted(uow, federation.units[unit])))
            assert union is not None
            set_deadline(uow, union, rules["reply"], first)
            set_deadline(uow, union, rules["renewal"], date(2021, 8, 2))
        for step in (suspend_deadline, meet_deadline):
            union = uow.session.get(
                GrassrootsUnion, (uow.tenant_id, drafted(uow, federation.units["garden"]))
            )
            assert union is not None
            set_deadline(uow, union, rules["reply"], date(2024, 4, 8))
            if step is suspend_deadline:
                suspend_deadline(uow, union, rules["reply"], date(2024, 4, 10), "样由")
            else:
                meet_deadline(uow, union, rules["reply"], date(2024, 4, 30))
        set_deadlines(
            uow, rules["interview"], Membership, [(new_id(), federation.units["garden"], date(2024, 5, 6))]
        )
    return federation


def listed(asker: Asker, query: str = "") -> list[dict[str, Any]]:
    answer = asker.get(f"{DEADLINES}?limit=100&{query}")
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json["items"]
    return items


def due(asker: Asker, query: str = "") -> list[tuple[str, str]]:
    return [(item["rule_title"], item["due_on"]) for item in listed(asker, query)]


def test_the_most_urgent_comes_first(filled: Federation) -> None:
    assert due(filled.client("east")) == [
        ("批复建会", "2024-04-23"),
        ("批复建会", "2024-04-23"),  # stands still
        ("入会谈话", "2024-05-17"),  # Saturday 11 May was worked on
        ("批复建会", "2024-05-21"),
        ("批复建会", "2024-06-04"),
        ("换届", "2024-08-02"),
        ("换届", "2024-08-02"),
        ("换届", "2024-08-02"),
    ]


def test_overdue_is_what_has_passed_and_does_not_stand_still(filled: Federation) -> None:
    overdue = listed(filled.client("east"), "state=overdue")
    assert [(item["due_on"], item["days_left"], item["is_overdue"]) for item in overdue] == [
        ("2024-04-23", -35, True),
        ("2024-05-17", -11, True),
        ("2024-05-21", -7, True),
    ]
    still = [item for item in listed(filled.client("east")) if item["is_suspended"]]
    assert [(item["days_left"], item["is_overdue"]) for item in still] == [(13, False)]


def test_what_was_met_is_told_with_how(filled: Federation) -> None:
    met = listed(filled.client("east"), "state=met")
    assert [(item["met_on"], item["is_late"], item["days_left"]) for item in met] == [
        ("2024-04-30", True, None)
    ]


def test_the_list_is_narrowed_by_days_rule_and_unit(filled: Federation) -> None:
    east = filled.client("east")
    assert due(east, "within=7")[-1] == ("批复建会", "2024-06-04")
    assert len(due(east, "within=6")) == 4
    assert {title for title, _on in due(east, "rule=organising.sample.renewal")} == {"换届"}
    garden = filled.units["garden"]
    assert len(listed(east, f"org_unit_id={garden}")) == 6


def test_an_item_says_why_and_warns(filled: Federation) -> None:
    reply = next(item for item in listed(filled.client("east"), "within=7") if item["days_left"] == 7)
    assert (reply["warning"], reply["is_provisional"]) == (7, False)
    assert reply["basis"] == "示例办法第一条"
    assert reply["explanation"].startswith("自2024年5月20日起 15 日，")
    interview = next(item for item in listed(filled.client("east")) if item["rule_title"] == "入会谈话")
    assert (interview["org_unit_name"], interview["warning"]) == ("花园社区工联会", None)
    english = filled.client("east").get(f"{DEADLINES}?lang=en").json["items"][0]["explanation"]
    assert english.startswith("From 8 April 2024, 15 days;")


# --- who sees what


def test_a_deadline_shows_to_those_who_see_its_record(filled: Federation) -> None:
    counts = {
        login: len(due(filled.client(login))) for login in ("district", "east", "west", "garden", "firm")
    }
    assert counts == {"district": 10, "east": 8, "west": 2, "garden": 6, "firm": 0}
    for login in ("auditor", "worker", "guest"):
        assert filled.client(login).get(DEADLINES).status_code == 403


def test_whoever_reads_no_members_sees_no_deadline_of_members(filled: Federation) -> None:
    filled.add_officer("unions", "unions_only", "east", ["core.deadline.read", "organising.union.read"])
    filled.add_officer("nothing", "watching_only", "east", ["core.deadline.read"])
    assert "入会谈话" not in {title for title, _on in due(filled.client("unions"))}
    assert len(due(filled.client("unions"))) == 7
    assert due(filled.client("nothing")) == []


def test_the_watch_list_reaches_no_further_than_its_own_permission(filled: Federation) -> None:
    filled.add_officer("mixed", "reads_unions", "district", ["organising.union.read"])
    filled.add_officer("narrow", "watches_garden", "garden", ["core.deadline.read"])
    assert filled.client("mixed").get(DEADLINES).status_code == 403
    assert due(filled.client("narrow")) == []


def test_another_federation_and_a_unit_next_door_show_nothing(world: World, filled: Federation) -> None:
    other = world.federation()
    assert due(other.client("district")) == []
    garden = filled.units["garden"]
    for asker in (filled.client("west"), other.client("district")):
        for path in (f"{DEADLINES}?org_unit_id={garden}", f"{DEADLINES}/summary?org_unit_id={garden}"):
            assert asker.get(path).status_code == 404


def test_a_plugin_that_is_off_takes_its_deadlines_out_of_the_list(world: World, filled: Federation) -> None:
    admin = filled.client("admin")
    admin("PUT", "/api/v1/plugins/organising", json={"on": False})
    assert due(filled.client("east")) == []
    admin("PUT", "/api/v1/plugins/organising", json={"on": True})
    assert len(due(filled.client("east"))) == 8


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("state=late", "/query/state"),
        ("within=-1", "/query/within"),
        ("within=soon", "/query/within"),
        ("rule=organising.unheard_of", "/query/rule"),
        ("org_unit_id=x", "/query/org_unit_id"),
        ("cursor=x", "/query/cursor"),
        ("due=1", "/query/due"),
    ],
)
def test_a_query_that_means_nothing_is_told(filled: Federation, query: str, pointer: str) -> None:
    answer = filled.client("east").get(f"{DEADLINES}?{query}")
    assert (answer.status_code, [error["pointer"] for error in answer.json["errors"]]) == (422, [pointer])


# --- pages and numbers


@pytest.mark.parametrize("limit", [1, 2, 3, 7])
def test_paging_visits_every_deadline_once_in_order(filled: Federation, limit: int) -> None:
    district, seen, after = filled.client("district"), [], ""
    while True:
        page = district.get(f"{DEADLINES}?limit={limit}{after}").json
        seen += [item["id"] for item in page["items"]]
        if page["next"] is None:
            break
        after = f"&cursor={page['next']}"
    assert seen == [item["id"] for item in listed(district)]


def test_the_overdue_are_counted_by_street(filled: Federation) -> None:
    root = filled.units["district"]
    content = filled.client("district").get(f"{DEADLINES}/summary?org_unit_id={root}&within=7").json
    assert content["own"] == {"open": 0, "due_soon": 0, "overdue": 0}
    by_name = {unit.pop("name"): unit for unit in content["units"]}
    assert by_name == {
        "东街道总工会": {
            "org_unit_id": str(filled.units["east"]), "open": 8, "due_soon": 1, "overdue": 3,
        },
        "西街道总工会": {
            "org_unit_id": str(filled.units["west"]), "open": 2, "due_soon": 0, "overdue": 1,
        },
    }  # fmt: skip


def test_what_is_filed_at_a_unit_itself_is_counted_apart(filled: Federation) -> None:
    east, garden = filled.client("east"), filled.units["garden"]
    content = east.get(f"{DEADLINES}/summary?org_unit_id={garden}").json
    assert content["own"] == {"open": 1, "due_soon": 0, "overdue": 1}
    content = east.get(f"{DEADLINES}/summary?org_unit_id={filled.units['east']}").json
    numbers = {unit["org_unit_id"]: (unit["open"], unit["overdue"]) for unit in content["units"]}
    assert numbers[str(garden)] == (6, 3)
    assert sorted(numbers.values()) == [(2, 0), (6, 3)]  # the union of the east stands at a unit of its own


def test_numbers_and_list_agree(filled: Federation) -> None:
    for login, unit in (("district", "district"), ("east", "east"), ("garden", "garden")):
        asker = filled.client(login)
        content = asker.get(f"{DEADLINES}/summary?org_unit_id={filled.units[unit]}").json
        parts = [content["own"], *content["units"]]
        assert sum(part["open"] for part in parts) == len(listed(asker))
        assert sum(part["overdue"] for part in parts) == len(listed(asker, "state=overdue"))


@pytest.mark.parametrize("path", [f"{DEADLINES}?limit=100", f"{DEADLINES}/summary?org_unit_id="])
def test_a_list_takes_as_many_statements_for_many_as_for_one(world: World, rules: Rules, path: str) -> None:
    engine, counts = world.database.engine(policies.APP), []
    for number in (1, 30):
        federation = world.federation()
        with federation.uow() as uow:
            starts = [(new_id(), federation.units["garden"], date(2024, 5, 6)) for _number in range(number)]
            set_deadlines(uow, rules["reply"], GrassrootsUnion, starts)
        east = federation.client("east")
        asked = path if path.endswith("100") else f"{path}{federation.units['east']}"
        east.get(asked)
        with counted_statements(engine) as sent:
            assert east.get(asked).status_code == 200
        counts.append(len(sent))
    assert counts[0] == counts[1] <= 4


def test_the_watch_list_is_read_along_its_index(world: World, rules: Rules) -> None:
    federation = world.federation()
    with federation.uow() as uow:
        places = [federation.units[unit] for unit in ("garden", "river", "east", "west")]
        starts = [(new_id(), places[n % 4], date(2024, 1, 1 + n % 28)) for n in range(4_000)]
        set_deadlines(uow, rules["reply"], GrassrootsUnion, starts)
    with federation.uow("district") as uow:
        plan = "\n".join(
            uow.session.scalars(
                text(
                    "EXPLAIN SELECT id FROM core.deadline WHERE state = 'open' AND due_on <= '2024-03-01' "
                    "ORDER BY due_on, id LIMIT 50"
                )
            )
        )
    assert "ix_deadline_due" in plan
