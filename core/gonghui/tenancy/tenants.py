"""Tenants and how a host name finds its tenant."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from threading import Lock
from uuid import UUID

from sqlalchemy import Connection, ForeignKey, Text, select, text
from sqlalchemy.orm import Mapped, mapped_column

from gonghui.db.base import Base, one_of
from gonghui.db.database import Database
from gonghui.db.unit_of_work import NoTenant, UnitOfWork
from gonghui.errors import NotFound
from gonghui.i18n import _
from gonghui.values import clock
from gonghui.values.ids import new_id


class Accent(StrEnum):
    """The colours that a tenant may choose."""

    RED = "red"
    BLUE = "blue"
    GREEN = "green"
    TEAL = "teal"
    PURPLE = "purple"
    BROWN = "brown"


class Tenant(Base):
    """A district federation or an industrial union; its own id leads its policy."""

    __tablename__ = "tenant"
    __table_args__ = (one_of("accent", Accent),)
    #: Made by the operator, whose acts stand in the platform's own chain.
    audited = False

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    jurisdiction: Mapped[str]
    is_demo: Mapped[bool] = mapped_column(default=False)
    #: The colour of its pages, by name: the style sheet has each in shades that can be read.
    accent: Mapped[str] = mapped_column(default=Accent.RED.value)
    created_at: Mapped[datetime] = mapped_column(default=clock.now)


class TenantHost(Base):
    """A host name; over the whole platform it means one tenant."""

    __tablename__ = "tenant_host"
    audited = False

    host: Mapped[str] = mapped_column(Text(), primary_key=True)
    tenant_id: Mapped[UUID] = mapped_column(ForeignKey(Tenant.id, ondelete="CASCADE"))


@dataclass(frozen=True)
class TenantView:
    """What every request needs to know of its tenant."""

    id: UUID
    code: str
    name: str
    jurisdiction: str
    is_demo: bool
    plugins_on: frozenset[str] = field(default_factory=frozenset)
    accent: str = Accent.RED.value


#: One row or none: the only thing that can be asked without a tenant.
LOOK_UP = text("SELECT id, code, name, jurisdiction, is_demo, plugins, accent FROM core.tenant_at(:host)")


def find_by_host(connection: Connection, host: str) -> TenantView | None:
    """The tenant that `host` names, with the plugins that it has on."""
    row = connection.execute(LOOK_UP, {"host": host.lower()}).one_or_none()
    if row is None:
        return None
    return TenantView(
        row.id, row.code, row.name, row.jurisdiction, row.is_demo, frozenset(row.plugins), row.accent
    )


def tenant_with_code(database: Database, code: str) -> TenantView:
    """The tenant with `code`, for an operator. Raises `NotFound`, naming those that there are."""
    with database.operator() as session:
        host = session.execute(
            text(
                "SELECT h.host FROM core.tenant t JOIN core.tenant_host h ON h.tenant_id = t.id "
                "WHERE t.code = :code ORDER BY h.host LIMIT 1"
            ),
            {"code": code},
        ).scalar()
    found = None
    if host is not None:
        with database.public() as connection:
            found = find_by_host(connection, host)
    if found is None:
        known = ", ".join(all_codes(database)) or "—"
        raise NotFound(
            "unknown_tenant", _("没有代码为 {code} 的工会。现有：{known}。", code=code, known=known)
        )
    return found


def all_codes(database: Database) -> list[str]:
    """Codes of all tenants, for an operator."""
    with database.operator() as session:
        return list(session.scalars(select(Tenant.code).order_by(Tenant.code)))


def here(uow: UnitOfWork) -> Tenant:
    """The tenant of the transaction, read once in it. Raises `NoTenant`."""
    tenant: Tenant | None = uow.kept.get(Tenant) or uow.session.get(Tenant, uow.tenant_id)
    if tenant is None:
        raise NoTenant(f"there is no tenant {uow.tenant_id}")
    uow.kept[Tenant] = tenant
    return tenant


class HostDirectory:
    """Host → tenant, trusted for `ttl` seconds; a host that nobody has is asked for again each time."""

    def __init__(self, database: Database, ttl: float, limit: int = 10_000) -> None:
        self._database = database
        self._ttl = ttl
        self._limit = limit
        self._known: dict[str, tuple[float, TenantView]] = {}
        self._lock = Lock()

    def get(self, host: str) -> TenantView | None:
        """The tenant of `host`; None when no tenant has it. Its plugins are those of the time of reading."""
        known = self._known.get(host)
        if known is not None and time.monotonic() - known[0] < self._ttl:
            return known[1]
        read_at = time.monotonic()
        with self._database.public() as connection:
            found = find_by_host(connection, host)
        with self._lock:
            if len(self._known) >= self._limit:
                self._known.clear()
            self._known.pop(host, None)
            if found is not None:
                self._known[host] = (read_at, found)
        return found
