"""The broker: how messages about deliveries are sent and taken, whatever product the URL names."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from celery import Celery
from kombu.entity import Queue

from gonghui.events.handlers import BULK, SECONDS, SLOW, SWIFT

TASK = "gonghui.deliver"
QUEUES = (SWIFT, BULK, SLOW)
#: Seconds beyond those of its queue after which a process that does not come back is ended.
_GRACE = 10
_PATIENCE = 5


def broker_at(url: str) -> Celery:
    """The Celery application that speaks to the broker at `url`, with queues that survive its death."""
    is_amqp = url.startswith(("amqp", "pyamqp"))
    app = Celery("gonghui", broker=url, set_as_current=False)
    app.conf.update(
        accept_content=["json"],
        task_serializer="json",
        task_ignore_result=True,
        task_store_errors_even_if_ignored=False,
        task_queues=[_queue(name, is_amqp=is_amqp) for name in QUEUES],
        task_create_missing_queues=False,
        task_default_queue=f"gonghui.{SWIFT}",
        # A message is done with when its delivery is: what dies in between comes again, and finds the row.
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        worker_prefetch_multiplier=1,
        worker_detect_quorum_queues=True,
        worker_cancel_long_running_tasks_on_connection_loss=False,
        worker_hijack_root_logger=False,
        worker_send_task_events=False,
        worker_enable_remote_control=False,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_connection_timeout=_PATIENCE,
        broker_transport_options=_CONFIRMED if is_amqp else _SEEN_TO,
        enable_utc=True,
    )
    return app


_CONFIRMED = {"confirm_publish": True}
_SEEN_TO = {
    # Above the longest task; the relay sends again long before, so this is only what tidies the transport up.
    "visibility_timeout": int(max(SECONDS.values())) * 6,
    "unacked_restore_interval": 2,
    "unacked_restore_throttle": 1,
    "socket_connect_timeout": _PATIENCE,
    "socket_keepalive": True,
}


def _queue(name: str, *, is_amqp: bool) -> Any:
    queue: Any = Queue  # kombu ships no types
    return queue(f"gonghui.{name}", queue_arguments={"x-queue-type": "quorum"} if is_amqp else {})


Message = tuple[UUID, UUID, str, str]
"""Tenant, delivery, handler and queue."""


def send(app: Celery, messages: Iterable[Message]) -> None:
    """Send messages, each confirmed. Raises what the transport raises where the broker does not answer."""
    with app.producer_pool.acquire(block=True, timeout=_PATIENCE) as producer:
        for tenant_id, delivery_id, handler, queue in messages:
            envelope = {"tenant": str(tenant_id), "delivery": str(delivery_id), "handler": handler}
            app.send_task(
                TASK,
                args=[envelope],
                queue=f"gonghui.{queue}",
                time_limit=int(SECONDS[queue]) + _GRACE,
                producer=producer,
                retry=True,
                retry_policy={"max_retries": 1, "interval_start": 0},
            )
