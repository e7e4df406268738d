"""Installations for tests that drive the product as its users do: from a shell, on data of their own."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from gonghui.db.embedded import stop_leftover
from gonghui.testing.places import var_of_tests


@dataclass(frozen=True)
class Shell:
    """A folder of data, a port, and the product's commands in them, run in the folder `cwd`."""

    var: Path
    port: int
    cwd: Path
    #: Where the programs of the environment are: of this one, or of another that the product is installed in.
    programs: Path = Path(sys.executable).parent
    more: Mapping[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        """What tells the product to use them."""
        ours = {"GONGHUI_VAR": str(self.var), "GONGHUI_PORT": str(self.port), "GONGHUI_DEMO_SCALE": "small"}
        return {**os.environ, **ours, "SCALE": "small", "PYTHONUNBUFFERED": "1", **self.more}

    def run(self, *command: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a command."""
        return subprocess.run(
            command,
            cwd=self.cwd,
            env=self.environment,
            check=check,
            text=True,
            capture_output=True,
            timeout=300,
        )

    def gonghui(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run the `gonghui` command."""
        return self.run(str(self.programs / "gonghui"), *arguments, check=check)


@contextmanager
def throw_away(name: str, cwd: Path) -> Iterator[Shell]:
    """An installation that leaves nothing behind."""
    with throw_away_var(name) as var:
        yield Shell(var, free_port(), cwd)


@contextmanager
def throw_away_var(name: str) -> Iterator[Path]:
    """A folder of data that is gone at the end, with the server that was started in it."""
    base = var_of_tests().parent
    base.mkdir(parents=True, exist_ok=True)
    var = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=base))
    var.chmod(0o755)
    try:
        yield var
    finally:
        clear_away(var)


def clear_away(var: Path) -> None:
    """Stop what is left running on a folder of data, and remove it."""
    stop_leftover(var)
    place = var / "postgres" / "place"
    if place.exists():
        shutil.rmtree(place.read_text().strip(), ignore_errors=True)
    shutil.rmtree(var, ignore_errors=True)


def free_port() -> int:
    """A port below the ephemeral range that nobody uses now."""
    for port in range(18_000, 19_000):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise RuntimeError("no free port between 18000 and 19000")
