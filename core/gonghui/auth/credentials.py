"""Sessions and API tokens: random secrets given out once, of which only a hash is kept."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Index, or_, select
from sqlalchemy.orm import Mapped, mapped_column

from gonghui.auth.accounts import Account
from gonghui.auth.lockout import forgive
from gonghui.auth.passwords import hash_password
from gonghui.db.base import TenantTable, ref, unique
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.errors import not_found
from gonghui.values import clock

SESSION_LIFE = timedelta(hours=12)
SESSION_IDLE = timedelta(minutes=60)
#: How stale `last_seen_at` may be, so that reading pages does not write a row each time.
SEEN_EVERY = timedelta(minutes=5)
_MOST_SHOWN = 100
TOKEN_PREFIX = "gh_"  # noqa: S105 - a mark that makes leaked tokens easy to find, no secret


class AuthSession(TenantTable):
    """A signed-in browser."""

    __tablename__ = "auth_session"
    __table_args__ = (unique("secret_hash"), Index("ix_auth_session_account", "tenant_id", "account_id"))
    #: Signing in and out are audit entries of their own; the row itself only times the session.
    audited = False

    account: Mapped[Account] = ref(Account, cascade=True)
    account_id: Mapped[UUID]
    secret_hash: Mapped[str] = mapped_column(info={"redacted": True})
    signed_in_at: Mapped[datetime] = mapped_column(default=clock.now)
    last_seen_at: Mapped[datetime] = mapped_column(default=clock.now)
    ended_at: Mapped[datetime | None]


class ApiToken(TenantTable):
    """A key for a program: what it may do is what its account may do and the token names."""

    __tablename__ = "api_token"
    __table_args__ = (unique("secret_hash"), Index("ix_api_token_account", "tenant_id", "account_id"))

    account: Mapped[Account] = ref(Account, cascade=True)
    account_id: Mapped[UUID]
    name: Mapped[str]
    secret_hash: Mapped[str] = mapped_column(info={"redacted": True})
    last_four: Mapped[str]
    permissions: Mapped[list[str] | None]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


def fingerprint(secret: str) -> str:
    """What is kept of a secret. A plain hash serves, because the secret is random and long."""
    return hashlib.sha256(secret.encode()).hexdigest()


def start_session(uow: UnitOfWork, account: Account) -> str:
    """Open a session; its secret is given back once."""
    secret = secrets.token_urlsafe(32)
    uow.add(AuthSession(account_id=account.id, secret_hash=fingerprint(secret)))
    return secret


def issue_token(
    uow: UnitOfWork,
    account: Account,
    name: str,
    *,
    permissions: list[str] | None = None,
    expires_at: datetime | None = None,
) -> tuple[ApiToken, str]:
    """Issue a token; its secret is given back once. `permissions` None: all that the account has."""
    uow.note("core.token.issued")
    secret = TOKEN_PREFIX + secrets.token_urlsafe(32)
    token = ApiToken(
        account_id=account.id,
        name=name,
        secret_hash=fingerprint(secret),
        last_four=secret[-4:],
        permissions=permissions,
        expires_at=expires_at,
    )
    uow.add(token)
    uow.session.flush()
    return token, secret


def open_sessions(uow: UnitOfWork, account: Account) -> list[AuthSession]:
    """Where the account is signed in now, the latest first."""
    now = clock.now()
    mine = select(AuthSession).where(
        AuthSession.account_id == account.id,
        AuthSession.ended_at.is_(None),
        AuthSession.signed_in_at > now - SESSION_LIFE,
        AuthSession.last_seen_at > now - SESSION_IDLE,
    )
    return list(uow.session.scalars(mine.order_by(AuthSession.id.desc()).limit(_MOST_SHOWN)))


def open_tokens(uow: UnitOfWork, account: Account) -> list[ApiToken]:
    """Tokens of the account that still serve, the latest first."""
    mine = select(ApiToken).where(
        ApiToken.account_id == account.id,
        ApiToken.revoked_at.is_(None),
        or_(ApiToken.expires_at.is_(None), ApiToken.expires_at > clock.now()),
    )
    return list(uow.session.scalars(mine.order_by(ApiToken.id.desc()).limit(_MOST_SHOWN)))


def end_session(uow: UnitOfWork, account: Account, session_id: UUID) -> None:
    """End a session of the account. Raises `NotFound`."""
    mine = select(AuthSession).where(AuthSession.id == session_id, AuthSession.account_id == account.id)
    found = uow.session.scalars(mine).one_or_none()
    if found is None:
        raise not_found()
    uow.note("core.session.ended", account)
    found.ended_at = found.ended_at or clock.now()


def revoke_token(uow: UnitOfWork, account: Account, token_id: UUID) -> None:
    """Revoke a token of the account. Raises `NotFound`."""
    mine = select(ApiToken).where(ApiToken.id == token_id, ApiToken.account_id == account.id)
    found = uow.session.scalars(mine).one_or_none()
    if found is None:
        raise not_found()
    uow.note("core.token.revoked")
    found.revoked_at = found.revoked_at or clock.now()


def revoke_all(uow: UnitOfWork, account: Account) -> None:
    """End every session and token of an account: its password changed, or it is closed."""
    now = clock.now()
    sessions = select(AuthSession).where(AuthSession.account_id == account.id, AuthSession.ended_at.is_(None))
    for session in uow.session.scalars(sessions):
        session.ended_at = now
    tokens = select(ApiToken).where(ApiToken.account_id == account.id, ApiToken.revoked_at.is_(None))
    for token in uow.session.scalars(tokens):
        token.revoked_at = now


def change_password(uow: UnitOfWork, account: Account, password: str) -> None:
    """Give an account a new password; whoever is signed in with it has to sign in again."""
    uow.note("core.account.password_set")
    account.password_hash = hash_password(password)
    revoke_all(uow, account)
    forgive(uow, account.login)


def close_account(uow: UnitOfWork, account: Account) -> None:
    """Shut an account out from now on; what it did stays under its name. One that is closed stays as it is."""
    if account.disabled_at is not None:
        return
    uow.note("core.account.closed")
    account.disabled_at = clock.now()
    revoke_all(uow, account)


def reopen_account(uow: UnitOfWork, account: Account) -> None:
    """Let an account sign in again, with the password and the roles that it has. One that may stays as it is."""
    if account.disabled_at is None:
        return
    uow.note("core.account.reopened")
    account.disabled_at = None
    uow.session.flush()


def forget_password(uow: UnitOfWork, account: Account) -> None:
    """Take an account's password away and end whatever it is signed in with, until it chooses another."""
    uow.note("core.account.password_taken")
    account.password_hash = None
    revoke_all(uow, account)
    forgive(uow, account.login)
