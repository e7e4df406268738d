"""A federation whose tree has a past: it was set up years before anything happens to it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from gonghui.testing import Federation, World
from gonghui.values import clock


@pytest.fixture
def old_federation(world: World) -> Federation:
    """A tenant of this test's own, set up on 1 January 2020."""
    with clock.at(datetime(2020, 1, 1, 4, tzinfo=UTC)):
        return world.federation()
