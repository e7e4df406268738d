"""The registry: plugins of this installation by id, and those that were refused with the reason."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path

import pluggy
import structlog

from gonghui.i18n import load_catalogues
from gonghui.notifications.kinds import NotificationKind
from gonghui.plugin_host.checks import ManifestError, check, names_of_blueprints
from gonghui.plugin_host.hooks import new_manager
from gonghui.plugin_host.manifest import Plugin
from gonghui.plugin_host.person_routes import uncovered
from gonghui.plugin_host.tables import forget_schema
from gonghui.records.deadline_rules import DeadlineRule, check_lengths
from gonghui.records.quality import QualityCheck
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
    """The plugins of this installation, by id, those that others require before them."""

    plugins: dict[str, Plugin] = field(default_factory=dict)
    rejected: list[Rejected] = field(default_factory=list)
    parameters: Parameters = field(default_factory=lambda: PACKS)
    manager: pluggy.PluginManager = field(default_factory=new_manager)

    def add(self, plugin: Plugin) -> None:
        """Take a plugin in, whole or not at all.

        Raises `ManifestError` where it claims what is not its own, `RuleBroken` where a deadline has no length.
        """
        check(plugin)
        if plugin.id in self.plugins:
            raise ManifestError(f"{plugin.id} is installed twice")
        taken = {name for other in self.plugins.values() for name in names_of_blueprints(other)}
        if again := sorted(taken & set(names_of_blueprints(plugin))):
            raise ManifestError(f"the blueprint {again[0]!r} is another plugin's")
        if sealed := uncovered(plugin):
            raise ManifestError(
                f"nothing erases a person's data in {', '.join(sealed)}: give it erase_person"
            )
        try:
            self._take_in(plugin)
        except Exception:
            self._put_out(plugin.id)
            raise
        self.plugins[plugin.id] = plugin

    def refuse(self, name: str, reason: str) -> None:
        """Set a plugin aside; one that was taken in leaves, and those that require it with it."""
        _log.warning("plugin_rejected", plugin=name, reason=reason)
        self.rejected.append(Rejected(name, reason))
        if self.plugins.pop(name, None) is None:
            return
        self._put_out(name)
        forget_schema(name)
        for other in [p.id for p in self.plugins.values() if name in p.requires]:
            self.refuse(other, f"it requires the plugin {name}, which was refused")

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

    def quality_checks(self, on: frozenset[str]) -> list[QualityCheck]:
        """What the plugins in `on` ask of the quality of their records."""
        return [check for p in self.plugins.values() if p.id in on for check in p.quality]

    def deadline_rules(self, on: frozenset[str] | None = None) -> list[DeadlineRule]:
        """Rules of deadlines of the plugins in `on` (all, without it)."""
        return [rule for p in self.plugins.values() if on is None or p.id in on for rule in p.deadlines]

    def notifications(self, on: frozenset[str]) -> list[NotificationKind]:
        """Kinds of notifications of the plugins in `on`."""
        return [kind for p in self.plugins.values() if p.id in on for kind in p.notifications]

    def consequences(self, on: frozenset[str]) -> list[Consequence]:
        """Consequences that the plugins in `on` declare."""
        return [each for p in self.plugins.values() if p.id in on for each in p.consequences]

    def owner_of_path(self, path: str) -> str | None:
        """Id of the plugin whose prefix `path` is under."""
        for plugin in self.plugins.values():
            if any(path == own or path.startswith(f"{own}/") for own in plugin.prefixes):
                return plugin.id
        return None

    def provider(self, name: str) -> Plugin | None:
        """The plugin that answers questions called `name`; None where none is installed."""
        found = self.plugins.get(name.split(".", 1)[0])
        return found if found is not None and name in found.provides else None

    def _take_in(self, plugin: Plugin) -> None:
        pack = plugin.package / "parameters.toml"
        if pack.exists():
            self.parameters.add_pack(pack, prefix=plugin.id)
        for rule in plugin.deadlines:
            check_lengths(rule, self.parameters.entries(rule.parameter))
        load_catalogues(plugin.package / "locale")
        if plugin.hooks is not None:
            self.manager.register(plugin.hooks, name=plugin.id)
            self.manager.check_pending()

    def _put_out(self, plugin_id: str) -> None:
        self.parameters.forget(f"{plugin_id}.")
        if self.manager.has_plugin(plugin_id):
            self.manager.unregister(name=plugin_id)


@cache
def discover() -> Registry:
    """Load every plugin that is installed, once a process; never die of one."""
    from gonghui.plugin_host.loading import load

    load_catalogues(
        Path(__file__).parents[1] / "locale"
    )  # the core's words first: no plugin may replace them
    registry = Registry()
    load(registry, entry_points(group=GROUP))
    return registry
