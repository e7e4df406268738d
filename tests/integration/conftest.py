"""The real servers, started once for a run; one whose address is in the environment is used as it is."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest
from deploy.services.minio import Minio
from deploy.services.rabbitmq import RabbitMQ
from deploy.services.redis import Redis
from deploy.services.service import Service

pytest.register_assert_rewrite("tests.core.objects.store_contract")


def pytest_configure() -> None:
    # Ended by SIGTERM, as by a time limit, a run stops its servers as it does at Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)


def _address(kind: type[Service]) -> Iterator[str]:
    if given := os.environ.get(kind.variable):
        yield given
        return
    with kind.throw_away() as service:
        yield service.url


@pytest.fixture(scope="session")
def minio_url() -> Iterator[str]:
    yield from _address(Minio)


@pytest.fixture(scope="session")
def rabbitmq_url() -> Iterator[str]:
    yield from _address(RabbitMQ)


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    yield from _address(Redis)
