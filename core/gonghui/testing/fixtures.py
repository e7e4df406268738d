"""pytest fixtures of the kit; `pytest_plugins = ["gonghui.testing.fixtures"]` brings them in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from gonghui.app import create_app
from gonghui.plugin_host.registry import discover
from gonghui.settings import settings
from gonghui.testing.checked_plugin import CheckedPlugin
from gonghui.testing.contract import Tally
from gonghui.testing.database import cloned_database, worker_name
from gonghui.testing.federation import Federation, World
from gonghui.testing.places import var_of_tests


@pytest.fixture(scope="session")
def world() -> Iterator[World]:
    """Database, plugins and application of this test process."""
    registry = discover()
    with _settings_of_tests(), cloned_database(var_of_tests(), registry, worker_name()) as database:
        yield World(database, registry, create_app(database, registry, is_demo_server=False))


@contextmanager
def _settings_of_tests() -> Iterator[None]:
    """Whatever the application keeps, it keeps beside the test server's data."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GONGHUI_VAR", str(var_of_tests()))
        settings.cache_clear()
        yield
    settings.cache_clear()


@pytest.fixture
def federation(world: World) -> Federation:
    """A tenant of this test's own."""
    return world.federation()


@pytest.fixture(scope="module")
def shared_federation(world: World) -> Federation:
    """A tenant that the tests of a module share, for tests that only read."""
    return world.federation()


@pytest.fixture(scope="class")
def checked_plugin(world: World, request: pytest.FixtureRequest) -> CheckedPlugin:
    """The plugin that a class of tests is about."""
    return CheckedPlugin(world, request.cls.plugin)


@pytest.fixture(scope="class")
def plugin_tally(checked_plugin: CheckedPlugin) -> Tally:
    """What everybody got who tried the plugin's operations."""
    return checked_plugin.isolation()
