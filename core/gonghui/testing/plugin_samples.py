"""A plugin that is installed and off everywhere, for what may be done to such a one only."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gonghui.i18n import Text
from gonghui.plugin_host.manifest import Plugin
from gonghui.plugin_host.registry import Registry

#: It has no tables, no operations, nothing.
SPARE = Plugin("contract_spare", Text("样本"), "1.0.0", Path(__file__).parent)


@contextmanager
def spare_plugin(registry: Registry) -> Iterator[None]:
    """The plugin is installed for the length of the block."""
    registry.plugins[SPARE.id] = SPARE
    try:
        yield
    finally:
        del registry.plugins[SPARE.id]
