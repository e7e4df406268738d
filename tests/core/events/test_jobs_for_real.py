"""Jobs by a worker that is a process of its own, also by one that dies of them."""

from __future__ import annotations

import subprocess
from time import monotonic, sleep

import pytest
from sqlalchemy import select
from tests.core.api.test_imports import csv, send, step, union_row, unions, with_streets
from tests.core.jobs.asking import LATER, ask, inspections, told

from gonghui.events.relay import Relay
from gonghui.jobs.table import Job
from gonghui.settings import settings
from gonghui.testing import Asker, Federation

PATIENCE = 60


@pytest.fixture(autouse=True)
def with_workers(monkeypatch: pytest.MonkeyPatch, worker: subprocess.Popen[bytes]) -> None:
    monkeypatch.setattr(settings(), "broker_url", "memory://")


def ended(relay: Relay, client: Asker, job_id: str) -> str:
    """How a job ended."""
    until = monotonic() + PATIENCE
    while (job := told(client, job_id))["state"] in ("waiting", "running"):
        assert monotonic() < until, job
        relay.run_once()
        sleep(0.02)
    return str(job["state"])


def test_a_register_goes_in_by_a_worker_and_comes_out_as_a_file(federation: Federation, relay: Relay) -> None:
    with_streets(federation)
    client = federation.client("district")
    content = csv(*(union_row(number) for number in range(400)))
    sent = send(federation, "district", content, name="x.csv", headers=LATER)
    assert ended(relay, client, sent.json["id"]) == "done"
    run_id = client.get(f"{sent.headers['Location']}/result").json["run_id"]
    applied = step(federation, "district", run_id, "apply", headers=LATER, faulty="refuse")
    assert ended(relay, client, applied.json["id"]) == "done"
    assert unions(federation) == 400
    listed = client.get("/api/v1/organising/unions/export?format=csv", headers=LATER)
    assert ended(relay, client, listed.json["id"]) == "done"
    with client.get(f"{listed.headers['Location']}/result") as file:
        assert file.text.count("样本") >= 400
        assert "attachment" in file.headers["Content-Disposition"]


def test_a_job_whose_worker_is_killed_midway_is_done_once(federation: Federation, relay: Relay) -> None:
    job_id = ask(federation, times=5, dies=True)
    assert ended(relay, federation.client("district"), job_id) == "done"
    with federation.uow() as uow:
        assert uow.session.scalars(select(Job.attempts)).one() == 2
    assert inspections(federation) == 5
