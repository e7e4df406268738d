"""Gateways ask real servers on this machine, as their templates and addresses say, and tell what came of it."""

from __future__ import annotations

import json
from email.header import decode_header, make_header
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from gonghui.errors import Invalid
from gonghui.notifications.gateways import Mail, Targets, check_target
from gonghui.notifications.sending_errors import AddressRefused, SendingFailed
from gonghui.notifications.sms_gateway import SmsGateway


def test_a_text_message_is_sent_as_the_template_says(server: Any, sms: SmsGateway) -> None:
    server.answer = (200, b'{"results": [{"code": "OK"}]}')
    sms.send("13800000000", "验证", "验证码 {123456}", "key-1")
    ((path, headers, content),) = server.asked
    assert (path, headers["Authorization"]) == ("/v1/messages", "Bearer s3cret")
    assert json.loads(content) == {
        "to": "13800000000",
        "parts": ["【示例区总工会】验证码 {123456}"],
        "request": "key-1",
        "now": True,
    }


@pytest.mark.parametrize(
    "answer",
    [
        (200, b'{"results": [{"code": "BUSY"}]}'),
        (200, b'{"results": []}'),
        (200, b'{"results": 3}'),
        (200, b"not json"),
        (302, b""),
        (500, b'{"results": [{"code": "OK"}]}'),
    ],
)
def test_another_answer_means_to_try_again(server: Any, sms: SmsGateway, answer: tuple[int, bytes]) -> None:
    server.answer = answer
    with pytest.raises(SendingFailed) as failed:
        sms.send("13800000000", "", "示例", "key-1")
    assert not isinstance(failed.value, AddressRefused)
    assert len(server.asked) == 1


def test_a_number_that_the_gateway_refuses_is_not_tried_again(server: Any, sms: SmsGateway) -> None:
    server.answer = (200, b'{"results": [{"code": "ILLEGAL"}]}')
    with pytest.raises(AddressRefused):
        sms.send("1", "", "示例", "key-1")


def test_a_gateway_that_is_not_there_gives_no_secret_away(server: Any, sms: SmsGateway) -> None:
    server.server_close()
    with pytest.raises(SendingFailed) as failed:
        sms.send("13800000000", "", "示例", "key-1")
    assert str(failed.value) == "ConnectionError"


@pytest.mark.parametrize("more", ["[success]\nstatis = [200]\n", 'verb = "PUT"\n', "timeout_seconds = 0\n"])
def test_a_template_that_says_something_else_is_refused(tmp_path: Path, more: str) -> None:
    path = tmp_path / "sms.toml"
    path.write_text(f'url = "https://gateway.example"\n{more}', encoding="utf-8")
    with pytest.raises(ValidationError):
        SmsGateway.read(path, None)


def test_mail_goes_to_the_address_alone(postbox: tuple[Any, Mail]) -> None:
    box, mail = postbox
    mail.send("zhang@firm.example", "期限将到", "有2件事项的期限将到。", "key-1")
    ((to, message),) = box.mail
    assert to == ["zhang@firm.example"]
    assert str(make_header(decode_header(message["Subject"]))) == "期限将到"
    told = next(part for part in message.walk() if part.get_content_type() == "text/plain")
    content = told.get_payload(decode=True)
    assert isinstance(content, bytes)
    assert "有2件事项的期限将到。" in content.decode()


def test_mail_that_the_server_refuses_has_failed(postbox: tuple[Any, Mail]) -> None:
    with pytest.raises(SendingFailed):
        postbox[1].send("nobody@firm.example", "期限将到", "示例", "key-1")


def test_a_group_chat_is_reached_by_its_apprise_address(server: Any) -> None:
    Targets().send(f"json://127.0.0.1:{server.server_port}/", "期限将到", "示例", "key-1")
    ((_path, _headers, content),) = server.asked
    assert json.loads(content)["message"] == "示例"


def test_a_group_chat_that_does_not_answer_has_failed(server: Any) -> None:
    server.answer = (500, b"")
    with pytest.raises(SendingFailed):
        Targets().send(f"json://127.0.0.1:{server.server_port}/", "期限将到", "示例", "key-1")
    with pytest.raises(AddressRefused):
        Targets().send("nothing://", "期限将到", "示例", "key-1")


@pytest.mark.parametrize(
    "address",
    ["json://127.0.0.1/", "xml://127.0.0.1", "mailtos://a:b@127.0.0.1", "file:///etc/passwd", "wecombot://"],
)
def test_nobody_has_messages_sent_into_the_house(address: str) -> None:
    with pytest.raises(Invalid):
        check_target(address)
    check_target("wecombot://abcdefghijklmnop")
