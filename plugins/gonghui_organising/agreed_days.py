"""Agreed days: a day that people named themselves, such as that of the next visit, becomes a deadline of the record."""

from __future__ import annotations

from datetime import date, timedelta

from gonghui.sdk import DeadlineRule, Record, UnitOfWork, cancel_deadline, open_deadline, set_deadline

#: One day, counted from the eve: the agreed day itself, or the next working day (民法典 Art. 203).
LENGTH = "organising.agreed_day.length"


def wait_until(uow: UnitOfWork, record: Record, rule: DeadlineRule, day: date | None) -> None:
    """Let the deadline end on `day`; without one, nobody waits any more. One that runs to that day already stays."""
    eve = day - timedelta(days=1) if day is not None else None
    running = open_deadline(uow, record, rule)
    if running is not None and running.starts_on == eve:
        return
    cancel_deadline(uow, record, rule)
    if eve is not None:
        set_deadline(uow, record, rule, eve)
