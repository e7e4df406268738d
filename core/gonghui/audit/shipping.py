"""Log shipping: each sealed entry leaves as a line of JSON, in order, at least once, for a file or a syslog."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from logging import LogRecord
from logging.handlers import SysLogHandler
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit
from uuid import UUID

import orjson
import structlog
from sqlalchemy import Connection, text

from gonghui.audit.chain import sealed_rows
from gonghui.audit.writing import SEALED
from gonghui.db.database import Database
from gonghui.settings import Settings

_log = structlog.get_logger()
_AT_ONCE = 1_000
_TOLD_OF_SEALED = ("seq", "at", "action")

_LOCK = text("SELECT pg_try_advisory_xact_lock(7215006, hashtext(CAST(:chain AS text)))")
_DUE = text("""
SELECT p.tenant_id FROM core.audit_progress p
JOIN LATERAL (SELECT seq FROM core.audit_seal WHERE tenant_id = p.tenant_id ORDER BY seq DESC LIMIT 1) s ON true
WHERE s.seq > coalesce(CAST(p.shipped ->> :target AS bigint), 0)
ORDER BY p.tenant_id
""")
_SHIPPED = text(
    "SELECT coalesce(CAST(shipped ->> :target AS bigint), 0) FROM core.audit_progress WHERE tenant_id = :chain"
)
_ADVANCE = text("""
UPDATE core.audit_progress SET shipped = shipped || jsonb_build_object(CAST(:target AS text), CAST(:seq AS bigint))
WHERE tenant_id = :chain
""")


class Target(Protocol):
    """Where lines go."""

    name: str

    def send(self, lines: Sequence[tuple[datetime, bytes]]) -> None:
        """Hand over lines with the moments of which they tell. Raises `OSError`; they are then sent again."""
        ...


class LogFile:
    """A file that is only ever appended to; whoever rotates it may move it away at any moment."""

    name = "file"

    def __init__(self, path: Path) -> None:
        self._path = path

    def send(self, lines: Sequence[tuple[datetime, bytes]]) -> None:
        """Append the lines, and see to it that they are on the disk."""
        descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        with os.fdopen(descriptor, "ab") as file:
            file.write(b"".join(line + b"\n" for _at, line in lines))
            file.flush()
            os.fsync(file.fileno())


class Syslog:
    """A syslog that takes RFC 5424. Over UDP, and in what TCP had on its way, it may lose lines unnoticed."""

    name = "syslog"

    def __init__(self, url: str) -> None:
        self._address, self._kind = _address_of(url)
        self._host = socket.gethostname() or "-"

    def send(self, lines: Sequence[tuple[datetime, bytes]]) -> None:
        """Send the lines as messages of facility 13, "log audit", one by one over one connection."""
        handler = _Strict(self._address, facility=13, socktype=self._kind)
        try:
            for at, line in lines:
                head = f"1 {at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ} {self._host} gonghui {os.getpid()} audit - "
                handler.emit(
                    _message(head + line.decode() + ("\n" if self._kind == socket.SOCK_STREAM else ""))
                )
        finally:
            handler.close()


class _Strict(SysLogHandler):
    """Raises what went wrong, where a handler of logs would only mention it: the progress has to know."""

    append_nul = False

    def handleError(self, _record: LogRecord) -> None:  # noqa: N802 - the name is logging's
        raise  # noqa: PLE0704 - it is called where an exception is being handled


def targets_of(settings: Settings) -> list[Target]:
    """Where the settings want entries to go. Raises `ValueError` for an address that is none."""
    targets: list[Target] = [LogFile(settings.audit_log_file)] if settings.audit_log_file else []
    return [*targets, Syslog(settings.audit_syslog)] if settings.audit_syslog else targets


def ship(database: Database, targets: Iterable[Target]) -> int:
    """Send what was sealed and has not left yet; how many lines. A target that fails waits for the next time."""
    return sum(_ship_to(database, target) for target in targets)


def _ship_to(database: Database, target: Target) -> int:
    with database.sealer() as connection:
        chains = connection.scalars(_DUE, {"target": target.name}).all()
    count = 0
    try:
        for chain in chains:
            sent = _AT_ONCE
            while sent == _AT_ONCE:
                with database.sealer() as connection:
                    sent = _send_some(connection, chain, target)
                count += sent
    except OSError as error:
        _log.error("audit_not_shipped", target=target.name, error=type(error).__name__)
    return count


def _send_some(connection: Connection, chain: UUID, target: Target) -> int:
    if not connection.scalar(_LOCK, {"chain": chain}):
        return 0  # somebody else is at it
    after = connection.execute(_SHIPPED, {"chain": chain, "target": target.name}).scalar_one()
    rows = list(sealed_rows(connection, chain, after=after, last=after + _AT_ONCE))
    if rows:
        target.send([(told["at"], _line(chain, told, reached)) for told, reached in rows])
        # Noted once they have left: a crash in between sends them again.
        connection.execute(_ADVANCE, {"chain": chain, "target": target.name, "seq": rows[-1][0]["seq"]})
    return len(rows)


def _line(chain: UUID, told: dict[str, Any], reached: bytes) -> bytes:
    if told.get("operation") == SEALED:
        told = {name: told[name] for name in _TOLD_OF_SEALED}
    return orjson.dumps({"tenant": chain, **told, "hash": reached.hex()}, option=orjson.OPT_SORT_KEYS)


def _message(content: str) -> LogRecord:
    return LogRecord("gonghui.audit", 20, "", 0, content, None, None)


def _address_of(url: str) -> tuple[Any, socket.SocketKind]:
    parts = urlsplit(url)
    if parts.scheme == "unix" and parts.path:
        return parts.path, socket.SOCK_DGRAM
    kinds = {"udp": socket.SOCK_DGRAM, "tcp": socket.SOCK_STREAM}
    if parts.scheme not in kinds or not parts.hostname or not parts.port:
        raise ValueError("a syslog is udp://HOST:PORT, tcp://HOST:PORT or unix:PATH")
    return (parts.hostname, parts.port), kinds[parts.scheme]
