"""Deadlines of records: computed by a rule, met or not, and firm once the calendar is.

None of these functions names an action: they are part of a step of their record, whose name their audit rows carry.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Index, func, literal, select, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from gonghui.db.base import TenantTable, one_of, ref
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.errors import Conflict, FieldFault, invalid
from gonghui.i18n import Text, _, text_as_json, text_from_json
from gonghui.records.bulk import delete_many, insert_many
from gonghui.records.deadline_rules import DeadlineRule, Direction, length_of
from gonghui.records.record import Record
from gonghui.tenancy.holidays import calendar_of
from gonghui.tenancy.org_tree import OrgUnit
from gonghui.tenancy.parameters import ParameterMissing, figure
from gonghui.values import clock
from gonghui.values.calendar import WorkingCalendar
from gonghui.values.time_limits import (
    DueDate,
    LimitRefused,
    LimitUnit,
    Suspension,
    TimeLimit,
    due_date,
    last_day_before,
)


class DeadlineState(StrEnum):
    """A deadline waits until the thing happens, or until nobody waits for it any more."""

    OPEN = "open"
    MET = "met"
    CANCELLED = "cancelled"


class Deadline(TenantTable):
    """A day by which something must happen to a record; the record's org unit decides who sees it."""

    __tablename__ = "deadline"
    __table_args__ = (
        one_of("unit", LimitUnit),
        one_of("direction", Direction),
        one_of("state", DeadlineState),
        Index(
            "uq_deadline_open", "tenant_id", "record_id", "rule", unique=True,
            postgresql_where=text("state = 'open'"),
        ),
        Index("ix_deadline_record", "tenant_id", "record_id"),
        Index("ix_deadline_due", "tenant_id", "state", "due_on", "id"),
        Index("ix_deadline_org_unit", "tenant_id", "org_unit_id", "state", "due_on"),
    )  # fmt: skip

    record_type: Mapped[str]
    record_id: Mapped[UUID]
    org_unit: Mapped[OrgUnit] = ref(OrgUnit)
    org_unit_id: Mapped[UUID]
    rule: Mapped[str]
    direction: Mapped[str]
    #: The day from which it runs; of one that is counted back, the day of the event.
    starts_on: Mapped[date]
    length: Mapped[int]
    unit: Mapped[str]
    due_on: Mapped[date]
    #: `jurisdiction@first day` of the figure that it was set by; a figure that comes later does not change it.
    parameter_version: Mapped[str]
    basis: Mapped[str]
    #: Times in which it stood still: `from`, `to` (none while it does) and `reason`.
    suspended: Mapped[list[dict[str, Any]]] = mapped_column(JSONB(), default=list)
    suspended_since: Mapped[date | None]
    #: Extensions in their order: `length`, `unit`, `approved_by` (an account), `reason` and `on`.
    extended: Mapped[list[dict[str, Any]]] = mapped_column(JSONB(), default=list)
    is_provisional: Mapped[bool]
    explanation: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(default=DeadlineState.OPEN.value)
    met_on: Mapped[date | None]
    created_at: Mapped[datetime] = mapped_column(default=clock.now)

    @property
    def limit(self) -> TimeLimit:
        """Its length, without extensions."""
        return TimeLimit(self.length, LimitUnit(self.unit))

    @property
    def extensions(self) -> list[TimeLimit]:
        """By how much it was extended."""
        return [TimeLimit(each["length"], LimitUnit(each["unit"])) for each in self.extended]

    @property
    def reason(self) -> Text:
        """Why it is due on that day, for a reader of any language."""
        return text_from_json(self.explanation)

    @property
    def is_late(self) -> bool:
        """Whether it was met after the day on which it was due."""
        return self.met_on is not None and days_left(self.due_on, self.suspended_since, self.met_on) < 0

    def days_left(self, today: date) -> int:
        """Days until it is due; below zero, since."""
        return days_left(self.due_on, self.suspended_since, today)

    def is_overdue(self, today: date) -> bool:
        """Whether its day has passed and the thing has not happened."""
        return self.state == DeadlineState.OPEN and self.days_left(today) < 0


def days_left(due_on: date, suspended_since: date | None, today: date) -> int:
    """Days until a deadline is due; while it stands still they stay what they were when it stopped."""
    return (due_on - (today if suspended_since is None else min(today, suspended_since))).days


def set_deadline(uow: UnitOfWork, record: Record, rule: DeadlineRule, starts_on: date) -> Deadline:
    """Let a deadline run for `record`, by the figure in force on the day from which it counts.

    Raises `Conflict` where one by this rule is open already or no figure binds on that day.
    """
    if open_deadline(uow, record, rule) is not None:
        raise Conflict(
            "deadline_open",
            _("期限“{rule}”正在计算，不能重复设立。", rule=rule.title),
            extra={"rule": rule.code},
        )
    record_type = type(record).__table__.fullname  # type: ignore[attr-defined]
    values = _values(uow, rule, starts_on)
    deadline = Deadline(
        record_type=record_type, record_id=record.id, org_unit_id=record.org_unit_id, **values
    )
    uow.add(deadline)
    uow.session.flush()
    return deadline


def set_deadlines(
    uow: UnitOfWork, rule: DeadlineRule, record_type: type[Record], starts: Sequence[tuple[UUID, UUID, date]]
) -> None:
    """Let a deadline run for many new records at once: id, org unit and the day from which each counts.

    Raises `Conflict` where no figure binds on such a day.
    """
    table: Any = record_type.__table__
    insert_many(
        uow,
        Deadline,
        [
            {"record_type": table.fullname, "record_id": record_id, "org_unit_id": org_unit_id}
            | {"suspended": [], "extended": [], **_values(uow, rule, starts_on)}
            for record_id, org_unit_id, starts_on in starts
        ],
    )


def meet_deadline(uow: UnitOfWork, record: Record, rule: DeadlineRule, on: date) -> Deadline | None:
    """Say that the thing happened `on` that day, in time or late; None where no such deadline is open.

    A record may be older than the rule, so its step does not fail for want of a deadline.
    """
    deadline = open_deadline(uow, record, rule)
    if deadline is not None:
        deadline.state, deadline.met_on = DeadlineState.MET.value, on
        uow.session.flush()
    return deadline


def cancel_deadline(uow: UnitOfWork, record: Record, rule: DeadlineRule) -> Deadline | None:
    """Say that nobody waits any more; None where no such deadline is open."""
    deadline = open_deadline(uow, record, rule)
    if deadline is not None:
        deadline.state = DeadlineState.CANCELLED.value
        uow.session.flush()
    return deadline


def open_deadline(uow: UnitOfWork, record: Record, rule: DeadlineRule) -> Deadline | None:
    """The open deadline of a record by a rule, held for this transaction."""
    wanted = (
        Deadline.record_id == record.id,
        Deadline.rule == rule.code,
        Deadline.state == DeadlineState.OPEN.value,
    )
    found = select(Deadline).where(*wanted).with_for_update().execution_options(populate_existing=True)
    return uow.session.scalars(found).one_or_none()


def deadlines_of(uow: UnitOfWork, record_id: UUID) -> list[Deadline]:
    """Every deadline that a record has or had, the earliest first. Whoever asks sees the record already."""
    found = select(Deadline).where(Deadline.record_id == record_id)
    return list(uow.session.scalars(found.order_by(Deadline.due_on, Deadline.id)))


def refile_deadlines(uow: UnitOfWork, record: Record) -> None:
    """Let a record's deadlines follow it to another org unit, so that those who see it see them."""
    for deadline in deadlines_of(uow, record.id):
        deadline.org_unit_id = record.org_unit_id
    uow.session.flush()


def forget_deadlines(uow: UnitOfWork, record_ids: Sequence[UUID]) -> int:
    """Delete the deadlines of records that are deleted themselves, as when a register is undone; how many."""
    column: Any = Deadline.__table__.c.record_id
    return delete_many(uow, Deadline, column == func.any(literal(list(record_ids), ARRAY(column.type))))


def recompute(deadline: Deadline, calendar: WorkingCalendar) -> None:
    """Put a deadline to the day that its terms and the calendar give it now."""
    found = _counted(
        deadline.limit,
        deadline.starts_on,
        deadline.direction,
        calendar,
        _intervals(deadline),
        deadline.extensions,
    )
    deadline.due_on, deadline.is_provisional = found.on, found.is_provisional
    deadline.explanation = text_as_json(found.explanation)


def recompute_open(uow: UnitOfWork, year: int) -> None:
    """Recompute the open deadlines that days of `year` decide, after the calendar of that year has changed.

    The last week of the year before hangs on its announcement too. What was met or cancelled stays as it was.
    """
    first, last = date(year - 1, 12, 25), date(year, 12, 31)
    begin = func.least(Deadline.starts_on, Deadline.due_on)
    end = func.greatest(Deadline.starts_on, Deadline.due_on)
    wanted = (Deadline.state == DeadlineState.OPEN.value, begin <= last, end >= first)
    calendar = calendar_of(uow)
    uow.note("core.deadline.recomputed", year=year)
    # In the order of their ids, as every other statement that holds several of them.
    for deadline in uow.session.scalars(
        select(Deadline).where(*wanted).order_by(Deadline.id).with_for_update()
    ):
        recompute(deadline, calendar)
    uow.session.flush()


def _values(uow: UnitOfWork, rule: DeadlineRule, starts_on: date) -> dict[str, Any]:
    """The columns of a deadline that its rule decides."""
    try:
        parameter = figure(uow, rule.parameter, starts_on)
    except ParameterMissing:
        message = _("{day}没有“{rule}”的期限规定。", day=starts_on, rule=rule.title)
        raise Conflict("parameter_missing", message, extra={"parameter": rule.parameter}) from None
    limit = length_of(parameter)
    try:
        found = _counted(limit, starts_on, rule.direction, calendar_of(uow))
    except LimitRefused as refused:
        raise invalid(FieldFault("/starts_on", "date_refused", refused.sentence)) from None
    return {
        "rule": rule.code,
        "direction": rule.direction.value,
        "starts_on": starts_on,
        "length": limit.length,
        "unit": limit.unit.value,
        "due_on": found.on,
        "parameter_version": f"{parameter.jurisdiction}@{parameter.effective_from.isoformat()}",
        "basis": parameter.basis,
        "is_provisional": found.is_provisional,
        "explanation": text_as_json(found.explanation),
    }


def _counted(
    limit: TimeLimit,
    starts_on: date,
    direction: str,
    calendar: WorkingCalendar,
    suspended: Sequence[Suspension] = (),
    extended: Sequence[TimeLimit] = (),
) -> DueDate:
    if direction == Direction.BACKWARD:
        return last_day_before(starts_on, limit, calendar)
    return due_date(starts_on, limit, calendar, suspended=suspended, extended_by=extended)


def _intervals(deadline: Deadline) -> list[Suspension]:
    """Times in which it stood still and no longer does: how long the present one lasts nobody knows."""
    return [
        (date.fromisoformat(each["from"]), date.fromisoformat(each["to"]))
        for each in deadline.suspended
        if each["to"] is not None
    ]
