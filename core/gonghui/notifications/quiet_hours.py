"""Quiet hours: when a message that can wait may go out."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from gonghui.db.unit_of_work import UnitOfWork
from gonghui.tenancy.parameters import figure
from gonghui.values.clock import LAW_TIME


def earliest(uow: UnitOfWork, now: datetime) -> datetime:
    """The first moment from `now` on that lies outside the federation's quiet hours."""
    begins, ends = figure(uow, "core.notification.quiet_hours").value
    return after_quiet_hours(now, begins, ends)


def after_quiet_hours(now: datetime, begins: int, ends: int) -> datetime:
    """The first moment from `now` on outside the hours from `begins` to `ends` (whole hours in Asia/Shanghai).

    They may run past midnight (22 to 8); equal hours mean that nothing is quiet.
    """
    local = now.astimezone(LAW_TIME)
    is_quiet = begins <= local.hour < ends if begins <= ends else local.hour >= begins or local.hour < ends
    if not is_quiet:
        return now
    day = local.date() + timedelta(days=1) if local.hour >= ends else local.date()
    return datetime.combine(day, time(ends), LAW_TIME)
