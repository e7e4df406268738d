"""Signing in by password: one answer for every failure, and a lock-out that parallel guessing cannot pass."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from gonghui.auth.accounts import account_by_id
from gonghui.auth.lockout import SignInGuard
from gonghui.auth.passwords import MINIMUM_LENGTH, hash_password, password_fits
from gonghui.testing import Federation
from gonghui.values import clock

PATH = "/api/v1/sign-in"


@pytest.fixture
def locked(federation: Federation, with_password: Callable[..., None]) -> Federation:
    """A federation whose `east` has just failed five times."""
    with_password(federation, "east")
    for _ in range(5):
        assert attempt(federation, "east", "wrong password").status_code == 401
    return federation


def attempt(federation: Federation, login: str, password: str) -> TestResponse:
    return federation.client().post(PATH, {"login": login, "password": password})


def answer(response: TestResponse) -> tuple[int, bytes, dict[str, str]]:
    """All that somebody who asks gets to know, without the number of the request."""
    headers = {name: value for name, value in response.headers.items() if name != "X-Request-ID"}
    return response.status_code, response.data, headers


def test_the_right_password_opens_a_session(
    federation: Federation, with_password: Callable[..., None], password: str
) -> None:
    with_password(federation, "east")
    signed_in = attempt(federation, "east", password)
    assert signed_in.status_code == 200
    assert signed_in.json["expires_in"] == 12 * 60 * 60
    me = federation.client().get("/api/v1/me", headers={"Authorization": f"Bearer {signed_in.json['token']}"})
    assert (me.json["name"], me.json["account_id"]) == ("样east", str(federation.accounts["east"]))


@pytest.mark.parametrize("login", [" East ", "EAST"])
def test_a_login_is_read_without_blanks_and_case(
    federation: Federation, with_password: Callable[..., None], password: str, login: str
) -> None:
    with_password(federation, "east")
    assert attempt(federation, login, password).status_code == 200


def test_an_unknown_login_gets_the_answer_of_a_wrong_password(
    federation: Federation, with_password: Callable[..., None]
) -> None:
    with_password(federation, "east")
    wrong = attempt(federation, "east", "wrong password")
    assert wrong.status_code == 401
    assert answer(attempt(federation, "nobody", "wrong password")) == answer(wrong)


def test_an_account_without_a_password_gets_the_same_answer(federation: Federation) -> None:
    assert answer(attempt(federation, "west", "")) != answer(attempt(federation, "west", "wrong password"))
    assert answer(attempt(federation, "west", "wrong password")) == answer(attempt(federation, "nobody", "x"))


def test_a_disabled_account_gets_the_same_answer_for_its_right_password(
    federation: Federation, with_password: Callable[..., None], password: str
) -> None:
    with_password(federation, "east")
    with federation.uow() as uow:
        account = account_by_id(uow, federation.accounts["east"])
        assert account is not None
        account.disabled_at = clock.now()
    assert answer(attempt(federation, "east", password)) == answer(attempt(federation, "nobody", password))


def test_a_password_of_one_federation_opens_no_other(
    federation: Federation, shared_federation: Federation, with_password: Callable[..., None], password: str
) -> None:
    with_password(federation, "east")
    assert attempt(shared_federation, "east", password).status_code == 401


def test_five_failures_lock_the_account_even_for_the_right_password(
    locked: Federation, password: str
) -> None:
    refused = attempt(locked, "east", password)
    assert (refused.status_code, refused.json["code"]) == (429, "locked_out")
    assert 14 * 60 < int(refused.headers["Retry-After"]) <= 15 * 60


def test_a_lock_concerns_one_account_only(
    locked: Federation, with_password: Callable[..., None], password: str
) -> None:
    with_password(locked, "west")
    assert attempt(locked, "east", password).status_code == 429
    assert attempt(locked, "west", password).status_code == 200


def test_a_lock_ends_after_fifteen_minutes(locked: Federation, password: str) -> None:
    assert attempt(locked, "east", password).status_code == 429
    locked_at = clock.now()
    with clock.at(locked_at + timedelta(minutes=14)):
        assert attempt(locked, "east", password).status_code == 429
    with clock.at(locked_at + timedelta(minutes=15, seconds=1)):
        assert attempt(locked, "east", password).status_code == 200


def test_asking_during_a_lock_does_not_make_it_longer(locked: Federation, password: str) -> None:
    attempt(locked, "east", password)
    locked_at = clock.now()
    with clock.at(locked_at + timedelta(minutes=14)):
        waits = [int(attempt(locked, "east", password).headers["Retry-After"]) for _ in range(3)]
    assert max(waits) <= 60


def test_after_a_lock_five_guesses_are_free_again(locked: Federation, password: str) -> None:
    attempt(locked, "east", password)
    with clock.at(clock.now() + timedelta(minutes=16)):
        answers = [attempt(locked, "east", "wrong password").status_code for _ in range(6)]
    assert answers == [401] * 5 + [429]


def test_a_success_forgives_the_failures_before_it(
    federation: Federation, with_password: Callable[..., None], password: str
) -> None:
    with_password(federation, "east")
    tries = ["wrong password"] * 4 + [password] + ["wrong password"] * 4 + [password]
    answers = [attempt(federation, "east", each).status_code for each in tries]
    assert answers == [401] * 4 + [200] + [401] * 4 + [200]


def test_parallel_guesses_get_no_more_than_five_looks_at_the_password(
    federation: Federation, with_password: Callable[..., None]
) -> None:
    with_password(federation, "east")
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda _: attempt(federation, "east", "wrong password"), range(10)))
    codes = sorted(each.status_code for each in answers)
    assert codes == [401] * 5 + [429] * 5
    with federation.uow() as uow:
        assert uow.session.scalar(select(SignInGuard.failures)) == 10


def test_a_login_that_nobody_has_is_locked_like_any_other(
    federation: Federation, with_password: Callable[..., None]
) -> None:
    with_password(federation, "east")
    known = [attempt(federation, "east", "wrong password") for _ in range(7)]
    unknown = [attempt(federation, "nobody", "wrong password") for _ in range(7)]
    assert [a.status_code for a in known] == [a.status_code for a in unknown] == [401] * 5 + [429] * 2
    assert [a.json["code"] for a in known] == [a.json["code"] for a in unknown]


def test_counters_of_logins_that_nobody_tries_any_more_are_dropped(federation: Federation) -> None:
    with clock.at(datetime(2026, 5, 1, tzinfo=UTC)):
        attempt(federation, "made-up", "wrong password")
    attempt(federation, "other", "wrong password")
    with federation.uow() as uow:
        assert len(uow.session.scalars(select(SignInGuard)).all()) == 1


# --- passwords


def test_a_password_fits_its_own_hash_only() -> None:
    stored = hash_password("correct horse battery")
    assert password_fits(stored, "correct horse battery")
    assert not password_fits(stored, "correct horse batterz")


@pytest.mark.parametrize("stored", [None, "", "no hash at all"])
def test_no_password_fits_where_none_is_stored(stored: str | None) -> None:
    assert not password_fits(stored, "no account has this password")


def test_a_hash_shows_neither_the_password_nor_that_two_are_equal() -> None:
    first, second = hash_password("correct horse"), hash_password("correct horse")
    assert first != second
    assert first.startswith("$argon2id$")


def test_a_short_password_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 10"):
        hash_password("x" * (MINIMUM_LENGTH - 1))
