"""Paging: every row once, whatever the page's size, in as many statements for many rows as for one."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gonghui.db import policies
from gonghui.sdk import create_record
from gonghui.testing import Federation, World
from gonghui.testing.federation import Asker
from gonghui.testing.queries import counted_statements
from gonghui_organising.union_samples import drafted, founding_values
from gonghui_organising.unions import unions

UNIONS, UNITS = "/api/v1/organising/unions", "/api/v1/org-units"
MANY = 30


@pytest.fixture(scope="module")
def many(world: World) -> Federation:
    """Thirty unions, some of one name."""
    federation = world.federation()
    with federation.uow("east") as uow:
        for number in range(MANY):
            values = founding_values(federation.units["garden"])
            create_record(uow, unions, values | {"name": f"样本{number % 4}工会"})
    return federation


@pytest.fixture(scope="module")
def single(world: World) -> Federation:
    federation = world.federation()
    with federation.uow("east") as uow:
        drafted(uow, federation.units["garden"])
    return federation


def walk(asker: Asker, path: str, **query: object) -> list[dict[str, object]]:
    """All rows, page by page."""
    rows: list[dict[str, object]] = []
    after: dict[str, object] = {}
    while True:
        page = asker.get(f"{path}?{urlencode(query | after)}")
        assert page.status_code == 200, page.text
        assert len(page.json["items"]) <= int(str(query["limit"]))
        rows += page.json["items"]
        if page.json["next"] is None:
            assert "Link" not in page.headers
            return rows
        after = {"cursor": page.json["next"]}


@pytest.mark.parametrize("sort", ["newest", "name"])
def test_paging_visits_every_row_once_in_order(many: Federation, sort: str) -> None:
    east = many.client("east")
    whole = [row["id"] for row in east.get(f"{UNIONS}?limit=100&sort={sort}").json["items"]]
    assert len(whole) == len(set(whole)) == MANY

    @settings(max_examples=12, deadline=None)
    @given(limit=st.integers(1, MANY + 5))
    def holds(limit: int) -> None:
        assert [row["id"] for row in walk(east, UNIONS, limit=limit, sort=sort)] == whole

    holds()


def test_the_newest_come_first_and_names_in_their_order(many: Federation) -> None:
    east = many.client("east")
    newest = [row["id"] for row in east.get(f"{UNIONS}?limit=100").json["items"]]
    names = [row["name"] for row in east.get(f"{UNIONS}?limit=100&sort=name").json["items"]]
    assert newest == sorted(newest, reverse=True)
    assert names == sorted(names)


def test_the_next_page_is_named_in_the_link_too(many: Federation) -> None:
    east = many.client("east")
    first = east.get(f"{UNIONS}?limit=7&sort=name")
    link = first.headers["Link"]
    target = link.removeprefix("<").removesuffix('>; rel="next"')
    following = east.get(target).json["items"]
    assert following == east.get(f"{UNIONS}?limit=14&sort=name").json["items"][7:]


def test_a_row_added_between_two_pages_moves_none_of_the_others(many: Federation) -> None:
    east = many.client("east")
    before = [row["id"] for row in walk(east, UNIONS, limit=100, sort="newest")]
    first = east.get(f"{UNIONS}?limit=10").json
    with many.uow("east") as uow:
        fresh = drafted(uow, many.units["garden"])
    rest = east.get(f"{UNIONS}?limit=100&cursor={first['next']}").json["items"]
    assert [row["id"] for row in [*first["items"], *rest]] == before
    with many.uow("east") as uow:
        assert str(fresh) not in before


def test_units_are_listed_page_by_page_too(many: Federation) -> None:
    admin = many.client("admin")
    whole = [row["id"] for row in admin.get(f"{UNITS}?limit=100").json["items"]]
    assert [row["id"] for row in walk(admin, UNITS, limit=3)] == whole


def test_a_count_is_given_when_asked_for_and_only_then(single: Federation) -> None:
    east = single.client("east")
    assert east.get(f"{UNIONS}?count=true").json["count"] == 1
    assert "count" not in east.get(UNIONS).json
    assert single.client("west").get(f"{UNIONS}?count=true").json["count"] == 0


@pytest.mark.parametrize(
    "path",
    [
        f"{UNIONS}?limit=100",
        f"{UNIONS}?limit=100&sort=name&count=true",
        f"{UNITS}?limit=100",
        "/api/v1/figures?period=2024",
    ],
)
def test_a_list_takes_as_many_statements_for_many_rows_as_for_one(
    world: World, single: Federation, many: Federation, path: str
) -> None:
    engine, counts = world.database.engine(policies.APP), []
    for federation in (single, many):
        east = federation.client("east")
        east.get(path)
        with counted_statements(engine) as sent:
            assert east.get(path).status_code == 200
        counts.append(len(sent))
    assert counts[0] == counts[1] <= 6
