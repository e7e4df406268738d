"""The contract that every operation keeps, derived from the URL map and the OpenAPI document; pages stand beside."""

from collections.abc import Callable

import pytest

from gonghui.api.guard import PUBLIC, PUBLIC_PREFIXES
from gonghui.testing import World
from gonghui.testing.contract import Contract, Tally
from gonghui.testing.declarations import document_faults, permission_faults
from gonghui.testing.operations import operations

API = "/api/"


@pytest.fixture(scope="module")
def tally(world: World) -> Tally:
    return Contract(world).run(only=API)


def test_nobody_gets_what_is_not_theirs(tally: Tally, record_property: Callable[[str, str], None]) -> None:
    record_property("contract", tally.line())
    assert tally.leaks == []


def test_the_right_principal_is_served_on_every_operation(tally: Tally) -> None:
    assert tally.broken == []
    assert tally.attempts > tally.operations * len(tally.attackers) * 0.7


def test_no_operation_is_left_out(tally: Tally, world: World) -> None:
    assert tally.skipped == []
    assert tally.operations == sum(o.path.startswith(API) and not o.is_public for o in operations(world.app))


def test_every_operation_names_a_permission_that_exists_and_is_its_owners(world: World) -> None:
    assert list(permission_faults(world, operations(world.app))) == []


def test_the_document_says_what_the_code_enforces(world: World) -> None:
    assert list(document_faults(operations(world.app))) == []


def test_every_public_path_exists_and_has_a_reason(world: World) -> None:
    paths = {operation.path for operation in operations(world.app)}
    for path, reason in PUBLIC.items():
        assert path in paths, f"{path} is public and does not exist"
        assert reason
    for prefix, reason in PUBLIC_PREFIXES.items():
        assert any(path.startswith(prefix) for path in paths)
        assert reason
