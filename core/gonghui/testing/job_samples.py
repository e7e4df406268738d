"""Jobs for the contract and for tables that need a row: one that waits, and one that has given something."""

from __future__ import annotations

from collections.abc import Callable

from gonghui.db.unit_of_work import UnitOfWork
from gonghui.i18n import Text
from gonghui.jobs.asking import ask_for_job
from gonghui.jobs.ending import end
from gonghui.jobs.kinds import JobKind
from gonghui.jobs.table import Job, JobState
from gonghui.testing.federation import Federation

_KIND = JobKind("core.sample", lambda _uow, _task, _report: {})
_PERMISSION = "core.org_unit.read"


def samples(federation: Federation, login: str) -> dict[str, Callable[[], str]]:
    """Makers of somebody's jobs, by the name of the thing or of an operation."""
    return {
        "job_id": lambda: _id_of(federation, login, waiting_job),
        "GET /api/v1/jobs/{job_id}/result": lambda: _id_of(federation, login, _done_job),
    }


def waiting_job(uow: UnitOfWork) -> Job:
    """A job that nobody has begun."""
    return ask_for_job(uow, _KIND, _PERMISSION, Text("样本"), {})


def _done_job(uow: UnitOfWork) -> Job:
    job = waiting_job(uow)
    job.result = {"made": str(job.id)}
    end(job, JobState.DONE)
    return job


def _id_of(federation: Federation, login: str, make: Callable[[UnitOfWork], Job]) -> str:
    with federation.uow(login) as uow:
        return str(make(uow).id)
