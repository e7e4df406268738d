"""Lock-out: failed attempts are counted by login, known or not, so that a lock says nothing about who exists."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Index, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column

from gonghui.db.base import TenantTable, unique
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.errors import TooManyAttempts
from gonghui.i18n import _
from gonghui.values import clock

MOST_FAILURES = 5
LOCKED_FOR = timedelta(minutes=15)
_FORGOTTEN_AFTER = timedelta(days=1)
_FORGOTTEN_AT_ONCE = 20


class SignInGuard(TenantTable):
    """Attempts under one login. The login is hashed: people type passwords into the wrong field."""

    __tablename__ = "sign_in_guard"
    __table_args__ = (unique("login_hash"), Index("ix_sign_in_guard_touched_at", "tenant_id", "touched_at"))
    #: Counters, not a record; each failure has an audit entry of its own.
    audited = False

    login_hash: Mapped[str] = mapped_column(info={"redacted": True})
    failures: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None]
    touched_at: Mapped[datetime] = mapped_column(default=clock.now, onupdate=clock.now)


def count_attempt(uow: UnitOfWork, login: str) -> datetime | None:
    """Count an attempt before the password is looked at; until when the login is locked, if it is."""
    guard, now = _guard(uow, login), clock.now()
    if guard.locked_until is not None and guard.locked_until <= now:
        guard.failures, guard.locked_until = 0, None
    guard.failures += 1
    if guard.failures > MOST_FAILURES and guard.locked_until is None:
        guard.locked_until = now + LOCKED_FOR
    return guard.locked_until


def lock_keys(tenant_id: UUID, logins: Iterable[str]) -> dict[str, str]:
    """Under which key the attempts of each login are counted."""
    return {login: hashlib.sha256(f"{tenant_id}:{login}".encode()).hexdigest() for login in logins}


def forgive(uow: UnitOfWork, login: str) -> None:
    """Forget the failures of a login whose password was right."""
    guard = _guard(uow, login)
    guard.failures, guard.locked_until = 0, None


def attempt(uow: UnitOfWork, login: str) -> None:
    """Count an attempt of somebody who is signed in already to prove who they are. Raises `TooManyAttempts`."""
    locked_until = count_attempt(uow, login)
    if locked_until is not None:
        raise locked_out(locked_until)


def locked_out(until: datetime) -> TooManyAttempts:
    """The refusal of a login that is locked for a while."""
    wait = max(1, int((until - clock.now()).total_seconds()))
    return TooManyAttempts(
        "locked_out",
        _("登录失败次数过多，请在 {minutes} 分钟后再试。", minutes=-(-wait // 60)),
        extra={"retry_after": wait},
    )


def _guard(uow: UnitOfWork, login: str) -> SignInGuard:
    """The counter of a login, locked for the moment of counting and made on the first attempt."""
    hashed = lock_keys(uow.tenant_id, [login])[login]
    wanted = select(SignInGuard).where(SignInGuard.login_hash == hashed).with_for_update()
    found = uow.session.scalars(wanted).one_or_none()
    if found is not None:
        return found
    _forget_old(uow)
    with suppress(IntegrityError), uow.session.begin_nested():  # a parallel attempt may make it first
        uow.add(SignInGuard(login_hash=hashed))
    return uow.session.scalars(wanted).one()


def _forget_old(uow: UnitOfWork) -> None:
    """Drop a few counters that nobody has touched for long, so that made-up logins do not pile up."""
    limit = clock.now() - _FORGOTTEN_AFTER
    old = select(SignInGuard).where(SignInGuard.touched_at < limit).limit(_FORGOTTEN_AT_ONCE)
    for guard in uow.session.scalars(old.with_for_update(skip_locked=True)):
        uow.session.delete(guard)
