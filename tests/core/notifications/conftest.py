"""Servers on this machine that gateways ask: one for text messages, one for mail."""

from __future__ import annotations

import email
from collections.abc import Iterator
from email.message import Message
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from socket import socket
from threading import Thread
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from pydantic import SecretStr

from gonghui.notifications.gateways import Mail
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
