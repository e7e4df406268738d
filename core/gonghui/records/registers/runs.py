"""Runs: what became of each register that was sent in, and the rows that wait to be put right."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import CheckConstraint, Index, delete, func, select
from sqlalchemy.orm import Mapped, mapped_column

from gonghui.auth.accounts import Account
from gonghui.db.base import TenantTable, ref, unique
from gonghui.db.sensitive import Sensitive, place_of, sensitive
from gonghui.db.unit_of_work import UnitOfWork, unaudited
from gonghui.i18n import Text
from gonghui.records.bulk import insert_many
from gonghui.records.registers.checking import CheckedRow
from gonghui.records.registers.faults import Fault
from gonghui.records.registers.sheets import Row
from gonghui.tenancy.keys import keyring
from gonghui.tenancy.org_tree import OrgUnit
from gonghui.values import clock

_PAGE = 4_000


class RunState(StrEnum):
    """Where a run stands. `sent` waits until somebody says what its columns are; `reading` is left within the
    request, or by a process that died.
    """

    SENT = "sent"
    READING = "reading"
    CHECKED = "checked"
    APPLIED = "applied"
    UNDONE = "undone"
    DISCARDED = "discarded"
    FAILED = "failed"


class RegisterRun(TenantTable):
    """One register that was sent in: read, checked, applied, perhaps undone. Filed where its sender works.

    `upload` is the object with its file, until it is read. `job_id` is the job that was asked for last; a job goes
    after some days, and the run stays.
    """

    __tablename__ = "register_run"
    __table_args__ = (
        CheckConstraint(
            "state IN ('sent', 'reading', 'checked', 'applied', 'undone', 'discarded', 'failed')", "state"
        ),
        Index("ix_register_run_register", "tenant_id", "register", "id"),
    )

    org_unit: Mapped[OrgUnit] = ref(OrgUnit)
    org_unit_id: Mapped[UUID]
    account: Mapped[Account | None] = ref(Account, optional=True)
    account_id: Mapped[UUID | None]
    register: Mapped[str]
    file_name: Mapped[str]
    state: Mapped[str]
    sheet: Mapped[str | None]
    headings: Mapped[dict[str, Any]] = mapped_column(default=dict)
    ignored: Mapped[list[str]] = mapped_column(default=list)
    rows: Mapped[int] = mapped_column(default=0)
    good: Mapped[int] = mapped_column(default=0)
    known: Mapped[int] = mapped_column(default=0)
    created: Mapped[int] = mapped_column(default=0)
    made: Mapped[dict[str, Any]] = mapped_column(default=dict)
    error: Mapped[str | None]
    upload: Mapped[str | None]
    job_id: Mapped[UUID | None]
    started_at: Mapped[datetime] = mapped_column(default=clock.now)
    applied_at: Mapped[datetime | None]
    undone_at: Mapped[datetime | None]


class StagedRow(TenantTable):
    """A row that waits: for the run to be applied, or to be put right. Sealed, because it holds anything."""

    __tablename__ = "staged_row"
    __table_args__ = (unique("run_id", "number"),)
    #: A holding place: the run is audited, and so is every record that a row becomes.
    audited = False

    run: Mapped[RegisterRun] = ref(RegisterRun, cascade=True)
    run_id: Mapped[UUID]
    number: Mapped[int]
    is_faulty: Mapped[bool]
    content: Mapped[Sensitive] = sensitive("register_row")


def stage(uow: UnitOfWork, run: RegisterRun, rows: Iterable[CheckedRow]) -> None:
    """Keep rows with what is wrong with them."""
    insert_many(
        uow,
        StagedRow,
        [
            {
                "run_id": run.id,
                "number": row.row.number,
                "is_faulty": bool(row.faults),
                "content": packed(row.cells, row.faults),
            }
            for row in rows
        ],
    )


def packed(cells: Any, faults: Sequence[Fault]) -> str:
    """A row's cells and faults as one text."""
    told = [[f.column, f.code, f.message.message, dict(f.message.params)] for f in faults]
    return orjson.dumps({"cells": dict(cells), "faults": told}, default=str).decode()


def staged_rows(uow: UnitOfWork, run: RegisterRun, *, only_faulty: bool = False, after: int = 0,
                limit: int | None = None) -> Iterator[tuple[Row, list[Fault]]]:  # fmt: skip
    """Rows that wait, in the order of the file, with their faults when they were checked last."""
    table: Any = StagedRow.__table__
    place, ring, left = place_of(table.c.content), keyring(uow), limit
    while left is None or left > 0:
        query = select(table.c.id, table.c.number, table.c.content).where(
            table.c.run_id == run.id, table.c.number > after
        )
        if only_faulty:
            query = query.where(table.c.is_faulty)
        page = (
            uow.session.connection()
            .execute(query.order_by(table.c.number).limit(min(_PAGE, left or _PAGE)))
            .all()
        )
        for row_id, number, content in page:
            yield _unpacked(run, number, ring.open(place, row_id, content))
            after = number
        if len(page) < _PAGE:
            return
        left = None if left is None else left - len(page)


def _unpacked(run: RegisterRun, number: int, content: str) -> tuple[Row, list[Fault]]:
    told = orjson.loads(content)
    sheet = run.sheet or ""
    faults = [
        Fault(sheet, number, column, code, Text(message, params))
        for column, code, message, params in told["faults"]
    ]
    return Row(sheet, number, told["cells"]), faults


def count_faulty(uow: UnitOfWork, run: RegisterRun) -> int:
    """How many rows of a run wait to be put right."""
    wanted = (StagedRow.run_id == run.id, StagedRow.is_faulty)
    return uow.session.scalar(select(func.count()).select_from(StagedRow).where(*wanted)) or 0


def drop_staged(uow: UnitOfWork, run: RegisterRun) -> None:
    """Forget the rows of a run that still wait."""
    with unaudited(uow) as connection:
        connection.execute(delete(StagedRow).where(StagedRow.run_id == run.id))
