"""One's own account: a phone set up and given up, a password changed, sessions and tokens ended, contacts kept."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pyotp
import pytest

from gonghui.auth.accounts import account_by_id
from gonghui.auth.credentials import issue_token
from gonghui.auth.second_factor import PERIOD
from gonghui.testing import Federation
from gonghui.values import clock

PAGE = "/console/me/security"


@pytest.fixture
def mine(browser: Any, federation: Federation, with_password: Callable[..., None]) -> Any:
    """A browser in which `east` of this test's own federation is signed in."""
    with_password(federation, "east")
    signed_in = type(browser)(federation)
    assert signed_in.sign_in("east").status_code == 302
    return signed_in


def send(browser: Any, path: str, **form: Any) -> Any:
    return browser.post(path, data={"csrf_token": browser.csrf(PAGE), **form})


def set_up(browser: Any) -> tuple[pyotp.TOTP, list[str]]:
    """A phone, with the recovery codes that were shown."""
    assert send(browser, "/console/me/second-factor/begin").status_code == 303
    found = re.search(r'class="secret"[^>]*>([A-Z2-7]+)<', browser.get(PAGE).text)
    assert found is not None
    phone = pyotp.TOTP(found[1])
    shown = send(
        browser, "/console/me/second-factor/confirm", code=phone.at(clock.now() - timedelta(seconds=PERIOD))
    )
    return phone, re.findall(r"<code[^>]*>([a-z0-9-]+)</code>", shown.text)


def test_a_phone_is_set_up_and_asked_for_from_then_on(mine: Any, federation: Federation) -> None:
    _phone, codes = set_up(mine)
    assert len(codes) == 10
    assert not any(code in mine.get(PAGE).text for code in codes)
    elsewhere = type(mine)(federation)
    assert elsewhere.sign_in("east").headers["Location"] == "/sign-in/code"


def test_a_wrong_code_is_told_at_its_field_and_changes_nothing(mine: Any) -> None:
    send(mine, "/console/me/second-factor/begin")
    refused = send(mine, "/console/me/second-factor/confirm", code="000000")
    assert refused.status_code == 422
    assert 'id="code-fault"' in refused.text
    assert "未启用" not in refused.text


def test_a_phone_is_given_up_by_a_code_alone(mine: Any) -> None:
    phone, codes = set_up(mine)
    assert send(mine, "/console/me/second-factor/remove", code="000000").status_code == 422
    assert send(mine, "/console/me/second-factor/remove", code=phone.at(clock.now())).status_code == 303
    assert "设置两步验证" in mine.get(PAGE).text
    assert codes


def test_guessing_codes_with_a_session_runs_into_the_lock(mine: Any) -> None:
    set_up(mine)
    answers = [send(mine, "/console/me/second-factor/remove", code="000000").status_code for _ in range(6)]
    assert answers == [422] * 5 + [429]


def test_a_changed_password_ends_every_other_session_and_token(
    mine: Any, federation: Federation, password: str
) -> None:
    elsewhere = type(mine)(federation)
    elsewhere.sign_in("east")
    program = federation.token("east", None)
    wrong = send(mine, "/console/me/password", old_password="x", new_password="y" * 12, again="y" * 12)
    assert wrong.status_code == 422
    assert "现在的密码不对" in wrong.text
    fresh = {"new_password": "another horse battery", "again": "another horse battery"}
    assert send(mine, "/console/me/password", old_password=password, **fresh).status_code == 303
    assert mine.get(PAGE).status_code == 200
    assert elsewhere.get("/api/v1/me").status_code == 401
    assert program.get("/api/v1/me").status_code == 401


def test_sessions_elsewhere_and_tokens_are_ended_one_by_one(mine: Any, federation: Federation) -> None:
    elsewhere = type(mine)(federation)
    elsewhere.sign_in("east")
    with federation.uow() as uow:
        account = account_by_id(uow, federation.accounts["east"])
        assert account is not None
        _token, secret = issue_token(uow, account, "夜间导出")
    page = mine.get(PAGE).text
    (end,) = re.findall(r'action="(/console/me/sessions/[^"]+/end)"', page)
    (revoke,) = re.findall(r'action="(/console/me/tokens/[^"]+/revoke)"', page)
    assert send(mine, end).status_code == 303
    assert send(mine, revoke).status_code == 303
    assert elsewhere.get("/api/v1/me").status_code == 401
    assert (
        federation.client().get("/api/v1/me", headers={"Authorization": f"Bearer {secret}"}).status_code
        == 401
    )
    assert mine.get(PAGE).status_code == 200


def test_nobody_ends_somebody_elses_session(mine: Any, federation: Federation) -> None:
    with federation.uow() as uow:
        account = account_by_id(uow, federation.accounts["west"])
        assert account is not None
        token, _secret = issue_token(uow, account, "x")
    assert send(mine, f"/console/me/tokens/{token.id}/revoke").status_code == 404


def test_an_address_is_added_and_what_is_no_address_is_told_at_its_field(mine: Any) -> None:
    refused = send(mine, "/console/me/addresses", channel="email", address="nonsense")
    assert refused.status_code == 422
    assert 'id="address-fault"' in refused.text
    assert send(mine, "/console/me/addresses", channel="email", address="zhang@example.cn").status_code == 303
    page = mine.get(PAGE).text
    assert "z***@example.cn" in page
    (confirm,) = re.findall(r'action="(/console/me/addresses/[^"]+/confirm)"', page)
    assert send(mine, confirm, code="000001").status_code == 422


def test_what_one_wants_to_be_told_is_kept(mine: Any) -> None:
    assert send(mine, "/console/me/contact", language="en", wanted=[]).status_code == 303
    page = mine.get(PAGE).text
    assert '<option value="en" selected>' in page
    assert 'name="wanted" value="core.record.waiting" checked' not in page
