"""Operators in a browser: in by key and reason, out after a while, seen by the platform's trail on every page."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from werkzeug.test import Client, TestResponse

from gonghui.api import operator_sessions
from gonghui.audit.entries import PlatformEntry
from gonghui.auth.operators import issue_key, revoke_keys
from gonghui.plugin_host.registry import Rejected
from gonghui.testing import Federation
from gonghui.values import clock

HOME, SIGN_IN = "/operator", "/operator/sign-in"
_HTML = {"Accept": "text/html"}


class Operator:
    """An operator's browser at a federation's host."""

    def __init__(self, federation: Federation, name: str) -> None:
        self.federation, self.name = federation, name
        self.base = f"http://{federation.view.code}.test"
        self.client = Client(federation.world.app)
        _key, self.secret = issue_key(federation.world.database, name, 1)

    def open(self, path: str, language: str = "zh") -> TestResponse:
        return self.client.get(path, base_url=self.base, headers={**_HTML, "Accept-Language": language})

    def send(self, path: str, **fields: str) -> TestResponse:
        found = re.search(r'name="csrf_token" value="([^"]+)"', self.open(SIGN_IN).text)
        assert found is not None
        data = {"csrf_token": found.group(1), **fields}
        return self.client.post(path, base_url=self.base, headers=_HTML, data=data)

    def sign_in(self, **fields: str) -> TestResponse:
        return self.send(SIGN_IN, **{"key": self.secret, "reason": "处理故障 17", **fields})


@pytest.fixture
def operator(federation: Federation) -> Operator:
    return Operator(federation, f"值班{federation.view.code}")


@pytest.fixture
def entered(operator: Operator) -> Operator:
    assert operator.sign_in().status_code == 303
    return operator


def _entries(operator: Operator) -> list[Any]:
    with operator.federation.world.database.operator() as session:
        mine = select(PlatformEntry).where(PlatformEntry.operator == operator.name)
        return list(session.scalars(mine.order_by(PlatformEntry.number)))


def test_an_operator_comes_in_by_key_and_reason_and_every_page_is_on_record(operator: Operator) -> None:
    done = operator.sign_in(next="/operator/tenants")
    assert (done.status_code, done.headers["Location"]) == (303, "/operator/tenants")
    assert operator.open("/operator/tenants").status_code == 200
    told = [(entry.reason, entry.detail["request"]) for entry in _entries(operator)]
    assert told == [
        ("处理故障 17", "POST /operator/sign-in"),
        ("处理故障 17", "GET /operator/tenants"),
    ]


def test_the_cookie_is_for_operators_pages_alone_and_does_not_hold_the_key(operator: Operator) -> None:
    cookie = operator.sign_in().headers["Set-Cookie"]
    assert operator.secret not in cookie
    for part in ("Path=/operator", "HttpOnly", "SameSite=Strict", f"Max-Age={operator_sessions.LASTS}"):
        assert part in cookie
    assert operator.open("/console").headers["Location"].startswith("/sign-in")
    assert operator.client.get("/api/v1/platform/plugins", base_url=operator.base).status_code == 401


@pytest.mark.parametrize(
    ("fields", "status", "said"),
    [
        ({"key": "gho_forged"}, 401, "密钥不对，或已过期。"),
        ({"key": ""}, 422, "填写密钥。"),
        ({"reason": " "}, 422, "写明理由。"),
        ({"reason": "长" * 501}, 422, "理由最多 500 字。"),
    ],
)
def test_without_a_key_or_a_reason_nobody_comes_in(
    operator: Operator, fields: dict[str, str], status: int, said: str
) -> None:
    answer = operator.sign_in(**fields)
    assert (answer.status_code, said in answer.text) == (status, True)
    assert "Set-Cookie" not in answer.headers or "gonghui_operator" not in answer.headers["Set-Cookie"]
    assert operator.open(HOME).headers["Location"].startswith(SIGN_IN)


def test_a_revoked_key_ends_the_session_at_once(entered: Operator) -> None:
    assert entered.open(HOME).status_code == 200
    revoke_keys(entered.federation.world.database, entered.name)
    assert entered.open(HOME).headers["Location"].startswith(SIGN_IN)


def test_a_session_ends_by_itself(entered: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(operator_sessions, "LASTS", -1)
    assert entered.open(HOME).status_code == 302


def test_a_session_of_one_host_opens_no_other(entered: Operator) -> None:
    cookie = entered.client.get_cookie(
        "gonghui_operator", domain=entered.base.removeprefix("http://"), path="/operator"
    )
    assert cookie is not None
    other = Operator(entered.federation.world.federation(), "旁人")
    host = other.base.removeprefix("http://")
    other.client.set_cookie("gonghui_operator", cookie.value, domain=host, path="/operator")
    assert other.open(HOME).status_code == 302


def test_a_change_needs_the_pages_token(entered: Operator) -> None:
    assert entered.client.post("/operator/sign-out", base_url=entered.base).status_code == 403
    assert entered.send("/operator/sign-out").status_code == 303
    assert entered.open(HOME).status_code == 302


def test_an_administrators_session_is_none_of_an_operator(federation: Federation) -> None:
    assert federation.client("admin").get(HOME).status_code == 403
    assert federation.client().get(HOME).status_code == 401


def test_health_names_every_part_and_what_is_behind(entered: Operator) -> None:
    shown = entered.open(HOME).text
    for part in ("数据库", "消息代理", "对象存储", "事件转送", "任务派发", "审计封存", "审计签名", "磁盘"):
        assert part in shown
    with clock.at(clock.now() + timedelta(hours=1)):
        assert "处需要处理" in entered.open(HOME).text


def test_tenants_are_listed_with_what_they_have_on(
    entered: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gonghui.web.operating._AT_ONCE", 1)
    entered.federation.world.federation()
    first = entered.open("/operator/tenants").text
    path = re.search(r'rel="next" href="([^"]+)"', first)
    assert path is not None
    second = entered.open(path.group(1)).text
    # By their codes: tests that share the database make federations of the same name.
    listed = [re.findall(r"<tr>.*?<td data-said>([^<]+)", text, re.DOTALL) for text in (first, second)]
    assert [len(codes) for codes in listed] == [1, 1]
    assert listed[0] != listed[1]


def test_a_rejected_plugin_is_shown_with_its_reason(
    entered: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry = entered.federation.world.registry
    assert "都已装上。" in entered.open("/operator/plugins").text
    monkeypatch.setattr(registry, "rejected", [Rejected("broken", "it requires the plugin nothing")])
    shown = entered.open("/operator/plugins").text
    assert "it requires the plugin nothing" in shown
    assert "1 个插件没有装上" in shown
