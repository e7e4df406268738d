"""The application without its trail and its outbox: what they cost is measured beside it, and nothing else uses it."""

from __future__ import annotations

from typing import Any

from flask import Flask
from sqlalchemy import event

from gonghui.app import create_app as create
from gonghui.audit import recorder
from gonghui.db import unit_of_work
from gonghui.db.unit_of_work import TenantSession
from gonghui.records import bulk


def create_app() -> Flask:
    """Gonghui that writes neither audit entries nor events."""
    app = create()
    event.remove(TenantSession, "after_flush", recorder._record)
    event.listen(TenantSession, "after_flush", _close_door)
    recorder.write = bulk.write = _write_nothing
    unit_of_work._outboxes[:] = [_write_nothing]
    return app


def _close_door(session: TenantSession, _context: Any) -> None:
    session.connection().info["recorded"] = False


def _write_nothing(*_told: Any) -> None:
    pass
