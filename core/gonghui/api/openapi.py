"""The OpenAPI document: one for the installation, shown to each tenant without what it has off."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import Any

from flask import Flask
from flask_smorest import Api as SmorestApi
from werkzeug.exceptions import HTTPException

from gonghui import __version__
from gonghui.api import problems
from gonghui.api.guard import is_public
from gonghui.plugin_host.registry import Registry

_REFERENCE = re.compile(r'"#/components/([a-zA-Z]+)/([^"]+)"')
_PARAMETER = re.compile(r"<(?:[^:<>]+:)?([^<>]+)>")


def _header(name: str, description: str, *, required: bool) -> dict[str, Any]:
    text = {"schema": {"type": "string"}, "required": required, "description": description}
    return {"in": "header", "name": name, **text}


#: What an operation reads from its headers, by the mark that its decorator leaves.
_HEADERS = {
    "is_versioned": _header(
        "If-Match", "The ETag of the record as it was read, quotes included", required=True
    ),
    "is_idempotent": _header(
        "Idempotency-Key", "A second request with the same key gets the first one's answer", required=False
    ),
}


class Api(SmorestApi):
    """flask-smorest's Api with our error documents."""

    def handle_http_exception(self, error: HTTPException) -> Any:
        """Answer as everywhere else."""
        return problems.from_http(error)


def settings_for_smorest() -> dict[str, Any]:
    """What flask-smorest wants to know; its own documentation routes stay off."""
    return {
        "API_TITLE": "Gonghui 工汇",
        "API_VERSION": __version__,
        "OPENAPI_VERSION": "3.1.0",
        "OPENAPI_URL_PREFIX": None,
    }


def complete(app: Flask, api: Api) -> None:
    """Write permissions, sign-in and the form of errors into the document, once all routes are known."""
    spec = api.spec
    spec.components.security_scheme("bearer", {"type": "http", "scheme": "bearer"})
    spec.components.schema("Problem", _PROBLEM)
    paths = spec._paths  # apispec has no public way to change a path once added
    for rule in app.url_map.iter_rules():
        path = _PARAMETER.sub(r"{\1}", rule.rule)
        if path not in paths:
            continue
        view = app.view_functions[rule.endpoint]
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            entry = paths[path].get(method.lower())
            if entry is not None:
                _complete_entry(entry, path, view)


def _complete_entry(entry: dict[str, Any], path: str, view: Any) -> None:
    if permission := getattr(view, "permission", None):
        entry["x-permission"] = permission
    headers = [header for mark, header in _HEADERS.items() if getattr(view, mark, False)]
    if headers:
        entry.setdefault("parameters", []).extend(headers)
    entry["security"] = [] if is_public(path) else [{"bearer": []}]
    problem = {"content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}}
    responses = entry.setdefault("responses", {})
    for name in list(responses):
        if name in ("422", "default"):
            del responses[name]
    responses["default"] = {"description": "Problem document (RFC 9457)", **problem}


class Documents:
    """Documents by set of switches; each is cut to size once."""

    def __init__(self, api: Api, registry: Registry) -> None:
        self.whole: dict[str, Any] = json.loads(json.dumps(api.spec.to_dict(), default=str))
        self._registry = registry
        self.for_switches = lru_cache(maxsize=64)(self._cut)

    def _cut(self, on: frozenset[str]) -> dict[str, Any]:
        owner = self._registry.owner_of_path
        paths = {
            path: entry
            for path, entry in self.whole["paths"].items()
            if (plugin := owner(path)) is None or plugin in on
        }
        used = {
            tag
            for entry in paths.values()
            for part in entry.values()
            if "tags" in part
            for tag in part["tags"]
        }
        tags = [tag for tag in self.whole.get("tags", ()) if tag["name"] in used]
        document = {**self.whole, "paths": paths, "tags": tags}
        document["components"] = _needed(paths, self.whole.get("components", {}))
        return document


def _needed(paths: dict[str, Any], components: dict[str, Any]) -> dict[str, Any]:
    """Components that `paths` refer to, directly or through one another."""
    wanted: set[tuple[str, str]] = set()
    open_ends = set(_REFERENCE.findall(json.dumps(paths)))
    while open_ends:
        wanted |= open_ends
        found = {
            ref for kind, name in open_ends for ref in _REFERENCE.findall(json.dumps(components[kind][name]))
        }
        open_ends = found - wanted
    kept: dict[str, Any] = {"securitySchemes": components.get("securitySchemes", {})}
    for kind, name in sorted(wanted):
        kept.setdefault(kind, {})[name] = components[kind][name]
    return kept


_PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status", "code", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string"},
        "detail": {"type": "string", "description": "One sentence in the caller's language"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "pointer": {"type": "string", "description": "JSON pointer into the content"},
                    "code": {"type": "string"},
                    "detail": {"type": "string"},
                },
            },
        },
    },
}
