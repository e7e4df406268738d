"""What a plugin may declare: ownership is computed from names, and whatever is not its own is refused at load."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from flask import Flask

from gonghui.i18n import LOCALES, Text

if TYPE_CHECKING:
    from gonghui.plugin_host.manifest import Plugin

_ID = re.compile(r"[a-z][a-z0-9_]{1,40}")
#: Ids that would be taken for something of the core: its schemas, paths and commands.
_RESERVED = re.compile(
    "core|public|platform|gonghui|api|v1|console|portal|static|open|healthz|docs|language|sign_in|sign_out|me|session"
    "|accounts|audit|calendar|deadlines|demo|events|explain|figures|import|imports|jobs|keys|openapi|openings|operator|org"
    "|org_units|parameters|password|person|persons|plugin|plugins|registers|reorganisations|revision|roles|serve"
    "|tenant|tenants|timers|tokens|trail|search|inbox|messages|people|information_schema|pg_.*"
)


class ManifestError(ValueError):
    """A plugin declares something that it may not."""


def check(plugin: Plugin) -> None:
    """Raise `ManifestError` where the plugin claims what is not its own, or leaves a door open."""
    if not _ID.fullmatch(plugin.id) or _RESERVED.fullmatch(plugin.id):
        raise ManifestError(f"{plugin.id!r} is no id for a plugin")
    for kind, names in _claims(plugin).items():
        strange = sorted(name for name in names if not name.startswith(f"{plugin.id}."))
        if strange:
            raise ManifestError(f"{kind} of {plugin.id} must begin with its id: {', '.join(strange)}")
    _check_named_permissions(plugin)
    _check_texts(plugin)
    for fault in _faults_of_routes(plugin):
        raise ManifestError(fault)


def names_of_blueprints(plugin: Plugin) -> list[str]:
    """What the plugin's blueprints and those of its record types are called in the application."""
    of_kinds = (kind.code.replace(".", "_") for kind in plugin.record_types)
    return [*(blueprint.name for blueprint in plugin.blueprints), *of_kinds]


def _claims(plugin: Plugin) -> dict[str, list[str]]:
    return {
        "permissions": list(plugin.permissions),
        "indicators": [indicator.code for indicator in plugin.indicators],
        "consequences": [each.parameter for each in plugin.consequences],
        "imports": [register.code for register in plugin.imports],
        "deadlines": [rule.code for rule in plugin.deadlines],
        "parameters of deadlines": [rule.parameter for rule in plugin.deadlines],
        "record types": [kind.code for kind in plugin.record_types],
        "tables": [kind.table.fullname for kind in plugin.record_types],
        "events": list(plugin.events),
        "notifications": [kind.code for kind in plugin.notifications],
        "answers": list(plugin.provides),
        "quality checks": [check.code for check in plugin.quality],
        "jobs": [kind.code for kind in plugin.jobs],
    }


def _check_named_permissions(plugin: Plugin) -> None:
    named = {
        "roles": {p for role in plugin.roles for p in role.permissions},
        "deadlines": {rule.permission for rule in plugin.deadlines},
    }
    for kind, permissions in named.items():
        unknown = permissions - set(plugin.permissions)
        if unknown:
            raise ManifestError(
                f"{kind} of {plugin.id} name undeclared permissions: {', '.join(sorted(unknown))}"
            )


def _check_texts(plugin: Plugin) -> None:
    """Say each text once: one that lacks a parameter would break the lists of everybody."""
    texts = [
        plugin.name,
        *plugin.permissions.values(),
        *plugin.events.values(),
        *(kind.title for kind in plugin.record_types),
        *(text for indicator in plugin.indicators for text in (indicator.title, indicator.unit)),
        *(register.title for register in plugin.imports),
        *(rule.title for rule in plugin.deadlines),
        *(kind.title for kind in plugin.notifications),
    ]
    for text in texts:
        try:
            [Text(text.message, text.params).translated(code) for code in LOCALES]
        except Exception as error:
            raise ManifestError(f"the text {text.message!r} cannot be said: {error!r}") from error


def _faults_of_routes(plugin: Plugin) -> Iterator[str]:
    """What is wrong with the routes of the plugin's blueprints, found by mounting them where nobody asks."""
    for blueprint in plugin.blueprints:
        if blueprint.name != plugin.id and not blueprint.name.startswith(f"{plugin.id}_"):
            yield f"the blueprint {blueprint.name!r} must be named {plugin.id!r} or begin with {plugin.id + '_'!r}"
    probe = Flask("probe", static_folder=None)
    for blueprint in plugin.blueprints:
        probe.register_blueprint(blueprint)
    for rule in probe.url_map.iter_rules():
        if not any(rule.rule == own or rule.rule.startswith(f"{own}/") for own in plugin.prefixes):
            yield f"{rule.rule!r} is not a path of {plugin.id}"
        permission = getattr(probe.view_functions[rule.endpoint], "permission", None)
        if permission is None:
            yield f"{rule.rule} names no permission"
        elif permission not in plugin.permissions:
            yield f"{rule.rule} asks for {permission!r}, which {plugin.id} does not declare"
