"""Sending a register in as a sequence of units of work: everybody sees that it is read, and a failure is kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import BinaryIO
from uuid import UUID

from sqlalchemy import ColumnElement, and_, case, select

from gonghui.db.database import Database
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.errors import Conflict, DomainError
from gonghui.i18n import _
from gonghui.records.registers.importing import RegisterImport
from gonghui.records.registers.runs import RegisterRun, RunState
from gonghui.records.registers.synonyms import check_mapping, teach
from gonghui.records.registers.taking import discard_run, new_run, stage_file
from gonghui.values import clock

ALIVE = timedelta(minutes=10)
"""A run that is read for longer was left by a process that died."""

STALE = "stale"
DEFECT = "internal_error"


def send_in(
    database: Database,
    uow: UnitOfWork,
    register: RegisterImport,
    file_name: str,
    source: BinaryIO,
    mapping: Mapping[str, str] | None = None,
    *,
    keeps_mapping: bool = True,
) -> RegisterRun:
    """Read, check and stage a file within `uow`.

    The run is there for everybody before its first row is read. Headings that were mapped by hand stay mapped for
    the whole federation (`keeps_mapping`) or hold for this file alone. A file that cannot be read leaves a run
    that says so; the error is raised all the same.
    """
    check_mapping(register.columns, mapping or {})
    with _apart(database, uow) as own:
        if mapping and keeps_mapping:
            teach(own, register.code, register.columns, mapping)
        run_id = new_run(own, register, file_name).id
    run = uow.session.scalars(select(RegisterRun).where(RegisterRun.id == run_id)).one()
    try:
        stage_file(uow, register, run, source, mapping=mapping)
    except Exception as error:
        uow.session.rollback()  # it holds the run, which the next unit of work has to change
        _fail(database, uow, run_id, error.code if isinstance(error, DomainError) else DEFECT)
        raise
    return run


def is_stale() -> ColumnElement[bool]:
    """Whether a run was left by a process that died."""
    return and_(RegisterRun.state == RunState.READING.value, RegisterRun.started_at < clock.now() - ALIVE)


def shown_state() -> ColumnElement[str]:
    """The state of a run as people should take it."""
    return case((is_stale(), RunState.FAILED.value), else_=RegisterRun.state)


def give_up(uow: UnitOfWork, run: RegisterRun) -> None:
    """Forget the rows that wait; what was applied stays. Raises `Conflict` while the file is read."""
    state = uow.session.scalars(select(shown_state()).where(RegisterRun.id == run.id)).one()
    if state == RunState.READING:
        raise Conflict("run_state", _("文件还在读取，请等读完再放弃。"), extra={"state": state})
    discard_run(uow, run)


def _fail(database: Database, uow: UnitOfWork, run_id: UUID, code: str) -> None:
    with _apart(database, uow) as own:
        run = own.session.scalars(select(RegisterRun).where(RegisterRun.id == run_id)).one()
        own.note("core.register.failed")
        run.state, run.error = RunState.FAILED.value, code


@contextmanager
def _apart(database: Database, uow: UnitOfWork) -> Iterator[UnitOfWork]:
    with database.unit_of_work(uow.principal, request_id=uow.request_id) as own:
        yield own
