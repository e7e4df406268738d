"""Loads plugins one by one: whatever is wrong with one sets it aside with a reason, and leaves no trace of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib.metadata import EntryPoint

from sqlalchemy.orm import configure_mappers

from gonghui.plugin_host.checks import ManifestError
from gonghui.plugin_host.manifest import Plugin
from gonghui.plugin_host.registry import Registry, Rejected
from gonghui.plugin_host.requirements import fault_of_requirements, fault_of_sdk, in_circles, in_order
from gonghui.plugin_host.tables import declared, forget
from gonghui.plugin_host.time_limits import limited

#: Seconds that importing one plugin may take before it counts as hanging.
_IMPORT_SECONDS = 60.0


def load(registry: Registry, entries: Iterable[EntryPoint]) -> None:
    """Take every plugin in that can be loaded, those that others require first; never die of one."""
    found: dict[str, Plugin] = {}
    #: Tables by the plugin that brought them; no other table may go when it does, whatever it calls itself.
    brought: dict[str, set[str]] = {}
    by_name: dict[str, EntryPoint] = {}
    for entry in sorted(entries, key=lambda each: (each.name, each.value)):
        if entry.name in found or entry.name in registry.plugins:
            registry.rejected.append(
                Rejected(f"{entry.name} ({entry.value})", "a plugin of this id is installed already")
            )
            continue
        with _set_aside(registry, entry, brought):
            found[entry.name] = _load(entry)
            by_name[entry.name] = entry
    for name in in_circles(found):
        registry.refuse(name, "it and others require one another in a circle")
        forget(brought[name])
        del found[name]
    for plugin in in_order(found):
        with _set_aside(registry, by_name[plugin.id], brought):
            fault = fault_of_requirements(plugin, registry.plugins)
            if fault is not None:
                raise ManifestError(fault)
            registry.add(plugin)


def _load(entry: EntryPoint) -> Plugin:
    before = set(declared())
    plugin = limited(_IMPORT_SECONDS, entry.load)
    if not isinstance(plugin, Plugin):
        raise ManifestError(f"{entry.value} is not a Plugin")
    if plugin.id != entry.name:
        raise ManifestError(f"entry point {entry.name!r} holds the plugin {plugin.id!r}")
    strange = sorted(name for name in _own(entry, before) if not name.startswith(f"{plugin.id}."))
    if strange:
        raise ManifestError(f"tables of {plugin.id} must stand in its own schema: {', '.join(strange)}")
    fault = fault_of_sdk(plugin)
    if fault is not None:
        raise ManifestError(fault)
    configure_mappers()
    return plugin


@contextmanager
def _set_aside(registry: Registry, entry: EntryPoint, brought: dict[str, set[str]]) -> Iterator[None]:
    """Whatever goes wrong in the block keeps the plugin out, and its tables out of everybody's way."""
    before = set(declared())
    try:
        yield
    except BaseException as error:  # a broken plugin must not take others down, whatever it raises
        if isinstance(error, (KeyboardInterrupt, GeneratorExit)):
            raise
        registry.refuse(entry.name, f"{type(error).__name__}: {error}")
        forget(brought.pop(entry.name, set()) | _own(entry, before))
    else:
        brought.setdefault(entry.name, set()).update(_own(entry, before))


def _own(entry: EntryPoint, before: set[str]) -> set[str]:
    """Tables that came since and are the plugin's: declared in its package, or in its schema by nobody else's.

    Importing it may import other plugins' packages, too; theirs stay.
    """
    package = entry.module.rpartition(".")[0] or entry.module
    return {
        name
        for name, module in declared().items()
        if name not in before and (module == package or module.startswith(f"{package}.") or not module)
    }
