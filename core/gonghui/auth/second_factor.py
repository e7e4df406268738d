"""The second step of signing in: a code that the owner's phone shows for half a minute (TOTP), or a recovery code."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

import pyotp
from pyotp.utils import strings_equal
from sqlalchemy import select
from sqlalchemy.orm import Mapped, mapped_column

from gonghui.auth.accounts import Account
from gonghui.auth.lockout import attempt, forgive
from gonghui.db.base import TenantTable, ref, unique
from gonghui.db.sensitive import Sensitive, sensitive
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.errors import Conflict, FieldFault, invalid
from gonghui.i18n import _
from gonghui.tenancy.keys import opened
from gonghui.tenancy.parameters import figure
from gonghui.tenancy.tenants import here
from gonghui.values import clock
from gonghui.values.principal import PrincipalKind

PARAMETER, OFFICERS = "core.sign_in.second_factor", "officers"
#: Seconds for which a code holds, and how many codes before and after the present one count, because clocks differ.
PERIOD, DRIFT = 30, 1
#: A secret that was shown and not confirmed is worth nothing after this.
SETUP_LIFE = timedelta(minutes=30)
RECOVERY_CODES = 10
#: Without letters and digits that look alike on paper.
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"


class SecondFactor(TenantTable):
    """What an account's phone and the platform both know; in use once a code has shown that the phone knows it."""

    __tablename__ = "second_factor"
    __table_args__ = (unique("account_id"),)

    account: Mapped[Account] = ref(Account)
    account_id: Mapped[UUID]
    secret: Mapped[Sensitive] = sensitive("secret", personal=False)
    made_at: Mapped[datetime] = mapped_column(default=clock.now)
    confirmed_at: Mapped[datetime | None]
    #: Number of the half-minute whose code was taken last: none counts twice.
    last_counter: Mapped[int] = mapped_column(default=0)
    recovery_hashes: Mapped[list[str]] = mapped_column(default=list, info={"redacted": True})


class Step(StrEnum):
    """What signing in asks for after the password."""

    NOTHING = "nothing"
    CODE = "code"
    SETUP = "setup"


def step_of(uow: UnitOfWork, account: Account) -> Step:
    """What the account has to do after its password: nothing, tell a code, or set one up because it must."""
    found = factor_of(uow, account.id)
    if found is not None and found.confirmed_at is not None:
        return Step.CODE
    return Step.SETUP if is_required(uow, account) else Step.NOTHING


def is_required(uow: UnitOfWork, account: Account) -> bool:
    """Whether the federation asks accounts of this kind for a second factor."""
    asked: str = figure(uow, PARAMETER).value
    return asked == OFFICERS and account.kind == PrincipalKind.OFFICER.value


def factor_of(uow: UnitOfWork, account_id: UUID, *, lock: bool = False) -> SecondFactor | None:
    """The second factor of an account, confirmed or not."""
    mine: Any = select(SecondFactor).where(SecondFactor.account_id == account_id)
    mine = mine.execution_options(populate_existing=True)
    found: SecondFactor | None = uow.session.scalars(mine.with_for_update() if lock else mine).one_or_none()
    return found


def begin(uow: UnitOfWork, account: Account) -> SecondFactor:
    """A secret for the account's phone, to be confirmed; the one that was shown a moment ago, where there is one.

    Raises `Conflict` where a second factor is in use.
    """
    found = factor_of(uow, account.id, lock=True)
    if found is not None and found.confirmed_at is not None:
        raise Conflict("second_factor_set", _("两步验证已经启用。换手机时先停用，再重新设置。"))
    if found is not None and found.made_at > clock.now() - SETUP_LIFE:
        return found
    uow.note("core.second_factor.begun", account)
    row = found or SecondFactor(account_id=account.id)
    row.secret, row.made_at, row.last_counter = pyotp.random_base32(), clock.now(), 0
    uow.add(row)
    uow.session.flush()
    return row


def setup_of(uow: UnitOfWork, account: Account) -> SecondFactor | None:
    """The secret that waits to be confirmed."""
    found = factor_of(uow, account.id)
    waits = found is not None and found.confirmed_at is None and found.made_at > clock.now() - SETUP_LIFE
    return found if waits else None


def secret_of(uow: UnitOfWork, row: SecondFactor) -> str:
    """The secret as it is typed into a phone that cannot read the picture."""
    return str(opened(uow, row, "secret"))


def address_of(uow: UnitOfWork, row: SecondFactor, account: Account) -> str:
    """What the picture holds: the secret with the names under which the phone keeps it."""
    return pyotp.TOTP(secret_of(uow, row)).provisioning_uri(name=account.login, issuer_name=here(uow).name)


def confirm(uow: UnitOfWork, account: Account, code: str) -> list[str]:
    """Take the second factor into use; the recovery codes, which are shown this once. Raises `Invalid`, `Conflict`."""
    row = factor_of(uow, account.id, lock=True)
    if row is None or row.made_at < clock.now() - SETUP_LIFE:
        raise Conflict("setup_expired", _("设置已过期，请重新开始。"))
    if row.confirmed_at is not None:
        raise Conflict("second_factor_set", _("两步验证已经启用。换手机时先停用，再重新设置。"))
    if not _is_fresh(uow, row, code):
        raise invalid(FieldFault("/code", "code_wrong", _("验证码不对。看手机上现在显示的六位数字。")))
    uow.note("core.second_factor.confirmed", account)
    row.confirmed_at = clock.now()
    return _new_recovery_codes(uow, row)


def renew_recovery_codes(uow: UnitOfWork, account: Account, code: str) -> list[str]:
    """Recovery codes in place of those before. Raises `Invalid` for a wrong code."""
    row = _proved(uow, account, code)
    uow.note("core.second_factor.recovery_renewed", account)
    return _new_recovery_codes(uow, row)


def remove(uow: UnitOfWork, account: Account, code: str) -> None:
    """Do without a second factor from now on. Raises `Invalid` for a wrong code, `Conflict` where one is required."""
    if is_required(uow, account):
        raise Conflict("second_factor_required", _("本工会要求干部账号使用两步验证，不能停用。"))
    row = _proved(uow, account, code)
    uow.note("core.second_factor.removed", account)
    uow.session.delete(row)
    uow.session.flush()


def reset(uow: UnitOfWork, account: Account, reason: str) -> None:
    """Take the second factor of somebody who lost the phone; the trail tells who did it and why. Raises `Conflict`."""
    row = factor_of(uow, account.id, lock=True)
    if row is None:
        raise Conflict("no_second_factor", _("这个账号没有启用两步验证。"))
    uow.note("core.second_factor.reset", account, reason=reason)
    uow.session.delete(row)
    uow.session.flush()


def code_fits(uow: UnitOfWork, account: Account, code: str) -> bool:
    """Whether a code is the phone's of this half-minute, or a recovery code; either counts once.

    The row is held, so that of two who come with one code at the same time only one gets in.
    """
    row = factor_of(uow, account.id, lock=True)
    if row is None or row.confirmed_at is None:
        return False
    return _is_fresh(uow, row, code) or _was_recovery_code(row, code)


def _proved(uow: UnitOfWork, account: Account, code: str) -> SecondFactor:
    row = factor_of(uow, account.id, lock=True)
    if row is None or row.confirmed_at is None:
        raise Conflict("no_second_factor", _("这个账号没有启用两步验证。"))
    attempt(uow, account.login)
    if not (_is_fresh(uow, row, code) or _was_recovery_code(row, code)):
        raise invalid(FieldFault("/code", "code_wrong", _("验证码不对。看手机上现在显示的六位数字。")))
    forgive(uow, account.login)
    return row


def _is_fresh(uow: UnitOfWork, row: SecondFactor, code: str) -> bool:
    """Whether a code belongs to a half-minute close to now and later than the last that was used."""
    typed = "".join(code.split())
    totp = pyotp.TOTP(secret_of(uow, row), interval=PERIOD)
    now = int(clock.now().timestamp()) // PERIOD
    for counter in range(now - DRIFT, now + DRIFT + 1):
        if strings_equal(totp.generate_otp(counter), typed) and counter > row.last_counter:
            row.last_counter = counter
            return True
    return False


def _was_recovery_code(row: SecondFactor, code: str) -> bool:
    hashed = _hash_of(row, code)
    if hashed not in row.recovery_hashes:
        return False
    row.recovery_hashes = [each for each in row.recovery_hashes if each != hashed]
    return True


def _new_recovery_codes(uow: UnitOfWork, row: SecondFactor) -> list[str]:
    codes = [_new_code() for _n in range(RECOVERY_CODES)]
    row.recovery_hashes = [_hash_of(row, code) for code in codes]
    uow.session.flush()
    return codes


def _new_code() -> str:
    letters = "".join(secrets.choice(_ALPHABET) for _n in range(16))
    return "-".join(letters[start : start + 4] for start in range(0, 16, 4))


def _hash_of(row: SecondFactor, code: str) -> str:
    """A plain hash serves, because the code is random and long."""
    typed = "".join(sign for sign in code.lower() if sign in _ALPHABET)
    return hashlib.sha256(f"{row.id}:{typed}".encode()).hexdigest()
