"""A server that we run ourselves: it can be started, stopped, killed, and started again on its data."""

from __future__ import annotations

import os
import random
import secrets
import signal
import subprocess
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import ClassVar, Self

from gonghui.db.embedded.folders import write_privately
from gonghui.db.embedded.ports import is_free

HOST = "127.0.0.1"
#: How long a server may take to answer, and to end when it is asked to.
START_SECONDS = 120
STOP_SECONDS = 30
#: Below 32768, where the kernel begins to hand out ports to outgoing connections.
PORTS = range(20_000, 30_000)


class ServiceError(Exception):
    """A server or what it needs is not there; the message says which and what to do."""


def wait_until(holds: Callable[[], bool], seconds: float, what: str) -> None:
    """Ask until `holds` says so. Raises `ServiceError`, naming what was waited for, when the time is over."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            raise ServiceError(f"{what}: not within {seconds:g} s")
        time.sleep(0.05)


def free_port(further: int = 0) -> int:
    """A port that is free now, as are some further ones above it; any, for others look at the same time."""
    for port in random.sample(PORTS, k=len(PORTS)):
        if all(is_free(each) for each in range(port, port + further + 1)):
            return port
    raise ServiceError(
        f"no port of {HOST} from {PORTS[0]} to {PORTS[-1]} is free: end servers no longer needed"
    )


class Service(ABC):
    """One server on a port of the loopback address, with its data, settings and log in a folder of its own."""

    name: ClassVar[str]
    #: Names the variable with the address of a server that runs already.
    variable: ClassVar[str]
    #: Further ports that it listens on, above `port`.
    further_ports: ClassVar[int] = 0

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self.port = port
        self._process: subprocess.Popen[bytes] | None = None
        folder.mkdir(parents=True, exist_ok=True)
        self.secret = self._remembered_secret()

    @classmethod
    def on_free_port(cls, folder: Path) -> Self:
        """It, where nothing else listens."""
        return cls(folder, free_port(cls.further_ports))

    @classmethod
    @contextmanager
    def throw_away(cls) -> Iterator[Self]:
        """One that runs on data of its own, which is gone with it at the end."""
        with tempfile.TemporaryDirectory(prefix=f"gonghui-{cls.name}-") as folder:
            service = cls.on_free_port(Path(folder))
            try:
                service.start()
                yield service
            finally:
                service.stop()

    @classmethod
    @abstractmethod
    def install(cls) -> None:
        """Bring its programs onto the machine. Raises `ServiceError`, saying what is missing, where it cannot."""

    @property
    @abstractmethod
    def url(self) -> str:
        """Where it answers, with the account to use."""

    @abstractmethod
    def answers(self) -> bool:
        """Whether it serves the client that the product uses."""

    def has_on_disk(self, queue: str) -> bool:
        """Whether a kill from now on spares the queue; a broker that needs time after the declaration says so."""
        return True

    @abstractmethod
    def start(self) -> None:
        """Start it on its data and wait until it answers."""

    def stop(self) -> None:
        """Let it end in order; kill it where it takes too long."""
        if self._process is None:
            return
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(STOP_SECONDS)
        self.kill()

    def kill(self) -> None:
        """End it at once, as `kill -9` does, with everything that it started."""
        if self._process is None:
            return
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._process = None

    def _run(
        self, command: Sequence[str | Path], environment: Mapping[str, str], user: str | None = None
    ) -> None:
        """Start the process in a group of its own, so that no signal of ours meets anything else."""
        if self._process is not None:
            raise ServiceError(f"{self.name} on port {self.port} is running already")
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                command,
                cwd=self.folder,
                env={
                    "PATH": os.environ["PATH"],
                    "HOME": str(self.folder),
                    "LC_ALL": "C.UTF-8",
                    **environment,
                },
                user=user,
                group=user,
                extra_groups=[] if user else None,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        try:
            wait_until(self._settled, START_SECONDS, f"an answer of {self.name}, see {self.log}")
        except BaseException:
            self.kill()
            raise

    @property
    def log(self) -> Path:
        """What it prints."""
        return self.folder / f"{self.name}.log"

    def _settled(self) -> bool:
        if self._process is not None and self._process.poll() is not None:
            last = self.log.read_text(encoding="utf-8", errors="replace")[-2000:]
            raise ServiceError(f"{self.name} ended at its start (status {self._process.returncode}): {last}")
        return self.answers()

    def _remembered_secret(self) -> str:
        """The password of the account, made at the first start: the data knows it from then on."""
        kept = self.folder / "secret"
        if not kept.exists():
            write_privately(kept, secrets.token_hex(16))
        return kept.read_text(encoding="ascii")
