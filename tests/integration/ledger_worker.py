"""The product's Celery settings with one task, whose effects are lines in a file that no broker can lose.

The environment says which broker it uses, where the file is, and whether the task stops half-way.
"""

from __future__ import annotations

import os
import signal

from celery import Celery

from gonghui.events.broker import broker_at


def application(broker: str) -> Celery:
    """The product's application; on Redis, what a dead worker had comes back sooner than in the product."""
    app = broker_at(broker)
    if broker.startswith("redis"):
        app.conf.broker_transport_options |= {"visibility_timeout": 2, "unacked_restore_interval": 1}
    app.task(_write, name="write")
    return app


def _write(message: str) -> None:
    _append(f"began {message}")
    if os.environ.get("LEDGER_HOLD"):
        signal.pause()
    _append(f"ended {message}")


def _append(line: str) -> None:
    with open(os.environ["LEDGER_FILE"], "a", encoding="utf-8") as ledger:
        ledger.write(line + "\n")


if __name__ == "__main__":
    application(os.environ["LEDGER_BROKER"]).worker_main(
        ["worker", "--concurrency", "1", "--without-gossip", "--without-mingle", "--loglevel", "info"]
    )
