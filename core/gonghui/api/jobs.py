"""Answering with a job: 202 instead of what would keep the caller waiting, or where they prefer it (RFC 7240)."""

from __future__ import annotations

from typing import Any

import orjson
from flask import Response, request
from marshmallow import Schema, fields, validate

from gonghui.i18n import Text, text_from_json
from gonghui.jobs.table import OPEN, Job, JobState
from gonghui.settings import settings

_ASYNC = "respond-async"
_RETRY_AFTER = "1"


class JobFault(Schema):
    pointer = fields.String()
    code = fields.String()
    detail = fields.String()


class JobError(Schema):
    type = fields.String()
    code = fields.String()
    status = fields.Integer()
    detail = fields.String()
    errors = fields.List(fields.Nested(JobFault))


class JobOut(Schema):
    id = fields.UUID()
    kind = fields.String()
    title = fields.String()
    state = fields.String(validate=validate.OneOf([state.value for state in JobState]))
    done = fields.Integer(metadata={"description": "How much is done, rows usually"})
    total = fields.Integer(allow_none=True, metadata={"description": "What `done` counts up to, where known"})
    cancelling = fields.Boolean(metadata={"description": "Taken back, and not ended yet"})
    result = fields.String(
        allow_none=True, metadata={"description": "Where the result is, once there is one"}
    )
    file_name = fields.String(allow_none=True)
    file_size = fields.Integer(allow_none=True, metadata={"description": "In bytes"})
    error = fields.Nested(JobError, allow_none=True, metadata={"description": "Why it failed, as a problem"})
    made_at = fields.DateTime()
    started_at = fields.DateTime(allow_none=True)
    ended_at = fields.DateTime(allow_none=True)
    expires_at = fields.DateTime(allow_none=True, metadata={"description": "When it goes, with its result"})


def is_long(rows: int) -> bool:
    """Whether work on so many rows takes long enough for a job, or the caller would rather not wait."""
    return rows >= settings().job_rows or prefers_job()


def prefers_job() -> bool:
    """Whether the caller would rather not wait."""
    words = request.headers.get("Prefer", "").lower().split(",")
    return _ASYNC in (word.split(";")[0].strip() for word in words)


def accepted(job: Job) -> Response:
    """The answer to what became a job: where it is told of, and that it was only taken in."""
    response = job_response(job, 202)
    response.headers["Location"] = address_of(job)
    if prefers_job():
        response.headers["Preference-Applied"] = _ASYNC
    return response


def job_response(job: Job, status: int = 200) -> Response:
    """A job as it stands; while it has not ended, with when to ask again."""
    response = Response(orjson.dumps(job_json(job)), status, content_type="application/json")
    if job.state in OPEN:
        response.headers["Retry-After"] = _RETRY_AFTER
    return response


def job_json(job: Job) -> dict[str, Any]:
    """A job as whoever asked for it sees it."""
    return {
        "id": job.id,
        "kind": job.kind,
        "title": _said(job.title),
        "state": job.state,
        "done": job.done,
        "total": job.total,
        "cancelling": job.state in OPEN and job.cancel_asked_at is not None,
        "result": f"{address_of(job)}/result" if job.state == JobState.DONE else None,
        "file_name": job.file_name,
        "file_size": job.file_size,
        "error": None if job.error is None else _error(job.error),
        "made_at": job.made_at,
        "started_at": job.started_at,
        "ended_at": job.ended_at,
        "expires_at": job.expires_at,
    }


def address_of(job: Job) -> str:
    """Where a job is told of."""
    return f"/api/v1/jobs/{job.id}"


def _error(kept: dict[str, Any]) -> dict[str, Any]:
    faults = [{**fault, "detail": _said(fault["detail"])} for fault in kept["errors"]]
    problem = {"type": f"urn:gonghui:problem:{kept['code']}", **kept}
    return {**problem, "detail": _said(kept["detail"]), "errors": faults}


def _said(kept: dict[str, Any]) -> str:
    text: Text = text_from_json(kept)
    return str(text)
