"""Switching plugins of a tenant: with what they require, never under what requires them, and within the plan."""

from __future__ import annotations

from gonghui.auth.accounts import extend_role
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.errors import Conflict
from gonghui.i18n import _
from gonghui.plugin_host.manifest import Plugin
from gonghui.plugin_host.registry import Registry
from gonghui.plugin_host.requirements import dependents_of, required_by
from gonghui.tenancy.switches import hold, plugins_on, position, positions, switch


def switch_on(uow: UnitOfWork, registry: Registry, plugin: Plugin) -> list[Plugin]:
    """Put a plugin on, and before it what it requires; gives those that were off, in that order.

    Each adds its permissions to the roles that it names. Raises `Conflict` where one is not in the plan.
    """
    needed = required_by(plugin.id, registry.plugins)
    hold(uow, [p.id for p in needed])
    known = positions(uow)
    unplanned = [p.name for p in needed if p.id in known and not known[p.id].is_planned]
    if unplanned:
        message = _("本工会的方案不包括：{plugins}。请与平台联系。", plugins=unplanned)
        raise Conflict("plugin_not_planned", message)
    on = plugins_on(uow)
    missing = [p for p in needed if p.id not in on]
    for each in missing:
        switch(uow, each.id, on=True)
        for template in each.roles:
            extend_role(uow, template.code, template.name, list(template.permissions))
    return missing


def switch_off(
    uow: UnitOfWork, registry: Registry, plugin: Plugin, *, with_dependents: bool = False
) -> list[Plugin]:
    """Put a plugin off, and before it what cannot be without it; gives those that were on, in that order.

    Nothing is taken away: data, roles and settings wait. Raises `Conflict` where others that are on require it and
    `with_dependents` is not said.
    """
    dependents = dependents_of(plugin.id, registry.plugins)
    hold(uow, [plugin.id, *(p.id for p in dependents)])
    on = plugins_on(uow)
    above = [p for p in dependents if p.id in on]
    if above and not with_dependents:
        message = _("这些已启用的插件需要它：{plugins}。请一并停用。", plugins=[p.name for p in above])
        raise Conflict("plugin_required", message, extra={"required_by": [p.id for p in above]})
    stopped = [p for p in (*above, plugin) if p.id in on]
    for each in stopped:
        switch(uow, each.id, on=False)
    return stopped


def put_in_plan(uow: UnitOfWork, registry: Registry, plugin: Plugin, *, planned: bool) -> list[Plugin]:
    """Take a plugin into the plan of the tenant, or out of it, with those that it cannot be without or they it.

    It keeps the position of its switch, and comes back as it stood.
    """
    moved = (
        required_by(plugin.id, registry.plugins)
        if planned
        else [*dependents_of(plugin.id, registry.plugins), plugin]
    )
    hold(uow, [p.id for p in moved])  # in the order in which switching holds them
    uow.note(f"core.plugin.{'planned' if planned else 'unplanned'}")
    changed = []
    for each in moved:
        row = position(uow, each.id)
        if row.is_planned != planned:
            row.is_planned, row.purge_on = planned, None
            changed.append(each)
    uow.session.flush()
    return changed
