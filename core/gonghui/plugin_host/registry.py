"""The registry: plugins found by entry point; one that cannot be loaded is set aside with its reason."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import EntryPoint, entry_points

import pluggy
import structlog

from gonghui.i18n import load_catalogues
from gonghui.plugin_host.manifest import ManifestError, Plugin
from gonghui.records.deadline_rules import DeadlineRule, check_lengths
from gonghui.records.record_types import RecordType
from gonghui.reporting.consequences import Consequence
from gonghui.reporting.indicators import Indicator
from gonghui.tenancy.parameters import PACKS, Parameters

GROUP = "gonghui.plugins"
_log = structlog.get_logger()


@dataclass(frozen=True)
class Rejected:
    """A distribution that announced a plugin and did not deliver one."""

    name: str
    reason: str


@dataclass
class Registry:
    """The plugins of this installation, by id."""

    plugins: dict[str, Plugin] = field(default_factory=dict)
    rejected: list[Rejected] = field(default_factory=list)
    parameters: Parameters = field(default_factory=lambda: PACKS)
    manager: pluggy.PluginManager = field(default_factory=lambda: pluggy.PluginManager("gonghui"))

    def add(self, plugin: Plugin) -> None:
        """Take a plugin in.

        Raises `ManifestError` where it claims what is not its own, `RuleBroken` where a deadline has no length.
        """
        plugin.check()
        if plugin.id in self.plugins:
            raise ManifestError(f"{plugin.id} is installed twice")
        pack = plugin.package / "parameters.toml"
        if pack.exists():
            self.parameters.add_pack(pack, prefix=plugin.id)
        for rule in plugin.deadlines:
            check_lengths(rule, self.parameters.entries(rule.parameter))
        load_catalogues(plugin.package / "locale")
        self.manager.register(plugin, name=plugin.id)
        self.plugins[plugin.id] = plugin

    def permissions(self) -> dict[str, str]:
        """Every permission that some plugin declares, with what it allows in words."""
        return {
            code: str(text) for plugin in self.plugins.values() for code, text in plugin.permissions.items()
        }

    def indicators(self, on: frozenset[str] | None = None) -> list[Indicator]:
        """Indicators of the plugins in `on` (all, without it)."""
        return [i for p in self.plugins.values() if on is None or p.id in on for i in p.indicators]

    def record_types(self, on: frozenset[str] | None = None) -> list[RecordType]:
        """Record types of the plugins in `on` (all, without it)."""
        return [kind for p in self.plugins.values() if on is None or p.id in on for kind in p.record_types]

    def deadline_rules(self, on: frozenset[str] | None = None) -> list[DeadlineRule]:
        """Rules of deadlines of the plugins in `on` (all, without it)."""
        return [rule for p in self.plugins.values() if on is None or p.id in on for rule in p.deadlines]

    def consequences(self, on: frozenset[str]) -> list[Consequence]:
        """Consequences that the plugins in `on` declare."""
        return [each for p in self.plugins.values() if p.id in on for each in p.consequences]

    def owner_of_path(self, path: str) -> str | None:
        """Id of the plugin whose prefix `path` is under, installed or not."""
        for plugin in self.plugins.values():
            if any(path == own or path.startswith(f"{own}/") for own in plugin.prefixes):
                return plugin.id
        return None


@cache
def discover() -> Registry:
    """Load every plugin that is installed, once a process; never die of one."""
    registry = Registry()
    for entry in sorted(entry_points(group=GROUP), key=lambda e: e.name):
        try:
            registry.add(_load(entry))
        except Exception as error:  # noqa: BLE001 - a broken plugin must not take the others down
            _log.warning("plugin_rejected", plugin=entry.name, reason=str(error), error=type(error).__name__)
            registry.rejected.append(Rejected(entry.name, f"{type(error).__name__}: {error}"))
    return registry


def _load(entry: EntryPoint) -> Plugin:
    plugin = entry.load()
    if not isinstance(plugin, Plugin):
        raise ManifestError(f"{entry.value} is not a Plugin")
    if plugin.id != entry.name:
        raise ManifestError(f"entry point {entry.name!r} holds the plugin {plugin.id!r}")
    return plugin
