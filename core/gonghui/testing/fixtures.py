"""pytest fixtures of the kit; `pytest_plugins = ["gonghui.testing.fixtures"]` brings them in."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from gonghui.app import create_app
from gonghui.plugin_host.registry import discover
from gonghui.testing.database import cloned_database, worker_name
from gonghui.testing.federation import Federation, World


def test_var() -> Path:
    """Where the test server keeps its data."""
    return Path(os.environ.get("GONGHUI_TEST_VAR", "var/test")).resolve()


test_var.__test__ = False  # type: ignore[attr-defined]


@pytest.fixture(scope="session")
def world() -> Iterator[World]:
    """Database, plugins and application of this test process."""
    registry = discover()
    with cloned_database(test_var(), registry, worker_name()) as database:
        app = create_app(database, registry, is_demo_server=False)
        assert not registry.rejected, registry.rejected
        yield World(database, registry, app)


@pytest.fixture
def federation(world: World) -> Federation:
    """A tenant of this test's own."""
    return world.federation()


@pytest.fixture(scope="module")
def shared_federation(world: World) -> Federation:
    """A tenant that the tests of a module share, for tests that only read."""
    return world.federation()
