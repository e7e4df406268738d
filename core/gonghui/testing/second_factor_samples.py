"""Second factors that the contract tries operations with."""

from __future__ import annotations

from uuid import UUID

import pyotp

from gonghui.auth import second_factor
from gonghui.auth.accounts import account_by_id
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.values import clock


def guarded(uow: UnitOfWork, account_id: UUID) -> UUID:
    """The account, with a second factor in use."""
    account = account_by_id(uow, account_id)
    assert account is not None
    found = second_factor.factor_of(uow, account_id)
    if found is not None:
        second_factor.reset(uow, account, "sample")
    row = second_factor.begin(uow, account)
    second_factor.confirm(uow, account, code_of(uow, row))
    return account_id


def code_of(uow: UnitOfWork, row: second_factor.SecondFactor) -> str:
    """What the phone shows now."""
    return pyotp.TOTP(second_factor.secret_of(uow, row)).at(clock.now())
