"""Files of jobs in the object store: what was sent in, what came out, and what nobody needs any more."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from datetime import timedelta
from shutil import copyfileobj
from typing import BinaryIO, cast
from uuid import UUID

from sqlalchemy import select

from gonghui.db.unit_of_work import UnitOfWork
from gonghui.jobs.table import Job
from gonghui.objects.configured import configured_objects
from gonghui.objects.port import ObjectStream, Readable
from gonghui.objects.store import ObjectStore
from gonghui.values import clock
from gonghui.values.ids import new_id

_FOLDER = "jobs/"
#: A file is kept before the row that names it is committed; longer than this, no transaction is open.
_STRAY_AFTER = timedelta(hours=1)
_IN_MEMORY = 1024 * 1024


def keep(uow: UnitOfWork, job: Job, content: Readable, size: int, media_type: str) -> str:
    """Keep a file of a job; its name. Where the transaction fails, `delete_strays` deletes it."""
    name = f"{_FOLDER}{job.id}/{new_id()}"
    _store(uow.tenant_id).put(name, content, size=size, media_type=media_type)
    return name


def opened(uow: UnitOfWork, name: str) -> ObjectStream:
    """A file of a job, to be closed. Raises `NoSuchObject`."""
    return _store(uow.tenant_id).open(name)


def fetched(uow: UnitOfWork, name: str) -> BinaryIO:
    """A file of a job as one in which a reader may jump about."""
    file = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - closed by whoever reads it
    stream = opened(uow, name)
    try:
        copyfileobj(stream, file)
    finally:
        stream.close()
    file.seek(0)
    return cast(BinaryIO, file)


def delete(uow: UnitOfWork, names: Iterable[str | None]) -> None:
    """Delete files, those that are gone already included."""
    store = _store(uow.tenant_id)
    for name in names:
        if name is not None:
            store.delete(name)


def delete_strays(uow: UnitOfWork) -> None:
    """Delete files that no job names: of one that died, or whose row went with its plugin or its account."""
    store, before = _store(uow.tenant_id), clock.now() - _STRAY_AFTER
    old = [found.name for found in store.list(_FOLDER) if found.written_at < before]
    known: set[str | None] = set()
    for upload, result in uow.session.execute(select(Job.upload, Job.file_object)):
        known |= {upload, result}
    for name in old:
        if name not in known:
            store.delete(name)


def _store(tenant_id: UUID) -> ObjectStore:
    return configured_objects().of_tenant(tenant_id)
