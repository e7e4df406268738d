"""Codes handed out on paper: used once, with the login, to choose a password; only a digest of them is kept."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from uuid import UUID

from sqlalchemy import Index, select
from sqlalchemy.orm import Mapped, mapped_column

from gonghui.auth.accounts import Account, find_account
from gonghui.auth.credentials import change_password
from gonghui.auth.lockout import count_attempt, locked_out
from gonghui.db.base import TenantTable, one_of, ref
from gonghui.db.database import Database
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.errors import Unauthenticated
from gonghui.i18n import _
from gonghui.values import clock
from gonghui.values.principal import Principal, PrincipalKind, anonymous

CODE_LIFE = timedelta(days=14)
#: Without signs that are taken for others when they are read from paper: 31 to the power of 12 is some 59 bits.
_SIGNS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
_LENGTH, _GROUP = 12, 4


class CodePurpose(StrEnum):
    """Why a code was handed out."""

    INVITATION = "invitation"
    RESET = "reset"


class SignInCode(TenantTable):
    """A code of an account. It is good until it is used, withdrawn, replaced, or its time is over."""

    __tablename__ = "sign_in_code"
    __table_args__ = (
        one_of("purpose", CodePurpose),
        Index("ix_sign_in_code_account", "tenant_id", "account_id"),
    )

    account: Mapped[Account] = ref(Account)
    account_id: Mapped[UUID]
    purpose: Mapped[str]
    #: A plain hash serves: the code is random, and long enough that nobody tries all of them before it ends.
    code_hash: Mapped[str] = mapped_column(info={"redacted": True})
    made_at: Mapped[datetime] = mapped_column(default=clock.now)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]

    @property
    def is_good(self) -> bool:
        """Whether it still opens its account."""
        return self.used_at is None and self.withdrawn_at is None and self.expires_at > clock.now()


def hand_out(
    uow: UnitOfWork, accounts: Sequence[Account], purpose: CodePurpose
) -> dict[UUID, tuple[str, datetime]]:
    """A fresh code for each account, by its id, with the end of its time; those before it are withdrawn."""
    uow.note(f"core.sign_in_code.handed_out_for_{purpose.value}")
    withdraw_codes(uow, [account.id for account in accounts])
    expires_at = clock.now() + CODE_LIFE
    codes = {account.id: _new_code() for account in accounts}
    uow.add(
        *(
            SignInCode(
                account_id=account_id,
                purpose=purpose.value,
                code_hash=_digest(uow.tenant_id, account_id, code),
                expires_at=expires_at,
            )
            for account_id, code in codes.items()
        )
    )
    uow.session.flush()
    return {account_id: (code, expires_at) for account_id, code in codes.items()}


def withdraw_codes(uow: UnitOfWork, account_ids: Sequence[UUID]) -> None:
    """Let the codes of these accounts open nothing any more."""
    live = select(SignInCode).where(
        SignInCode.account_id.in_(account_ids),
        SignInCode.used_at.is_(None),
        SignInCode.withdrawn_at.is_(None),
    )
    for row in uow.session.scalars(live):
        row.withdrawn_at = clock.now()
    uow.session.flush()


def choose_password(
    database: Database, tenant_id: UUID, login: str, code: str, password: str, *, request_id: str = ""
) -> None:
    """Give the account of `login` a password, for whoever holds its code; the code is used up by it.

    The attempt is counted first, as at a sign-in. Raises `Unauthenticated`, `TooManyAttempts`.
    """
    login = login.strip().lower()
    with database.unit_of_work(anonymous(tenant_id), request_id=request_id) as uow:
        locked_until = count_attempt(uow, login)
    if locked_until is not None:
        raise locked_out(locked_until)
    with database.unit_of_work(anonymous(tenant_id), request_id=request_id) as uow:
        account = find_account(uow, login)
        found = _good_code(uow, account, code)
        if account is None or found is None:
            uow.note("core.sign_in_code.refused", account, known=account is not None)
        else:
            uow.become(Principal(PrincipalKind(account.kind), tenant_id, account.id, account.person_id))
            uow.note("core.sign_in_code.used")
            found.used_at = clock.now()
            change_password(uow, account, password)
    if found is None:
        raise Unauthenticated("code_refused", _("登录名或一次性码不对，或者码已用过、已过期。"))


def _good_code(uow: UnitOfWork, account: Account | None, code: str) -> SignInCode | None:
    """The code, locked so that two who use it at once do not both get in."""
    if account is None or account.disabled_at is not None:
        return None
    wanted = (
        SignInCode.account_id == account.id,
        SignInCode.code_hash == _digest(uow.tenant_id, account.id, code),
    )
    row = uow.session.scalars(select(SignInCode).where(*wanted).with_for_update()).first()
    return row if row is not None and row.is_good else None


def _new_code() -> str:
    signs = "".join(secrets.choice(_SIGNS) for _place in range(_LENGTH))
    return "-".join(signs[start : start + _GROUP] for start in range(0, _LENGTH, _GROUP))


def _digest(tenant_id: UUID, account_id: UUID, code: str) -> str:
    """Of a code as it was typed: small letters, spaces and lines between its parts do not matter."""
    typed = "".join(sign for sign in code.upper() if sign.isalnum())
    return sha256(f"{tenant_id}/{account_id}/{typed}".encode()).hexdigest()
