"""A plugin as the contract meets it: with what it requires on, federations of its own, and records in them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from importlib.metadata import entry_points

from gonghui.plugin_host.checks import ManifestError, check
from gonghui.plugin_host.manifest import Plugin
from gonghui.plugin_host.registry import GROUP
from gonghui.records.record_types import RecordType
from gonghui.records.workflow import CREATE
from gonghui.testing.contract import Contract, Tally
from gonghui.testing.declarations import of_plugin
from gonghui.testing.federation import Federation, World
from gonghui.testing.lists import MANY, ask_lists, list_faults, readers_of
from gonghui.testing.operations import NoSample, Operation, sample_body
from gonghui.testing.right_askers import PLACE, rightful


class CheckedPlugin:
    """One installed plugin. Raises `LookupError` where it is not installed, with the reason where it was refused."""

    def __init__(self, world: World, plugin_id: str) -> None:
        registry = world.registry
        if plugin_id not in registry.plugins:
            reasons = [f"refused: {each.reason}" for each in registry.rejected if each.name == plugin_id]
            raise LookupError(f"{plugin_id} is {' '.join(reasons) or 'not installed'}")
        self.world = world
        self.plugin = registry.plugins[plugin_id]
        self.needed = _with_required(world, self.plugin)

    @property
    def operations(self) -> list[Operation]:
        """Every operation below its prefixes."""
        return of_plugin(self.world, self.plugin.id)

    def federation(self) -> Federation:
        """A federation of its own that has the plugin and what it requires on."""
        return self.world.federation(plugins=tuple(p.id for p in self.needed))

    @cached_property
    def on(self) -> Federation:
        """A federation that has the plugin on, for whoever changes nothing in it."""
        return self.federation()

    @cached_property
    def off(self) -> Federation:
        """A federation that has no plugin on, for whoever changes nothing in it."""
        return self.world.federation(plugins=())

    def furnish(self, federation: Federation, times: int = 1) -> None:
        """Make each of the plugin's samples some times, in every state that it has one for."""
        for _time in range(times):
            for maker in self.plugin.samples.values():
                with federation.uow() as uow:
                    maker(uow, federation.units[PLACE])

    def isolation(self) -> Tally:
        """Everybody who should not tries every operation, then somebody who should."""
        return Contract(self.world, self.needed).run(only=tuple(f"{own}/" for own in self.plugin.prefixes))

    def manifest_faults(self) -> Iterator[str]:
        """What it claims that is not its own, and whether it can be found by its entry point."""
        try:
            check(self.plugin)
        except ManifestError as error:
            yield str(error)
        if self.plugin.id not in entry_points(group=GROUP).names:
            yield f"{self.plugin.id} has no entry point in the group {GROUP}"
        if not self.plugin.version:
            yield f"{self.plugin.id} has no version"
        for kind in self.plugin.record_types:
            given = {permission for role in self.plugin.roles for permission in role.permissions}
            if kind.subtree and kind.permission("read") not in given:
                yield f"no role may read {kind.code}"

    def list_faults(self) -> Iterator[str]:
        """Lists that cost more for many records than for one, or that do not show the many."""
        federation = self.federation()
        readers = readers_of(federation, self.operations)
        yield from self._made(federation, 1)
        one = ask_lists(federation, readers)
        yield from self._made(federation, MANY - 1)
        many = ask_lists(federation, readers)
        yield from list_faults(one, many)
        of_kinds = {f"/api/v1/{kind.plugin}/{kind.path}" for kind in self.plugin.record_types if kind.subtree}
        for asked in many:
            if asked.operation.path in of_kinds and (asked.rows or 0) < MANY:
                yield f"{asked.operation.name} shows {asked.login} {asked.rows} of {MANY} records"

    def _made(self, federation: Federation, times: int) -> Iterator[str]:
        """Make records of each kind: by its sample, or by its operation with a sample body."""
        for kind in self.plugin.record_types:
            try:
                for _time in range(times):
                    self._make(federation, kind)
            except NoSample as missing:
                yield str(missing)
        named = {kind.parameter for kind in self.plugin.record_types}
        others = [make for name, make in self.plugin.samples.items() if " " not in name and name not in named]
        for make in others:
            for _time in range(times):
                with federation.uow() as uow:
                    make(uow, federation.units[PLACE])

    def _make(self, federation: Federation, kind: RecordType) -> None:
        make = self.plugin.samples.get(kind.parameter)
        if make is not None:
            with federation.uow() as uow:
                make(uow, federation.units[PLACE])
            return
        path = f"/api/v1/{kind.plugin}/{kind.path}"
        for operation in self.operations:
            if operation.name == f"POST {path}" and CREATE in kind.verbs:
                known = {"org_unit_id": str(federation.units[PLACE])}
                body = sample_body(self.world.app, operation, known)
                asker = federation.client(rightful(federation, operation))
                answer = asker.post(path, body)
                if answer.status_code != 201:
                    raise NoSample(f"{operation.name}: {answer.status_code} {answer.text[:200]}")
                return
        raise NoSample(f"{kind.code}: no sample {kind.parameter}, and no operation that makes one")


def _with_required(world: World, plugin: Plugin) -> tuple[Plugin, ...]:
    """A plugin after everything that it requires, directly or not."""
    found: dict[str, Plugin] = {}

    def add(one: Plugin) -> None:
        for needed in one.requires:
            if needed in world.registry.plugins and needed not in found:
                add(world.registry.plugins[needed])
        found[one.id] = one

    add(plugin)
    return tuple(found.values())
