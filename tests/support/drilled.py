"""Processes that tell the driver of the kill drill where they are, and wait there until they are let go or killed.

`python -m tests.support.drilled worker|relay`; the web server is granian with `tests.support.drilled:create_app`.
"""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Iterable
from typing import Any

import orjson
from sqlalchemy import Connection, event
from sqlalchemy.orm import Session
from tests.designs import plugin as designs

from gonghui.db.unit_of_work import TenantSession
from gonghui.events import relay as relaying
from gonghui.events.broker import Message
from gonghui.lifecycle import turns
from gonghui.plugin_host.registry import discover
from gonghui.settings import settings

DRIVER = "GONGHUI_DRILL_SOCKET"
_ROLE = "GONGHUI_DRILL_ROLE"

discover().add(designs)


def announce(*, is_inside: bool) -> None:
    """Say that this process is within an open transaction, or between two, and wait for an answer."""
    told = {"role": os.environ[_ROLE], "pid": os.getpid(), "is_inside": is_inside}
    with socket.socket(socket.AF_UNIX) as line:
        line.connect(os.environ[DRIVER])
        line.sendall(orjson.dumps(told) + b"\n")
        line.recv(1)


def _watch_sessions() -> None:
    """A unit of work is announced before its commit, when everything is written, and after it."""

    @event.listens_for(TenantSession, "before_commit")
    def _inside(_session: Session) -> None:
        announce(is_inside=True)

    @event.listens_for(TenantSession, "after_commit")
    def _outside(session: Session) -> None:
        if not session.in_nested_transaction():
            announce(is_inside=False)


def create_app() -> Any:
    """The web application, watched."""
    from gonghui.app import create_app as create

    app = create()
    _watch_sessions()
    return app


class _WatchedRelay(relaying.Relay):
    """Announced in the transaction that takes events in, and between marking deliveries and sending them."""

    def _deliveries_of(self, connection: Connection, events: Any) -> list[dict[str, Any]]:
        announce(is_inside=True)
        return super()._deliveries_of(connection, events)


def _relay() -> None:
    def send(app: Any, messages: Iterable[Message]) -> None:
        announce(is_inside=False)
        _send(app, messages)

    _send = turns.send
    turns.send, turns.Relay = send, _WatchedRelay  # type: ignore[assignment]
    turns.relay(settings(), str(settings().broker_url))


def _worker() -> None:
    from gonghui.worker import run

    _watch_sessions()
    run(("swift", "bulk", "slow"))


if __name__ == "__main__":
    {"relay": _relay, "worker": _worker}[sys.argv[1]]()
