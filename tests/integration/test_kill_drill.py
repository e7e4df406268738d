"""The whole kill drill on the real brokers: a thousand operations, and nothing is lost or done twice."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from deploy.services.rabbitmq import RabbitMQ
from deploy.services.redis import Redis
from deploy.services.service import Service, wait_until
from tests.support.kill_drill import VICTIMS, drill

from gonghui.events.broker import QUEUES, broker_at

OPERATIONS, KILLS, SEED = 1_000, 30, 20_260_927
PATIENCE = 60


class Killed:
    """A broker of this drill's own, which comes back on its data whenever it was killed."""

    def __init__(self, service: Service) -> None:
        self._service, self.url = service, service.url

    def kill(self) -> None:
        self._service.kill()
        self._service.start()


@pytest.mark.parametrize("kind", [Redis, RabbitMQ])
def test_nothing_is_lost_and_nothing_is_done_twice_whatever_is_killed(
    kind: type[Service], record_property: Callable[[str, object], None]
) -> None:
    with kind.throw_away() as service:
        _declare_queues(service)
        outcome = drill(OPERATIONS, KILLS, SEED, Killed(service))
    print(f"\nkill drill on {service.name}: {outcome}")
    record_property("kill drill", f"{service.name}: {outcome}")
    assert outcome.faults == []
    assert outcome.operations >= OPERATIONS
    assert outcome.kills.keys() == VICTIMS.keys()
    assert outcome.share_inside >= 0.3


def _declare_queues(service: Service) -> None:
    """Let the broker have its queues on disk before anything is killed, as one that has run for a second has."""
    names = [f"gonghui.{queue}" for queue in QUEUES]
    with broker_at(service.url) as app, app.connection_for_write() as connection:
        for name in names:
            app.amqp.queues[name](connection).declare()
    wait_until(lambda: all(map(service.has_on_disk, names)), PATIENCE, "queues on disk")
