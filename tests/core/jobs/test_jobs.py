"""Jobs: asked for, told of, taken back, failed, done once, and nobody else's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import func, select
from tests.core.api.test_imports import csv, send, step, union_row, unions, with_streets
from tests.designs import long_work
from tests.designs.long_work import INSPECT_OFTEN
from tests.designs.rooms import Inspection
from tests.designs.samples import OPENED, room_at

from gonghui.i18n import _
from gonghui.jobs.asking import ask_for_job
from gonghui.testing import Federation

JOBS = "/api/v1/jobs"
LATER = {"Prefer": "respond-async"}
Work = Callable[[], None]


def ask(federation: Federation, login: str = "district", *, times: int = 3, **more: object) -> str:
    """A job that writes inspections of a new room."""
    with federation.uow() as uow:
        room_id = room_at(OPENED)(uow, federation.units["garden"])
    with federation.uow(login) as uow:
        told = {"room_id": room_id, "times": times, **more}
        title = _("爱心妈妈小屋")
        return str(ask_for_job(uow, INSPECT_OFTEN, "designs.room.read", title, told, total=times).id)


def inspections(federation: Federation) -> int:
    """How many the jobs wrote; opening a room has one of its own."""
    with federation.uow() as uow:
        counted = select(func.count()).where(Inspection.remark.regexp_match("^[0-9]+$"))
        return uow.session.scalar(counted) or 0


@contextmanager
def between_steps(look: Callable[[int], None]) -> Iterator[None]:
    long_work.between.append(look)
    try:
        yield
    finally:
        long_work.between.remove(look)


def test_a_job_is_done_and_its_progress_grows_meanwhile(federation: Federation, work: Work) -> None:
    job_id = ask(federation)
    client, seen = federation.client("district"), []
    waiting = client.get(f"{JOBS}/{job_id}")
    assert (waiting.json["state"], waiting.json["total"], waiting.headers["Retry-After"]) == (
        "waiting",
        3,
        "1",
    )

    def look(_done: int) -> None:
        job = client.get(f"{JOBS}/{job_id}").json
        seen.append((job["state"], job["done"]))

    with between_steps(look):
        work()
    assert seen == [("running", 1), ("running", 2), ("running", 3)]
    job = client.get(f"{JOBS}/{job_id}").json
    assert (job["state"], job["done"], job["error"]) == ("done", 3, None)
    assert client.get(job["result"]).json == {"inspections": 3}
    assert inspections(federation) == 3


def test_a_job_that_is_taken_back_midway_leaves_nothing(federation: Federation, work: Work) -> None:
    job_id = ask(federation, times=100)
    client, steps = federation.client("district"), []

    def look(done: int) -> None:
        steps.append(done)
        if done == 2:
            assert client.post(f"{JOBS}/{job_id}/cancel").json["cancelling"] is True

    with between_steps(look):
        work()
    assert steps == [1, 2]
    assert client.get(f"{JOBS}/{job_id}").json["state"] == "cancelled"
    assert inspections(federation) == 0
    assert client.get(f"{JOBS}/{job_id}/result").json["code"] == "job_without_result"


def test_a_register_is_read_applied_and_undone_by_jobs(federation: Federation, work: Work) -> None:
    with_streets(federation)
    client = federation.client("district")
    content = csv(*(union_row(number) for number in range(300)), union_row(300, staff="?"))
    sent = send(federation, "district", content, name="x.csv", headers=LATER)
    assert (sent.status_code, sent.headers["Preference-Applied"]) == (202, "respond-async")
    work()
    run_id = client.get(f"{sent.headers['Location']}/result").json["run_id"]
    run = client.get(f"/api/v1/imports/{run_id}").json
    assert (run["state"], run["rows"], run["good"], run["waiting"]) == ("checked", 301, 300, 1)
    applied = step(federation, "district", run_id, "apply", headers=LATER, faulty="skip")
    assert (applied.status_code, applied.json["total"], unions(federation)) == (202, 301, 0)
    work()
    assert client.get(applied.headers["Location"]).json["state"] == "done"
    assert unions(federation) == 300
    undone = step(federation, "district", run_id, "undo", headers=LATER)
    work()
    assert client.get(undone.headers["Location"]).json["state"] == "done"
    assert unions(federation) == 0
