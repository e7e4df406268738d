"""Log lines: JSON on standard error, with the place of an error but never the values that were at hand there."""

from __future__ import annotations

import sys
import traceback
from collections.abc import MutableMapping
from typing import Any

import structlog


def configure() -> None:
    """Write logs as lines of JSON."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _place_of_error,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )


def _place_of_error(_logger: Any, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Kind and place of each error of the chain. Not its text: a database's says which values it refused."""
    error = event.pop("exc_info", None)
    chain = []
    while isinstance(error, BaseException):
        frames = [
            f"{frame.filename}:{frame.lineno} {frame.name}"
            for frame in traceback.extract_tb(error.__traceback__)
        ]
        diagnosis = getattr(getattr(error, "diag", None), "constraint_name", None)
        chain.append({"kind": type(error).__qualname__, "constraint": diagnosis, "frames": frames[-12:]})
        error = error.__cause__ or error.__context__
    return {**event, "errors": chain} if chain else event
