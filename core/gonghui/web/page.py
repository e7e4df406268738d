"""What a view of the console is written with: the permission it names, the unit it is looked at for, its addresses.

@blueprint.get("/console/venues")
@page("venues.venue.read")
def show_venues(uow: UnitOfWork) -> str:
    return render_template("venues.html", rows=...)
"""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from flask import request

from gonghui.api.operations import SIGNED_IN, operation

__all__ = ["SIGNED_IN", "asset", "here", "inside", "page", "to"]

#: A page names its permission exactly as an operation does.
page = operation

#: What an address takes along from page to page.
_LASTING = ("unit",)
_STATIC = Path(__file__).parent / "static"


def to(path: str, /, **query: Any) -> str:
    """The address of another page, for the unit that the reader looks at; None leaves a part of the query out."""
    kept = {name: request.args[name] for name in _LASTING if name in request.args}
    return _address(path, {**kept, **query})


def here(**changes: Any) -> str:
    """The address of this page with another query: None takes a part away, and paging begins anew."""
    changes = {"cursor": None, "lang": None, **changes}
    kept = {name: values for name, values in request.args.lists() if name not in changes}
    return _address(request.path, {**kept, **changes})


def inside(target: str | None) -> str:
    """Only a path of this very host: a link may not lead a fresh sign-in elsewhere."""
    target = target or "/"
    # A browser reads `//x`, `///x` and `/\\x` as the host x, and leaves tabs and line ends out.
    is_path = target.startswith("/") and not target.startswith("//")
    return target if is_path and "\\" not in target and target.isprintable() else "/"


@cache
def asset(name: str) -> str:
    """The address of a file below `static`, which changes with what the file holds."""
    path = _STATIC / name
    digest = hashlib.sha256(path.read_bytes()).hexdigest()[:10] if path.is_file() else "missing"
    return f"/static/core/{name}?v={digest}"


def _address(path: str, query: dict[str, Any]) -> str:
    told = {name: value for name, value in query.items() if value not in (None, "", [])}
    return f"{path}?{urlencode(told, doseq=True)}" if told else path
