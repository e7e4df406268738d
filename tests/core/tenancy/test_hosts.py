"""Hosts: a name means one tenant, and what is known of it is trusted for a moment only."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gonghui.app import create_app
from gonghui.db import policies
from gonghui.errors import NotFound
from gonghui.plugin_host.switching import switch_off, switch_on
from gonghui.tenancy import tenants
from gonghui.tenancy.tenants import HostDirectory, find_by_host, tenant_with_code
from gonghui.testing import Federation, World
from gonghui.testing.queries import counted_statements

TTL = 1.0


class Stopwatch:
    """A clock of seconds that moves when told."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def stopwatch(monkeypatch: pytest.MonkeyPatch) -> Stopwatch:
    watch = Stopwatch()
    monkeypatch.setattr(tenants, "time", watch)
    return watch


def host(federation: Federation) -> str:
    return f"{federation.view.code}.test"


def switch(federation: Federation, *, on: bool) -> None:
    with federation.uow() as uow:
        registry = federation.world.registry
        (switch_on if on else switch_off)(uow, registry, registry.plugins["organising"])


def test_a_host_finds_its_tenant_in_any_case(world: World, shared_federation: Federation) -> None:
    with world.database.public() as connection:
        for name in (host(shared_federation), host(shared_federation).upper()):
            assert find_by_host(connection, name) == shared_federation.view


@pytest.mark.parametrize("name", ["", "nobody.test", "%", "_" * 8, "test", ".test", "'; DROP TABLE x; --"])
def test_an_unknown_host_finds_none(world: World, shared_federation: Federation, name: str) -> None:
    with world.database.public() as connection:
        assert find_by_host(connection, name) is None


def test_a_view_names_the_plugins_that_are_on(world: World, federation: Federation) -> None:
    switch(federation, on=False)
    with world.database.public() as connection:
        found = find_by_host(connection, host(federation))
    assert found is not None
    assert found.plugins_on == frozenset({"designs"})


def test_within_its_time_the_directory_asks_once_for_a_host_that_somebody_has(
    world: World, shared_federation: Federation, stopwatch: Stopwatch
) -> None:
    directory = HostDirectory(world.database, TTL)
    with counted_statements(world.database.engine(policies.APP)) as sent:
        for _ in range(5):
            assert directory.get(host(shared_federation)) == shared_federation.view
            stopwatch.now += TTL / 10
    assert len(sent) == 1


def test_when_the_time_is_up_the_directory_asks_again(
    world: World, federation: Federation, stopwatch: Stopwatch
) -> None:
    directory = HostDirectory(world.database, TTL)
    assert directory.get(host(federation)) == federation.view
    with world.database.operator() as session:
        session.delete(session.get(tenants.TenantHost, host(federation)))
    stopwatch.now += TTL * 0.99
    assert directory.get(host(federation)) == federation.view
    stopwatch.now += TTL * 0.02
    assert directory.get(host(federation)) is None


def test_a_tenant_that_is_made_later_is_found_at_once(world: World) -> None:
    directory = HostDirectory(world.database, TTL)
    federation = world.federation()
    assert directory.get("later.test") is None
    with world.database.operator() as session:
        session.add(tenants.TenantHost(host="later.test", tenant_id=federation.view.id))
    assert directory.get("later.test") is not None


def test_made_up_hosts_and_many_hosts_do_not_fill_the_memory(
    world: World, shared_federation: Federation, federation: Federation
) -> None:
    directory = HostDirectory(world.database, TTL, limit=1)
    for number in range(5):
        assert directory.get(f"made-up-{number}.test") is None
    for known in (shared_federation, federation, shared_federation):
        assert directory.get(host(known)) == known.view
        assert len(directory._known) == 1


def test_another_process_follows_a_switch_at_once(world: World, federation: Federation) -> None:
    neighbour = World(
        world.database, world.registry, create_app(world.database, world.registry, is_demo_server=False)
    )
    there = replace(federation, world=neighbour).client("east")
    assert there.get("/api/v1/organising/unions").status_code == 200
    for on, status in ((False, 404), (True, 200)):
        here = federation.client("admin")("PUT", "/api/v1/plugins/organising", json={"on": on})
        assert here.status_code == 200
        assert there.get("/api/v1/organising/unions").status_code == status


def test_an_operator_finds_a_tenant_by_its_code(world: World, shared_federation: Federation) -> None:
    assert tenant_with_code(world.database, shared_federation.view.code) == shared_federation.view
    with pytest.raises(NotFound) as unknown:
        tenant_with_code(world.database, "nobody")
    assert shared_federation.view.code in str(unknown.value.detail)
