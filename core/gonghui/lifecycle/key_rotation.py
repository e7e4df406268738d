"""Rotating keys: a tenant's data key, and the platform's master key that wraps all of them."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

from sqlalchemy import delete, func, select

from gonghui.db.ciphers import MasterKeys
from gonghui.db.database import Database, master_key_file
from gonghui.lifecycle.onboarding import operator_principal, platform_entry
from gonghui.records.resealing import reseal
from gonghui.tenancy.keys import DATA, TenantKey, new_key, rewrap


def rotate_data_key(database: Database, tenant_id: UUID) -> int:
    """Give a tenant a new data key and seal everything by it; how many rows were sealed anew.

    The key before stays until the next rotation, because a transaction that began earlier may still seal by it;
    older ones go. Interrupted, it is simply run again.
    """
    with database.operator() as session:
        mine = (TenantKey.tenant_id == tenant_id, TenantKey.purpose == DATA)
        latest: int = session.scalar(select(func.max(TenantKey.version)).where(*mine)) or 0
        session.add(new_key(database.master, tenant_id, DATA, latest + 1))
        session.add(platform_entry("tenant.key_rotated", "key rotation", tenant_id, version=latest + 1))
    count = reseal(lambda: database.unit_of_work(operator_principal(tenant_id)))
    with database.operator() as session:
        session.execute(delete(TenantKey).where(*mine, TenantKey.version < latest))
    return count


def rotate_master_key(database: Database, var: Path) -> int:
    """Make a new master key and wrap every tenant's keys by it; how many keys there were.

    The new key is on disk before the first row depends on it. The key before stays in the file until the next
    rotation, for whoever wraps at this moment and for documents that are on their way; a key that a row still
    names stays in any case. One rotation at a time: two would overwrite each other's file.
    """
    path = master_key_file(var)
    with _alone(path):
        master = MasterKeys.at(path)
        before, _fresh = master.current, master.renew()
        master.save(path)
        with database.operator() as session:
            count = rewrap(session, master)
            session.add(platform_entry("platform.master_key_rotated", "key rotation", None, keys=count))
        with database.operator() as session:
            named = set(session.scalars(select(TenantKey.master).distinct()))
        master.keep_only({master.current, before, *named})
        master.save(path)
    database.master.reload()
    return count


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Hold the rotation of this file; whoever comes second waits."""
    with path.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
