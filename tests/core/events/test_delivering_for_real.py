"""From a step to its consequence: outbox, relay, broker, a worker that is a process of its own, and back."""

from __future__ import annotations

import subprocess
from time import monotonic, sleep
from uuid import UUID

import psutil
from sqlalchemy import select
from tests.designs.rooms import Inspection
from tests.designs.samples import OPENED, room_at

from gonghui.events.deliveries import EventDelivery
from gonghui.events.relay import Relay
from gonghui.settings import settings
from gonghui.testing import Federation

PATIENCE = 60


def test_a_step_has_its_consequence(
    federation: Federation, relay: Relay, worker: subprocess.Popen[bytes]
) -> None:
    with federation.uow() as uow:
        room_id = room_at(OPENED)(uow, federation.units["garden"])
    until = monotonic() + PATIENCE
    while not inspected(federation, room_id):
        assert worker.poll() is None, "the worker ended"
        assert monotonic() < until, "nothing came of it"
        relay.run_once()
        sleep(0.02)
    with federation.uow() as uow:
        wanted = select(EventDelivery.state).where(EventDelivery.handler == "designs.inspect_first")
        assert uow.session.scalars(wanted).all() == ["done"]
    at_work = psutil.Process(worker.pid).children()
    assert {process.nice() >= settings().niceness for process in at_work} == {True}, "pages come first"


def inspected(federation: Federation, room_id: UUID) -> bool:
    with federation.uow() as uow:
        return uow.session.scalar(select(Inspection.id).where(Inspection.room_id == room_id)) is not None
