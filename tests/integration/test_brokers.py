"""The product's Celery on RabbitMQ and on Redis: a task is done, also when its worker or its broker is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from amqp import Connection
from amqp.exceptions import PreconditionFailed
from deploy.services.rabbitmq import RabbitMQ
from deploy.services.redis import Redis
from deploy.services.service import Service, wait_until
from kombu.utils.url import url_to_parts
from tests.integration.ledger_worker import application

from gonghui.events.handlers import SWIFT

ROOT = Path(__file__).parents[2]
QUEUE = f"gonghui.{SWIFT}"
PATIENCE = 60


@dataclass
class Line:
    """The queue on a broker, and the ledger of what its tasks did."""

    broker: str
    ledger: Path

    def send(self, message: str) -> None:
        with application(self.broker) as app:
            app.send_task("write", (message,), queue=QUEUE)

    def empty(self) -> None:
        with application(self.broker) as app, app.connection_for_write() as connection:
            queue = app.amqp.queues[QUEUE](connection)
            queue.declare()
            queue.purge()

    def written(self) -> list[str]:
        return self.ledger.read_text(encoding="utf-8").splitlines()

    def wait_for(self, *lines: str) -> None:
        wait_until(
            lambda: self.written()[-len(lines) :] == list(lines), PATIENCE, f"{lines} in {self.ledger}"
        )

    @contextmanager
    def worker(self, *, holds: bool = False) -> Iterator[subprocess.Popen[bytes]]:
        """A worker process, killed at the end with its children."""
        said = {"LEDGER_BROKER": self.broker, "LEDGER_FILE": str(self.ledger)}
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.integration.ledger_worker"],
            cwd=ROOT,
            env={**os.environ, **said, "LEDGER_HOLD": "1" if holds else ""},
            start_new_session=True,
        )
        try:
            yield process
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@pytest.fixture(params=["rabbitmq_url", "redis_url"])
def line(request: pytest.FixtureRequest, tmp_path: Path) -> Line:
    ledger = tmp_path / "ledger"
    ledger.touch()
    line = Line(request.getfixturevalue(request.param), ledger)
    line.empty()
    return line


def test_a_task_sent_before_there_is_a_worker_is_done_once_there_is_one(line: Line) -> None:
    line.send("wage round")
    with line.worker():
        line.wait_for("began wage round", "ended wage round")
    assert line.written() == ["began wage round", "ended wage round"]


def test_a_task_whose_worker_was_killed_is_done_by_the_next_worker(line: Line) -> None:
    with line.worker(holds=True):
        line.send("wage round")
        line.wait_for("began wage round")
    with line.worker():
        line.wait_for("ended wage round")
    assert line.written() == ["began wage round", "began wage round", "ended wage round"]


@pytest.mark.parametrize("kind", [RabbitMQ, Redis])
def test_a_task_outlives_a_broker_that_is_killed_once_the_queue_is_on_its_disk(
    kind: type[Service], tmp_path: Path
) -> None:
    (tmp_path / "ledger").touch()
    with kind.throw_away() as broker:
        line = Line(broker.url, tmp_path / "ledger")
        line.send("wage round")
        wait_until(lambda: broker.has_on_disk(QUEUE), PATIENCE, f"{QUEUE} on the disk")
        line.send("second round")
        broker.kill()
        assert not broker.answers()
        broker.start()
        with line.worker():
            line.wait_for("ended second round")
        assert line.written() == [
            f"{step} {task} round" for task in ("wage", "second") for step in ("began", "ended")
        ]


def test_the_queues_on_rabbitmq_are_quorum_queues(rabbitmq_url: str, tmp_path: Path) -> None:
    line = Line(rabbitmq_url, tmp_path / "ledger")
    line.empty()
    line.send("wage round")
    at = url_to_parts(rabbitmq_url)
    with Connection(f"{at.hostname}:{at.port}", userid=at.username, password=at.password) as connection:
        quorum, classic = ({"x-queue-type": kind} for kind in ("quorum", "classic"))
        found = connection.channel().queue_declare(QUEUE, durable=True, auto_delete=False, arguments=quorum)
        assert found.message_count == 1
        with pytest.raises(PreconditionFailed, match="x-queue-type"):
            connection.channel().queue_declare(QUEUE, durable=True, auto_delete=False, arguments=classic)
