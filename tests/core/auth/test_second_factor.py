"""Two-step sign-in: the code counts once and now, a lost phone is no dead end, and guessing runs into the lock."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pyotp
import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from gonghui.audit.entries import AuditEntry
from gonghui.auth import second_factor
from gonghui.auth.accounts import Account, account_by_id
from gonghui.auth.second_factor import PARAMETER, RECOVERY_CODES
from gonghui.errors import Conflict, Invalid
from gonghui.tenancy.parameters import PACKS
from gonghui.testing import Federation
from gonghui.values import clock

PATH = "/api/v1/sign-in"


@pytest.fixture
def phone(federation: Federation, with_password: Callable[..., None]) -> Phone:
    """The phone of `east`, who signs in in two steps."""
    with_password(federation, "east")
    return Phone.of(federation, "east")


class Phone:
    """An authenticator with one account."""

    def __init__(self, federation: Federation, login: str, secret: str, codes: list[str]) -> None:
        self.federation, self.login, self.codes = federation, login, codes
        self._totp = pyotp.TOTP(secret)

    @classmethod
    def of(cls, federation: Federation, login: str) -> Phone:
        with earlier(), federation.uow() as uow:
            account = account_of(federation, uow, login)
            row = second_factor.begin(uow, account)
            secret = second_factor.secret_of(uow, row)
            codes = second_factor.confirm(uow, account, pyotp.TOTP(secret).at(clock.now()))
        return cls(federation, login, secret, codes)

    @property
    def code(self) -> str:
        return self._totp.at(clock.now())

    def sign_in(self, password: str, code: str | None = None) -> TestResponse:
        body = {"login": self.login, "password": password} | ({} if code is None else {"code": code})
        return self.federation.client().post(PATH, body)


@contextmanager
def earlier(minutes: int = 5) -> Iterator[None]:
    with clock.at(clock.now() - timedelta(minutes=minutes)):
        yield


def account_of(federation: Federation, uow: Any, login: str) -> Account:
    account = account_by_id(uow, federation.accounts[login])
    assert account is not None
    return account


def actions(federation: Federation) -> list[str]:
    with federation.uow() as uow:
        return list(uow.session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)))


@pytest.fixture
def required() -> Iterator[None]:
    """A platform whose federations ask officers for a second factor."""
    entry = next(iter(PACKS.declared(PARAMETER)))
    PACKS.add(type(entry)(**{**vars(entry), "value": "officers"}))
    yield
    PACKS.add(entry)


def test_the_password_alone_no_longer_opens_a_session(phone: Phone, password: str) -> None:
    refused = phone.sign_in(password)
    assert (refused.status_code, refused.json["code"]) == (401, "code_required")
    assert phone.sign_in(password, phone.code).status_code == 200


def test_a_wrong_password_tells_nothing_of_a_second_factor(phone: Phone) -> None:
    for code in (None, phone.code):
        assert phone.sign_in("wrong password", code).json["code"] == "sign_in_failed"


def test_a_code_counts_once(phone: Phone, password: str) -> None:
    code = phone.code
    assert [phone.sign_in(password, code).status_code for _ in range(2)] == [200, 401]


def test_of_two_who_come_with_one_code_at_once_one_gets_in(phone: Phone, password: str) -> None:
    code = phone.code
    with ThreadPoolExecutor(4) as pool:
        statuses = list(pool.map(lambda _n: phone.sign_in(password, code).status_code, range(4)))
    assert sorted(statuses) == [200, 401, 401, 401]


def test_a_code_of_two_minutes_ago_is_refused(phone: Phone, password: str) -> None:
    with earlier(2):
        old = phone.code
    assert phone.sign_in(password, old).json["code"] == "code_wrong"


def test_guessing_codes_runs_into_the_lock(phone: Phone, password: str) -> None:
    answers = [phone.sign_in(password, "000000").status_code for _ in range(6)]
    assert answers == [401] * 5 + [429]
    assert phone.sign_in(password, phone.code).status_code == 429
    assert actions(phone.federation).count("core.sign_in.code_refused") == 5


def test_a_recovery_code_stands_for_one_code_however_it_is_typed(phone: Phone, password: str) -> None:
    assert len(set(phone.codes)) == RECOVERY_CODES
    typed = phone.codes[3].upper().replace("-", " ")
    assert [phone.sign_in(password, typed).status_code for _ in range(2)] == [200, 401]
    assert phone.sign_in(password, phone.codes[4]).status_code == 200


def test_neither_secret_nor_recovery_codes_can_be_read_in_a_table(
    phone: Phone, table_texts: Callable[[Federation], dict[str, list[str]]]
) -> None:
    texts = [text for rows in table_texts(phone.federation).values() for text in rows]
    assert not any(secret in text for text in texts for secret in (phone._totp.secret, *phone.codes))


def test_a_token_is_not_asked_for_a_code(phone: Phone) -> None:
    assert phone.federation.token("east", None).get("/api/v1/me").status_code == 200


def test_what_is_not_confirmed_in_time_changes_nothing(
    federation: Federation, with_password: Callable[..., None], password: str
) -> None:
    with_password(federation, "east")
    with earlier(60), federation.uow() as uow:
        account = account_of(federation, uow, "east")
        secret = second_factor.secret_of(uow, second_factor.begin(uow, account))
    with federation.uow() as uow, pytest.raises(Conflict):
        second_factor.confirm(uow, account_of(federation, uow, "east"), pyotp.TOTP(secret).at(clock.now()))
    assert federation.client().post(PATH, {"login": "east", "password": password}).status_code == 200


def test_doing_without_takes_a_code(phone: Phone, password: str) -> None:
    with phone.federation.uow() as uow, pytest.raises(Invalid):
        second_factor.remove(uow, account_of(phone.federation, uow, "east"), "000000")
    with phone.federation.uow() as uow:
        second_factor.remove(uow, account_of(phone.federation, uow, "east"), phone.code)
    assert phone.sign_in(password).status_code == 200


# --- lost phones


def test_an_administrator_resets_it_with_a_reason_that_the_trail_keeps(phone: Phone, password: str) -> None:
    federation, path = phone.federation, f"/api/v1/accounts/{phone.federation.accounts['east']}/second-factor"
    assert federation.client("district").post(f"{path}/reset", {"reason": "手机丢失"}).status_code == 403
    assert federation.client("admin").post(f"{path}/reset", {"reason": "手机丢失"}).status_code == 204
    assert phone.sign_in(password).status_code == 200
    assert federation.client("admin").post(f"{path}/reset", {"reason": "手机丢失"}).status_code == 409
    with federation.uow() as uow:
        note = uow.session.scalars(
            select(AuditEntry).where(AuditEntry.action == "core.second_factor.reset").order_by(AuditEntry.id)
        ).first()
    assert note is not None
    assert note.account_id == federation.accounts["admin"]


# --- required


@pytest.mark.usefixtures("required")
def test_a_federation_may_require_it_of_officers(
    federation: Federation, with_password: Callable[..., None], password: str
) -> None:
    for login in ("east", "worker"):
        with_password(federation, login)
    answers = {
        login: federation.client().post(PATH, {"login": login, "password": password})
        for login in ("east", "worker")
    }
    assert (answers["east"].status_code, answers["east"].json["code"]) == (
        401,
        "second_factor_setup_required",
    )
    assert answers["worker"].status_code == 200


@pytest.mark.usefixtures("required")
def test_an_officer_of_whom_it_is_required_sets_it_up_on_the_way_in(browser: Any) -> None:
    step = browser.sign_in("east", next="/console/inbox")
    assert step.headers["Location"] == "/sign-in/code"
    page = browser.get("/sign-in/code").text
    found = re.search(r'class="secret"[^>]*>([A-Z2-7]+)<', page)
    assert found is not None
    assert "<svg" in page
    assert browser.get("/api/v1/me").status_code == 401
    form = {"csrf_token": browser.csrf("/sign-in/code"), "code": pyotp.TOTP(found[1]).at(clock.now())}
    shown = browser.post("/sign-in/code", data=form)
    assert shown.text.count("<code") == RECOVERY_CODES
    assert 'href="/console/inbox"' in shown.text
    assert browser.get("/api/v1/me").status_code == 200


# --- the page


def test_the_page_asks_for_the_code_as_a_second_step(browser: Any, phone: Phone) -> None:
    mine = type(browser)(phone.federation)
    assert mine.sign_in("east", next="/console/inbox").headers["Location"] == "/sign-in/code"
    assert mine.get("/api/v1/me").status_code == 401
    wrong = mine.post("/sign-in/code", data={"csrf_token": mine.csrf("/sign-in/code"), "code": "000000"})
    assert wrong.status_code == 401
    assert "验证码不对" in wrong.text
    form = {"csrf_token": mine.csrf("/sign-in/code"), "code": phone.code}
    assert mine.post("/sign-in/code", data=form).headers["Location"] == "/console/inbox"
    assert mine.get("/api/v1/me").status_code == 200


def test_the_second_step_needs_the_first_and_the_pages_token(browser: Any, phone: Phone) -> None:
    mine = type(browser)(phone.federation)
    assert mine.get("/sign-in/code").headers["Location"] == "/sign-in"
    mine.sign_in("east")
    assert mine.post("/sign-in/code", data={"code": phone.code}).status_code == 403
