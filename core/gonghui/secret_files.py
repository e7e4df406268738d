"""Secrets that an installation makes for itself once and keeps in `var/secrets`, each in a file of its own."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path


def _random() -> str:
    return secrets.token_urlsafe(48)


def kept_secret(var: Path, name: str, make: Callable[[], str] = _random) -> str:
    """The secret called `name`, the same in every process of the installation; made where there is none yet."""
    path = var / "secrets" / name
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        fresh = path.with_name(f"{name}.{secrets.token_hex(4)}")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(make())
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(fresh, path)  # whole or not at all: another process that starts now reads the same
        fresh.unlink()
    return path.read_text()
