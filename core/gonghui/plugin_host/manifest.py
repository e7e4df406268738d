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
from gonghui.i18n import Text
from gonghui.plugin_host.schedules import Schedule
from gonghui.records.deadline_rules import DeadlineRule
from gonghui.records.record_types import RecordType
from gonghui.records.registers.importing import RegisterImport
from gonghui.reporting.consequences import Consequence
from gonghui.reporting.indicators import Indicator


@dataclass(frozen=True)
class RoleTemplate:
    """Permissions that a plugin adds to a role of the federation when it is switched on."""

    code: str
    name: str
    permissions: tuple[str, ...]


@dataclass(frozen=True)
class Plugin:
    """A plugin. Whatever it names begins with its id, or it is refused at load."""

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
    #: Versions of the SDK that it was written for (`">=1,<2"`).
    sdk: str = ">=1,<2"
    #: Plugins that it cannot be on without, each with the versions that serve (`{"organising": ">=1"}`).
    requires: Mapping[str, str] = field(default_factory=dict)
    #: Facts that it publishes, by name (`"aid.hardship.approved"`), in words.
    events: Mapping[str, Text] = field(default_factory=dict)
    #: What it does when a fact is published, by the name of the fact.
    subscribes: Mapping[str, Callable[..., Any]] = field(default_factory=dict)
    #: What others may ask of it by `sdk.ask`, by name (`"aid.households.near"`): functions of a unit of work and
    #: many keys at once, which give a value for each key that they know.
    provides: Mapping[str, Callable[..., Mapping[Any, Any]]] = field(default_factory=dict)
    schedules: Sequence[Schedule] = ()
    #: An object (usually a module) whose functions marked `@hookimpl` answer the core's hooks.
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
