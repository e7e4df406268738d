"""Changes of a deadline that runs: standing still, running again, and being extended up to a cap."""

from __future__ import annotations

from datetime import date
from typing import Any

from gonghui.db.unit_of_work import UnitOfWork
from gonghui.errors import Conflict, FieldFault, invalid
from gonghui.i18n import Text, _
from gonghui.records.deadline_rules import DeadlineRule, Direction
from gonghui.records.deadlines import Deadline, open_deadline, recompute
from gonghui.records.record import Record
from gonghui.tenancy.holidays import calendar_of
from gonghui.values import clock
from gonghui.values.time_limits import TimeLimit, due_date


def suspend_deadline(
    uow: UnitOfWork, record: Record, rule: DeadlineRule, since: date, reason: str
) -> Deadline:
    """Let a deadline stand still from `since` on, that day included, until it is resumed.

    Meanwhile it is not overdue and its days left stay what they are. Raises `Conflict`, `Invalid`.
    """
    deadline = _running(uow, record, rule)
    if deadline.suspended_since is not None:
        raise _refused("deadline_suspended", _("期限“{rule}”已经中止。", rule=rule.title), rule)
    ended = [date.fromisoformat(each["to"]) for each in deadline.suspended]
    if not deadline.starts_on <= since <= deadline.due_on or (ended and since <= max(ended)):
        message = _(
            "中止应在{first}与{last}之间，并晚于以前的中止。", first=deadline.starts_on, last=deadline.due_on
        )
        raise invalid(FieldFault("/since", "suspension_misplaced", message))
    deadline.suspended = [*deadline.suspended, {"from": since.isoformat(), "to": None, "reason": reason}]
    deadline.suspended_since = since
    uow.session.flush()
    return deadline


def resume_deadline(uow: UnitOfWork, record: Record, rule: DeadlineRule, on: date) -> Deadline:
    """Let a deadline run again; `on` is the first day that counts. Raises `Conflict`, `Invalid`."""
    deadline = _running(uow, record, rule)
    since = deadline.suspended_since
    if since is None:
        raise _refused("deadline_not_suspended", _("期限“{rule}”没有中止。", rule=rule.title), rule)
    if on <= since:
        message = _("恢复的日期应晚于中止的日期{since}。", since=since)
        raise invalid(FieldFault("/on", "resumed_too_early", message))
    last = date.fromordinal(on.toordinal() - 1)
    *before, now = deadline.suspended
    deadline.suspended, deadline.suspended_since = [*before, {**now, "to": last.isoformat()}], None
    _put_to(uow, deadline)
    return deadline


def extend_deadline(
    uow: UnitOfWork,
    record: Record,
    rule: DeadlineRule,
    limit: TimeLimit,
    reason: str,
    *,
    cap: TimeLimit | None = None,
) -> Deadline:
    """Make a deadline longer by `limit`, which the principal approves; also one whose day has passed.

    All its extensions together go no further than one by `cap` would. Raises `Conflict`.
    """
    deadline = _running(uow, record, rule)
    approved_by = uow.principal.account_id
    extension: dict[str, Any] = {
        "length": limit.length,
        "unit": limit.unit.value,
        "approved_by": str(approved_by) if approved_by else None,
        "reason": reason,
        "on": clock.today().isoformat(),
    }
    if cap is not None and _end(uow, deadline, [*deadline.extensions, limit]) > _end(uow, deadline, [cap]):
        raise _refused("extension_too_long", _("延长合计不能超过 {cap}。", cap=cap.words), rule)
    deadline.extended = [*deadline.extended, extension]
    _put_to(uow, deadline)
    return deadline


def _running(uow: UnitOfWork, record: Record, rule: DeadlineRule) -> Deadline:
    """The open deadline, which runs forward. Raises `Conflict`."""
    deadline = open_deadline(uow, record, rule)
    if deadline is None:
        raise _refused("deadline_not_open", _("没有正在计算的期限“{rule}”。", rule=rule.title), rule)
    if deadline.direction == Direction.BACKWARD:
        message = _("期限“{rule}”从事件倒数，不能中止或延长。", rule=rule.title)
        raise _refused("deadline_counted_back", message, rule)
    return deadline


def _end(uow: UnitOfWork, deadline: Deadline, extensions: list[TimeLimit]) -> date:
    """Where the deadline would end with these extensions, before it is moved and but for its suspensions."""
    return due_date(deadline.starts_on, deadline.limit, calendar_of(uow), extended_by=extensions).last_day


def _put_to(uow: UnitOfWork, deadline: Deadline) -> None:
    recompute(deadline, calendar_of(uow))
    uow.session.flush()


def _refused(code: str, message: Text, rule: DeadlineRule) -> Conflict:
    return Conflict(code, message, extra={"rule": rule.code})
