"""The outbox: facts that were published, written in the transaction in which they became so."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID, uuid4

import orjson
from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped

from gonghui.db.base import Base, TenantTable
from gonghui.db.unit_of_work import Outgoing, UnitOfWork, install_outbox
from gonghui.events.handlers import Event
from gonghui.values.ids import new_id


class OutboxEvent(TenantTable):
    """A fact: its name, when it became so, the row that it is about as of which version, and what else is known.

    `due_at` is when it may be told.
    """

    __tablename__ = "outbox_event"
    __table_args__ = (Index("ix_outbox_event_fresh", "due_at", postgresql_where=text("relayed_at IS NULL")),)
    #: Never changed, and gone when it was delivered long ago; the rows that it tells of have entries of their own.
    audited = False

    name: Mapped[str]
    at: Mapped[datetime]
    subject_table: Mapped[str | None]
    subject_id: Mapped[UUID | None]
    subject_version: Mapped[int | None]
    org_unit_id: Mapped[UUID | None]
    facts: Mapped[dict[str, Any]]
    request_id: Mapped[str]
    due_at: Mapped[datetime]
    relayed_at: Mapped[datetime | None]

    @property
    def told(self) -> Event:
        """The fact as its handlers get it."""
        return Event(
            self.id,
            self.name,
            self.at,
            self.subject_table,
            self.subject_id,
            self.subject_version,
            self.org_unit_id,
            self.facts,
        )


class Sensitive(ValueError):
    """A fact would tell what only its record may hold."""


# One statement for all rows, as for the trail.
_WRITE = text("""
INSERT INTO core.outbox_event (tenant_id, id, name, at, subject_table, subject_id, subject_version, org_unit_id,
    facts, request_id, due_at)
SELECT :tenant_id, id, name, at, subject_table, subject_id, subject_version, org_unit_id, facts, request_id,
    due_at
FROM json_to_recordset(CAST(:events AS json)) AS event (
    id uuid, name text, at timestamptz, subject_table text, subject_id uuid, subject_version bigint,
    org_unit_id uuid, facts jsonb, request_id text, due_at timestamptz)
""")


def write(uow: UnitOfWork, outgoing: Sequence[Outgoing]) -> None:
    """Write facts down in one statement. Raises `Sensitive`, or `TypeError` for what JSON cannot say."""
    # A data class might hold anything: it is refused, not taken apart.
    rows = orjson.dumps([_row(uow, each) for each in outgoing], option=orjson.OPT_PASSTHROUGH_DATACLASS)
    connection = uow.session.connection()
    connection.info["recorded"] = True
    try:
        connection.execute(_WRITE, {"tenant_id": uow.tenant_id, "events": rows.decode()})
    finally:
        connection.info["recorded"] = False


def _row(uow: UnitOfWork, outgoing: Outgoing) -> dict[str, Any]:
    subject = outgoing.subject
    model: type[Base] | None = subject if isinstance(subject, type) or subject is None else type(subject)
    at = outgoing.at
    told = {"name": outgoing.name, "facts": outgoing.facts, **_told_of(subject)}
    if model is not None and _names_told(outgoing.facts) & _secret_columns(model):
        raise Sensitive(f"{outgoing.name} would tell a sensitive value of {told['subject_table']}")
    if model is not None and model.sealed_audit:
        # Nobody is to be traced by it: an id of ours would tell the moment, and a request the person.
        at = at.replace(minute=0, second=0, microsecond=0)
        told |= {"id": uuid4(), "request_id": ""}
    else:
        told |= {"id": new_id(), "request_id": uow.request_id}
    return {**told, "at": at, "due_at": outgoing.not_before or at}


def _told_of(subject: Any) -> dict[str, Any]:
    if subject is None:
        return {}
    table = subject.__table__.fullname
    if isinstance(subject, type):
        return {"subject_table": table}
    return {
        "subject_table": table,
        "subject_id": subject.id,
        "subject_version": getattr(subject, "version", None),
        "org_unit_id": getattr(subject, "org_unit_id", None),
    }


def _names_told(facts: dict[str, Any]) -> set[str]:
    """Names of all facts, those that stand with single rows included."""
    own = (name for _id, _version, *told in facts.get("records", ()) for each in told for name in each)
    return {*facts, *own}


@cache
def _secret_columns(model: type[Base]) -> frozenset[str]:
    """Names of the columns whose values stay where they are."""
    table: Any = model.__table__
    return frozenset(
        column.name
        for column in table.columns
        if column.info.get("redacted") or column.info.get("identifying")
    )


install_outbox(write)
