"""Versions over HTTP: an ETag with every record, If-Match with every change."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeVar

import orjson
from flask import Response, request

from gonghui.errors import Stale
from gonghui.i18n import _

View = TypeVar("View", bound=Callable[..., Any])

_TAG = re.compile(r'"v(\d{1,18})"')


def versioned(view: View) -> View:
    """Say in the OpenAPI document that an operation wants the version of the record that it changes."""
    view.is_versioned = True  # type: ignore[attr-defined]
    return view


def expected_version() -> int | None:
    """The version that `If-Match` names; None without the header. Raises `Stale` for a tag that is not ours."""
    header = request.headers.get("If-Match")
    if header is None:
        return None
    match = _TAG.fullmatch(header.strip())
    if match is None:
        raise Stale("version_stale", _("If-Match 应照抄读取这条记录时的 ETag。"))
    return int(match[1])


def record_response(content: dict[str, Any], version: int, status: int = 200) -> Response:
    """A record as JSON with its ETag."""
    response = Response(orjson.dumps(content), status, content_type="application/json")
    response.headers["ETag"] = f'"v{version}"'
    return response
