"""Figures of law over HTTP and at the terminal: what binds, what changes, who gains and who loses."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from werkzeug.test import TestResponse

from gonghui.db import policies
from gonghui.sdk import create_record, take_step
from gonghui.testing import Federation, World
from gonghui.testing.queries import counted_statements
from gonghui.values import clock
from gonghui_organising.demo import demo_code
from gonghui_organising.union_samples import founding_values
from gonghui_organising.unions import unions

PATH = "/api/v1/parameters"
COMMITTEE = f"{PATH}/organising.committee.members_from"
DECISION = {
    "value": 20,
    "effective_from": "2024-07-01",
    "basis": "示工发〔2024〕9号",
    "reason": "本区另有规定",
}


def soon() -> str:
    return (clock.today() + timedelta(days=30)).isoformat()


def put(federation: Federation, who: str = "admin", path: str = COMMITTEE, **changed: Any) -> TestResponse:
    return federation.client(who)("PUT", path, json=DECISION | changed)


def test_the_list_says_what_binds_and_where_it_comes_from(federation: Federation) -> None:
    assert put(federation, effective_from=soon()).status_code == 200
    items, cursor = [], ""
    while cursor is not None:
        page = federation.client("garden").get(f"{PATH}?limit=7{cursor and f'&cursor={cursor}'}").json
        items, cursor = items + page["items"], page["next"]
    by_code = {item["code"]: item for item in items}
    assert len(by_code) == len(items) > 30
    assert list(by_code) == sorted(by_code)
    committee = by_code["organising.committee.members_from"]
    assert (committee["value"], committee["version"], committee["is_own"]) == (25, "nation@2022-01-01", False)
    assert [(c["from"], c["value"], c["version"]) for c in committee["coming"]] == [
        (soon(), 20, f"tenant@{soon()}")
    ]
    assert by_code["organising.committee.seats"]["jurisdiction"] == "nation/guangdong/shenzhen"
    assert by_code["organising.full_time_staff.staff_from"]["value"] is None


def test_a_federation_without_the_plugin_has_no_figures_of_it(world: World) -> None:
    admin = world.federation(plugins=()).client("admin")
    assert {item["code"].split(".")[0] for item in admin.get(PATH).json["items"]} == {"core"}
    assert admin.get(COMMITTEE).status_code == 404
    assert admin("PUT", COMMITTEE, json=DECISION).status_code == 404


def test_an_own_figure_is_decided_read_and_withdrawn(federation: Federation) -> None:
    decided = put(federation).json
    assert (decided["value"], decided["version"], decided["is_own"]) == (20, "tenant@2024-07-01", True)
    own = decided["history"][-1]
    assert (own["decided_by"], own["reason"]) == ("样admin", "本区另有规定")
    assert put(federation).json == decided
    gone = (
        federation.client("admin")
        .post(f"{COMMITTEE}/overrides/{own['id']}/withdraw", {"reason": "已废止"})
        .json
    )
    assert (gone["value"], gone["history"][-1]["withdrawn_for"]) == (25, "已废止")
    assert put(federation, value=30).json["version"] == "tenant@2024-07-01/2"


@pytest.mark.parametrize(
    ("changed", "pointer"),
    [
        ({"value": "many"}, "/value"),
        ({"value": -1}, "/value"),
        ({"basis": " "}, "/basis"),
        ({"effective_to": "2024-06-30"}, "/effective_to"),
    ],
)
def test_a_decision_that_cannot_be_is_told_where(
    shared_federation: Federation, changed: dict[str, Any], pointer: str
) -> None:
    refused = put(shared_federation, **changed)
    assert (refused.status_code, refused.json["errors"][0]["pointer"]) == (422, pointer)


@pytest.mark.parametrize("who", ["district", "east", "auditor", "worker"])
def test_only_whoever_may_decides(shared_federation: Federation, who: str) -> None:
    assert put(shared_federation, who).status_code == 403


def test_a_street_with_the_permission_does_not_decide_for_the_federation(federation: Federation) -> None:
    federation.add_officer("clerk", "clerk", "east", ["core.parameter.change"])
    assert put(federation, "clerk").status_code == 403


# --- what if


@pytest.fixture(scope="module")
def founded(world: World) -> Federation:
    """Unions of 18, 20, 24, 25 and 30 members at two streets, and one of 22 that is only a draft."""
    federation = world.federation()
    places = (("garden", "east", 18), ("garden", "east", 20), ("river", "west", 24), ("river", "west", 25),
              ("garden", "east", 30), ("garden", "east", 22))  # fmt: skip
    for unit, by, members in places:
        with federation.uow(by) as uow:
            values = founding_values(federation.units[unit]) | {
                "members": members,
                "employers": [{"name": f"深圳市{members}样本厂", "uscc": demo_code("91", members)}],
            }
            union = create_record(uow, unions, values)
            if members == 22:
                continue
            take_step(uow, unions, union.id, union.version, "submit", {})
        with federation.uow("district") as uow:
            reply = {"approval_no": "示1号", "term_years": 5, "effective_on": date(2024, 7, 1)}
            take_step(uow, unions, union.id, union.version, "approve", reply)
    return federation


def asked(federation: Federation, value: Any, who: str = "admin", query: str = "") -> Any:
    answer = federation.client(who).post(f"{COMMITTEE}/what-if{query}", {"value": value})
    assert answer.status_code == 200, answer.text
    return answer.json


@pytest.mark.parametrize(
    ("value", "gains", "loses"), [(20, 2, 0), (25, 0, 0), (26, 0, 1), (31, 0, 2), (1, 3, 0)]
)
def test_a_thought_says_who_would_gain_and_lose(
    founded: Federation, value: int, gains: int, loses: int
) -> None:
    told = asked(founded, value)
    assert [(c["gains"], c["loses"]) for c in told["consequences"]] == [(gains, loses)]
    assert [item["change"] for item in told["items"]] == ["gains"] * gains + ["loses"] * loses


def test_everybody_is_told_of_those_they_see(founded: Federation) -> None:
    counts = {
        who: asked(founded, 20, who)["consequences"][0]["gains"] for who in ("district", "east", "west")
    }
    assert counts == {"district": 2, "east": 1, "west": 1}
    # Who may read figures but no unions learns of nobody.
    assert asked(founded, 20, "auditor")["consequences"][0]["gains"] == 0


def test_those_concerned_are_listed_page_by_page(founded: Federation) -> None:
    whole, seen, query = asked(founded, 1)["items"], [], "?limit=1"
    while True:
        page = asked(founded, 1, query=query)
        seen += page["items"]
        if page["next"] is None:
            break
        query = f"?limit=1&cursor={page['next']}"
    assert seen == whole
    assert len({item["id"] for item in seen}) == 3


def test_the_list_takes_as_many_statements_for_one_as_for_all(founded: Federation) -> None:
    def statements(limit: int) -> int:
        with counted_statements(founded.world.database.engine(policies.APP)) as sent:
            asked(founded, 1, query=f"?limit={limit}")
        return len(sent)

    assert statements(1) == statements(30)


def test_a_change_that_is_decided_says_what_it_will_mean(founded: Federation) -> None:
    assert founded.client("admin").get(f"{COMMITTEE}/what-if").json["consequences"][0] == {
        "title": "应当建立基层工会委员会的工会",
        "gains": 0,
        "loses": 0,
    }
    assert put(founded, effective_from=soon(), value=26).status_code == 200
    told = founded.client("admin").get(f"{COMMITTEE}/what-if").json
    assert (told["now"]["value"], told["then"]["value"], told["consequences"][0]["loses"]) == (25, 26, 1)
    then = founded.client("admin").get(f"{COMMITTEE}/what-if?on={soon()}").json
    assert then == told


def test_a_value_of_another_shape_cannot_be_thought_of(founded: Federation) -> None:
    assert founded.client("admin").post(f"{COMMITTEE}/what-if", {"value": [25]}).status_code == 422
    shanghai = f"{PATH}/organising.full_time_staff.staff_from/what-if"
    assert founded.client("admin").post(shanghai, {"value": 100}).status_code == 409


def test_a_figure_without_consequences_concerns_nobody(founded: Federation) -> None:
    told = founded.client("admin").post(f"{PATH}/organising.dues.rate/what-if", {"value": 4}).json
    assert (told["consequences"], told["items"], told["next"]) == ([], [], None)
