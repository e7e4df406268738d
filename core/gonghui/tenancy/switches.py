"""Which plugins a tenant has: in its plan by the operator, on by the tenant, and why one was stopped."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Mapped, mapped_column

from gonghui.db.base import TenantTable, unique
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.errors import NotFound
from gonghui.i18n import _
from gonghui.values import clock


class PluginSwitch(TenantTable):
    """A plugin of a tenant; off keeps everything and shows nothing.

    Without a row a plugin is in the plan and off. Out of the plan it is off, whatever its switch says, and comes back
    as it stood. `stopped_reason` says (as a kept text) why the platform switched it off by itself; `purge_on`, from
    when its data may be deleted.
    """

    __tablename__ = "plugin_switch"
    __table_args__ = (unique("plugin"),)

    plugin: Mapped[str]
    is_on: Mapped[bool]
    is_planned: Mapped[bool] = mapped_column(default=True)
    stopped_reason: Mapped[dict[str, Any] | None]
    purge_on: Mapped[date | None]
    changed_at: Mapped[datetime] = mapped_column(default=clock.now, onupdate=clock.now)


class PluginFailure(TenantTable):
    """A call into a plugin that went wrong at a tenant."""

    __tablename__ = "plugin_failure"
    #: Written by the platform while it serves somebody else's request; the stop that follows is an entry of the trail.
    audited = False

    plugin: Mapped[str]
    #: Which hook or question it was.
    place: Mapped[str]
    #: Kind of error and its text, for whoever mends the plugin.
    error: Mapped[str]
    #: Who was served meanwhile; nobody, where time did it. No reference: it outlives the account.
    account_id: Mapped[UUID | None]
    at: Mapped[datetime] = mapped_column(default=clock.now)


def position(uow: UnitOfWork, plugin: str) -> PluginSwitch:
    """The row of a plugin, made where there is none, and held until the transaction ends."""
    wanted = select(PluginSwitch).where(PluginSwitch.plugin == plugin).with_for_update()
    found = uow.session.scalars(wanted.execution_options(populate_existing=True)).one_or_none()
    if found is None:
        found = PluginSwitch(plugin=plugin, is_on=False, is_planned=True)
        uow.add(found)
        uow.session.flush()
    return found


def hold(uow: UnitOfWork, plugins: Iterable[str]) -> None:
    """Let nobody else switch these until the transaction ends."""
    wanted = select(PluginSwitch.id).where(PluginSwitch.plugin.in_(sorted(plugins)))
    uow.session.execute(wanted.order_by(PluginSwitch.plugin).with_for_update()).all()


def hold_on(uow: UnitOfWork, plugin: str) -> bool:
    """Whether a plugin is on, and stays so until the transaction ends; many may hold it at once."""
    wanted = select(PluginSwitch.id).where(PluginSwitch.plugin == plugin, is_effective())
    return uow.session.scalar(wanted.with_for_update(read=True, key_share=True)) is not None


def positions(uow: UnitOfWork) -> dict[str, PluginSwitch]:
    """Every row of this tenant, by plugin."""
    return {row.plugin: row for row in uow.session.scalars(select(PluginSwitch))}


def switch(uow: UnitOfWork, plugin: str, *, on: bool) -> PluginSwitch:
    """Put `plugin` on or off for the tenant of the transaction."""
    uow.note(f"core.plugin.{'enabled' if on else 'disabled'}")
    found = position(uow, plugin)
    found.is_on, found.purge_on = on, None
    if on:
        found.stopped_reason = None
    uow.session.flush()
    return found


def is_effective() -> ColumnElement[bool]:
    """The condition under which a row's plugin is on: by the tenant, and in its plan."""
    return PluginSwitch.is_on & PluginSwitch.is_planned


def plugins_on(uow: UnitOfWork) -> frozenset[str]:
    """Ids of the plugins that the tenant of the transaction has on."""
    return frozenset(uow.session.scalars(select(PluginSwitch.plugin).where(is_effective())))


def plugin_off(plugin: str) -> NotFound:
    """The answer, at a terminal, for a plugin that the tenant has off."""
    return NotFound("plugin_off", _("插件 {plugin} 没有启用。", plugin=plugin))
