"""My inbox and how I can be reached: mine alone, in my language, and used only once I have confirmed it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from gonghui.i18n import Text, text_from_json
from gonghui.notifications.contacts import CODE_LIFE, MOST_ADDRESSES, MOST_ATTEMPTS
from gonghui.notifications.inbox import Notice
from gonghui.notifications.kinds import OVERDUE, WAITING
from gonghui.notifications.messages import OutgoingMessage
from gonghui.notifications.notify import notify
from gonghui.testing import Federation, World
from gonghui.values import clock

INBOX, ADDRESSES, CONTACT = "/api/v1/me/notifications", "/api/v1/me/addresses", "/api/v1/me/contact"
CHAT = {"channel": "target", "address": "wecombot://abcdef-secret-key"}


@pytest.fixture
def federation(world: World) -> Federation:
    return world.federation()


def tell(federation: Federation, login: str, *texts: str) -> None:
    with federation.uow() as uow:
        notify(uow, WAITING, [Notice(federation.accounts[login], Text(text)) for text in texts])


def listed(federation: Federation, login: str, query: str = "") -> list[str]:
    answer = federation.client(login).get(f"{INBOX}?{query}")
    assert answer.status_code == 200, answer.text
    return [item["text"] for item in answer.json["items"]]


def code_of(federation: Federation) -> str:
    """The code that was sent last."""
    with federation.uow() as uow:
        latest = select(OutgoingMessage.content).order_by(OutgoingMessage.id.desc()).limit(1)
        content: Any = uow.session.scalars(latest).one()
        return str(text_from_json(content).params["code"])


def test_an_inbox_is_read_page_by_page_and_by_its_owner_alone(federation: Federation) -> None:
    tell(federation, "east", "甲", "乙", "丙")
    first = federation.client("east").get(f"{INBOX}?limit=2").json
    assert [item["text"] for item in first["items"]] == ["丙", "乙"]
    assert listed(federation, "east", f"limit=2&cursor={first['next']}") == ["甲"]
    assert listed(federation, "west") == []
    named = first["items"][0]["id"]
    assert federation.client("west").post(f"{INBOX}/{named}/read").status_code == 404


def test_what_was_read_is_unread_no_more(federation: Federation) -> None:
    tell(federation, "east", "甲", "乙")
    east = federation.client("east")
    newest = east.get(INBOX).json["items"][0]["id"]
    assert east.post(f"{INBOX}/{newest}/read").status_code == 204
    assert east.get(f"{INBOX}/summary").json == {"unread": 1}
    assert listed(federation, "east", "unread=true") == ["甲"]
    assert east.post(f"{INBOX}/read").status_code == 204
    assert east.get(f"{INBOX}/summary").json == {"unread": 0}
    assert len(listed(federation, "east")) == 2


def test_a_notice_is_read_in_the_readers_language(federation: Federation) -> None:
    with federation.uow() as uow:
        notify(uow, OVERDUE, [Notice(federation.accounts["east"], OVERDUE.title)])
    english = federation.client("east").get(INBOX, headers={"Accept-Language": "en"})
    assert english.json["items"][0]["text"] == "Overdue"
    assert listed(federation, "east") == ["已逾期"]


def test_an_address_is_used_once_its_code_has_come_back(federation: Federation) -> None:
    east = federation.client("east")
    made = east.post(ADDRESSES, json=CHAT)
    assert made.status_code == 201, made.text
    assert made.json["address"] == "wecombot://***"
    assert made.json["is_confirmed"] is False
    path = f"{ADDRESSES}/{made.json['id']}"
    assert (
        federation.client("west").post(f"{path}/confirm", json={"code": code_of(federation)}).status_code
        == 404
    )
    confirmed = east.post(f"{path}/confirm", json={"code": code_of(federation)})
    assert confirmed.json["is_confirmed"] is True
    assert east("DELETE", path).status_code == 204
    assert east.get(ADDRESSES).json == []


def test_a_code_is_tried_five_times_and_for_half_an_hour(federation: Federation) -> None:
    east = federation.client("east")
    for ended in ("tried", "expired"):
        path = f"{ADDRESSES}/{east.post(ADDRESSES, json=CHAT).json['id']}"
        code = code_of(federation)
        wrong = f"{(int(code) + 1) % 1_000_000:06}"
        if ended == "tried":
            for _attempt in range(MOST_ATTEMPTS):
                refused = east.post(f"{path}/confirm", json={"code": wrong})
                assert refused.json["errors"][0]["code"] == "code_wrong"
            late = east.post(f"{path}/confirm", json={"code": code})
        else:
            with clock.at(clock.now() + CODE_LIFE + timedelta(seconds=1)):
                late = east.post(f"{path}/confirm", json={"code": code})
        assert (late.status_code, late.json["code"]) == (409, "code_expired")


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ({"channel": "target", "address": "json://127.0.0.1:5432/"}, "target_refused"),
        ({"channel": "target", "address": "wecombot://"}, "target_refused"),
        ({"channel": "email", "address": "nobody"}, "not_an_address"),
        ({"channel": "email", "address": "a@b@c"}, "not_an_address"),
        ({"channel": "sms", "address": "13800000000"}, "invalid_field"),
        ({"channel": "email", "address": "a@b.example\r\nBcc: x@y.example"}, "invalid_field"),
    ],
)
def test_an_address_that_cannot_be_one_is_refused(federation: Federation, sent: Any, code: str) -> None:
    refused = federation.client("east").post(ADDRESSES, json=sent)
    assert refused.status_code == 422
    assert code in (refused.json["code"], refused.json["errors"][0]["code"])
    assert federation.client("east").get(ADDRESSES).json == []


def test_nobody_has_codes_sent_all_over_the_world(federation: Federation) -> None:
    east = federation.client("east")
    answers = [east.post(ADDRESSES, json=CHAT).status_code for _ in range(MOST_ADDRESSES + 1)]
    assert answers == [201] * MOST_ADDRESSES + [409]


def test_a_kind_that_is_muted_is_told_in_the_inbox_alone(federation: Federation) -> None:
    east = federation.client("east")
    path = f"{ADDRESSES}/{east.post(ADDRESSES, json=CHAT).json['id']}"
    east.post(f"{path}/confirm", json={"code": code_of(federation)})
    assert east("PUT", CONTACT, json={"language": "en", "muted": [OVERDUE.code]}).json["muted"] == [
        OVERDUE.code
    ]
    assert sent_about(federation, OVERDUE.code) == 0
    assert east("PUT", CONTACT, json={"language": "en", "muted": []}).status_code == 200
    assert sent_about(federation, OVERDUE.code) == 1
    assert len(listed(federation, "east")) == 2
    wrong = east("PUT", CONTACT, json={"language": "en", "muted": ["core.nothing"]})
    assert wrong.json["errors"][0]["code"] == "unknown_kind"


def sent_about(federation: Federation, kind: str) -> int:
    """How many messages there are of a kind, after one more matter of it."""
    with federation.uow() as uow:
        notify(uow, OVERDUE, [Notice(federation.accounts["east"], OVERDUE.title)])
    with federation.uow() as uow:
        return len(uow.session.scalars(select(OutgoingMessage).where(OutgoingMessage.kind == kind)).all())


def test_administrators_see_what_was_sent_where_and_not_what_it_said(federation: Federation) -> None:
    made = federation.client("east").post(ADDRESSES, json=CHAT)
    code = code_of(federation)
    answer = federation.client("admin").get("/api/v1/messages")
    (shown,) = answer.json["items"]
    assert (shown["account"].endswith("east"), shown["channel"], shown["title"]) == (
        True,
        "target",
        "地址验证",
    )
    assert code not in answer.text
    assert "secret" not in answer.text
    assert made.status_code == 201
    page = federation.client("admin").get("/console/messages", headers={"Accept": "text/html"})
    assert code in page.text  # the mailbox of a demonstration, out of which nothing leaves


def test_a_message_of_the_night_says_from_when_it_may_go_out(federation: Federation) -> None:
    with clock.at(datetime(2026, 6, 5, 15, tzinfo=UTC)):
        federation.secrets.clear()
        made = federation.client("east").post(ADDRESSES, json=CHAT)
        federation.client("east").post(
            f"{ADDRESSES}/{made.json['id']}/confirm", json={"code": code_of(federation)}
        )
        assert sent_about(federation, OVERDUE.code) == 1
    with federation.uow() as uow:
        found = select(OutgoingMessage.kind, OutgoingMessage.not_before)
        moments = {row.kind: row.not_before for row in uow.session.execute(found)}
    assert moments["core.address.code"] == datetime(2026, 6, 5, 15, tzinfo=UTC)  # whoever waits is awake
    assert moments[OVERDUE.code] == datetime(2026, 6, 6, 0, tzinfo=UTC)


def test_an_operator_has_no_inbox(federation: Federation) -> None:
    assert federation.client("operator").get(INBOX).status_code in (401, 403, 404)
    assert UUID(int=0) not in federation.accounts.values()
