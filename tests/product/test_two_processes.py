"""Two web processes on one database: what one switches, the other knows at its next request."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from http.client import HTTPConnection
from typing import Any

import orjson
import pytest

from gonghui.testing import Federation, World
from gonghui.testing.installation import free_port
from gonghui.testing.places import var_of_tests

UNIONS = "/api/v1/organising/unions"


@pytest.fixture(scope="module")
def ports(world: World) -> Iterator[list[int]]:
    """Ports of two web servers, each a process of its own."""
    with ExitStack() as stack:
        yield [stack.enter_context(_Server(world)).port for _number in range(2)]


class _Server:
    """A web server on the database of the tests."""

    def __init__(self, world: World) -> None:
        self.port = free_port()
        url = world.database.admin_url._replace(username=None, password=None)
        self._environment = {
            **os.environ,
            "GONGHUI_VAR": str(var_of_tests()),
            "GONGHUI_DATABASE_URL": url.render_as_string(),
            "GONGHUI_DATABASE_NAME": world.database.name,
            "GONGHUI_PORT": str(self.port),
        }

    def __enter__(self) -> _Server:
        command = [
            sys.executable, "-m", "granian", "--interface", "wsgi", "--factory", "gonghui.app:create_app",
            "--port", str(self.port), "--workers", "1", "--blocking-threads", "2", "--log-level", "error",
        ]  # fmt: skip
        self._process = subprocess.Popen(command, env=self._environment)
        while not self._answers():
            assert self._process.poll() is None, "the web server ended"
        return self

    def __exit__(self, *_error: object) -> None:
        self._process.terminate()
        self._process.wait()

    def _answers(self) -> bool:
        try:
            return ask(self.port, "GET", "/healthz").status == 200
        except ConnectionError:
            return False


class _Answer:
    def __init__(self, status: int, content: bytes) -> None:
        self.status, self.content = status, content


def ask(port: int, method: str, path: str, federation: Federation | None = None, body: Any = None) -> _Answer:
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    headers = {"Content-Type": "application/json"}
    if federation is not None:
        secret = federation.client("admin").secret
        headers |= {"Host": f"{federation.view.code}.test", "Authorization": f"Bearer {secret}"}
    try:
        connection.request(method, path, orjson.dumps(body) if body is not None else None, headers)
        answer = connection.getresponse()
        return _Answer(answer.status, answer.read())
    finally:
        connection.close()


def test_what_one_process_switches_the_other_knows_at_its_next_request(
    federation: Federation, ports: list[int]
) -> None:
    first, second = ports
    for on in (False, True, False, True):
        for port, other in ((first, second), (second, first)):
            switched = ask(port, "PUT", "/api/v1/plugins/organising", federation, {"on": on})
            assert switched.status == 200, switched.content
            assert ask(other, "GET", UNIONS, federation).status == (200 if on else 404)
            document = ask(other, "GET", "/api/v1/openapi.json", federation)
            assert (UNIONS.encode() in document.content) is on
