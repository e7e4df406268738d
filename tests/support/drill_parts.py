"""What the kill drill kills with -9 and starts again: processes of the platform, the database, the embedded broker."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Protocol

import psutil

from gonghui.db.embedded import folders, postmaster
from gonghui.db.embedded.cluster import Cluster
from gonghui.events import embedded_broker


def kill_tree(pid: int) -> None:
    """Kill a process and whatever it started, at once and without a word."""
    with suppress(psutil.NoSuchProcess):
        process = psutil.Process(pid)
        family = [process, *process.children(recursive=True)]
        for member in family:
            with suppress(psutil.NoSuchProcess):
                member.send_signal(signal.SIGKILL)
        psutil.wait_procs(family, timeout=30)


class Broker(Protocol):
    """A broker by its address; `kill` kills it with -9 and starts it again on the same data."""

    url: str

    def kill(self) -> None:
        """Kill it, and start it again."""


class EmbeddedBroker:
    """The embedded Valkey under `var`."""

    def __init__(self, var: Path) -> None:
        self._var, self._stack = var, ExitStack()
        self._start()

    def _start(self) -> None:
        self._server = self._stack.enter_context(embedded_broker.running(self._var))
        self.url = self._server.url

    def kill(self) -> None:
        kill_tree(self._server.pid)
        self.close()
        self._start()

    def close(self) -> None:
        self._stack.close()


class Processes:
    """Web server, worker and relay, each started again by whoever killed it."""

    def __init__(self, environment: Mapping[str, str], port: int, log: Path) -> None:
        self._environment, self._log = environment, log
        web = (
            sys.executable, "-m", "granian", "--interface", "wsgi", "--factory", "tests.support.drilled:create_app",
            "--port", str(port), "--workers", "1", "--blocking-threads", "4", "--no-ws", "--log-level", "error",
        )  # fmt: skip
        watched = (sys.executable, "-m", "tests.support.drilled")
        self._commands = {"web": web, "worker": (*watched, "worker"), "relay": (*watched, "relay")}
        self._running = {role: self._start(role) for role in self._commands}

    def kill(self, role: str) -> None:
        """Kill everything of a role, and start it again."""
        self._end(role)
        self._running[role] = self._start(role)

    def close(self) -> None:
        """End them all."""
        for role in self._commands:
            self._end(role)

    def _start(self, role: str) -> subprocess.Popen[bytes]:
        environment = {**os.environ, **self._environment, "GONGHUI_DRILL_ROLE": role}
        with self._log.open("ab") as log:
            return subprocess.Popen(
                self._commands[role], env=environment, stdout=log, stderr=log, start_new_session=True
            )

    def _end(self, role: str) -> None:
        kill_tree(self._running[role].pid)
        self._running[role].wait()


class EmbeddedDatabase:
    """The server of a holder of the cluster under `var`."""

    def __init__(self, var: Path, port: int) -> None:
        self._cluster, self._port = Cluster.of(folders.state_of(var)), port

    def kill(self) -> None:
        """Kill the server with all its processes, and start it again: it recovers by itself."""
        found = postmaster.live(self._cluster.data)
        if found is not None:
            kill_tree(found.pid)
        postmaster.settled(self._cluster.data)
        self._cluster.start(self._port, durable=True)


@contextmanager
def closing_broker(var: Path) -> Iterator[EmbeddedBroker]:
    """An embedded broker for the length of the block."""
    broker = EmbeddedBroker(var)
    try:
        yield broker
    finally:
        broker.close()
