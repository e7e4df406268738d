"""Revealing: a masked value is opened with a reason, and the person whom it concerns can see who did it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, select
from sqlalchemy.orm import Mapped, mapped_column

from gonghui.auth.accounts import Account
from gonghui.db.base import TenantTable, ref
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.parties.persons import Person
from gonghui.records.record_types import REVEAL, RecordType
from gonghui.records.sight import found, require, row_of
from gonghui.tenancy.keys import opened
from gonghui.values import clock


class Opening(TenantTable):
    """Somebody opened a value of a person: who, which one, when and why. Appended, never changed.

    The name is kept as it was, because accounts are closed and roles end.
    """

    __tablename__ = "opening"
    __table_args__ = (Index("ix_opening_person", "tenant_id", "person_id", "at"),)
    #: Append-only, and an entry of the trail stands beside it.
    audited = False

    person: Mapped[Person] = ref(Person)
    person_id: Mapped[UUID]
    account: Mapped[Account | None] = ref(Account, optional=True)
    account_id: Mapped[UUID | None]
    opened_by: Mapped[str]
    role: Mapped[str]
    field: Mapped[str]
    reason: Mapped[str]
    at: Mapped[datetime] = mapped_column(default=clock.now)


def reveal(
    uow: UnitOfWork, person_id: UUID | None, row: Any, field: str, reason: str, *, action: str
) -> str | None:
    """The text of a sensitive attribute of `row`; the opening is put on record, for the person whom it concerns too.

    `reason` is what whoever asks gives, `action` names the act in the trail. A value that concerns nobody in particular
    (the telephone of an office) is on record in the trail alone.
    """
    uow.note(action, row, field=field, reason=reason, person_id=person_id)
    value = opened(uow, row, field)
    if value is None or person_id is None:  # where nothing was seen, the trail says that somebody looked
        return value
    put_on_record(uow, person_id, field, reason)
    return value


def reveal_field(uow: UnitOfWork, kind: RecordType, record_id: UUID, field: str, reason: str) -> str | None:
    """The text of a masked value of a record, by its name. Raises `NotFound`, `Forbidden`."""
    record = found(uow, kind, record_id)
    require(uow, kind, record, kind.permission(REVEAL))
    bound, link = kind.sealed[field]
    person_id = getattr(record, kind.subject) if kind.subject else None
    holder = record if link is None else row_of(uow, bound, getattr(record, link))
    return reveal(uow, person_id, holder, bound.column_name, reason, action=f"{kind.code}.revealed")


def put_on_record(uow: UnitOfWork, person_id: UUID, field: str, reason: str) -> None:
    """Let a person see that whoever acts has opened a value of theirs; whoever calls it has noted that in the trail."""
    principal = uow.principal
    uow.add(
        Opening(
            person_id=person_id,
            account_id=principal.account_id,
            opened_by=principal.name or principal.on_behalf_by,
            role="、".join(dict.fromkeys(grant.title for grant in principal.grants)) or principal.kind.value,
            field=field,
            reason=reason,
        )
    )


def openings_of(uow: UnitOfWork, person_id: UUID, limit: int = 100) -> Sequence[Opening]:
    """Who opened a person's values, the latest first; those of merged rows belong to them too."""
    rows = select(Person.id).where((Person.id == person_id) | (Person.merged_into_id == person_id))
    latest = select(Opening).where(Opening.person_id.in_(rows)).order_by(Opening.at.desc(), Opening.id.desc())
    return uow.session.scalars(latest.limit(limit)).all()
