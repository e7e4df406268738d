"""Samples for the pages of record types: each page is tried with what the operation beside it is tried with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from typing import Any

from flask import Flask

from gonghui.records.record_types import RECORD_TYPES, RecordType
from gonghui.testing.operations import Operation, operations, sample_body, sample_form
from gonghui.web.navigation import list_path


def kind_of_page(path: str) -> RecordType | None:
    """The record type to whose pages a path belongs."""
    mine = (kind for kind in RECORD_TYPES.values() if f"{path}/".startswith(f"{list_path(kind)}/"))
    return max(mine, key=lambda kind: len(kind.path), default=None)


def beside(app: Flask, page: Operation) -> Operation | None:
    """The operation that does what a page of a record type does."""
    kind = kind_of_page(page.path)
    if kind is None:
        return None
    at, rest = f"/api/v1/{kind.plugin}/{kind.path}", page.path.removeprefix(list_path(kind))
    one = f"/{{{kind.parameter}}}"
    known = _by_name(app)
    if rest == "/new":
        return known[f"POST {at}"]
    if rest == f"{one}/edit":
        return known[f"PATCH {at}{one}"]
    if rest.startswith(f"{one}/lists/"):
        return known[f"PUT {at}{one}/{rest.rsplit('/', 1)[1].replace('_', '-')}"]
    if rest.endswith("}/remove") and "/attachments/" in rest:
        return known[f"DELETE {at}{rest.removesuffix('/remove')}"]
    is_read = page.method == "GET"
    return (
        known.get(f"POST {at}{rest}")
        if not is_read
        else known.get(f"POST {at}{rest}", known.get(f"GET {at}{rest}"))
    )


def beside_or_itself(app: Flask, operation: Operation) -> Operation:
    """The operation that a page stands for, with the page's own permission; any other is itself."""
    found = beside(app, operation)
    return operation if found is None else replace(found, permission=operation.permission)


def form_of_page(
    app: Flask, page: Operation, samples: Mapping[str, Any], version: int | None
) -> dict[str, Any] | None:
    """What somebody types into a page; None where nothing is sent."""
    operation = beside(app, page) if page.method == "POST" else None
    if operation is None:
        return None
    body = sample_body(app, operation, samples) or {}
    form: dict[str, Any] = dict(sample_form(app, operation, samples) or {})
    if "records" in body:  # a step of many: the ticked ones, and the answers beside them
        form["record"] = [f"{each['id']}:{each['version']}" for each in body["records"]]
        body = body.get("answers", {})
    form |= dict(_boxes(body, ""))
    return form if version is None else {**form, "version": str(version)}


def _boxes(value: Any, name: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _boxes(inner, f"{name}.{key}" if name else key)
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        for index, inner in enumerate(value):
            yield from _boxes(inner, f"{name}.{index}")
    elif isinstance(value, list):
        yield name, "\n".join(map(str, value))
    elif value is not None:
        yield name, str(value).lower() if isinstance(value, bool) else str(value)


@cache
def _by_name(app: Flask) -> Mapping[str, Operation]:
    return {operation.name: operation for operation in operations(app)}
