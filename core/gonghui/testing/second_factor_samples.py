"""Second factors, passwords and sessions that the contract tries the pages of one's own account with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

import pyotp

from gonghui.auth import second_factor
from gonghui.auth.accounts import Account, account_by_id
from gonghui.auth.credentials import open_sessions, start_session
from gonghui.auth.lockout import forgive
from gonghui.auth.passwords import hash_password
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.notifications.contacts import TARGET
from gonghui.testing.federation import Federation
from gonghui.values import clock

_PASSWORD = "correct horse battery"  # noqa: S105 - of an account that the kit has made

Form = Mapping[str, str]


def guarded(uow: UnitOfWork, account_id: UUID) -> UUID:
    """The account, with a second factor in use whose present code has not been told yet."""
    _in_use(uow, _fresh(uow, account_id))
    return account_id


def session_of(uow: UnitOfWork, account_id: UUID) -> UUID:
    """A session of the account besides the one that it asks by."""
    account = _account(uow, account_id)
    start_session(uow, account)
    uow.session.flush()
    return open_sessions(uow, account)[0].id


def content(home: Federation, operation: str, login: str) -> dict[str, Any]:
    """The form that a page of one's own account takes, as an option of werkzeug's client."""
    if operation not in _FORMS:
        return {}
    with home.uow() as uow:
        return {"data": dict(_FORMS[operation](uow, home.accounts[login]))}


def _none(uow: UnitOfWork, account_id: UUID) -> Form:
    _fresh(uow, account_id)
    return {}


def _to_confirm(uow: UnitOfWork, account_id: UUID) -> Form:
    row = second_factor.begin(uow, _fresh(uow, account_id))
    return {"code": _code(uow, row)}


def _to_prove(uow: UnitOfWork, account_id: UUID) -> Form:
    account = _fresh(uow, account_id)
    forgive(uow, account.login)
    return {"code": _code(uow, _in_use(uow, account))}


def _password(uow: UnitOfWork, account_id: UUID) -> Form:
    account = _account(uow, account_id)
    uow.note("core.account.password_set")
    account.password_hash = hash_password(_PASSWORD)
    new = _PASSWORD[::-1]
    return {"old_password": _PASSWORD, "new_password": new, "again": new}


_FORMS: dict[str, Callable[[UnitOfWork, UUID], Form]] = {
    "POST /console/me/second-factor/begin": _none,
    "POST /console/me/second-factor/confirm": _to_confirm,
    "POST /console/me/second-factor/codes": _to_prove,
    "POST /console/me/second-factor/remove": _to_prove,
    "POST /console/me/password": _password,
    "POST /console/me/contact": lambda _uow, _account_id: {"language": "zh"},
    "POST /console/me/addresses": lambda _uow, _account_id: {
        "channel": TARGET,
        "address": "wecombot://example-0000-key",
    },
    "POST /console/me/addresses/{address_id}/confirm": lambda _uow, _account_id: {"code": "123456"},
}


def _account(uow: UnitOfWork, account_id: UUID) -> Account:
    account = account_by_id(uow, account_id)
    assert account is not None
    return account


def _fresh(uow: UnitOfWork, account_id: UUID) -> Account:
    account = _account(uow, account_id)
    if second_factor.factor_of(uow, account_id) is not None:
        second_factor.reset(uow, account, "sample")
    return account


def _in_use(uow: UnitOfWork, account: Account) -> second_factor.SecondFactor:
    row = second_factor.begin(uow, account)
    second_factor.confirm(uow, account, _code(uow, row, earlier=second_factor.PERIOD))
    return row


def _code(uow: UnitOfWork, row: second_factor.SecondFactor, *, earlier: int = 0) -> str:
    return pyotp.TOTP(second_factor.secret_of(uow, row)).at(clock.now() - timedelta(seconds=earlier))
