"""Asking for a job, finding one's own, and taking one back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import IO, Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, select

from gonghui.db.unit_of_work import UnitOfWork
from gonghui.errors import Conflict, forbidden, not_found
from gonghui.i18n import Text, _, current_locale, text_as_json
from gonghui.jobs.ending import CLEARED, end
from gonghui.jobs.files import keep
from gonghui.jobs.kinds import JobKind
from gonghui.jobs.parameters import packed
from gonghui.jobs.table import OPEN, Job, JobState
from gonghui.settings import settings
from gonghui.values import clock
from gonghui.values.ids import new_id

ASKED = "core.job.asked"
_MOST_OPEN = 20


@dataclass(frozen=True)
class Upload:
    """What is sent in with a job."""

    content: IO[bytes]
    size: int


def ask_for_job(
    uow: UnitOfWork,
    kind: JobKind,
    permission: str,
    title: Text,
    parameters: Mapping[str, Any],
    *,
    total: int | None = None,
    upload: Upload | None = None,
) -> Job:
    """Let a worker do it, as the account of the principal and under the language of now, once this is committed.

    `parameters` are plain values, ids and days; `total` says what `report` will count up to, where that is known.
    Raises `Forbidden` for somebody without account, `Conflict` where too many jobs of theirs have not ended.
    """
    principal = uow.principal
    if principal.account_id is None:
        raise forbidden(permission)
    unended = select(func.count()).select_from(Job).where(mine(uow), Job.state.in_(OPEN))
    if (uow.session.scalar(unended) or 0) >= _MOST_OPEN:
        message = _("已有 {n} 个后台任务没有办完，请等其中一些办完。", n=_MOST_OPEN)
        raise Conflict("too_many_jobs", message)
    job = Job(
        id=new_id(),
        account_id=principal.account_id,
        kind=kind.code,
        permission=permission,
        locale=current_locale(),
        title=text_as_json(title),
        parameters=packed(parameters),
        total=total,
    )
    if principal.token_permissions is not None:
        job.token_permissions = sorted(principal.token_permissions)
    if upload is not None:
        job.upload = keep(uow, job, upload.content, upload.size, "application/octet-stream")
    uow.add(job)
    uow.note(ASKED, job, kind=kind.code)
    uow.publish(ASKED, job)
    return job


def can_ask_for_job(uow: UnitOfWork) -> bool:
    """Whether the principal may have jobs, and there is a broker through which a worker hears of them."""
    return uow.principal.account_id is not None and settings().broker_url is not None


def mine(uow: UnitOfWork) -> ColumnElement[bool]:
    """The condition under which a job is the principal's: nobody sees another's, whatever their role."""
    return Job.account_id == uow.principal.account_id


def job_of(uow: UnitOfWork, job_id: UUID) -> Job:
    """One of the principal's jobs. Raises `NotFound`."""
    found = uow.session.scalars(select(Job).where(Job.id == job_id, mine(uow))).one_or_none()
    if found is None:
        raise not_found()
    return found


def cancel(uow: UnitOfWork, job: Job) -> None:
    """Take a job back: at once where it waits, at its next report where it runs. Raises `Conflict` after its end."""
    uow.session.refresh(job, with_for_update=True)
    if job.state not in OPEN:
        message = _("这个任务已经结束，不能再取消。")
        raise Conflict("job_ended", message, extra={"state": job.state})
    uow.note("core.job.cancelled", job, kind=job.kind)
    job.cancel_asked_at = job.cancel_asked_at or clock.now()
    if job.state == JobState.WAITING:
        end(job, JobState.CANCELLED)
        uow.publish(CLEARED)  # what was sent in goes when that is certain
