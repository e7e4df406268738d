"""The worker: one Celery task, which runs one delivery."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any
from uuid import UUID

from celery.signals import worker_process_init, worker_process_shutdown

from gonghui import logs
from gonghui.audit import recorder  # noqa: F401 - a unit of work refuses to open without its recorder
from gonghui.db import policies
from gonghui.db.database import Database, database_at
from gonghui.events import deliveries  # noqa: F401 - what is published is written down
from gonghui.events.broker import QUEUES, TASK, broker_at
from gonghui.i18n import load_catalogues
from gonghui.lifecycle.delivering import deliver as run_delivery
from gonghui.lifecycle.delivering import handlers_of
from gonghui.plugin_host.registry import discover
from gonghui.priority import give_way
from gonghui.settings import settings

logs.configure()
load_catalogues(Path(__file__).parent / "locale")
app = broker_at(settings().broker_url or "memory://")
_HANDLERS = handlers_of(discover())
_databases: list[Database] = []


@app.task(name=TASK)
def deliver(envelope: dict[str, str]) -> None:
    """Run the delivery that the envelope names."""
    run_delivery(_databases[0], _HANDLERS, UUID(envelope["tenant"]), UUID(envelope["delivery"]))


def run(queues: Sequence[str], *, at_once: int = 2) -> None:
    """Serve `queues` with so many processes until it is told to end; what is under way is finished."""
    give_way()
    names = ",".join(f"gonghui.{queue}" for queue in queues or QUEUES)
    app.worker_main(
        ["worker", "--queues", names, "--concurrency", str(at_once), "--loglevel", "warning",
         "--without-gossip", "--without-mingle"]
    )  # fmt: skip


@worker_process_init.connect
def _open(**_told: Any) -> None:
    """Connections of this process's own: those of the one that it was forked from are not its."""
    url = settings().database_url
    if url is None:
        raise RuntimeError("GONGHUI_DATABASE_URL is not set")
    _databases[:] = [
        database_at(
            url,
            settings().var,
            settings().database_name,
            pool_size=3,  # a delivery, the job that it began, and its progress, which is committed apart
            timeout_ms=settings().statement_timeout_ms,
            only=(policies.APP,),
        )
    ]


@worker_process_shutdown.connect
def _close(**_told: Any) -> None:
    for database in _databases:
        database.dispose()


if __name__ == "__main__":
    parser = ArgumentParser(prog="gonghui worker")
    parser.add_argument("queues", nargs="*", metavar="QUEUE")
    parser.add_argument("--at-once", type=int, default=2)
    told = parser.parse_args()
    # Under its own name: this one is __main__, and has a Celery application of its own.
    import_module("gonghui.worker").run(told.queues, at_once=told.at_once)
