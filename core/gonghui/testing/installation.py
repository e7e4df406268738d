"""Installations for tests that drive the product as its users do: from a shell, on data of their own."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from gonghui.db.embedded import stop_leftover

ROOT = Path(__file__).resolve().parents[3]


@dataclass(frozen=True)
class Shell:
    """A folder of data, a port, and the product's commands in them."""

    var: Path
    port: int

    @property
    def environment(self) -> dict[str, str]:
        """What tells the product to use them."""
        ours = {"GONGHUI_VAR": str(self.var), "GONGHUI_PORT": str(self.port), "GONGHUI_DEMO_SCALE": "small"}
        return {**os.environ, **ours, "SCALE": "small", "PYTHONUNBUFFERED": "1"}

    def run(self, *command: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a command from the repository's root."""
        return subprocess.run(
            command, cwd=ROOT, env=self.environment, check=check, text=True, capture_output=True, timeout=300
        )

    def gonghui(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run the `gonghui` command."""
        return self.run(str(ROOT / ".venv" / "bin" / "gonghui"), *arguments, check=check)


@contextmanager
def throw_away(name: str) -> Iterator[Shell]:
    """An installation that leaves nothing behind."""
    base = ROOT / "var"
    base.mkdir(exist_ok=True)
    var = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=base))
    var.chmod(0o755)
    try:
        yield Shell(var, free_port())
    finally:
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
