"""Keys of a tenant: kept wrapped in its own rows, unwrapped for a unit of work, made and rewrapped by the operator."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, LargeBinary, event, inspect, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from gonghui.db.base import Base, TenantTable, unique
from gonghui.db.ciphers import KEY_BYTES, KeyLost, Keyring, MasterKeys, Sealed
from gonghui.db.database import Database
from gonghui.db.sensitive import place_of, seal_values, sealed_columns
from gonghui.db.unit_of_work import TenantSession, UnitOfWork
from gonghui.tenancy.tenants import Tenant
from gonghui.values import clock
from gonghui.values.masks import mask

DATA, INDEX = "data", "index"


class TenantKey(TenantTable):
    """A wrapped key: a version of the data key, or the key of the blind indexes."""

    __tablename__ = "tenant_key"
    __table_args__ = (
        unique("purpose", "version"),
        CheckConstraint("purpose IN ('data', 'index')", "purpose"),
    )
    #: Made by the operator, whose acts stand in the platform's own chain.
    audited = False

    purpose: Mapped[str]
    version: Mapped[int]
    master: Mapped[str]
    wrapped: Mapped[bytes] = mapped_column(LargeBinary())
    created_at: Mapped[datetime] = mapped_column(default=clock.now)


def keyring(uow: UnitOfWork) -> Keyring:
    """The unwrapped keys of the transaction's tenant. Raises `KeyLost`."""
    ring: Keyring | None = uow.kept.get(TenantKey)
    if ring is None:
        keys = TenantKey.__table__.c
        with uow.session.no_autoflush:  # asked for in the middle of a flush, too
            rows = uow.session.connection().execute(
                select(keys.purpose, keys.version, keys.master, keys.wrapped)
            )
        ring = uow.kept[TenantKey] = _unwrapped(uow.master, uow.tenant_id, rows.all())
    return ring


def opened(uow: UnitOfWork, row: Any, name: str) -> str | None:
    """The text of a sensitive attribute of `row`; whoever shows it to somebody calls `reveal`, which records that."""
    value = getattr(row, name)
    return open_value(uow, type(row).__table__.c[name], row.id, value) if isinstance(value, Sealed) else value


def open_value(uow: UnitOfWork, column: Any, row_id: UUID, value: Sealed | None) -> str | None:
    """The text of a sealed value that was read as a row and not as an object; `column` and `row_id` say of which."""
    return None if value is None else keyring(uow).open(place_of(column), row_id, value)


def masked(uow: UnitOfWork, column: Any, row_id: UUID, value: Sealed | None) -> str | None:
    """A sealed value as whoever may see the record may see it; `column` is the table's (`__table__.c`)."""
    text = open_value(uow, column, row_id, value)
    return None if text is None else mask(column.info["sensitive"], text)


def _unwrapped(master: MasterKeys, tenant_id: UUID, rows: Any) -> Keyring:
    data: dict[int, bytes] = {}
    index = b""
    for purpose, version, wrapped_by, wrapped in rows:
        key = master.unwrap(wrapped_by, wrapped, _bound_to(tenant_id, purpose, version))
        if purpose == DATA:
            data[version] = key
        else:
            index = key
    if not data or not index:
        raise KeyLost("this tenant has no keys; the operator's set-up makes them")
    return Keyring(data, index)


def _bound_to(tenant_id: UUID, purpose: str, version: int) -> str:
    return f"{tenant_id}/{purpose}/{version}"


def new_key(master: MasterKeys, tenant_id: UUID, purpose: str, version: int = 1) -> TenantKey:
    """A fresh key for a tenant, not yet in the database."""
    wrapped = master.wrap(secrets.token_bytes(KEY_BYTES), _bound_to(tenant_id, purpose, version))
    # Named after wrapping, which takes the current key from the file.
    return TenantKey(
        tenant_id=tenant_id, purpose=purpose, version=version, master=master.current, wrapped=wrapped
    )


def add_first_keys(session: Session, master: MasterKeys, tenant_id: UUID) -> None:
    """Give a new tenant its keys, as the operator."""
    session.add_all(new_key(master, tenant_id, purpose) for purpose in (DATA, INDEX))


def ensure_keys(database: Database) -> None:
    """Give keys to the tenants that have none, as after an upgrade from before sensitive fields."""
    with database.operator() as session:
        have = select(TenantKey.tenant_id)
        for tenant_id in session.scalars(select(Tenant.id).where(Tenant.id.not_in(have))).all():
            add_first_keys(session, database.master, tenant_id)


def rewrap(session: Session, master: MasterKeys) -> int:
    """Wrap every tenant's keys by the current master key; how many were wrapped by another one."""
    old = session.scalars(select(TenantKey).where(TenantKey.master != master.current)).all()
    for key in old:
        bound_to = _bound_to(key.tenant_id, key.purpose, key.version)
        plain = master.unwrap(key.master, key.wrapped, bound_to)
        key.wrapped = master.wrap(plain, bound_to)
        key.master = master.current
    return len(old)


@event.listens_for(TenantSession, "before_flush")
def _seal(session: TenantSession, _context: Any, _instances: Any) -> None:
    """Seal the texts that were assigned to sensitive attributes since the last flush."""
    for row in (*session.new, *session.dirty):
        if isinstance(row, Base) and sealed_columns(_table_of(row)):
            _seal_row(session, row)


def _seal_row(session: TenantSession, row: Base) -> None:
    table = _table_of(row)
    before = {name: getattr(row, name) for name in _attributes(table)}
    values = {**before, "id": row.id}  # type: ignore[attr-defined]
    for column in sealed_columns(table):
        if values[column.name] is None:
            values |= dict.fromkeys(_indexes_of(table, column.name))
    if any(isinstance(value, str) for value in values.values()):
        seal_values(keyring(session.uow), table, values)
    for name, value in before.items():
        if values[name] != value:
            setattr(row, name, values[name])


def _table_of(row: Base) -> Any:
    return inspect(row).mapper.local_table


def _indexes_of(table: Any, name: str) -> list[str]:
    return [c.name for c in table.columns if name in (c.info.get("index_of"), c.info.get("tail_of"))]


def _attributes(table: Any) -> list[str]:
    watched = ("sensitive", "index_of", "tail_of")
    return [column.name for column in table.columns if any(mark in column.info for mark in watched)]
