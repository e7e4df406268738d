"""Which plugins a tenant has on."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Mapped, mapped_column

from gonghui.db.base import TenantTable, unique
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.errors import NotFound
from gonghui.i18n import _
from gonghui.values import clock


class PluginSwitch(TenantTable):
    """A plugin of a tenant; off keeps everything and shows nothing."""

    __tablename__ = "plugin_switch"
    __table_args__ = (unique("plugin"),)

    plugin: Mapped[str]
    is_on: Mapped[bool]
    changed_at: Mapped[datetime] = mapped_column(default=clock.now, onupdate=clock.now)
    #: The day from which its rows are to be purged; none while nobody has asked for that.
    purge_on: Mapped[date | None]


def switch(uow: UnitOfWork, plugin: str, *, on: bool) -> PluginSwitch:
    """Put `plugin` on or off for the tenant of the transaction."""
    uow.note(f"core.plugin.{'enabled' if on else 'disabled'}")
    found = uow.session.scalars(select(PluginSwitch).where(PluginSwitch.plugin == plugin)).one_or_none()
    if found is None:
        found = PluginSwitch(plugin=plugin, is_on=on)
        uow.add(found)
    else:
        found.is_on = on
        if on:  # whoever switches it on wants its rows
            found.purge_on = None
    uow.session.flush()
    return found


def plugins_on(uow: UnitOfWork) -> frozenset[str]:
    """Ids of the plugins that the tenant of the transaction has on."""
    return frozenset(uow.session.scalars(select(PluginSwitch.plugin).where(PluginSwitch.is_on)))


def plugin_off(plugin: str) -> NotFound:
    """The answer, at a terminal, for a plugin that the tenant has off."""
    return NotFound("plugin_off", _("插件 {plugin} 没有启用。", plugin=plugin))
