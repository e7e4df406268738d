"""Operators over HTTP: keys that are given out once, end by themselves, and let nobody in without a reason."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Text, select, text
from sqlalchemy.orm import Mapped, mapped_column

from gonghui.auth.credentials import fingerprint
from gonghui.db.base import Base
from gonghui.db.database import Database
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.tenancy.org_tree import OrgUnit
from gonghui.values import clock
from gonghui.values.ids import new_id
from gonghui.values.principal import Grant, Principal, PrincipalKind

KEY_PREFIX = "gho_"
#: What an operator may do over HTTP, at a tenant that they enter; for everything else they sit at the machine.
PERMISSIONS = frozenset(
    {
        "core.platform.read",
        "core.plugin.export",
        "core.plugin.plan",
        "core.plugin.read",
        "core.plugin.switch",
        "core.plugin.uninstall",
    }
)


class OperatorKey(Base):
    """A key of an operator; of its secret a digest is kept."""

    __tablename__ = "operator_key"
    #: Made at the machine, which stands in the platform's own trail.
    audited = False

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    operator: Mapped[str]
    secret_hash: Mapped[str] = mapped_column(Text(), unique=True, info={"redacted": True})
    last_four: Mapped[str]
    made_at: Mapped[datetime] = mapped_column(default=clock.now)
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


def issue_key(database: Database, operator: str, days: int) -> tuple[OperatorKey, str]:
    """A key for so many days; its secret is given back once."""
    secret = KEY_PREFIX + secrets.token_urlsafe(32)
    key = OperatorKey(
        operator=operator,
        secret_hash=fingerprint(secret),
        last_four=secret[-4:],
        expires_at=clock.now() + timedelta(days=days),
    )
    with database.operator() as session:
        session.add(key)
    return key, secret


def revoke_keys(database: Database, operator: str) -> int:
    """End every key of an operator; how many there were."""
    with database.operator() as session:
        live = select(OperatorKey).where(OperatorKey.operator == operator, OperatorKey.revoked_at.is_(None))
        keys = session.scalars(live).all()
        for key in keys:
            key.revoked_at = clock.now()
        return len(keys)


def enter(uow: UnitOfWork, key_hash: str, reason: str, request: str) -> Principal | None:
    """The operator with this key at the tenant, once the platform's trail tells of it; None for a key nobody has.

    `key_hash` is the fingerprint of its secret.
    """
    with uow.database.public() as connection:
        operator = connection.scalar(
            text("SELECT operator FROM core.operator_enters(:hash, :entry, :tenant, :why, :what)"),
            {
                "hash": key_hash,
                "entry": new_id(),
                "tenant": uow.tenant_id,
                "why": reason,
                "what": request,
            },
        )
    if operator is None:
        return None
    root = uow.session.execute(select(OrgUnit.id, OrgUnit.path).where(OrgUnit.parent_id.is_(None))).one()
    return Principal(
        PrincipalKind.OPERATOR,
        uow.tenant_id,
        name=f"operator:{operator}",
        signed_in_by="operator key",
        grants=(Grant(root.id, root.path, "operator", PERMISSIONS),),
        token_permissions=PERMISSIONS,
        on_behalf_by=f"operator:{operator}",
    )
