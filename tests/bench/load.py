"""Load: the same prepared requests over keep-alive connections, by `wrk` where it is installed, else by ourselves."""

from __future__ import annotations

import json
import selectors
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from statistics import quantiles

import orjson

_SCRIPT = Path(__file__).with_name("wrk.lua")
_PATIENCE = 15


@dataclass
class Outcome:
    """Requests answered with 2xx, how long all took together, and each one's latency where it was taken."""

    answered: int
    seconds: float
    latencies: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Requests per second."""
        return self.answered / self.seconds

    @property
    def p95(self) -> float:
        """Latency in milliseconds that 95 % of the requests stay below."""
        return quantiles(self.latencies, n=20)[-1] * 1_000


def request(
    method: str,
    path: str,
    *,
    host: str,
    token: str | None = None,
    cookie: str | None = None,
    content: object | None = None,
) -> bytes:
    """A request as it goes over the wire: of a browser, where it comes with a cookie."""
    body = b"" if content is None else orjson.dumps(content)
    accepted = "text/html" if cookie else "application/json"
    lines = [f"{method} {path} HTTP/1.1", f"Host: {host}", f"Accept: {accepted}"]
    if cookie is not None:
        lines.append(f"Cookie: {cookie}")
    if token is not None:
        lines.append(f"Authorization: Bearer {token}")
    if content is not None:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, "", ""]).encode() + body


def generator() -> str:
    """Who makes the load on this machine."""
    return "wrk" if shutil.which("wrk") else "python"


def throughput(port: int, requests: Sequence[bytes], *, clients: int, seconds: float) -> float:
    """Requests per second that `clients` get answered. Raises `RuntimeError` for an answer that is not 2xx."""
    if generator() == "wrk":
        return _by_wrk(port, requests, clients, seconds).rate
    return by_python(port, cycle(requests), clients=clients, until=time.perf_counter() + seconds).rate


def _by_wrk(port: int, requests: Sequence[bytes], clients: int, seconds: float) -> Outcome:
    with tempfile.NamedTemporaryFile() as file:
        file.writelines(b"%d\n%b\n" % (len(one), one) for one in requests)
        file.flush()
        command = [
            "wrk", "--threads", "1", "--connections", str(clients), "--duration", f"{seconds:.0f}s",
            "--script", str(_SCRIPT), f"http://127.0.0.1:{port}", "--", file.name,
        ]  # fmt: skip
        done = subprocess.run(command, check=True, capture_output=True, text=True)
    told = json.loads(done.stdout.splitlines()[-1])
    if told["failed"]:
        raise RuntimeError(f"{told['failed']} of {told['answered']} requests failed, one of {requests[0]!r}")
    return Outcome(told["answered"], told["microseconds"] / 1e6)


def by_python(port: int, requests: Iterator[bytes], *, clients: int, until: float = float("inf")) -> Outcome:
    """Send until `requests` or the time ends; each client waits for its answer before it asks again."""
    waiting = selectors.DefaultSelector()
    connections = [_Connection(port) for _ in range(clients)]
    latencies: list[float] = []
    started = time.perf_counter()
    for connection in connections:
        connection.send(next(requests))
        waiting.register(connection.socket, selectors.EVENT_READ, connection)
    try:
        while waiting.get_map():
            for key, _events in waiting.select(_PATIENCE):
                latency = key.data.receive()
                if latency is None:
                    continue
                latencies.append(latency)
                following = next(requests, None) if time.perf_counter() < until else None
                if following is None:
                    waiting.unregister(key.fileobj)
                else:
                    key.data.send(following)
    finally:
        waiting.close()
        for connection in connections:
            connection.socket.close()
    return Outcome(len(latencies), time.perf_counter() - started, latencies)


class _Connection:
    """A keep-alive connection with at most one request under way."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=_PATIENCE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._answer = b""
        self._sent_at = 0.0

    def send(self, one: bytes) -> None:
        self._answer, self._sent_at = b"", time.perf_counter()
        self.socket.sendall(one)

    def receive(self) -> float | None:
        """Read on; the latency, once the answer is whole."""
        part = self.socket.recv(262_144)
        if not part:
            raise RuntimeError("the server closed the connection")
        self._answer += part
        head, end, body = self._answer.partition(b"\r\n\r\n")
        if not end or len(body) < _length(head):
            return None
        if head[9:10] != b"2":
            raise RuntimeError(f"not answered: {self._answer[:1_000]!r}")
        return time.perf_counter() - self._sent_at


def _length(head: bytes) -> int:
    lowered = head.lower()
    at = lowered.index(b"content-length:") + len(b"content-length:")
    return int(lowered[at:].split(b"\r\n", 1)[0])
