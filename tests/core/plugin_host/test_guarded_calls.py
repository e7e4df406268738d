"""Hooks that misbehave: their own part is left out, the neighbours are served, and the plugin is stopped here."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from importlib.metadata import EntryPoint
from threading import Event
from typing import Any

import pytest
from sqlalchemy import select

from gonghui.app import create_app
from gonghui.audit.entries import AuditEntry
from gonghui.plugin_host import calls
from gonghui.plugin_host.failures import LIMIT, count_failure
from gonghui.plugin_host.loading import load
from gonghui.plugin_host.registry import GROUP, Registry
from gonghui.plugin_host.time_limits import TookTooLong, limited
from gonghui.testing import Federation, World
from gonghui.values import clock

HOSTILE = {
    "raises": "RuntimeError (hooks.py:",
    "loops": "TookTooLong: it took longer than 0.3 s",
    "sleeps": "OperationalError (",
    "writes": "Overstepped: writes may only read here",
    "ends": "Overstepped: ends may not end the transaction",
    "queries": "TookTooLong: it",
    "astray": "Overstepped: '/console/organising/unions' is not a path of astray",
    "lazy": "TypeError (hooks.py:",
    "untitled": "KeyError (i18n.py:",
    "exits": "SystemExit (hooks.py:",
    "nonsense": "TypeError (calls.py:",
}
#: Hostile in other ways than by a hook that fails.
OTHERS = ("meddles", "divides", "notes")
HTML = {"Accept": "text/html"}


@pytest.fixture(scope="module")
def hostile_world(world: World) -> World:
    """The world with plugins whose hooks misbehave."""
    registry = Registry()
    for plugin in world.registry.plugins.values():
        registry.add(plugin)
    names = (*HOSTILE, *OTHERS)
    load(registry, [EntryPoint(name, f"tests.hostile.hooks:{name}", GROUP) for name in names])
    assert not registry.rejected, registry.rejected
    return World(world.database, registry, create_app(world.database, registry, is_demo_server=False))


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hooks have less time, so that the tests do not wait."""
    monkeypatch.setattr(calls, "HOOK_SECONDS", 0.3)
    monkeypatch.setattr(calls, "STATEMENT_MS", 100)


def with_on(world: World, name: str) -> Federation:
    """A federation that has one of the hostile plugins on, besides the ordinary ones."""
    ordinary = tuple(plugin for plugin in world.registry.plugins if plugin not in (*HOSTILE, *OTHERS))
    return world.federation(plugins=(*ordinary, name))


def loop() -> None:
    while True:
        pass


def home(federation: Federation, login: str = "district") -> Any:
    return federation.client(login).get("/console", headers=HTML)


def standing(federation: Federation, name: str) -> Any:
    return federation.client("admin").get(f"/api/v1/plugins/{name}").json


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.usefixtures("impatient")
def test_a_hook_that_misbehaves_leaves_out_its_part_and_stops_its_plugin_here_alone(
    hostile_world: World, name: str
) -> None:
    federation, neighbour = with_on(hostile_world, name), with_on(hostile_world, name)
    for number in range(LIMIT):
        page = home(federation, ("district", "east")[number % 2])
        assert page.status_code == 200
        assert "建会入会" in page.text
        failures = federation.client("admin").get(f"/api/v1/plugins/{name}/failures").json
        assert len(failures) == number + 1
        assert failures[0]["place"] == "dashboard"
        assert HOSTILE[name] in failures[0]["error"]
    stands = standing(federation, name)
    assert (stands["on"], stands["state"]) == (False, "stopped")
    assert stands["reason"].startswith(f"“dashboard”在 10 分钟内出错 {LIMIT} 次，平台已自动停用。最后一次：")
    assert home(federation).status_code == 200
    assert len(federation.client("admin").get(f"/api/v1/plugins/{name}/failures").json) == LIMIT
    assert standing(neighbour, name)["state"] == "on"
    with federation.uow() as uow:
        stopped = select(AuditEntry.operation).where(AuditEntry.action == "core.plugin.stopped")
        assert len(uow.session.scalars(stopped).all()) >= 1


@pytest.mark.usefixtures("impatient")
def test_a_stopped_plugin_is_resumed_by_switching_it_on_and_counts_anew(hostile_world: World) -> None:
    federation = with_on(hostile_world, "raises")
    for number in range(LIMIT):
        home(federation, ("district", "east")[number % 2])
    admin = federation.client("admin")
    assert admin("PUT", "/api/v1/plugins/raises", json={"on": True}).json["changed"] == ["raises"]
    assert standing(federation, "raises")["reason"] is None
    home(federation)
    assert standing(federation, "raises")["state"] == "on"


@pytest.mark.usefixtures("impatient")
def test_failures_far_apart_do_not_stop_a_plugin(hostile_world: World) -> None:
    federation = with_on(hostile_world, "raises")
    for number in range(LIMIT * 2):
        with clock.at(clock.now() + timedelta(minutes=6 * number)), federation.uow() as uow:
            assert not count_failure(uow, "raises", "dashboard", "示例")
    assert standing(federation, "raises")["state"] == "on"


def test_neighbours_are_served_while_a_hook_loops(
    hostile_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calls, "HOOK_SECONDS", 1.0)
    federation, neighbour = with_on(hostile_world, "loops"), hostile_world.federation(plugins=("organising",))
    is_done = Event()

    def ask_on() -> list[int]:
        asker, statuses = neighbour.client("east"), []
        while not is_done.is_set():
            statuses.append(asker.get("/api/v1/organising/unions").status_code)
        return statuses

    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(ask_on)
        try:
            assert home(federation).status_code == 200
        finally:
            is_done.set()
        statuses = asked.result()
    assert len(statuses) > 5
    assert set(statuses) == {200}


@pytest.mark.usefixtures("impatient")
def test_a_reader_sees_links_and_cards_that_they_may_follow_and_no_others(hostile_world: World) -> None:
    """The plugin of the designs contributes both; the guest has no role."""
    ordinary = tuple(plugin for plugin in hostile_world.registry.plugins if plugin not in (*HOSTILE, *OTHERS))
    federation = hostile_world.federation(plugins=ordinary)
    assert "/console/designs/rooms" in home(federation).text
    assert "/console/designs/rooms" not in federation.client("guest").get("/console", headers=HTML).text


def test_what_a_hook_wrote_by_mistake_is_not_written(
    hostile_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    federation = with_on(hostile_world, "writes")
    home(federation)
    names = [unit["name"] for unit in federation.client("district").get("/api/v1/org-units").json["items"]]
    assert "改名" not in names


def test_an_operation_that_writes_another_ones_table_fails_and_writes_nothing(hostile_world: World) -> None:
    federation = hostile_world.federation(plugins=("organising", "meddles"))
    district = federation.client("district")
    before = district.get("/api/v1/org-units").json
    assert district.post("/api/v1/meddles/rename").status_code == 500
    assert district.get("/api/v1/org-units").json == before
    assert district.get("/api/v1/organising/unions").status_code == 200


@pytest.mark.usefixtures("impatient")
def test_a_slow_neighbour_is_not_blamed_for(hostile_world: World) -> None:
    ordinary = tuple(plugin for plugin in hostile_world.registry.plugins if plugin not in (*HOSTILE, *OTHERS))
    federation = hostile_world.federation(plugins=(*ordinary, "queries"))
    for number in range(LIMIT):
        assert home(federation, ("district", "east")[number % 2]).status_code == 200
    stands = {row["id"]: row["state"] for row in federation.client("admin").get("/api/v1/plugins").json}
    assert (stands["queries"], stands["designs"], stands["organising"]) == ("stopped", "on", "on")


@pytest.mark.usefixtures("impatient")
def test_one_account_alone_stops_a_plugin_for_the_others_only_after_many_times(hostile_world: World) -> None:
    federation = with_on(hostile_world, "raises")
    for _number in range(LIMIT * 4 - 1):
        home(federation)
    assert standing(federation, "raises")["state"] == "on"
    home(federation)
    assert standing(federation, "raises")["state"] == "stopped"


@pytest.mark.usefixtures("impatient")
def test_an_indicator_that_fails_leaves_out_its_plugins_figures_only(hostile_world: World) -> None:
    federation = with_on(hostile_world, "divides")
    assert home(federation).status_code == 200
    answer = federation.client("district").get("/api/v1/figures?period=2024")
    assert answer.status_code == 200
    owners = {figure["code"].split(".")[0] for figure in answer.json["figures"]}
    assert owners == {"organising", "designs"}
    failures = federation.client("admin").get("/api/v1/plugins/divides/failures").json
    assert {failure["place"] for failure in failures} == {"figures"}


def test_whoever_is_asked_may_neither_rename_what_is_done_nor_become_somebody(hostile_world: World) -> None:
    federation = with_on(hostile_world, "notes")
    home(federation)
    with federation.uow() as uow:
        actions = set(uow.session.scalars(select(AuditEntry.action)))
    assert "core.person.erased" not in actions


def test_the_time_of_a_call_within_a_call_does_not_lengthen_that_of_the_outer() -> None:
    def outer() -> None:
        while True:
            limited(60, lambda: sum(range(1_000)))

    with pytest.raises(TookTooLong):
        limited(0.1, outer)


def test_time_that_is_over_ends_a_loop_and_what_comes_after_is_left_alone() -> None:
    for _number in range(20):
        with pytest.raises(TookTooLong):
            limited(0.01, loop)
        assert sum(limited(60, lambda: sum(range(1_000))) for _time in range(200)) == 200 * 499_500


def test_what_swallows_an_interruption_is_told_once_it_ends_and_nobody_else_is_interrupted() -> None:
    def stubborn() -> int:
        seen = 0
        while seen < 3:
            try:
                loop()
            except BaseException:  # noqa: BLE001 - as somebody writes who wants to go on whatever happens
                seen += 1
        return seen

    with pytest.raises(TookTooLong):
        limited(0.02, stubborn)
    assert sum(range(2_000_000)) == 1_999_999_000_000
