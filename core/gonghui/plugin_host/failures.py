"""Counts what goes wrong in a plugin at a tenant, and switches it off there when that goes on."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, func, select

from gonghui.db.unit_of_work import UnitOfWork
from gonghui.i18n import _, text_as_json
from gonghui.records.bulk import unaudited
from gonghui.tenancy.switches import PluginFailure, position
from gonghui.values import clock
from gonghui.values.principal import system

#: So many failures within that time, since the plugin was last switched, and it is switched off.
LIMIT, WITHIN = 5, timedelta(minutes=10)
#: How long a failure can be read up.
KEPT = timedelta(days=30)
_LONGEST = 500


def note_failure(uow: UnitOfWork, plugin_id: str, place: str, error: BaseException) -> None:
    """Have a failure counted once this unit of work is over, however it ends, in one of its own."""
    database, request_id, principal = uow.database, uow.request_id, system(uow.tenant_id)
    told = f"{type(error).__name__}: {error}"[:_LONGEST]

    def count() -> None:
        with database.unit_of_work(principal, request_id=request_id) as own:
            count_failure(own, plugin_id, place, told)

    uow.afterwards.append(count)


def count_failure(uow: UnitOfWork, plugin_id: str, place: str, error: str) -> bool:
    """Write a failure down; True where it was the one too many and the plugin is off now."""
    switch = position(uow, plugin_id)
    now = clock.now()
    with unaudited(uow) as connection:
        old = PluginFailure.__table__.c.at < now - KEPT
        connection.execute(delete(PluginFailure.__table__).where(old))  # type: ignore[arg-type]
    uow.add(PluginFailure(plugin=plugin_id, place=place, error=error))
    uow.session.flush()
    recent = select(func.count()).where(
        PluginFailure.plugin == plugin_id, PluginFailure.at > max(now - WITHIN, switch.changed_at)
    )
    count = uow.session.scalar(recent) or 0
    if not switch.is_on or count < LIMIT:
        return False
    reason = _(
        "“{place}”在 {minutes} 分钟内出错 {n} 次，平台已自动停用。最后一次：{error}",
        place=place,
        minutes=int(WITHIN.total_seconds() // 60),
        n=count,
        error=error,
    )
    uow.note("core.plugin.stopped", switch, place=place, failures=count, error=error)
    switch.is_on, switch.stopped_reason = False, text_as_json(reason)
    uow.session.flush()
    return True


def failures_of(uow: UnitOfWork, plugin_id: str, *, limit: int = 50) -> list[PluginFailure]:
    """The latest failures of a plugin here, the newest first."""
    wanted = select(PluginFailure).where(PluginFailure.plugin == plugin_id)
    return list(uow.session.scalars(wanted.order_by(PluginFailure.at.desc(), PluginFailure.id).limit(limit)))
