"""Signing in by password and, where an account has one, by a second factor; with lock-out, and signing out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from gonghui.auth import second_factor
from gonghui.auth.accounts import Account, find_account
from gonghui.auth.credentials import AuthSession, fingerprint, start_session
from gonghui.auth.lockout import count_attempt, forgive, locked_out
from gonghui.auth.passwords import password_fits
from gonghui.auth.second_factor import Step, step_of
from gonghui.db.database import Database
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.errors import Unauthenticated
from gonghui.i18n import _
from gonghui.values import clock
from gonghui.values.principal import Principal, PrincipalKind, anonymous

#: Codes of the refusals after which a second step opens the door.
CODE_REQUIRED, SETUP_REQUIRED = "code_required", "second_factor_setup_required"


@dataclass(frozen=True)
class SignedIn:
    """A session just opened; with recovery codes where a second factor was set up on the way."""

    secret: str
    account_id: UUID
    recovery_codes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Door:
    """Where somebody signs in: the tenant of a request."""

    database: Database
    tenant_id: UUID
    request_id: str = ""

    @contextmanager
    def open(self) -> Iterator[UnitOfWork]:
        """A unit of work as nobody yet."""
        with self.database.unit_of_work(anonymous(self.tenant_id), request_id=self.request_id) as uow:
            yield uow

    def note(self, action: str, account: Account | None) -> None:
        """What must survive the refusal commits on its own."""
        with self.open() as uow:
            uow.note(action, account, known=account is not None)


def sign_in(door: Door, login: str, password: str, code: str | None = None) -> SignedIn:
    """Open a session for whoever knows the password and, where the account asks for it, the code.

    Raises `Unauthenticated`, by `CODE_REQUIRED` or `SETUP_REQUIRED` where the password is right and something is left
    to do, or `TooManyAttempts`.
    """
    step = _check_password(door, login, password)
    if step is Step.NOTHING:
        return _let_in(door, login)
    if step is Step.SETUP:
        message = _("本工会要求干部账号使用两步验证。先在网页上登录一次，设置好再用程序登录。")
        raise Unauthenticated(SETUP_REQUIRED, message)
    if not code:
        raise Unauthenticated(CODE_REQUIRED, _("请填写手机上显示的六位验证码，或一个备用码。"))
    return _finish(door, login, code)


def sign_in_with_code(door: Door, login: str, code: str) -> SignedIn:
    """The second step, for somebody whose password was right a moment ago; it counts as an attempt of its own.

    A code that is right takes a second factor into use that was being set up. Raises `Unauthenticated`,
    `TooManyAttempts`; `Conflict` and `Invalid` of a set-up.
    """
    _attempt(door, login)
    return _finish(door, login, code)


def begin_setup(door: Door, login: str) -> tuple[str, str]:
    """The secret that somebody sets up on the way in, and the address that a picture of it holds."""
    with door.open() as uow:
        account = _become(uow, login)
        row = second_factor.begin(uow, account)
        return second_factor.secret_of(uow, row), second_factor.address_of(uow, row, account)


def sign_out(uow: UnitOfWork, secret: str) -> None:
    """End the session behind `secret`."""
    found = uow.session.scalars(
        select(AuthSession).where(AuthSession.secret_hash == fingerprint(secret))
    ).one_or_none()
    if found is not None and found.ended_at is None:
        found.ended_at = clock.now()
        uow.note("core.sign_out")


def _check_password(door: Door, login: str, password: str) -> Step:
    """What is left to do for whoever knows the password. Raises `Unauthenticated` or `TooManyAttempts`.

    The attempt is counted and committed before the password is looked at, so that neither a crash nor parallel
    guessing can hide one. It is forgiven when the last step is done, and not before.
    """
    account = _attempt(door, login)
    stored = account.password_hash if account and account.disabled_at is None else None
    if not password_fits(stored, password) or account is None:
        door.note("core.sign_in.failed", account)
        raise Unauthenticated("sign_in_failed", _("登录名或密码不对。"))
    with door.open() as uow:
        return step_of(uow, account)


def _attempt(door: Door, login: str) -> Account | None:
    """Count an attempt and commit it; the account, known or not. Raises `TooManyAttempts`."""
    login = login.strip().lower()
    with door.open() as uow:
        locked_until = count_attempt(uow, login)
        account = find_account(uow, login)
    if locked_until is not None:
        door.note("core.sign_in.locked_out", account)
        raise locked_out(locked_until)
    return account


def _finish(door: Door, login: str, code: str) -> SignedIn:
    with door.open() as uow:
        account = _become(uow, login)
        is_setup = step_of(uow, account) is Step.SETUP
        codes = second_factor.confirm(uow, account, code) if is_setup else []
        if is_setup or second_factor.code_fits(uow, account, code):
            return SignedIn(_open_session(uow, account), account.id, tuple(codes))
    door.note("core.sign_in.code_refused", account)
    raise Unauthenticated("code_wrong", _("验证码不对，或已经用过。等手机显示下一个，再填一次。"))


def _let_in(door: Door, login: str) -> SignedIn:
    with door.open() as uow:
        account = _become(uow, login)
        if step_of(uow, account) is not Step.NOTHING:
            raise Unauthenticated(CODE_REQUIRED, _("请填写手机上显示的六位验证码，或一个备用码。"))
        return SignedIn(_open_session(uow, account), account.id)


def _become(uow: UnitOfWork, login: str) -> Account:
    """Go on as the account whose password was right; it may have been closed meanwhile."""
    account = find_account(uow, login)
    if account is None or account.disabled_at is not None:
        raise Unauthenticated("sign_in_failed", _("登录名或密码不对。"))
    uow.become(Principal(PrincipalKind(account.kind), uow.tenant_id, account.id, account.person_id))
    return account


def _open_session(uow: UnitOfWork, account: Account) -> str:
    forgive(uow, account.login)
    uow.note("core.sign_in.succeeded", account)
    return start_session(uow, account)
