"""Gateways ask real servers on this machine, as their templates and addresses say, and tell what came of it."""

from __future__ import annotations

import email
import json
from collections.abc import Iterator
from email.header import decode_header, make_header
from email.message import Message
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from socket import socket
from threading import Thread
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from pydantic import SecretStr, ValidationError

from gonghui.errors import Invalid
from gonghui.notifications.gateways import Mail, Targets, check_target
from gonghui.notifications.sending_errors import AddressRefused, SendingFailed
from gonghui.notifications.sms_gateway import SmsGateway

TEMPLATE = """
url = "http://127.0.0.1:{port}/v1/messages"
headers = {{ Authorization = "Bearer {{secret}}" }}
json = {{ to = "{{phone}}", parts = ["【{{signature}}】{{text}}"], request = "{{key}}", now = true }}
signature = "示例区总工会"
[success]
pointer = "/results/0/code"
equals = ["OK"]
[refused]
pointer = "/results/0/code"
equals = ["ILLEGAL"]
"""


class Server(HTTPServer):
    """Answers every request with `answer`, and keeps what was asked."""

    answer: tuple[int, bytes] = (200, b"{}")

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked: list[tuple[str, dict[str, str], bytes]] = []


class _Handler(BaseHTTPRequestHandler):
    server: Server

    def do_POST(self) -> None:
        content = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.asked.append((self.path, dict(self.headers), content))
        status, answer = self.server.answer
        self.send_response(status)
        if status == 302:
            self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_args: Any) -> None:
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def sms(server: Server, tmp_path: Path) -> SmsGateway:
    path = tmp_path / "sms.toml"
    path.write_text(TEMPLATE.format(port=server.server_port), encoding="utf-8")
    return SmsGateway.read(path, SecretStr("s3cret"))


def test_a_text_message_is_sent_as_the_template_says(server: Server, sms: SmsGateway) -> None:
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
def test_another_answer_means_to_try_again(
    server: Server, sms: SmsGateway, answer: tuple[int, bytes]
) -> None:
    server.answer = answer
    with pytest.raises(SendingFailed) as failed:
        sms.send("13800000000", "", "示例", "key-1")
    assert not isinstance(failed.value, AddressRefused)
    assert len(server.asked) == 1


def test_a_number_that_the_gateway_refuses_is_not_tried_again(server: Server, sms: SmsGateway) -> None:
    server.answer = (200, b'{"results": [{"code": "ILLEGAL"}]}')
    with pytest.raises(AddressRefused):
        sms.send("1", "", "示例", "key-1")


def test_a_gateway_that_is_not_there_gives_no_secret_away(server: Server, sms: SmsGateway) -> None:
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


def free_port() -> int:
    with socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Postbox:
    """Keeps the mail that a server is given."""

    def __init__(self) -> None:
        self.mail: list[tuple[list[str], Message]] = []

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        if "nobody@firm.example" in envelope.rcpt_tos:
            return "550 no such mailbox"
        self.mail.append((envelope.rcpt_tos, email.message_from_bytes(envelope.content)))
        return "250 OK"


@pytest.fixture
def postbox() -> Iterator[tuple[Postbox, Mail]]:
    box, port = Postbox(), free_port()
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    yield box, Mail(f"mailto://127.0.0.1:{port}?from=union@district.example")
    controller.stop()


def test_mail_goes_to_the_address_alone(postbox: tuple[Postbox, Mail]) -> None:
    box, mail = postbox
    mail.send("zhang@firm.example", "期限将到", "有2件事项的期限将到。", "key-1")
    ((to, message),) = box.mail
    assert to == ["zhang@firm.example"]
    assert str(make_header(decode_header(message["Subject"]))) == "期限将到"
    told = next(part for part in message.walk() if part.get_content_type() == "text/plain")
    content = told.get_payload(decode=True)
    assert isinstance(content, bytes)
    assert "有2件事项的期限将到。" in content.decode()


def test_mail_that_the_server_refuses_has_failed(postbox: tuple[Postbox, Mail]) -> None:
    with pytest.raises(SendingFailed):
        postbox[1].send("nobody@firm.example", "期限将到", "示例", "key-1")


def test_a_group_chat_is_reached_by_its_apprise_address(server: Server) -> None:
    Targets().send(f"json://127.0.0.1:{server.server_port}/", "期限将到", "示例", "key-1")
    ((_path, _headers, content),) = server.asked
    assert json.loads(content)["message"] == "示例"


def test_a_group_chat_that_does_not_answer_has_failed(server: Server) -> None:
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
