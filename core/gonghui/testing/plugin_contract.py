"""The contract that every plugin keeps, as a class of tests to inherit.

    class TestContract(PluginContract):
        plugin = "nursing_rooms"

It runs on two federations of its own, whatever else is installed. A test that fails says each fault in a sentence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import ClassVar

import pytest

from gonghui.db.migrations import difference
from gonghui.testing.catalogue import read_catalogue, table_faults
from gonghui.testing.checked_plugin import CheckedPlugin
from gonghui.testing.contract import Tally
from gonghui.testing.cookies import unguarded_changes
from gonghui.testing.declarations import document_faults, permission_faults
from gonghui.testing.federation import World
from gonghui.testing.figures import figure_faults
from gonghui.testing.switching import (
    answers_while_off,
    mentions_while_off,
    put_switch,
    rows_of,
    told_to_strangers,
)
from gonghui.testing.texts import text_faults


def none_of(faults: Iterable[object]) -> None:
    """Fail with each fault on a line of its own."""
    found = [" ".join(str(fault).split()) for fault in faults]
    if found:
        pytest.fail("\n".join(found), pytrace=False)


class PluginContract:
    """What is held of the plugin whose id is `plugin`."""

    plugin: ClassVar[str]

    def test_it_claims_nothing_that_is_not_its_own(self, checked_plugin: CheckedPlugin) -> None:
        none_of(checked_plugin.manifest_faults())

    def test_every_operation_asks_for_a_permission_of_the_plugins_own(
        self, world: World, checked_plugin: CheckedPlugin
    ) -> None:
        none_of(permission_faults(world, checked_plugin.operations))
        none_of(document_faults(checked_plugin.operations))

    def test_every_table_is_closed_to_other_federations(
        self, world: World, checked_plugin: CheckedPlugin
    ) -> None:
        none_of(table_faults(read_catalogue(world.database, [checked_plugin.plugin.component.schema])))

    def test_models_and_migrations_say_the_same(self, world: World, checked_plugin: CheckedPlugin) -> None:
        none_of(difference(world.database, checked_plugin.plugin.component))

    def test_nobody_gets_what_is_not_theirs(
        self, plugin_tally: Tally, record_property: Callable[[str, str], None]
    ) -> None:
        record_property("contract", plugin_tally.line())
        none_of(plugin_tally.leaks)

    def test_whoever_may_is_served_on_every_operation(self, plugin_tally: Tally) -> None:
        none_of(plugin_tally.broken)

    def test_no_operation_is_left_out(self, plugin_tally: Tally, checked_plugin: CheckedPlugin) -> None:
        none_of(plugin_tally.skipped)
        missed = sum(not each.is_public for each in checked_plugin.operations) - plugin_tally.operations
        none_of([f"{missed} operations were not tried"] if missed else [])

    def test_off_it_is_not_there_on_any_path_and_verb(self, checked_plugin: CheckedPlugin) -> None:
        off, some = checked_plugin.off, checked_plugin.operations
        none_of(answers_while_off(off, some))
        none_of(told_to_strangers(off, checked_plugin.on, some))
        none_of(mentions_while_off(off, checked_plugin.plugin.id))

    def test_off_and_on_again_keeps_every_row(self, checked_plugin: CheckedPlugin) -> None:
        federation, plugin_id = checked_plugin.federation(), checked_plugin.plugin.id
        checked_plugin.furnish(federation)
        before = rows_of(federation, plugin_id)
        for position in (False, True):
            put_switch(federation, plugin_id, on=position)
        after = rows_of(federation, plugin_id)
        none_of(
            f"the rows of {name} are others than before" for name in before if before[name] != after[name]
        )
        kept = any(before.values()) or not before
        none_of([] if kept else [f"no sample of {plugin_id} makes a row, so nothing shows that rows stay"])

    def test_a_cookie_alone_changes_nothing(self, checked_plugin: CheckedPlugin) -> None:
        none_of(unguarded_changes(checked_plugin.on, checked_plugin.operations))

    def test_a_list_costs_the_same_for_one_row_and_for_thirty(self, checked_plugin: CheckedPlugin) -> None:
        none_of(checked_plugin.list_faults())

    def test_every_figure_is_the_records_that_it_opens_to(self, checked_plugin: CheckedPlugin) -> None:
        federation = checked_plugin.federation()
        checked_plugin.furnish(federation)
        none_of(figure_faults(federation, checked_plugin.plugin.indicators))

    def test_every_text_has_an_english_one(self, checked_plugin: CheckedPlugin) -> None:
        none_of(text_faults(checked_plugin.plugin.package))
