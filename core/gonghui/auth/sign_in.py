"""Signing in by password, with lock-out, and signing out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from gonghui.auth.accounts import Account, find_account
from gonghui.auth.credentials import AuthSession, fingerprint, start_session
from gonghui.auth.lockout import count_attempt, forgive
from gonghui.auth.passwords import password_fits
from gonghui.db.database import Database
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.errors import TooManyAttempts, Unauthenticated
from gonghui.i18n import _
from gonghui.values import clock
from gonghui.values.principal import Principal, PrincipalKind, anonymous


@dataclass(frozen=True)
class SignedIn:
    """A session just opened."""

    secret: str
    account_id: UUID


def sign_in(
    database: Database, tenant_id: UUID, login: str, password: str, *, request_id: str = ""
) -> SignedIn:
    """Open a session for whoever knows the password.

    The attempt is counted and committed before the password is looked at, so that neither a crash nor
    parallel guessing can hide one. Raises `Unauthenticated` or `TooManyAttempts`.
    """
    login = login.strip().lower()
    with database.unit_of_work(anonymous(tenant_id), request_id=request_id) as uow:
        locked_until = count_attempt(uow, login)
        account = find_account(uow, login)
    if locked_until is not None:
        _note(database, tenant_id, "core.sign_in.locked_out", account, request_id)
        raise _locked_out(locked_until)
    stored = account.password_hash if account and account.disabled_at is None else None
    if not password_fits(stored, password) or account is None:
        _note(database, tenant_id, "core.sign_in.failed", account, request_id)
        raise Unauthenticated("sign_in_failed", _("登录名或密码不对。"))
    with database.unit_of_work(anonymous(tenant_id), request_id=request_id) as uow:
        forgive(uow, login)
        uow.become(Principal(PrincipalKind(account.kind), tenant_id, account.id, account.person_id))
        secret = start_session(uow, account)
        uow.note("core.sign_in.succeeded", account)
    return SignedIn(secret, account.id)


def _note(database: Database, tenant_id: UUID, action: str, account: Account | None, request_id: str) -> None:
    """What must survive the refusal commits on its own."""
    with database.unit_of_work(anonymous(tenant_id), request_id=request_id) as uow:
        uow.note(action, account, known=account is not None)


def _locked_out(until: datetime) -> TooManyAttempts:
    wait = max(1, int((until - clock.now()).total_seconds()))
    return TooManyAttempts(
        "locked_out",
        _("登录失败次数过多，请在 {minutes} 分钟后再试。", minutes=-(-wait // 60)),
        extra={"retry_after": wait},
    )


def sign_out(uow: UnitOfWork, secret: str) -> None:
    """End the session behind `secret`."""
    found = uow.session.scalars(
        select(AuthSession).where(AuthSession.secret_hash == fingerprint(secret))
    ).one_or_none()
    if found is not None and found.ended_at is None:
        found.ended_at = clock.now()
        uow.note("core.sign_out")
