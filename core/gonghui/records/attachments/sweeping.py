"""Sweeping: no object outlives its row, and no row its record; objects go only once their rows are gone for good."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable
from datetime import timedelta
from functools import partial
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, or_, select

from gonghui.db.database import Database
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.objects.configured import configured_objects
from gonghui.records.attachments.keeping import OBJECTS, store_of
from gonghui.records.attachments.table import Attachment
from gonghui.records.bulk import purge_many
from gonghui.records.record_types import RecordType
from gonghui.settings import settings
from gonghui.values import clock
from gonghui.values.principal import system

SWEPT = "core.attachment.swept"
_YOUNG = timedelta(days=1)
"""An object may be older than its row by one request; a day is longer than any."""
_AT_ONCE = 1_000


def sweep_orphans(uow: UnitOfWork) -> int:
    """Delete the tenant's objects that no attachment names: uploads that came to nothing; how many there were."""
    store, before, swept = store_of(uow), clock.now() - _YOUNG, 0
    old = (each.name for each in store.list(OBJECTS) if each.written_at < before)
    for names in iter(lambda: list(itertools.islice(old, _AT_ONCE)), []):
        orphans = set(names) - _named(uow, names)
        for name in orphans:
            store.delete(name)
        swept += len(orphans)
    return swept


def sweep_removed(uow: UnitOfWork, kinds: Iterable[RecordType]) -> int:
    """Delete attachments that were removed longer ago than the days of grace, and those whose record is gone.

    How many there were. `kinds` are the record types of the plugins that are on; one entry of the trail tells of all.
    """
    day = clock.now() - timedelta(days=settings().attachment_grace_days)
    gone = [_is_gone(kind) for kind in kinds if kind.attachments is not None]
    wanted = or_(Attachment.removed_at <= day, *gone)
    if uow.session.scalar(select(Attachment.id).where(wanted).limit(1)) is None:
        return 0
    uow.note(SWEPT)
    return drop(uow, wanted)


def drop(uow: UnitOfWork, wanted: ColumnElement[bool]) -> int:
    """Delete attachments for good: their rows now, their objects once that is committed; how many there were."""
    forget_objects_afterwards(uow, wanted)
    return purge_many(uow, Attachment.__table__, wanted)  # type: ignore[arg-type]


def forget_objects_afterwards(uow: UnitOfWork, wanted: ColumnElement[bool]) -> None:
    """Let the objects of attachments that are about to be deleted go when the transaction is over.

    Those whose rows are still there then, because it was undone, stay. What an unavailable store keeps is swept later.
    """
    names = list(uow.session.scalars(select(Attachment.object_name).where(wanted)))
    if names:
        uow.afterwards.append(partial(_forget, uow.database, uow.tenant_id, names))


def _forget(database: Database, tenant_id: UUID, names: Collection[str]) -> None:
    store = configured_objects().of_tenant(tenant_id)
    with database.unit_of_work(system(tenant_id)) as uow:
        gone = set(names) - _named(uow, names)
    for name in gone:
        store.delete(name)


def _named(uow: UnitOfWork, names: Collection[str]) -> set[str]:
    """Those of the names of objects that an attachment has."""
    return set(uow.session.scalars(select(Attachment.object_name).where(Attachment.object_name.in_(names))))


def _is_gone(kind: RecordType) -> ColumnElement[bool]:
    there = exists(select(kind.table.c.id).where(kind.table.c.id == Attachment.record_id))
    return and_(Attachment.record_type == kind.table.fullname, ~there)
