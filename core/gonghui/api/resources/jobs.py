"""My jobs: how far each is, taking one back, and fetching what it gave."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import orjson
from flask import Response
from marshmallow import Schema, fields
from sqlalchemy import select

from gonghui.api.exports import saved
from gonghui.api.jobs import JobOut, job_json, job_response
from gonghui.api.operations import SIGNED_IN, Blueprint, operation
from gonghui.api.paging import PageQuery, decode_cursor, page_response
from gonghui.auth.scope import require
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.errors import Conflict, NotFound
from gonghui.i18n import _
from gonghui.jobs import files
from gonghui.jobs.asking import cancel, job_of, mine
from gonghui.jobs.table import Job, JobState
from gonghui.objects.port import NoSuchObject
from gonghui.values import clock

blueprint = Blueprint("jobs", __name__, url_prefix="/api/v1/jobs", description="Work that goes on by itself")


class JobPage(Schema):
    items = fields.List(fields.Nested(JobOut))
    next = fields.String(allow_none=True)


@blueprint.route("", methods=["GET"])
@operation(SIGNED_IN)
@blueprint.arguments(PageQuery, location="query")
@blueprint.response(200, JobPage)
def list_jobs(uow: UnitOfWork, query: dict[str, Any]) -> Response:
    """My jobs, newest first."""
    wanted = select(Job).where(mine(uow)).order_by(Job.id.desc())
    after = decode_cursor(query.get("cursor"), (UUID,))
    if after is not None:
        wanted = wanted.where(Job.id < after[0])
    limit = query["limit"]
    jobs = uow.session.scalars(wanted.limit(limit + 1)).all()
    items = [job_json(job) for job in jobs[:limit]]
    return page_response(items, (items[-1]["id"],) if len(jobs) > limit else None)


@blueprint.route("/<uuid:job_id>", methods=["GET"])
@operation(SIGNED_IN)
@blueprint.response(200, JobOut)
def get_job(uow: UnitOfWork, job_id: UUID) -> Response:
    """One of my jobs, and how far it is."""
    return job_response(job_of(uow, job_id))


@blueprint.route("/<uuid:job_id>/cancel", methods=["POST"])
@operation(SIGNED_IN)
@blueprint.response(200, JobOut)
def cancel_job(uow: UnitOfWork, job_id: UUID) -> Response:
    """Take a job back: nothing of what it did stays."""
    job = job_of(uow, job_id)
    cancel(uow, job)
    return job_response(job)


@blueprint.route("/<uuid:job_id>/result", methods=["GET"])
@operation(SIGNED_IN)
@blueprint.response(200, content_type="application/octet-stream")
def get_result(uow: UnitOfWork, job_id: UUID) -> Response:
    """What a job gave: JSON, or a file to save. Who may not do such a thing any more does not get it."""
    job = job_of(uow, job_id)
    require(uow.principal, job.permission)
    if job.state != JobState.DONE:
        message = _("这个任务没有结果：还没有办完，或者没有办成。")
        raise Conflict("job_without_result", message, extra={"state": job.state})
    if job.expires_at is None or job.expires_at <= clock.now():
        raise _expired()
    if job.file_object is None:
        return Response(orjson.dumps(job.result), content_type="application/json")
    try:
        stream = files.opened(uow, job.file_object)
    except NoSuchObject:
        raise _expired() from None
    uow.note("core.job.result_fetched", job, kind=job.kind)
    return saved(stream, job.file_size or 0, job.file_name or "", job.file_type or "")


def _expired() -> NotFound:
    return NotFound("result_expired", _("结果已过期删除，请重新办理。"))
