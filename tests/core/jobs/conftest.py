"""What tests of jobs share: workers that are heard of, and one that does at once what it is told."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pytest

from gonghui.events.broker import Message
from gonghui.events.relay import Relay
from gonghui.lifecycle.delivering import deliver, handlers_of
from gonghui.settings import settings
from gonghui.testing import World


@pytest.fixture(autouse=True)
def with_workers(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """There is a broker, as far as the application knows."""
    monkeypatch.setattr(settings(), "broker_url", "memory://")


@pytest.fixture
def work(world: World) -> Callable[[], None]:
    """Does what is due: relay and worker in this process."""
    handlers = handlers_of(world.registry)

    def send(messages: Iterable[Message]) -> None:
        for tenant_id, delivery_id, _handler, _queue in messages:
            deliver(world.database, handlers, tenant_id, delivery_id)

    relay = Relay(world.database, handlers, send)

    def until_done() -> None:
        while relay.run_once():
            pass

    return until_done
