"""Federations whose tree has a past, and those at which a plugin holds something of every kind."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest
from tests.core.lifecycle.filling import fill, switch_off
from tests.core.lifecycle.somebody import somebody

from gonghui.testing import Federation, World
from gonghui.values import clock


@pytest.fixture
def old_federation(world: World) -> Federation:
    """A tenant of this test's own, set up on 1 January 2020."""
    with clock.at(datetime(2020, 1, 1, 4, tzinfo=UTC)):
        return world.federation()


@pytest.fixture
def filled(federation: Federation) -> Federation:
    """A federation at which the designs hold something of every kind, and are off."""
    fill(federation)
    switch_off(federation)
    return federation


@pytest.fixture
def known(federation: Federation) -> UUID:
    """Somebody with an account, a hardship file, a dispute, a profile and the telephone of a room."""
    return somebody(federation)
