"""Which plugins a tenant has on."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Mapped, mapped_column

from gonghui.db.base import TenantTable, unique
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.values import clock


class PluginSwitch(TenantTable):
    """A plugin of a tenant; off keeps everything and shows nothing."""

    __tablename__ = "plugin_switch"
    __table_args__ = (unique("plugin"),)

    plugin: Mapped[str]
    is_on: Mapped[bool]
    changed_at: Mapped[datetime] = mapped_column(default=clock.now, onupdate=clock.now)


def switch(uow: UnitOfWork, plugin: str, *, on: bool) -> PluginSwitch:
    """Put `plugin` on or off for the tenant of the transaction."""
    uow.note(f"core.plugin.{'enabled' if on else 'disabled'}")
    found = uow.session.scalars(select(PluginSwitch).where(PluginSwitch.plugin == plugin)).one_or_none()
    if found is None:
        found = PluginSwitch(plugin=plugin, is_on=on)
        uow.add(found)
    else:
        found.is_on = on
    uow.session.flush()
    return found
