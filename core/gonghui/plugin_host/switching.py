"""Switching a plugin on or off for a tenant, with the permissions that it brings to roles."""

from __future__ import annotations

from gonghui.auth.accounts import extend_role
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.plugin_host.manifest import Plugin
from gonghui.tenancy.switches import PluginSwitch, switch


def switch_plugin(uow: UnitOfWork, plugin: Plugin, *, on: bool) -> PluginSwitch:
    """Put a plugin on or off. On adds its permissions to the roles it names; off takes nothing away."""
    position = switch(uow, plugin.id, on=on)
    if on:
        for template in plugin.roles:
            extend_role(uow, template.code, template.name, list(template.permissions))
    return position
