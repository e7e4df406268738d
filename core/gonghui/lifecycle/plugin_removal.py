"""Uninstalling a plugin at one tenant: it is marked, may be taken back for a while, and then leaves no row behind."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Text, cast, func, select

from gonghui.auth.accounts import Role, RoleAssignment
from gonghui.auth.credentials import ApiToken
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.errors import Conflict
from gonghui.i18n import _
from gonghui.lifecycle.plugin_holdings import RowCount, holdings
from gonghui.parties.employer_matches import EmployerMatch
from gonghui.parties.person_merges import PersonMerge
from gonghui.plugin_host.manifest import Plugin
from gonghui.records.attachments.sweeping import forget_objects_afterwards
from gonghui.records.attachments.table import Attachment
from gonghui.records.bulk import purge_many
from gonghui.tenancy.switches import PluginSwitch, plugins_on, position
from gonghui.values import clock

PURGED = "core.plugin.purged"


def request_removal(uow: UnitOfWork, plugin: Plugin, days: int, *, others: Iterable[Plugin] = ()) -> date:
    """Mark a plugin to be purged in so many days, until when it can be taken back; the day.

    Raises `Conflict` where it is on, or one of `others` that is on requires it.
    """
    switch = position(uow, plugin.id)  # held first: nobody switches it on meanwhile
    refuse_while_used(uow, plugin, others)
    uow.note("core.plugin.removal_requested")
    # Out of the plan a switch may still say on: it would come back on with its rows about to go.
    switch.is_on, switch.purge_on = False, (day := clock.today() + timedelta(days=days))
    uow.session.flush()
    return day


def cancel_removal(uow: UnitOfWork, plugin: Plugin) -> None:
    """Take a removal back: everything stays as it is. Raises `Conflict` where none was asked for."""
    switch = _switch(uow, plugin.id)
    if switch is None or switch.purge_on is None:
        raise Conflict("no_removal", _("插件 {plugin} 没有等待卸载。", plugin=plugin.name))
    uow.note("core.plugin.removal_cancelled")
    switch.purge_on = None
    uow.session.flush()


def due_removals(uow: UnitOfWork, today: date) -> list[str]:
    """Ids of the plugins whose rows are to be purged by now."""
    due = select(PluginSwitch.plugin).where(PluginSwitch.purge_on <= today, PluginSwitch.is_on.is_(False))
    return list(uow.session.scalars(due.order_by(PluginSwitch.plugin)))


def refuse_while_used(uow: UnitOfWork, plugin: Plugin, others: Iterable[Plugin] = ()) -> None:
    """Raise `Conflict` where the plugin is on, or one of `others` that is on requires it."""
    on = plugins_on(uow)
    if plugin.id in on:
        raise Conflict("plugin_on", _("插件 {plugin} 还在启用。先停用，再卸载。", plugin=plugin.name))
    needing = [other.name for other in others if other.id in on and plugin.id in other.requires]
    if needing:
        message = _(
            "插件 {needing} 依赖 {plugin}，还在启用。先停用它们，再卸载。",
            needing=needing,
            plugin=plugin.name,
        )
        raise Conflict("plugin_required", message)


def purge(uow: UnitOfWork, plugin: Plugin, *, others: Iterable[Plugin] = ()) -> list[RowCount]:
    """Delete every row of the plugin at the tenant, and how many there were by table. Raises `Conflict` as above.

    Rows go with one audit entry for each table, which tells how many there were; files of attachments go after the
    commit. Its permissions leave roles and
    tokens, and its switch goes. What the core holds for everybody stays: persons, employers, org units, accounts.
    The trail stays as well, with the payloads of rows that are gone: it answers for what was decided while the
    plugin was on, sealed values are not in it, and what a person may want forgotten is erased for that person
    (`person_data.erase_person`), whether the plugin is still there or not.
    """
    _switch(uow, plugin.id, lock=True)
    refuse_while_used(uow, plugin, others)
    uow.note(PURGED, None, plugin=plugin.id, version=plugin.version)
    counts = []
    forget_objects_afterwards(uow, Attachment.record_type.startswith(f"{plugin.id}.", autoescape=True))
    for holding in holdings(plugin):
        rows = purge_many(uow, holding.table, holding.wanted, holding.mark, by=holding.purged_by)
        if rows:
            counts.append(RowCount(holding.table.fullname, holding.title, rows))
    _take_permissions(uow, plugin)
    _forget_moves(uow, plugin)
    switch = _switch(uow, plugin.id)
    if switch is not None:
        uow.session.delete(switch)
    uow.session.flush()
    return counts


def _switch(uow: UnitOfWork, plugin_id: str, *, lock: bool = False) -> PluginSwitch | None:
    found = select(PluginSwitch).where(PluginSwitch.plugin == plugin_id)
    if lock:
        found = found.with_for_update().execution_options(populate_existing=True)
    return uow.session.scalars(found).one_or_none()


def _take_permissions(uow: UnitOfWork, plugin: Plugin) -> None:
    """Take the plugin's permissions out of roles and tokens; a role that it alone brought goes where nobody has it."""
    prefix, brought = f"{plugin.id}.", {template.code for template in plugin.roles}
    assigned = set(uow.session.scalars(select(RoleAssignment.role_id).distinct()))
    for role in uow.session.scalars(select(Role)).all():
        kept = [code for code in role.permissions if not code.startswith(prefix)]
        if len(kept) == len(role.permissions):
            continue
        role.permissions = kept
        if not kept and role.code in brought and role.id not in assigned:
            uow.session.delete(role)
    for token in uow.session.scalars(select(ApiToken).where(ApiToken.permissions.is_not(None))).all():
        kept = [code for code in token.permissions or () if not code.startswith(prefix)]
        if len(kept) < len(token.permissions or ()):
            token.permissions = kept
    uow.session.flush()


def _forget_moves(uow: UnitOfWork, plugin: Plugin) -> None:
    """Take the plugin's rows out of what mergers of persons and employers would move back."""
    prefix = f"{plugin.id}."
    models: tuple[Any, ...] = (PersonMerge, EmployerMatch)
    for model in models:
        # As text: the key stands between quotes, and a merger that is looked at in vain is left alone.
        named = func.strpos(cast(model.moved, Text), f'"{prefix}') > 0
        for merge in uow.session.scalars(select(model).where(named)).all():
            merge.moved = {place: ids for place, ids in merge.moved.items() if not place.startswith(prefix)}
    uow.session.flush()
