"""A Celery application with one task, whose effects are lines in a file that no broker can lose.

The environment says which broker and queue it uses, where the file is, and whether the task stops half-way.
"""

from __future__ import annotations

import os
import signal

from celery import Celery


def application(broker: str, queue: str) -> Celery:
    """The application, as set for a broker that must lose nothing: late acknowledgement, quorum queues."""
    app = Celery("ledger_worker", broker=broker)
    app.conf.update(
        task_default_queue=queue,
        task_default_queue_type="quorum",
        task_acks_late=True,
        task_ignore_result=True,
        worker_prefetch_multiplier=1,
        broker_connection_retry_on_startup=True,
        broker_transport_options=_transport(broker),
    )
    app.task(_write, name="write")
    return app


def _transport(broker: str) -> dict[str, object]:
    if broker.startswith("redis"):
        # A message that a dead worker had comes back when it has been out of sight for this long.
        return {"visibility_timeout": 2, "unacked_restore_interval": 1, "unacked_restore_throttle": 1}
    return {"confirm_publish": True}


def _write(message: str) -> None:
    _append(f"began {message}")
    if os.environ.get("LEDGER_HOLD"):
        signal.pause()
    _append(f"ended {message}")


def _append(line: str) -> None:
    with open(os.environ["LEDGER_FILE"], "a", encoding="utf-8") as ledger:
        ledger.write(line + "\n")


if __name__ == "__main__":
    application(os.environ["LEDGER_BROKER"], os.environ["LEDGER_QUEUE"]).worker_main(
        ["worker", "--concurrency", "1", "--without-gossip", "--without-mingle", "--loglevel", "info"]
    )
