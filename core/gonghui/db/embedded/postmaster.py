"""Tells the live server of a data directory from a pid file that a dead one left behind."""

import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from gonghui.db.embedded.errors import EmbeddedServerError
from gonghui.db.embedded.folders import fingerprint

SETTLE_SECONDS = 60
POLL_SECONDS = 0.05


@dataclass(frozen=True)
class Postmaster:
    pid: int
    port: int
    status: str

    @property
    def is_ready(self) -> bool:
        return self.status == "ready"


def cluster_name(data: Path) -> str:
    """The name that the server carries on its command line and in the titles of its processes."""
    return f"gonghui-{fingerprint(data)}"


def live(data: Path) -> Postmaster | None:
    """The server that runs in `data`, whatever its state."""
    try:
        lines = _pid_file(data).read_text(encoding="utf-8", errors="replace").splitlines()
        found = Postmaster(int(lines[0]), int(lines[3]), lines[7].strip() if len(lines) > 7 else "starting")
        process = psutil.Process(found.pid)
    except (FileNotFoundError, IndexError, ValueError, psutil.Error):
        return None
    return found if _lives_in(process, data) else None


def settled(data: Path) -> Postmaster | None:
    """The server of `data` once it has finished starting or stopping; a stale pid file is removed.

    A server that stays unready is returned as it is.
    """
    deadline = time.monotonic() + SETTLE_SECONDS
    while _pid_file(data).exists():
        found = live(data)
        if found is not None and found.is_ready:
            return found
        orphans = [] if found is not None else _inhabitants(data)
        if found is None and not orphans:
            _pid_file(data).unlink(missing_ok=True)
        elif time.monotonic() < deadline:
            time.sleep(POLL_SECONDS)
        elif found is not None:
            return found
        else:
            raise EmbeddedServerError(f"the server in {data} died, its processes stay: end {orphans} by hand")
    return None


def _pid_file(data: Path) -> Path:
    return data / "postmaster.pid"


def _lives_in(process: psutil.Process, data: Path) -> bool:
    try:
        if process.name() != "postgres":
            return False
        if any(cluster_name(data) in argument for argument in process.cmdline()):
            return True
        # Started by hand, without our name. Root in a container may not see this of another user's process,
        # so it is the second test and not the first.
        return Path(process.cwd()) == data
    except psutil.Error:
        return False


def _inhabitants(data: Path) -> list[int]:
    """Processes of the server in `data`; after a kill -9 of the postmaster they take a moment to leave."""
    return [process.pid for process in psutil.process_iter() if _lives_in(process, data)]
