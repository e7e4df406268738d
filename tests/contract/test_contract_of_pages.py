"""The contract that every page keeps, as operations do: in a file of its own, so that both are tried at once."""

from collections.abc import Callable

import pytest

from gonghui.testing import World
from gonghui.testing.contract import Contract, Tally
from gonghui.testing.operations import operations

API = "/api/"


@pytest.fixture(scope="module")
def tally(world: World) -> Tally:
    return Contract(world).run(but=(API,))


def test_nobody_gets_what_is_not_theirs(tally: Tally, record_property: Callable[[str, str], None]) -> None:
    record_property("contract of pages", tally.line())
    assert tally.leaks == []


def test_the_right_principal_is_served_on_every_page(tally: Tally) -> None:
    assert tally.broken == []
    assert tally.attempts > tally.operations * len(tally.attackers) * 0.7


def test_no_page_is_left_out(tally: Tally, world: World) -> None:
    assert tally.skipped == []
    assert tally.operations == sum(
        not o.path.startswith(API) and not o.is_public for o in operations(world.app)
    )
