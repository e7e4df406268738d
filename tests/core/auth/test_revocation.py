"""Shutting somebody out: a new password, a closed account and a sign-out end what was open under them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from gonghui.audit.entries import AuditEntry
from gonghui.auth.accounts import Account, account_by_id
from gonghui.auth.credentials import change_password, close_account
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.testing import Federation
from gonghui.testing.federation import Asker

ME, NEW = "/api/v1/me", "another horse battery"


@pytest.fixture
def east(federation: Federation, with_password: Callable[..., None]) -> Federation:
    """A federation whose `east` and `west` sign in by password."""
    with_password(federation, "east", "west")
    return federation


def sign_in(federation: Federation, password: str, login: str = "east") -> int:
    body = {"login": login, "password": password}
    return federation.client().post("/api/v1/sign-in", body).status_code


def treat(federation: Federation, treatment: Callable[..., None], *arguments: Any) -> None:
    with federation.uow() as uow:
        treatment(uow, account_of(uow, federation), *arguments)


def account_of(uow: UnitOfWork, federation: Federation) -> Account:
    account = account_by_id(uow, federation.accounts["east"])
    assert account is not None
    return account


def askers(federation: Federation) -> Iterator[Asker]:
    """Whoever goes about as `east`: two sessions, a whole token and a limited one."""
    for _session in range(2):
        federation.secrets.clear()
        yield federation.client("east")
    yield federation.token("east", None)
    yield federation.token("east", ["core.self.use"])


def statuses(found: list[Asker]) -> list[int]:
    return [asker.get(ME).status_code for asker in found]


def actions(federation: Federation) -> set[tuple[str, UUID | None]]:
    """What the trail says was done, and to what."""
    with federation.uow() as uow:
        found = uow.session.execute(select(AuditEntry.action, AuditEntry.object_id))
        return {(action, object_id) for action, object_id in found}


def test_a_new_password_ends_sessions_and_tokens(east: Federation, password: str) -> None:
    found, neighbour = list(askers(east)), east.client("west")
    assert statuses(found) == [200] * 4
    treat(east, change_password, NEW)
    assert statuses(found) == [401] * 4
    assert neighbour.get(ME).status_code == 200
    assert (sign_in(east, password), sign_in(east, NEW)) == (401, 200)


def test_a_new_password_forgives_the_lock_out(east: Federation) -> None:
    assert [sign_in(east, "wrong password") for _attempt in range(6)][-1] == 429
    treat(east, change_password, NEW)
    assert sign_in(east, NEW) == 200


def test_a_new_password_is_in_the_trail(east: Federation) -> None:
    treat(east, change_password, NEW)
    assert ("core.account.password_set", east.accounts["east"]) in actions(east)


def test_a_closed_account_is_shut_out(east: Federation, password: str) -> None:
    found, neighbour = list(askers(east)), east.client("west")
    treat(east, close_account)
    assert statuses(found) == [401] * 4
    assert sign_in(east, password) == 401
    assert neighbour.get(ME).status_code == 200
    assert sign_in(east, password, "west") == 200


def test_what_a_closed_account_had_does_not_come_back_with_it(east: Federation) -> None:
    found = list(askers(east))
    treat(east, close_account)
    with east.uow() as uow:
        account_of(uow, east).disabled_at = None
    assert statuses(found) == [401] * 4


def test_closing_an_account_is_in_the_trail(east: Federation) -> None:
    before = actions(east)
    assert "core.account.closed" not in {action for action, _object in before}
    treat(east, close_account)
    assert ("core.account.closed", east.accounts["east"]) in actions(east) - before


def test_closing_an_account_twice_keeps_the_first_time(east: Federation) -> None:
    times = []
    for _time in range(2):
        treat(east, close_account)
        with east.uow() as uow:
            times.append(account_of(uow, east).disabled_at)
    assert times[0] is not None
    assert times[0] == times[1]


@pytest.mark.parametrize(
    "header", ["Basic ZWFzdDp4", "Bearer", "Bearer ", "Digest username=east", "nonsense"]
)
def test_signing_out_ends_the_session_of_the_cookie_whatever_other_header_comes_along(
    browser: Any, header: str
) -> None:
    browser.sign_in("east")
    stolen = browser.cookie()
    headers = {"X-CSRFToken": browser.csrf("/console"), "Authorization": header}
    assert browser("DELETE", "/api/v1/session", headers=headers).status_code == 204
    browser.client.set_cookie("gonghui", stolen, domain=browser.host)
    assert browser.get(ME).status_code == 401


@pytest.mark.parametrize("header", ["Basic ZWFzdDp4", "Bearer", "nonsense"])
def test_another_header_does_not_spare_the_cookie_its_csrf_token(browser: Any, header: str) -> None:
    browser.sign_in("east")
    refused = browser("DELETE", "/api/v1/session", headers={"Authorization": header})
    assert (refused.status_code, refused.json["code"]) == (403, "csrf")
    assert browser.get(ME).status_code == 200
