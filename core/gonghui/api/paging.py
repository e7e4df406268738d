"""Keyset paging: a cursor holds the sort values of the last row, so no page depends on counting rows."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

import orjson
from flask import Response, request
from marshmallow import Schema, fields, validate

from gonghui.errors import FieldFault, invalid
from gonghui.i18n import _

MOST = 100


class PageQuery(Schema):
    """The query that every list understands; derive from it to add filters."""

    cursor = fields.String(metadata={"description": "Where the page before ended (from `next`)"})
    limit = fields.Integer(load_default=50, validate=validate.Range(1, MOST))
    count = fields.Boolean(load_default=False, metadata={"description": "Also count all rows"})


def encode_cursor(values: Sequence[Any]) -> str:
    """A cursor that holds `values`."""
    return base64.urlsafe_b64encode(orjson.dumps(list(values))).rstrip(b"=").decode()


def decode_cursor(cursor: str | None, parsers: Sequence[Any]) -> tuple[Any, ...] | None:
    """The values of a cursor, each read by its parser. Raises `Invalid` for one that we did not make."""
    if not cursor:
        return None
    try:
        raw = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if not isinstance(raw, list) or len(raw) != len(parsers):
            raise ValueError(cursor)
        return tuple(parse(value) for parse, value in zip(parsers, raw, strict=True))
    except (ValueError, TypeError, AttributeError, binascii.Error) as error:
        raise invalid(
            FieldFault("/query/cursor", "cursor_unknown", _("翻页标记无效，请从第一页重新开始。"))
        ) from error


def page_response(
    items: list[dict[str, Any]], next_values: Sequence[Any] | None, count: int | None = None
) -> Response:
    """One page as JSON, straight from rows; the next one is named in the body and in `Link`.

    `next_values` are those of the last row by which the list is sorted, None on the last page; `count` is that of all
    rows, where it was asked for.
    """
    content: dict[str, Any] = {"items": items, "next": encode_cursor(next_values) if next_values else None}
    if count is not None:
        content["count"] = count
    response = Response(orjson.dumps(content), content_type="application/json")
    if next_values:
        query = urlencode({**request.args.to_dict(), "cursor": content["next"]})
        response.headers["Link"] = f'<{request.path}?{query}>; rel="next"'
    return response
