"""The manifest: everything that a plugin declares, as data."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import click
from flask import Blueprint

from gonghui.db.migrations import Component
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.events.handlers import Subscriber
from gonghui.i18n import Text
from gonghui.jobs.kinds import JobKind
from gonghui.notifications.kinds import NotificationKind
from gonghui.plugin_host.schedules import Schedule
from gonghui.records.deadline_rules import DeadlineRule
from gonghui.records.quality import QualityCheck
from gonghui.records.record_types import RecordType
from gonghui.records.registers.importing import RegisterImport
from gonghui.reporting.consequences import Consequence
from gonghui.reporting.indicators import Indicator


@dataclass(frozen=True)
class RoleTemplate:
    """Permissions that a plugin adds to a role of the federation when it is switched on.

    `code` is that of the role, which is made and called `name` where the federation has none; the permissions are the
    plugin's own.
    """

    code: str
    name: str
    permissions: tuple[str, ...]


@dataclass(frozen=True)
class Plugin:
    """A plugin. Whatever it names begins with its id, or it is refused at load.

    Attributes:
        id: Its name for programs, that of its entry point: lower-case letters, digits and `_`, 2 to 41 of them.
        name: Its name for people.
        version: The version of the plugin itself.
        package: The folder of its package, which holds `migrations/` and, where there are any, `locale/`,
            `parameters.toml` and `templates/<id>/`.
        permissions: Permissions by code, with what each allows in words. Those of record types come by themselves;
            one that is named here is said in these words instead.
        record_types: Its kinds of records. Operations, permissions, exports and deadlines follow from them.
        blueprints: Operations beside those of record types, below the paths that are its own.
        roles: Permissions for the roles of a federation, given when the plugin is switched on.
        indicators: Figures that it answers for.
        consequences: Whom its figures of law concern, asked before one is changed.
        imports: Registers that can be read in.
        deadlines: Rules of deadlines beside those that workflows name.
        commands: click commands, which stand below `gonghui <id>`.
        quality: What should not be so in its records, for the list of data quality.
        sdk: Versions of the SDK that it was written for.
        requires: Plugins that it cannot be on without, each with the versions that serve (`{"organising": ">=1"}`).
        events: Facts that it publishes by itself (`uow.publish`), by name (`"aid.hardship.posted"`), in words. Those
            of its record types are published without being named here.
        subscribers: What it does when something happened, here or in another plugin.
        notifications: Kinds of things that it tells accounts by `notify`, so that each can choose not to be written to.
        provides: What others may ask of it by `ask`, by name (`"aid.households.near"`): functions of a unit of work
            and many keys at once, which give a value for each key that they know.
        jobs: Kinds of work that somebody asks for (`ask_for_job`) and does not wait for.
        schedules: What it does at which hour.
        hooks: An object (usually a module) whose functions marked `@hookimpl` answer the core's hooks.
        samples: Makers of things for the contract, by the name of the thing or of an operation:
            `maker(uow, org_unit_id)` gives an id, or the value of a field.
        demo: `demo(uow, accounts, scale)` fills a demonstration: ids of accounts by login, and how large it is
            (`small`, `sample`, `district`).
    """

    id: str
    name: Text
    version: str
    package: Path
    permissions: Mapping[str, Text] = field(default_factory=dict)
    record_types: Sequence[RecordType] = ()
    blueprints: Sequence[Blueprint] = ()
    roles: Sequence[RoleTemplate] = ()
    indicators: Sequence[Indicator] = ()
    consequences: Sequence[Consequence] = ()
    imports: Sequence[RegisterImport] = ()
    deadlines: Sequence[DeadlineRule] = ()
    commands: Sequence[click.Command] = ()
    quality: Sequence[QualityCheck] = ()
    sdk: str = ">=1,<2"
    requires: Mapping[str, str] = field(default_factory=dict)
    events: Mapping[str, Text] = field(default_factory=dict)
    subscribers: Sequence[Subscriber] = ()
    notifications: Sequence[NotificationKind] = ()
    provides: Mapping[str, Callable[..., Mapping[Any, Any]]] = field(default_factory=dict)
    jobs: Sequence[JobKind] = ()
    schedules: Sequence[Schedule] = ()
    hooks: Any = None
    samples: Mapping[str, Callable[..., Any]] = field(default_factory=dict)
    demo: Callable[[UnitOfWork, Mapping[str, UUID], str], None] | None = None

    def __post_init__(self) -> None:
        # A record type says what its permissions allow; the plugin may say it in better words. Its deadlines are
        # the plugin's.
        derived = {code: text for kind in self.record_types for code, text in kind.permissions.items()}
        object.__setattr__(self, "permissions", {**derived, **self.permissions})
        rules = [*self.deadlines, *(rule for kind in self.record_types for rule in kind.deadlines)]
        object.__setattr__(self, "deadlines", tuple({rule.code: rule for rule in rules}.values()))

    @property
    def component(self) -> Component:
        """Its schema and revisions."""
        return Component(self.id, self.package / "migrations")

    @property
    def prefixes(self) -> tuple[str, ...]:
        """Paths that are its own, and that answer 404 where it is off."""
        return tuple(f"/{part}/{self.id}" for part in ("api/v1", "console", "portal", "static", "open"))
