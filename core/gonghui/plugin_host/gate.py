"""The gate: whether a plugin answers at all here, and the one question `may()`."""

from __future__ import annotations

from gonghui.auth.scope import reaches
from gonghui.plugin_host.registry import Registry
from gonghui.tenancy.tenants import TenantView
from gonghui.values.principal import Principal


def is_open(registry: Registry, tenant: TenantView, path: str) -> bool:
    """Whether `path` may be answered for the tenant: core's always, a plugin's while it is on."""
    owner = registry.owner_of_path(path)
    return owner is None or owner in tenant.plugins_on


def may(
    registry: Registry, tenant: TenantView, principal: Principal, permission: str, path: str | None = None
) -> bool:
    """Installed, on, permitted and in scope: the one question about `permission` (at the unit of `path`)."""
    owner = permission.split(".", 1)[0]
    if owner != "core" and (owner not in registry.plugins or owner not in tenant.plugins_on):
        return False
    return principal.holds(permission) if path is None else reaches(principal, permission, path)
