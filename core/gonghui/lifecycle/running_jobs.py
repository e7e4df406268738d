"""Running a job: begun apart, done in one transaction of whoever asked, and ended with its effects or without any."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Any
from uuid import UUID

import structlog
from psycopg.errors import QueryCanceled
from sqlalchemy import select, text
from sqlalchemy.exc import OperationalError

from gonghui.auth.accounts import account_by_id
from gonghui.auth.recognition import principal_of
from gonghui.auth.scope import require
from gonghui.db.database import Database
from gonghui.db.refusals import refusal_of
from gonghui.db.unit_of_work import TookTooLong, UnitOfWork, unaudited
from gonghui.db.writers import written_by
from gonghui.errors import Conflict, DomainError, Forbidden, forbidden, not_found
from gonghui.events.handlers import BULK, SECONDS, Event
from gonghui.i18n import _, locale
from gonghui.jobs import files
from gonghui.jobs.ending import JobDefect, clear_jobs, end, fail
from gonghui.jobs.kinds import JobFile, JobKind, JobReport, JobTask, Result
from gonghui.jobs.parameters import unpacked
from gonghui.jobs.table import OPEN, Job, JobState
from gonghui.lifecycle.job_kinds import kinds_of
from gonghui.objects.port import StoreUnavailable
from gonghui.plugin_host.registry import discover
from gonghui.plugin_host.time_limits import limited
from gonghui.tenancy.keys import opened
from gonghui.tenancy.switches import hold_on
from gonghui.values import clock
from gonghui.values.principal import system

_MOST_ATTEMPTS = 3
#: Less than its delivery has, so that a job that takes too long is told of and not begun again.
_LIMIT = SECONDS[BULK] - 30
_log = structlog.get_logger()


class TakenBack(Exception):
    """Whoever asked for the job does not want it any more."""


def run_job(uow: UnitOfWork, event: Event) -> None:
    """Run the job that was asked for, unless it has ended.

    The transaction of the delivery stays open meanwhile, so that no other worker begins it too; it writes nothing.
    """
    if event.subject_id is not None:
        run(uow.database, uow.tenant_id, event.subject_id)


def delete_cleared(uow: UnitOfWork, _event: Event) -> None:
    """Delete files of jobs that are over before their time: taken back, or because somebody was erased."""
    clear_jobs(uow)


def run(database: Database, tenant_id: UUID, job_id: UUID) -> None:
    """Run a job to its end. Raises where the database or the object store does not answer: it is begun again then."""
    job = _begin(database, tenant_id, job_id)
    if job is None:
        return
    try:
        _work(database, job)
    except TakenBack:
        _end(database, job, None)
    except Exception as error:
        reason = _reason(error)
        if reason is None:
            raise
        if reason.status >= 500:
            _log.error("job_failed", job=str(job.id), kind=job.kind, exc_info=error)
        _end(database, job, reason)
    if job.upload is not None:
        with database.unit_of_work(system(tenant_id)) as uow:
            clear_jobs(uow)


def _reason(error: Exception) -> DomainError | None:
    """Why a job failed, for people; None where it is to be begun again."""
    if isinstance(error, DomainError):
        return error
    is_cut_off = isinstance(error, OperationalError) and isinstance(error.orig, QueryCanceled)
    if is_cut_off or isinstance(error, TookTooLong):
        return Conflict("job_too_long", _("任务用时过长，已停止。请分批办理。"))
    if isinstance(error, OperationalError | StoreUnavailable):
        return None
    return refusal_of(error) or JobDefect("internal_error", _("系统出错，已记录；请稍后再试。"))


def _begin(database: Database, tenant_id: UUID, job_id: UUID) -> Job | None:
    """Note that a job begins, for everybody to see; None where there is nothing to do."""
    with database.unit_of_work(system(tenant_id)) as uow:
        job = _held(uow, job_id)
        if job is None or job.state not in OPEN:
            return None
        if job.cancel_asked_at is not None:  # of one that died meanwhile
            end(job, JobState.CANCELLED)
            return None
        if job.attempts >= _MOST_ATTEMPTS:
            died = _("处理这个任务的进程多次中断，已停止再试。")
            fail(job, JobDefect("job_died", died))
            return None
        job.state, job.done, job.attempts = JobState.RUNNING.value, 0, job.attempts + 1
        job.started_at = clock.now()
    return job


def _work(database: Database, job: Job) -> None:
    with _as_whoever_asked(database, job) as (uow, kind):
        plugin = job.permission.split(".", 1)[0]
        if plugin != "core" and not hold_on(uow, plugin):
            raise not_found()
        require(uow.principal, job.permission)
        upload = None if job.upload is None else partial(files.fetched, uow, job.upload)
        task = JobTask(job.id, unpacked(opened(uow, job, "parameters") or "{}"), job.attempts, upload)
        report = _reporter(database, job)
        owner = kind.code.split(".", 1)[0]
        with written_by(uow, None if owner == "core" else owner):
            result = limited(_LIMIT, lambda: kind.run(uow, task, report))
        kept = _kept(uow, job, result)
        mine = _held(uow, job.id)
        if mine is None or mine.cancel_asked_at is not None:
            files.delete(uow, [kept.get("file_object")])
            raise TakenBack
        for name, value in kept.items():
            setattr(mine, name, value)
        mine.done = mine.done if mine.total is None else mine.total
        end(mine, JobState.DONE)


@contextmanager
def _as_whoever_asked(database: Database, job: Job) -> Iterator[tuple[UnitOfWork, JobKind]]:
    """The job's own transaction: as the account, with what it may do by now, in the language of whoever asked."""
    kind = kinds_of(discover()).get(job.kind)
    with locale(job.locale), database.unit_of_work(system(job.tenant_id)) as uow:
        account = account_by_id(uow, job.account_id)
        if account is None or account.disabled_at is not None:
            raise forbidden(job.permission)
        if kind is None:
            raise not_found()
        principal = principal_of(uow, account, signed_in_by="job")
        if job.token_permissions is not None:
            principal = replace(principal, token_permissions=frozenset(job.token_permissions))
        uow.become(principal)
        with unaudited(uow) as connection:  # bulk work has long statements; its time is limited as a whole
            connection.execute(text(f"SET LOCAL statement_timeout = '{_LIMIT:.0f}s'"))
        yield uow, kind


def _reporter(database: Database, job: Job) -> JobReport:
    """Commits apart how much is done, for whoever waits, and passes on that they do not any more."""

    def report(done: int) -> None:
        with database.unit_of_work(system(job.tenant_id)) as uow:
            seen = _held(uow, job.id)
            if seen is None or seen.cancel_asked_at is not None:
                raise TakenBack
            seen.done = done

    return report


def _kept(uow: UnitOfWork, job: Job, result: Result) -> dict[str, Any]:
    """What the row tells of a result; a file is put into the object store."""
    if not isinstance(result, JobFile):
        return {"result": dict(result)}
    size = result.size
    with result.content:
        name = files.keep(uow, job, result.read_again(), size, result.media_type)
    file = {"file_name": result.name, "file_type": result.media_type, "file_size": size}
    return {"file_object": name, **file}


def _end(database: Database, job: Job, error: DomainError | None) -> None:
    """Note how a job ended of which nothing is left: taken back, or failed."""
    with database.unit_of_work(system(job.tenant_id)) as uow:
        mine = _held(uow, job.id)
        if mine is None:
            return
        if isinstance(error, Forbidden):
            uow.note("core.refused", mine, account=job.account_id, code=error.code, **error.extra)
        if error is None:
            end(mine, JobState.CANCELLED)
        else:
            fail(mine, error)


def _held(uow: UnitOfWork, job_id: UUID) -> Job | None:
    wanted = select(Job).where(Job.id == job_id).with_for_update()
    return uow.session.scalars(wanted.execution_options(populate_existing=True)).one_or_none()
