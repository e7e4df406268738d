"""How jobs end: well, badly or taken back; and how they go, with their files, when nobody may have them any more."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta

from sqlalchemy import select

from gonghui.db.unit_of_work import UnitOfWork
from gonghui.errors import DomainError
from gonghui.i18n import Text, _, text_as_json
from gonghui.jobs import files
from gonghui.jobs.table import OPEN, Job, JobState
from gonghui.settings import settings
from gonghui.values import clock

CLEARED = "core.job.cleared"
_LOST_AFTER = timedelta(days=1)
_AT_ONCE = 1_000


class JobDefect(DomainError):
    """Nothing that whoever asked could do better."""

    status = 500


def end(job: Job, state: JobState) -> None:
    """Note how a job ended, and when it goes. What it was asked with may hold anybody's name: it goes now."""
    job.state, job.ended_at, job.parameters = state.value, clock.now(), None
    job.expires_at = job.ended_at + settings().job_life


def fail(job: Job, error: DomainError) -> None:
    """Note why a job failed, for readers in any language."""
    faults = [(fault.pointer, fault.code, fault.detail) for fault in error.faults]
    job.error = {
        "code": error.code,
        "status": error.status,
        "detail": text_as_json(error.detail),
        "errors": [
            {
                "pointer": pointer,
                "code": code,
                "detail": text_as_json(detail if isinstance(detail, Text) else Text(detail)),
            }
            for pointer, code, detail in faults
        ],
    }
    end(job, JobState.FAILED)


def clear_jobs(uow: UnitOfWork) -> None:
    """Delete jobs that have expired, with their files, and what was sent in with those that have ended."""
    expired = select(Job).where(Job.expires_at <= clock.now()).order_by(Job.expires_at).limit(_AT_ONCE)
    while jobs := uow.session.scalars(expired.with_for_update(skip_locked=True)).all():
        files.delete(uow, [name for job in jobs for name in (job.file_object, job.upload)])
        for job in jobs:
            uow.session.delete(job)
        uow.session.flush()
    sent_in = select(Job).where(Job.upload.is_not(None), Job.state.not_in(OPEN))
    for job in uow.session.scalars(sent_in.with_for_update(skip_locked=True)):
        files.delete(uow, [job.upload])
        job.upload = None


def sweep_jobs(uow: UnitOfWork) -> None:
    """End jobs that no worker has taken, clear those that are over, and delete files that no job names."""
    lost = select(Job).where(Job.state.in_(OPEN), Job.made_at < clock.now() - _LOST_AFTER)
    for job in uow.session.scalars(lost.with_for_update(skip_locked=True)):
        fail(job, JobDefect("job_lost", _("超过一天没有办理，已停止。请重新办理。")))
    uow.session.flush()
    clear_jobs(uow)
    files.delete_strays(uow)


def forget_files(uow: UnitOfWork, kinds: Collection[str]) -> int:
    """Let nobody have the files that jobs gave, from now on, and take back those (of `kinds`) that would give more.

    Somebody was erased, of whom such a file may tell. The files go as soon as a worker hears of it, and at the
    latest with the next sweep. How many there were.
    """
    now = clock.now()
    unended = select(Job).where(Job.state.in_(OPEN), Job.kind.in_(kinds))
    for job in uow.session.scalars(unended.with_for_update()):
        job.cancel_asked_at = job.cancel_asked_at or now
    uow.session.flush()  # one that ended while it was waited for is among those that follow
    ended = select(Job).where(Job.file_object.is_not(None), Job.expires_at > now)
    jobs = uow.session.scalars(ended.with_for_update()).all()
    for job in jobs:
        job.expires_at = now
    if jobs:
        uow.publish(CLEARED)
    return len(jobs)
