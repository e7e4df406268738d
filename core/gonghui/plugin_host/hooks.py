"""Hook specifications: what the core asks of plugins, in two kinds.

*Feature* hooks are asked of plugins that the tenant has on; *lifecycle* hooks of every installed one, because a
plugin that is off still holds data. A hook gives data back and changes nothing but, in a lifecycle hook, its own rows.
A plugin names an object (usually a module) whose functions carry `@hookimpl` as its `hooks`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pluggy

from gonghui.db.unit_of_work import UnitOfWork
from gonghui.i18n import Text

PROJECT = "gonghui"
hookspec = pluggy.HookspecMarker(PROJECT)
#: Marks a function of a plugin as the implementation of the hook of the same name.
hookimpl = pluggy.HookimplMarker(PROJECT)


@dataclass(frozen=True)
class Link:
    """An entry of the navigation: a title, a path of the plugin's own, and the permission that it takes."""

    title: Text | str
    path: str
    permission: str

    def plain(self) -> Link:
        """The same in plain values. Raises `TypeError` where a part is something else."""
        return Link(str(self.title), *_plain(self.path, self.permission))


@dataclass(frozen=True)
class Card:
    """A figure on the first page: a title, a number or a few words, and the path that it opens."""

    title: Text | str
    value: str
    path: str
    permission: str

    def plain(self) -> Card:
        """The same in plain values. Raises `TypeError` where a part is something else."""
        return Card(str(self.title), *_plain(self.value, self.path, self.permission))


@dataclass(frozen=True)
class Waiting:
    """What waits for the reader outside of workflows, such as transfers to accept: how many, and where it is done."""

    title: Text | str
    count: int
    path: str
    permission: str

    def plain(self) -> Waiting:
        """The same in plain values. Raises `TypeError` where a part is something else."""
        if type(self.count) is not int:
            raise TypeError(f"{self.count!r} is no number")
        return Waiting(str(self.title), self.count, *_plain(self.path, self.permission))


def _plain(*parts: object) -> list[str]:
    strange = [part for part in parts if type(part) is not str]
    if strange:
        raise TypeError(f"{strange[0]!r} is no text")
    return [part for part in parts if isinstance(part, str)]


@dataclass(frozen=True)
class Health:
    """How a plugin fares at a tenant, in a sentence; `is_well` False puts it on the operator's list."""

    is_well: bool
    sentence: Text


@dataclass(frozen=True)
class PersonalRecord:
    """Something that a plugin holds about a person, for the person's own copy of their data."""

    title: Text
    values: Mapping[str, Any]


class FeatureHooks:
    """Asked only where the tenant has the plugin on; they read."""

    @hookspec
    def navigation(self, uow: UnitOfWork) -> Sequence[Link]:  # type: ignore[empty-body]
        """Entries of the navigation; those whose permission the reader lacks are left out.

        Paths are below the plugin's own (`/api/v1/<id>`, `/console/<id>`, `/portal/<id>`, `/open/<id>`).
        """

    @hookspec
    def dashboard(self, uow: UnitOfWork) -> Sequence[Card]:  # type: ignore[empty-body]
        """Figures for the reader's first page; those whose permission the reader lacks are left out."""

    @hookspec
    def waiting(self, uow: UnitOfWork) -> Sequence[Waiting]:  # type: ignore[empty-body]
        """What waits for the reader besides records in a workflow; each counted over what they may decide."""


class LifecycleHooks:
    """Asked of every installed plugin, on or off."""

    @hookspec
    def export_person(self, uow: UnitOfWork, person_id: UUID) -> Sequence[PersonalRecord]:  # type: ignore[empty-body]
        """What the plugin holds about a person besides what the core finds by the tables' references."""

    @hookspec
    def erase_person(self, uow: UnitOfWork, person_id: UUID) -> int:  # type: ignore[empty-body]
        """Empty what the plugin holds about a person where no reference leads to them; how many rows it touched."""

    @hookspec
    def before_merge(  # type: ignore[empty-body]
        self, uow: UnitOfWork, kept_id: UUID, dropped_id: UUID, reason: str
    ) -> Mapping[str, Any]:
        """Make room in the plugin's own rows for two persons who will be one; what it changed, as plain JSON.

        Whatever names the dropped one is moved afterwards by the core. Raises `Conflict` where they cannot be one yet.
        """

    @hookspec
    def after_unmerge(self, uow: UnitOfWork, changed: Mapping[str, Any]) -> None:
        """Take back what `before_merge` gave as changed; the rows name again whom they named."""

    @hookspec
    def health(self, uow: UnitOfWork) -> Health:  # type: ignore[empty-body]
        """How the plugin fares at the tenant."""


FEATURE = frozenset(name for name in vars(FeatureHooks) if not name.startswith("_"))
#: Hooks that are answered by several things at once.
MANY = FEATURE | {"export_person"}
LIFECYCLE = frozenset(name for name in vars(LifecycleHooks) if not name.startswith("_"))


def new_manager() -> pluggy.PluginManager:
    """A plugin manager that knows the specifications."""
    manager = pluggy.PluginManager(PROJECT)
    manager.add_hookspecs(FeatureHooks)
    manager.add_hookspecs(LifecycleHooks)
    return manager
