"""The contract that every operation and page keeps, derived from the URL map and the OpenAPI document."""

from collections.abc import Callable

import pytest

from gonghui.api.guard import PUBLIC, PUBLIC_PREFIXES
from gonghui.testing import World
from gonghui.testing.contract import Contract, Tally
from gonghui.testing.operations import operations


@pytest.fixture(scope="module")
def tally(world: World) -> Tally:
    return Contract(world).run()


def test_nobody_gets_what_is_not_theirs(tally: Tally, record_property: Callable[[str, str], None]) -> None:
    record_property("contract", tally.line())
    assert tally.leaks == []


def test_the_right_principal_is_served_on_every_operation(tally: Tally) -> None:
    assert tally.broken == []
    assert tally.attempts > tally.operations * len(tally.attackers) * 0.7


def test_no_operation_is_left_out(tally: Tally, world: World) -> None:
    assert tally.skipped == []
    assert tally.operations == sum(not operation.is_public for operation in operations(world.app))


def test_every_operation_names_a_permission_that_exists(world: World) -> None:
    declared = set(world.registry.permissions())
    for operation in operations(world.app):
        if operation.is_public:
            continue
        assert operation.permission, f"{operation.name} names no permission"
        owner = operation.permission.split(".")[0]
        assert owner == "core" or operation.permission in declared, operation.name


def test_a_plugins_operation_asks_for_the_plugins_own_permission(world: World) -> None:
    for operation in operations(world.app):
        owner = world.registry.owner_of_path(operation.path)
        if owner is not None:
            assert str(operation.permission).startswith(f"{owner}."), operation.name


def test_the_document_says_what_the_code_enforces(world: World) -> None:
    for operation in operations(world.app):
        if operation.path.startswith("/api/") and operation.path != "/api/v1/openapi.json":
            assert operation.document, f"{operation.name} is not documented"
            assert operation.document.get("x-permission") == operation.permission, operation.name
            assert operation.document.get("summary"), f"{operation.name} says nothing of itself"


def test_every_public_path_exists_and_has_a_reason(world: World) -> None:
    paths = {operation.path for operation in operations(world.app)}
    for path, reason in PUBLIC.items():
        assert path in paths, f"{path} is public and does not exist"
        assert reason
    for prefix, reason in PUBLIC_PREFIXES.items():
        assert any(path.startswith(prefix) for path in paths)
        assert reason
