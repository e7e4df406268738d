"""Sessions end: after twelve hours, after an hour of silence, and at once when one signs out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from gonghui.auth.accounts import account_by_id
from gonghui.testing import Federation
from gonghui.values import clock

ME = "/api/v1/me"
START = datetime.fromisoformat("2026-03-02T08:00:00+08:00")


def after(**span: float) -> datetime:
    return START + timedelta(**span)


@pytest.fixture
def ask(federation: Federation) -> Callable[..., int]:
    """The status that somebody who signed in at START gets at a later time."""
    with clock.at(START):
        east = federation.client("east")

    def status(**span: float) -> int:
        with clock.at(after(**span)):
            return east.get(ME).status_code

    return status


def test_a_session_lives_while_it_is_used(ask: Callable[..., int]) -> None:
    assert [ask(minutes=minutes) for minutes in (0, 59, 118, 177)] == [200] * 4


def test_a_session_ends_after_an_hour_of_silence(ask: Callable[..., int]) -> None:
    assert [ask(minutes=30), ask(minutes=91)] == [200, 401]


def test_a_session_that_ended_by_silence_does_not_come_back(ask: Callable[..., int]) -> None:
    assert [ask(minutes=61), ask(minutes=62)] == [401, 401]


def test_a_session_ends_after_twelve_hours_however_busy(ask: Callable[..., int]) -> None:
    busy = [ask(minutes=minutes) for minutes in range(0, 12 * 60, 50)]
    assert (set(busy), ask(hours=12, seconds=1)) == ({200}, 401)


def test_signing_out_ends_the_session_that_asked_and_no_other(
    federation: Federation, with_password: Callable[..., None], password: str
) -> None:
    with_password(federation, "east")
    body = {"login": "east", "password": password}
    first, second = (federation.client().post("/api/v1/sign-in", body).json["token"] for _ in range(2))
    asker = federation.client()
    asker.secret = first
    assert asker("DELETE", "/api/v1/session").status_code == 204
    assert asker.get(ME).status_code == 401
    asker.secret = second
    assert asker.get(ME).status_code == 200


def test_a_disabled_account_is_out_at_once(federation: Federation) -> None:
    east, token = federation.client("east"), federation.token("east", None)
    assert (east.get(ME).status_code, token.get(ME).status_code) == (200, 200)
    with federation.uow() as uow:
        account = account_by_id(uow, federation.accounts["east"])
        assert account is not None
        account.disabled_at = clock.now()
    assert (east.get(ME).status_code, token.get(ME).status_code) == (401, 401)


@pytest.mark.parametrize("secret", ["x", "gh_x", "Bearer", "\u00e9\u00e9", "a" * 5_000])
def test_a_made_up_secret_is_nobody(shared_federation: Federation, secret: str) -> None:
    asker = shared_federation.client()
    asker.secret = secret
    assert asker.get(ME).status_code == 401


def test_a_secret_of_one_federation_is_nobody_at_another(
    federation: Federation, shared_federation: Federation
) -> None:
    here, elsewhere = federation.client("east"), shared_federation.client()
    elsewhere.secret = here.secret
    assert (here.get(ME).status_code, elsewhere.get(ME).status_code) == (200, 401)
