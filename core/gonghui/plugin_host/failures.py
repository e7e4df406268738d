"""Counts what goes wrong in a plugin at a tenant, and switches it off there when that goes on."""

from __future__ import annotations

import traceback
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from sqlalchemy import delete, func, select

from gonghui.db.unit_of_work import Overstepped, TookTooLong, UnitOfWork, unaudited
from gonghui.i18n import _, text_as_json
from gonghui.tenancy.switches import PluginFailure, PluginSwitch
from gonghui.values import clock
from gonghui.values.principal import system

#: So many failures within that time, since the plugin was last switched, and it is switched off.
LIMIT, WITHIN = 5, timedelta(minutes=10)
#: So many times as many, where they are all one account's.
_OF_ONE = 4
#: How long a failure can be read up.
KEPT = timedelta(days=30)


def note_failure(uow: UnitOfWork, plugin_id: str, place: str, error: BaseException) -> None:
    """Have a failure counted once this unit of work is over, however it ends, in one of its own.

    Once for each plugin, however often a request asks it.
    """
    if plugin_id in uow.failed:
        return
    uow.failed.add(plugin_id)
    database, request_id, account_id = uow.database, uow.request_id, uow.principal.account_id
    principal, told = system(uow.tenant_id), in_words(error)

    def count() -> None:
        with database.unit_of_work(principal, request_id=request_id) as own:
            count_failure(own, plugin_id, place, told, account_id)

    uow.afterwards.append(count)


def in_words(error: BaseException) -> str:
    """Kind of an error and where it was raised. Not what it says: that may be somebody's name or number.

    What the platform itself raised says nothing of anybody, and is told.
    """
    kind = type(error).__name__
    if isinstance(error, (Overstepped, TookTooLong)):
        return f"{kind}: {error}"
    frames = traceback.extract_tb(error.__traceback__)
    return f"{kind} ({Path(frames[-1].filename).name}:{frames[-1].lineno})" if frames else kind


def count_failure(
    uow: UnitOfWork, plugin_id: str, place: str, error: str, account_id: UUID | None = None
) -> bool:
    """Write a failure down; True where it was the one too many and the plugin is off now.

    One account alone stops nothing for the others, unless it is many times as often.
    """
    now = clock.now()
    known = select(PluginSwitch.id).where(PluginSwitch.plugin == plugin_id)
    if uow.session.scalar(known) is None:  # purged meanwhile: nothing of it comes back
        return False
    with unaudited(uow) as connection:
        old = PluginFailure.__table__.c.at < now - KEPT
        connection.execute(delete(PluginFailure.__table__).where(old))  # type: ignore[arg-type]
    uow.add(PluginFailure(plugin=plugin_id, place=place, error=error, account_id=account_id))
    uow.session.flush()
    # Whoever switches it just now decides; nobody waits for that.
    wanted = select(PluginSwitch).where(PluginSwitch.plugin == plugin_id, PluginSwitch.is_on)
    switch = uow.session.scalars(wanted.with_for_update(skip_locked=True)).one_or_none()
    if switch is None:
        return False
    recent = select(func.count(), func.count(PluginFailure.account_id.distinct())).where(
        PluginFailure.plugin == plugin_id, PluginFailure.at > max(now - WITHIN, switch.changed_at)
    )
    count, accounts = uow.session.execute(recent).one()
    if count < LIMIT or (accounts == 1 and count < LIMIT * _OF_ONE):
        return False
    _stop(uow, switch, place, count, error)
    return True


def _stop(uow: UnitOfWork, switch: PluginSwitch, place: str, count: int, error: str) -> None:
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


def failures_of(uow: UnitOfWork, plugin_id: str, *, limit: int = 50) -> list[PluginFailure]:
    """The latest failures of a plugin here, the newest first."""
    wanted = select(PluginFailure).where(PluginFailure.plugin == plugin_id)
    return list(uow.session.scalars(wanted.order_by(PluginFailure.at.desc(), PluginFailure.id).limit(limit)))
