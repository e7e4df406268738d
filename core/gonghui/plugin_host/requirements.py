"""Which plugins fit together: versions of the SDK, what each requires, and the order that follows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from gonghui.plugin_host.sdk_version import VERSION

if TYPE_CHECKING:
    from gonghui.plugin_host.manifest import Plugin


def fault_of_sdk(plugin: Plugin) -> str | None:
    """Why the plugin does not fit this SDK; None where it does."""
    try:
        Version(plugin.version)
        wanted = SpecifierSet(plugin.sdk)
    except (InvalidVersion, InvalidSpecifier) as error:
        return str(error)
    if wanted.contains(VERSION):
        return None
    return f"it is written for the SDK {plugin.sdk}; this one is {VERSION}"


def fault_of_requirements(plugin: Plugin, known: Mapping[str, Plugin]) -> str | None:
    """Why what the plugin requires is not there; None where it is."""
    for needed, versions in plugin.requires.items():
        found = known.get(needed)
        if found is None:
            return f"it requires the plugin {needed} ({versions}), which is not installed"
        try:
            serves = SpecifierSet(versions).contains(found.version)
        except InvalidSpecifier as error:
            return str(error)
        if not serves:
            return f"it requires {needed} {versions}; installed is {found.version}"
    return None


def in_circles(plugins: Mapping[str, Plugin]) -> set[str]:
    """Ids of plugins that require one another in a circle."""
    found: set[str] = set()
    rest = dict(plugins)
    while True:
        try:
            tuple(_sorter(rest).static_order())
        except CycleError as error:
            found |= set(error.args[1])
            rest = {name: plugin for name, plugin in rest.items() if name not in found}
        else:
            return found


def in_order(plugins: Mapping[str, Plugin]) -> list[Plugin]:
    """The plugins, each after those that it requires, otherwise by id."""
    return [plugins[name] for name in _sorter(plugins).static_order()]


def required_by(plugin_id: str, plugins: Mapping[str, Plugin]) -> list[Plugin]:
    """What the plugin cannot be on without, directly or through one another; itself last."""
    needed = _reach([plugin_id], lambda name: plugins[name].requires)
    return in_order({name: plugin for name, plugin in plugins.items() if name in needed})


def dependents_of(plugin_id: str, plugins: Mapping[str, Plugin]) -> list[Plugin]:
    """What cannot be on without the plugin, directly or through one another; without itself, the last first."""
    found = _reach([plugin_id], lambda name: [p.id for p in plugins.values() if name in p.requires])
    above = {name: plugin for name, plugin in plugins.items() if name in found - {plugin_id}}
    return list(reversed(in_order(above)))


def _sorter(plugins: Mapping[str, Plugin]) -> TopologicalSorter[str]:
    graph = {
        name: sorted(needed for needed in plugins[name].requires if needed in plugins)
        for name in sorted(plugins)
    }
    return TopologicalSorter(graph)


def _reach(start: Iterable[str], following: Callable[[str], Iterable[str]]) -> set[str]:
    found: set[str] = set()
    open_ends = list(start)
    while open_ends:
        name = open_ends.pop()
        if name not in found:
            found.add(name)
            open_ends += following(name)
    return found
