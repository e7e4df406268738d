"""Loads plugins one by one: whatever is wrong with one sets it aside with a reason, and leaves no trace of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib.metadata import EntryPoint

from sqlalchemy.orm import configure_mappers

from gonghui.db.base import Base
from gonghui.plugin_host.checks import ManifestError, check, strange_tables, table_names
from gonghui.plugin_host.manifest import Plugin
from gonghui.plugin_host.person_routes import uncovered
from gonghui.plugin_host.registry import Registry, Rejected
from gonghui.plugin_host.requirements import fault_of_requirements, fault_of_sdk, in_circles, in_order
from gonghui.plugin_host.time_limits import Interruption, limited
from gonghui.records.record_types import RECORD_TYPES

#: Seconds that importing one plugin may take before it counts as hanging.
_IMPORT_SECONDS = 60.0


def load(registry: Registry, entries: Iterable[EntryPoint]) -> None:
    """Take every plugin in that can be loaded, those that others require first; never die of one."""
    found: dict[str, Plugin] = {}
    #: Tables by the plugin that brought them; no other table may go when it does, whatever it calls itself.
    brought: dict[str, set[str]] = {}
    for entry in sorted(entries, key=lambda each: (each.name, each.value)):
        if entry.name in found or entry.name in registry.plugins:
            registry.rejected.append(
                Rejected(f"{entry.name} ({entry.value})", "a plugin of this id is installed already")
            )
            continue
        with _set_aside(registry, entry.name, brought):
            found[entry.name] = _load(entry)
    for name in in_circles(found):
        registry.refuse(name, "it and others require one another in a circle")
        _forget_tables(brought[name])
        del found[name]
    for plugin in in_order(found):
        with _set_aside(registry, plugin.id, brought):
            fault = fault_of_requirements(plugin, registry.plugins)
            if fault is not None:
                raise ManifestError(fault)
            check(plugin)
            sealed = uncovered(plugin)
            if sealed:
                raise ManifestError(
                    f"nothing erases a person's data in {', '.join(sealed)}: give it erase_person"
                )
            registry.add(plugin)


def _load(entry: EntryPoint) -> Plugin:
    before = table_names()
    with limited(_IMPORT_SECONDS):
        plugin = entry.load()
    if not isinstance(plugin, Plugin):
        raise ManifestError(f"{entry.value} is not a Plugin")
    if plugin.id != entry.name:
        raise ManifestError(f"entry point {entry.name!r} holds the plugin {plugin.id!r}")
    strange = strange_tables(plugin.id, table_names() - before)
    if strange:
        raise ManifestError(f"tables of {plugin.id} must stand in its own schema: {', '.join(strange)}")
    fault = fault_of_sdk(plugin)
    if fault is not None:
        raise ManifestError(fault)
    configure_mappers()
    return plugin


@contextmanager
def _set_aside(registry: Registry, name: str, brought: dict[str, set[str]]) -> Iterator[None]:
    """Whatever goes wrong in the block keeps the plugin `name` out, and its tables out of everybody's way."""
    before = table_names()
    try:
        yield
    except (Exception, SystemExit, Interruption) as error:  # noqa: BLE001 - a broken plugin must not take others down
        registry.refuse(name, f"{type(error).__name__}: {error}")
        _forget_tables(brought.pop(name, set()) | (table_names() - before))
    else:
        brought.setdefault(name, set()).update(table_names() - before)


def _forget_tables(gone: set[str]) -> None:
    """Take tables and their classes away: one that cannot be mapped would keep all others from being."""
    for mapper in list(Base.registry.mappers):
        if str(getattr(mapper.local_table, "fullname", "")) in gone:
            # SQLAlchemy offers to dispose of all classes or none; this is what it does for each.
            manager = mapper.class_manager
            Base.registry._dispose_manager_and_mapper(manager)
            Base.registry._managers.pop(manager, None)
    for name in gone:
        Base.metadata.remove(Base.metadata.tables[name])
        RECORD_TYPES.pop(name, None)
