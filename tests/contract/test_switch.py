"""A plugin that is off is not there: on every path and verb, exactly as if it had never been installed."""

import pytest

from gonghui.testing import Federation, World
from gonghui.testing.operations import Operation, operations

VERBS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


@pytest.fixture(scope="module")
def without_plugins(world: World) -> Federation:
    return world.federation(plugins=())


def plugin_operations(world: World) -> list[Operation]:
    found = [o for o in operations(world.app) if world.registry.owner_of_path(o.path)]
    assert found
    return found


def test_every_verb_on_every_path_of_a_plugin_that_is_off_answers_404(
    world: World, without_plugins: Federation
) -> None:
    admin = without_plugins.client("admin")
    unknown = admin.get("/api/v1/organising-never-heard-of")
    for operation in plugin_operations(world):
        path = operation.path.replace("{union_id}", without_plugins.view.id.hex)
        for verb in VERBS:
            answer = admin(verb, path)
            assert answer.status_code == 404, f"{verb} {path}"
            assert verb == "HEAD" or answer.get_data() == unknown.get_data(), f"{verb} {path}"


def test_a_stranger_cannot_tell_a_plugin_that_is_on_from_one_that_is_off(
    world: World, without_plugins: Federation, shared_federation: Federation
) -> None:
    for operation in plugin_operations(world):
        off = without_plugins.client()(operation.method, operation.path)
        on = shared_federation.client()(operation.method, operation.path)
        assert (off.status_code, off.get_data()) == (on.status_code, on.get_data()) == (401, on.get_data())


def test_the_document_of_a_federation_without_the_plugin_does_not_mention_it(
    world: World, without_plugins: Federation
) -> None:
    document = without_plugins.client("admin").get("/api/v1/openapi.json")
    assert document.status_code == 200
    assert "organising" not in document.text


def test_on_off_on_keeps_every_row(world: World) -> None:
    federation = world.federation()
    admin, east = federation.client("admin"), federation.client("east")
    make = world.registry.plugins["organising"].samples["union_id"]
    with federation.uow() as uow:
        made = {str(make(uow, federation.units["garden"])) for _number in range(3)}
    before = east.get("/api/v1/organising/unions").json
    for position in (False, True):
        assert admin("PUT", "/api/v1/plugins/organising", json={"on": position}).status_code == 200
        assert east.get("/api/v1/organising/unions").status_code == (200 if position else 404)
    assert {item["id"] for item in before["items"]} == made
    assert east.get("/api/v1/organising/unions").json == before
