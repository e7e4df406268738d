"""A plugin that is off is not there: on every path and verb, exactly as if it had never been installed."""

import pytest

from gonghui.testing import Federation, World
from gonghui.testing.declarations import of_plugin
from gonghui.testing.switching import (
    answers_while_off,
    mentions_while_off,
    put_switch,
    rows_of,
    told_to_strangers,
)


@pytest.fixture(scope="module")
def without_plugins(world: World) -> Federation:
    return world.federation(plugins=())


def test_every_verb_on_every_path_of_a_plugin_that_is_off_answers_404(
    world: World, without_plugins: Federation
) -> None:
    assert of_plugin(world)
    assert list(answers_while_off(without_plugins, of_plugin(world))) == []


def test_a_stranger_cannot_tell_a_plugin_that_is_on_from_one_that_is_off(
    world: World, without_plugins: Federation, shared_federation: Federation
) -> None:
    assert list(told_to_strangers(without_plugins, shared_federation, of_plugin(world))) == []


def test_the_document_of_a_federation_without_the_plugin_does_not_mention_it(
    world: World, without_plugins: Federation, shared_federation: Federation
) -> None:
    for plugin_id in world.registry.plugins:
        assert list(mentions_while_off(without_plugins, plugin_id)) == []
        assert list(mentions_while_off(shared_federation, plugin_id)) != []


def test_on_off_on_keeps_every_row(world: World) -> None:
    federation = world.federation()
    east, make = federation.client("east"), world.registry.plugins["organising"].samples["union_id"]
    with federation.uow() as uow:
        made = {str(make(uow, federation.units["garden"])) for _number in range(3)}
    before, rows = east.get("/api/v1/organising/unions").json, rows_of(federation, "organising")
    for position in (False, True):
        put_switch(federation, "organising", on=position)
        assert east.get("/api/v1/organising/unions").status_code == (200 if position else 404)
    assert {item["id"] for item in before["items"]} == made
    assert east.get("/api/v1/organising/unions").json == before
    assert rows_of(federation, "organising") == rows
