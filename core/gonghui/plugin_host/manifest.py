"""The manifest: everything that a plugin declares, as data."""

from __future__ import annotations

import re
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
from gonghui.records.deadline_rules import DeadlineRule
from gonghui.records.record_types import RecordType
from gonghui.records.registers.importing import RegisterImport
from gonghui.reporting.consequences import Consequence
from gonghui.reporting.indicators import Indicator

_ID = re.compile(r"[a-z][a-z0-9_]{1,40}")


class ManifestError(ValueError):
    """A plugin declares something that it may not."""


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
        package: The folder of its package, which holds `migrations/` and, where there are any, `locale/` and
            `parameters.toml`.
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

    def check(self) -> None:
        """Raise `ManifestError` where the plugin claims what is not its own."""
        if not _ID.fullmatch(self.id):
            raise ManifestError(f"{self.id!r} is no plugin id")
        for kind, names in self._claims().items():
            strange = [name for name in names if not name.startswith(f"{self.id}.")]
            if strange:
                raise ManifestError(f"{kind} of {self.id} must begin with its id: {', '.join(strange)}")
        for blueprint in self.blueprints:
            prefix = blueprint.url_prefix or ""
            if not any(prefix == own or prefix.startswith(f"{own}/") for own in self.prefixes):
                raise ManifestError(f"{prefix!r} is not a path of {self.id}")
        named = {
            "roles": {p for role in self.roles for p in role.permissions},
            "deadlines": {rule.permission for rule in self.deadlines},
        }
        for kind, permissions in named.items():
            unknown = permissions - set(self.permissions)
            if unknown:
                raise ManifestError(
                    f"{kind} of {self.id} name undeclared permissions: {', '.join(sorted(unknown))}"
                )

    def _claims(self) -> dict[str, list[str]]:
        return {
            "permissions": list(self.permissions),
            "indicators": [indicator.code for indicator in self.indicators],
            "consequences": [each.parameter for each in self.consequences],
            "imports": [register.code for register in self.imports],
            "deadlines": [rule.code for rule in self.deadlines],
            "parameters of deadlines": [rule.parameter for rule in self.deadlines],
            "record types": [kind.code for kind in self.record_types],
            "tables": [kind.table.fullname for kind in self.record_types],
        }
