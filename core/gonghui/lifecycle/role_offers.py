"""What the product offers for the roles of a federation: those of its profile, and of the plugins that are on."""

from __future__ import annotations

import tomllib
from collections import defaultdict
from collections.abc import Collection, Mapping
from functools import cache

from gonghui.auth.accounts import Role
from gonghui.lifecycle.onboarding import profile_called
from gonghui.plugin_host.registry import Registry

_PROFILE = "district"


def offered_for(registry: Registry, plugins_on: Collection[str]) -> dict[str, set[str]]:
    """Permissions by the code of the role that they are made for."""
    offered: dict[str, set[str]] = defaultdict(set)
    for code, permissions in _of_profile().items():
        offered[code] |= permissions
    for plugin in registry.plugins.values():
        if plugin.id in plugins_on:
            for template in plugin.roles:
                offered[template.code] |= set(template.permissions)
    return dict(offered)


def news_for(role: Role, offered: Mapping[str, Collection[str]]) -> list[str]:
    """What is offered for a role that it neither holds nor has declined: permissions that came after it was made."""
    return sorted(set(offered.get(role.code, ())) - set(role.permissions) - set(role.declined))


@cache
def _of_profile() -> Mapping[str, frozenset[str]]:
    content = tomllib.loads(profile_called(_PROFILE).read_text(encoding="utf-8"))
    return {role["code"]: frozenset(role["permissions"]) for role in content["role"]}
