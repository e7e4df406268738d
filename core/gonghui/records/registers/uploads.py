"""Files of registers that wait until somebody has said what their columns are: kept, read, forgotten."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import BinaryIO
from uuid import UUID

from sqlalchemy import ColumnElement, select, true

from gonghui.db.database import Database
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.jobs.files import fetched
from gonghui.objects.configured import configured_objects
from gonghui.objects.port import NoSuchObject
from gonghui.objects.store import BadObjectName, ObjectStore
from gonghui.records.registers.runs import RegisterRun, RunState
from gonghui.values import clock
from gonghui.values.ids import new_id
from gonghui.values.principal import system

_FOLDER = "registers/"
_MEDIA_TYPE = "application/octet-stream"
#: A file is kept before the row that names it is committed; longer than this, no request is open.
_STRAY_AFTER = timedelta(hours=1)
#: Whoever has not come back by then has sent the file again, or does not want it.
_GIVEN_UP_AFTER = timedelta(days=7)


def keep_upload(uow: UnitOfWork, run: RegisterRun, content: BinaryIO, size: int) -> None:
    """Keep the file of a run until it is read."""
    name = f"{_FOLDER}{run.id}/{new_id()}"
    content.seek(0)
    _store(uow.tenant_id).put(name, content, size=size, media_type=_MEDIA_TYPE)
    run.upload = name


def open_upload(uow: UnitOfWork, run: RegisterRun) -> BinaryIO:
    """The file of a run. Raises `NoSuchObject`."""
    return fetched(uow, run.upload or "")


def upload_size(uow: UnitOfWork, run: RegisterRun) -> int:
    """Bytes of the file of a run; 0 where it is gone."""
    try:
        return _store(uow.tenant_id).head(run.upload or "").size
    except (NoSuchObject, BadObjectName):
        return 0


def forget_upload(uow: UnitOfWork, run: RegisterRun) -> None:
    """Let the file of a run go, once that is committed."""
    if run.upload is not None:
        uow.afterwards.append(partial(_delete_unnamed, uow.database, uow.tenant_id, run.upload))
        run.upload = None


def sweep_uploads(uow: UnitOfWork) -> None:
    """Discard runs whose columns nobody has confirmed for days, and delete files that no run names."""
    store, now = _store(uow.tenant_id), clock.now()
    _discard(uow, RegisterRun.started_at < now - _GIVEN_UP_AFTER)
    old = [each.name for each in store.list(_FOLDER) if each.written_at < now - _STRAY_AFTER]
    for name in set(old) - _named(uow):
        store.delete(name)


def discard_waiting(uow: UnitOfWork) -> int:
    """Discard every run whose columns nobody has confirmed yet: its file may tell of anybody. How many there were."""
    return _discard(uow, true())


def _discard(uow: UnitOfWork, wanted: ColumnElement[bool]) -> int:
    waiting = select(RegisterRun).where(RegisterRun.state == RunState.SENT.value, wanted)
    runs = uow.session.scalars(waiting.with_for_update()).all()
    for run in runs:
        uow.note("core.register.discarded")
        run.state = RunState.DISCARDED.value
        forget_upload(uow, run)
    uow.session.flush()
    return len(runs)


def _delete_unnamed(database: Database, tenant_id: UUID, name: str) -> None:
    """A transaction that was undone has left the run its file."""
    with database.unit_of_work(system(tenant_id)) as uow:
        is_named = name in _named(uow)
    if not is_named:
        _store(tenant_id).delete(name)


def _named(uow: UnitOfWork) -> set[str | None]:
    return set(uow.session.scalars(select(RegisterRun.upload).where(RegisterRun.upload.is_not(None))))


def _store(tenant_id: UUID) -> ObjectStore:
    return configured_objects().of_tenant(tenant_id)
