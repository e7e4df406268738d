"""What the class of plugin authors holds and the contract of the whole product does not: figures and their records."""

import pytest

from gonghui.testing import World
from gonghui.testing.checked_plugin import CheckedPlugin
from gonghui.testing.figures import figure_faults


@pytest.mark.parametrize("plugin_id", ["organising"])
def test_every_figure_counts_the_records_that_it_opens_to(world: World, plugin_id: str) -> None:
    checked = CheckedPlugin(world, plugin_id)
    federation = checked.federation()
    checked.furnish(federation)
    assert list(figure_faults(federation, checked.plugin.indicators)) == []
