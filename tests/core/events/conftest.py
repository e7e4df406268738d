"""What tests of events share: handlers by name, a relay that delivers at once, and one that has a real broker."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping

import pytest
from tests.support.drill_parts import kill_tree
from tests.support.processes import environment_of

from gonghui.events import embedded_broker
from gonghui.events.broker import Message, broker_at, send
from gonghui.events.handlers import Handler
from gonghui.events.relay import Relay, Send
from gonghui.lifecycle.delivering import deliver, handlers_of
from gonghui.testing import World
from gonghui.testing.installation import throw_away_var


@pytest.fixture(scope="session")
def handlers(world: World) -> dict[str, Handler]:
    return handlers_of(world.registry)


@pytest.fixture(scope="module")
def broker_url() -> Iterator[str]:
    """A Valkey of this module's own."""
    with throw_away_var("broker") as var, embedded_broker.running(var) as broker:
        yield broker.url


@pytest.fixture(scope="module")
def worker(world: World, broker_url: str) -> Iterator[subprocess.Popen[bytes]]:
    """A real worker on the database of the tests."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.support.worker", "swift", "bulk", "slow"],
        env=environment_of(world, GONGHUI_BROKER_URL=broker_url),
    )
    yield process
    kill_tree(process.pid)  # it would first finish what waits for nobody any more
    process.wait()


@pytest.fixture
def relay(world: World, handlers: dict[str, Handler], broker_url: str) -> Relay:
    app = broker_at(broker_url)
    return Relay(world.database, handlers, lambda messages: send(app, messages))


@pytest.fixture(scope="session")
def caught_up(world: World) -> Callable[[Mapping[str, Handler], Send], Relay]:
    """Makes relays that have taken in what other tests published: one pass takes in no more than so much."""

    def make(handlers: Mapping[str, Handler], send: Send) -> Relay:
        relay = Relay(world.database, handlers, send)
        while relay.take_in():
            pass
        return relay

    return make


@pytest.fixture(scope="session")
def relay_here(
    world: World, caught_up: Callable[[Mapping[str, Handler], Send], Relay]
) -> Callable[[Mapping[str, Handler]], Relay]:
    """Makes relays whose messages are worked on at once, in this process."""

    def make(handlers: Mapping[str, Handler]) -> Relay:
        def work(messages: Iterable[Message]) -> None:
            for tenant_id, delivery_id, _handler, _queue in messages:
                deliver(world.database, handlers, tenant_id, delivery_id)

        return caught_up(handlers, work)

    return make
