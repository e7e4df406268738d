"""What tests of jobs share: workers that are heard of, and one that does at once what it is told."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from gonghui.events.relay import Relay
from gonghui.lifecycle.delivering import deliver, handlers_of
from gonghui.settings import settings
from gonghui.testing import World


@pytest.fixture(autouse=True)
def with_workers(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """There is a broker, as far as the application knows."""
    monkeypatch.setattr(settings(), "broker_url", "memory://")
    yield


@pytest.fixture
def work(world: World) -> Callable[[], None]:
    """Does what is due: relay and worker in this process."""
    handlers = handlers_of(world.registry)
    relay = Relay(
        world.database,
        handlers,
        lambda messages: [deliver(world.database, handlers, m[0], m[1]) for m in messages],  # type: ignore[arg-type, func-returns-value]
    )

    def until_done() -> None:
        while relay.run_once():
            pass

    return until_done
