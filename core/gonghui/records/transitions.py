"""Transitions in two times: the day a change takes effect, and the moment it was written down."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Index, exists, literal, or_, select
from sqlalchemy.orm import Mapped, mapped_column

from gonghui.audit.entries import AuditEntry
from gonghui.auth.accounts import Account
from gonghui.db.base import TenantTable, ref
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.parties.persons import Person
from gonghui.records.record import Record
from gonghui.tenancy.org_tree import OrgUnit
from gonghui.values import clock
from gonghui.values.principal import Principal


class RecordTransition(TenantTable):
    """One step of one record. Stock and flow figures read these, so a past figure stays what it was."""

    __tablename__ = "record_transition"
    __table_args__ = (
        Index("ix_record_transition_record", "tenant_id", "record_id", "effective_on"),
        Index("ix_record_transition_step", "tenant_id", "record_type", "to_state", "effective_on"),
    )
    #: Append-only history: the application's role can neither change nor delete it, and each
    #: transition names itself in the audit entry of the record it changes.
    audited = False
    #: A plugin that takes records over in bulk, or brings one along with another, writes their steps down itself.
    open_to_plugins = True

    record_type: Mapped[str]
    record_id: Mapped[UUID]
    name: Mapped[str]
    from_state: Mapped[str | None]
    to_state: Mapped[str]
    effective_on: Mapped[date]
    recorded_at: Mapped[datetime] = mapped_column(default=clock.now)
    org_unit: Mapped[OrgUnit] = ref(OrgUnit)
    org_unit_id: Mapped[UUID]
    account: Mapped[Account | None] = ref(Account, optional=True)
    account_id: Mapped[UUID | None]
    person: Mapped[Person | None] = ref(Person, optional=True)
    person_id: Mapped[UUID | None]
    comment: Mapped[str | None]

    @property
    def is_late(self) -> bool:
        """Whether it was written down after the day of effect: paper entered late, shown as a correction."""
        return self.recorded_at.astimezone(clock.LAW_TIME).date() > self.effective_on


def transition_row(
    uow: UnitOfWork,
    record: Record,
    name: str,
    from_state: str | None,
    effective_on: date | None = None,
    comment: str | None = None,
) -> RecordTransition:
    """The history of a step that `record` has just taken into its present state.

    Of a record whose trail is sealed it tells neither who took it nor at what minute.
    """
    is_sealed, now = type(record).sealed_audit, clock.now()
    return RecordTransition(
        record_type=type(record).__table__.fullname,  # type: ignore[attr-defined]
        record_id=record.id,
        name=name,
        from_state=from_state,
        to_state=record.state,
        effective_on=effective_on or clock.today(),
        recorded_at=now.replace(minute=0, second=0, microsecond=0) if is_sealed else now,
        org_unit_id=record.org_unit_id,
        account_id=None if is_sealed else uow.principal.account_id,
        person_id=None if is_sealed else uow.principal.person_id,
        comment=comment,
    )


def history(uow: UnitOfWork, record_id: UUID) -> list[RecordTransition]:
    """Steps of a record in the order in which they were written down."""
    return list(
        uow.session.scalars(
            select(RecordTransition)
            .where(RecordTransition.record_id == record_id)
            .order_by(RecordTransition.recorded_at, RecordTransition.id)
        )
    )


def took_step(uow: UnitOfWork, record_id: UUID, name: str, principal: Principal) -> bool:
    """Whether the *person* behind `principal` (or its account, where no person is) ever took step `name`."""
    return bool(uow.session.scalar(select(has_taken(literal(record_id), (name,), principal))))


def wrote_content(uow: UnitOfWork, record_id: UUID, actions: Collection[str], principal: Principal) -> bool:
    """Whether the person behind `principal` ever changed what a record says, by the names of such acts in the trail."""
    return bool(uow.session.scalar(select(has_written(literal(record_id), actions, principal))))


def has_taken(
    record_id: ColumnElement[UUID], names: Collection[str], principal: Principal
) -> ColumnElement[bool]:
    """The condition under which that person ever took one of these steps of the record in a row."""
    step = RecordTransition
    mine = _by(principal, step.account_id, step.person_id)
    return exists().where(step.record_id == record_id, step.name.in_(names), mine)


def has_written(
    record_id: ColumnElement[UUID], actions: Collection[str], principal: Principal
) -> ColumnElement[bool]:
    """The condition under which that person ever did one of these acts to the record in a row."""
    entry = AuditEntry
    mine = _by(principal, entry.account_id, entry.person_id)
    return exists().where(entry.object_id == record_id, entry.action.in_(actions), mine)


def _by(principal: Principal, account: Any, person: Any) -> ColumnElement[bool]:
    """Whether something was done by this account, or by the human being behind it under another one."""
    same = [account == principal.account_id]
    if principal.person_id is not None:
        # What was done keeps the name under which it was done, also where two rows turn out to be one human being.
        me = or_(Person.id == principal.person_id, Person.merged_into_id == principal.person_id)
        same.append(person.in_(select(Person.id).where(me)))
    return or_(*same)
