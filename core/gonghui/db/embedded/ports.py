"""Which port of 127.0.0.1 a cluster listens on: the one asked for, the one it had, or the first free one."""

import socket
from pathlib import Path

from gonghui.db.embedded.errors import EmbeddedServerError
from gonghui.db.embedded.folders import write_privately

# Below 32768, where the kernel begins to hand out ports to outgoing connections.
CHOICE = range(15432, 15633)


def choose(remembered: Path, asked: int | None) -> int:
    """A port that is free now, written to the file `remembered`."""
    if asked is not None and not is_free(asked):
        raise EmbeddedServerError(
            f"port {asked} of 127.0.0.1 is taken by another program: end that program or ask for another port"
        )
    candidates = [asked] if asked is not None else [*_last(remembered), *CHOICE]
    port = next((port for port in candidates if is_free(port)), None)
    if port is None:
        raise EmbeddedServerError(
            f"no port of 127.0.0.1 from {CHOICE[0]} to {CHOICE[-1]} is free: end servers no longer needed"
        )
    write_privately(remembered, str(port))
    return port


def is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As PostgreSQL does: connections that were closed a moment ago do not make a port taken.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _last(remembered: Path) -> list[int]:
    try:
        return [int(remembered.read_text(encoding="utf-8"))]
    except (FileNotFoundError, ValueError):
        return []
