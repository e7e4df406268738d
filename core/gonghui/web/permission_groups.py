"""Permissions as people read them: below the name of their plugin and the kind of record that they are about."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field

from gonghui.auth.permissions import GROUPS, OTHERS, PERMISSIONS, words_of
from gonghui.i18n import Text, _
from gonghui.plugin_host.manifest import Plugin
from gonghui.plugin_host.registry import Registry

CORE = "core"
OTHER = _("其他")


@dataclass
class Group:
    """Permissions below one heading: pairs of code and words."""

    title: Text
    permissions: list[tuple[str, Text]] = field(default_factory=list)


@dataclass(frozen=True)
class Area:
    """A plugin, or the core, with the groups of its permissions."""

    id: str
    title: Text | str
    groups: list[Group]

    @property
    def codes(self) -> list[str]:
        """Every permission of the area."""
        return [code for group in self.groups for code, _words in group.permissions]


def areas_of(registry: Registry, plugins_on: Collection[str]) -> list[Area]:
    """The core, and the plugins that are on."""
    found = [Area(CORE, _("平台"), _core())]
    for plugin in registry.plugins.values():
        if plugin.id in plugins_on:
            found.append(Area(plugin.id, plugin.name, _of_plugin(plugin)))
    return found


def worded(registry: Registry, codes: Iterable[str]) -> list[tuple[str, Text | str]]:
    """Permissions with what they allow."""
    of_plugins = registry.permissions()
    return [(code, words_of(code, of_plugins)) for code in codes]


def _core() -> list[Group]:
    return _grouped(
        {code: each.title for code, each in PERMISSIONS.items() if not each.of_operators}, _core_title
    )


def _of_plugin(plugin: Plugin) -> list[Group]:
    titles = {kind.code: kind.title for kind in plugin.record_types}
    return _grouped(plugin.permissions, lambda code: titles.get(code.rsplit(".", 1)[0], OTHER))


def _core_title(code: str) -> Text:
    return GROUPS.get(code.split(".")[1], OTHERS)


def _grouped(permissions: Mapping[str, Text], title: Callable[[str], Text]) -> list[Group]:
    """Groups in the order of their first permission; what belongs to no kind of record comes last."""
    groups: dict[str, Group] = {}
    for code, words in permissions.items():
        heading = title(code)
        groups.setdefault(heading.message, Group(heading)).permissions.append((code, words))
    return sorted(groups.values(), key=lambda group: group.title == OTHER)
