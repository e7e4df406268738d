"""Sending a register in as a sequence of units of work: whoever waits sees how far it is, and a failure is kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, BinaryIO
from uuid import UUID

from sqlalchemy import ColumnElement, and_, case, delete, func, select
from sqlalchemy.dialects.postgresql import insert

from gonghui.db.database import Database
from gonghui.db.unit_of_work import UnitOfWork, unaudited
from gonghui.errors import DomainError
from gonghui.records.registers.importing import Progress, RegisterImport
from gonghui.records.registers.runs import RegisterRun, RunProgress, RunState
from gonghui.records.registers.synonyms import check_mapping, teach
from gonghui.records.registers.taking import new_run, stage_file
from gonghui.values import clock
from gonghui.values.ids import new_id

ALIVE = timedelta(minutes=10)
"""A run from which nothing was heard for longer was left by a process that died."""

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
        with told(database, uow, run_id) as progress:
            stage_file(uow, register, run, source, progress, mapping)
    except Exception as error:
        uow.session.rollback()  # it holds the run, which the next unit of work has to change
        _fail(database, uow, run_id, error.code if isinstance(error, DomainError) else DEFECT)
        raise
    return run


@contextmanager
def told(database: Database, uow: UnitOfWork, run_id: UUID) -> Iterator[Progress]:
    """Tells, for the length of the block, how many rows a run has gone through."""
    has_told = False

    def tell(done: int) -> None:
        nonlocal has_told
        has_told = True
        values = {"done": done, "changed_at": clock.now()}
        row = {"id": new_id(), "tenant_id": uow.tenant_id, "run_id": run_id, **values}
        statement = insert(RunProgress).values(row)
        keys = ["tenant_id", "run_id"]
        _do_apart(database, uow, statement.on_conflict_do_update(index_elements=keys, set_=values))

    try:
        yield tell
    finally:
        if has_told:
            _do_apart(database, uow, delete(RunProgress).where(RunProgress.run_id == run_id))


def is_stale() -> ColumnElement[bool]:
    """Whether a run (outer-joined with its progress) was left by a process that died."""
    heard: Any = func.coalesce(RunProgress.changed_at, RegisterRun.started_at)
    return and_(RegisterRun.state == RunState.READING.value, heard < clock.now() - ALIVE)


def shown_state() -> ColumnElement[str]:
    """The state of a run (outer-joined with its progress) as people should take it."""
    return case((is_stale(), RunState.FAILED.value), else_=RegisterRun.state)


def _fail(database: Database, uow: UnitOfWork, run_id: UUID, code: str) -> None:
    with _apart(database, uow) as own:
        run = own.session.scalars(select(RegisterRun).where(RegisterRun.id == run_id)).one()
        own.note("core.register.failed")
        run.state, run.error = RunState.FAILED.value, code


def _do_apart(database: Database, uow: UnitOfWork, statement: Any) -> None:
    with _apart(database, uow) as own, unaudited(own) as connection:
        connection.execute(statement)


@contextmanager
def _apart(database: Database, uow: UnitOfWork) -> Iterator[UnitOfWork]:
    with database.unit_of_work(uow.principal, request_id=uow.request_id) as own:
        yield own
