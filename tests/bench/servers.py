"""Servers under measurement: granian as `gonghui serve` runs it, a process of the bench's own that ends with it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gonghui.db.database import Database

THREADS = 4
_PATIENCE = 30


@contextmanager
def gonghui(database: Database, var: Path, factory: str = "gonghui.app:create_app") -> Iterator[int]:
    """Gonghui on `database`; the block gets its port. Like `gonghui serve`, it gets no owner's password."""
    url = database.admin_url.set(username=None, password=None)
    environment = {
        "GONGHUI_VAR": str(var),
        "GONGHUI_DATABASE_URL": url.render_as_string(hide_password=False),
        "GONGHUI_DATABASE_NAME": database.name,
        "GONGHUI_POOL_SIZE": str(THREADS),
        "GONGHUI_DEMO": "0",
    }
    with _served(factory, environment) as port:
        yield port


@contextmanager
def bare(url: str, tenant_id: str) -> Iterator[int]:
    """The bare application on the database at `url`; the block gets its port."""
    with _served(
        "tests.bench.bare:create_app", {"BENCH_BARE_URL": url, "BENCH_BARE_TENANT": tenant_id}
    ) as port:
        yield port


@contextmanager
def _served(factory: str, environment: dict[str, str]) -> Iterator[int]:
    port = _free_port()
    command = [
        sys.executable, "-m", "granian", "--interface", "wsgi", "--factory", factory,
        "--host", "127.0.0.1", "--port", str(port), "--workers", "1",
        "--blocking-threads", str(THREADS), "--no-ws", "--log-level", "error",
    ]  # fmt: skip
    server = subprocess.Popen(command, env={**os.environ, **environment}, stdout=sys.stderr)
    try:
        _wait_for(server, port)
        yield port
    finally:
        _end(server)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _wait_for(server: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        if server.poll() is not None:
            raise RuntimeError(f"the server ended at its start (status {server.returncode})")
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError(f"the server does not listen after {_PATIENCE} s")


def _end(server: subprocess.Popen[bytes]) -> None:
    server.terminate()
    try:
        server.wait(_PATIENCE)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()
