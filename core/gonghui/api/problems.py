"""Problem documents (RFC 9457): every error, whatever raised it, in one form and in the caller's language."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson
import structlog
from flask import Response, current_app, g, request
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException
from werkzeug.sansio.response import Response as AnyResponse

from gonghui.db.refusals import refusal_of
from gonghui.errors import DomainError, Forbidden
from gonghui.i18n import Text, _
from gonghui.objects.port import ObjectError

_log = structlog.get_logger()
_MOST_ERRORS = 100

_BY_STATUS: dict[int, tuple[str, Text]] = {
    400: ("bad_request", _("请求的格式不对。")),
    401: ("unauthenticated", _("请先登录。")),
    403: ("forbidden", _("没有办理这件事的权限。")),
    404: ("not_found", _("没有找到，或者无权查看。")),
    405: ("method_not_allowed", _("这个地址不支持这种操作。")),
    409: ("conflict", _("当前状态不允许这样做。")),
    413: ("too_large", _("内容太大。")),
    415: ("unsupported_media_type", _("请以 application/json 提交。")),
    422: ("invalid_content", _("内容不符合要求。")),
    429: ("too_many_requests", _("请求太频繁，请稍后再试。")),
    500: ("internal_error", _("系统出错，已记录；请稍后再试。")),
    503: ("unavailable", _("系统暂时不可用，请稍后再试。")),
}


def problem(
    status: int, code: str, detail: str, *, errors: list[dict[str, Any]] | None = None, **extra: Any
) -> Response:
    """A problem document as a response."""
    content: dict[str, Any] = {
        "type": f"urn:gonghui:problem:{code}",
        "status": status,
        "code": code,
        "detail": detail,
    }
    content["title"] = str(_BY_STATUS.get(status, _BY_STATUS[400])[1])
    if errors:
        content["errors"] = errors[:_MOST_ERRORS]
    content |= extra
    response = Response(orjson.dumps(content), status, content_type="application/problem+json")
    if "retry_after" in extra:
        response.headers["Retry-After"] = str(extra["retry_after"])
    if status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def from_domain(error: DomainError) -> Response:
    """The problem document of a rule that said no."""
    errors = [{"pointer": f.pointer, "code": f.code, "detail": str(f.detail)} for f in error.faults]
    if isinstance(error, Forbidden):
        _keep_refusal(error)
    extra = {key: str(value) if isinstance(value, Text) else value for key, value in error.extra.items()}
    return problem(error.status, error.code, str(error.detail), errors=errors, **extra)


def from_http(error: HTTPException) -> AnyResponse:
    """The problem document of what Flask and webargs raise."""
    status = error.code or 500
    if status < 400:
        return error.get_response()
    code, detail = _BY_STATUS.get(status, _BY_STATUS[400 if status < 500 else 500])
    messages = getattr(error, "data", {}).get("messages", {})
    # Only 422 names fields; what comes with a body that nobody could read is the library's own English.
    errors = list(_from_messages(messages)) if status == 422 and isinstance(messages, dict) else []
    response = problem(status, code, str(detail), errors=errors)
    allowed = getattr(error, "valid_methods", None)
    if allowed:
        response.headers["Allow"] = ", ".join(sorted(allowed))
    return response


def from_unexpected(error: Exception) -> Response:
    """The problem document of a defect, or of a database that refused; details go to the log only."""
    refusal = refusal_of(error)
    if refusal is not None:
        if refusal.status == 422:
            _log.warning("content_refused_by_database", path=request.path, request_id=g.get("request_id"))
        return from_domain(refusal)
    status = 503 if isinstance(error, (OperationalError, ObjectError)) else 500
    _log.error("request_failed", path=request.path, request_id=g.get("request_id"), exc_info=error)
    code, detail = _BY_STATUS[status]
    return problem(status, code, str(detail))


def _from_messages(messages: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for location, content in messages.items():
        yield from flatten(content, "" if location == "json" else f"/{location}")


def flatten(content: Any, pointer: str) -> Iterator[dict[str, Any]]:
    if isinstance(content, dict):
        for key, inner in content.items():
            yield from flatten(inner, pointer if key == "_schema" else f"{pointer}/{key}")
    elif isinstance(content, list):
        for inner in content:
            yield from flatten(inner, pointer)
    else:
        yield {"pointer": pointer or "/", "code": "invalid_field", "detail": str(content)}


def _keep_refusal(error: Forbidden) -> None:
    """A refusal outlives the request it ends: it commits in a unit of work of its own."""
    uow = g.get("uow")
    if uow is None:
        return
    uow.session.rollback()
    database = current_app.extensions["gonghui"].database
    with database.unit_of_work(uow.principal, request_id=uow.request_id) as own:
        own.note("core.refused", permission=error.extra.get("permission"), path=request.path, code=error.code)
