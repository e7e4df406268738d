"""Parameters of a job as a text that can be sealed: plain values, ids and days."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

import orjson

_DAY, _ID = "$day", "$id"


def packed(parameters: Mapping[str, Any]) -> str:
    """The parameters as a text. Raises `TypeError` for what `unpacked` could not give back."""
    return orjson.dumps(_kept(parameters)).decode()


def unpacked(text: str) -> dict[str, Any]:
    """The parameters that `packed` kept."""
    read: dict[str, Any] = _read(orjson.loads(text))
    return read


def _kept(value: Any) -> Any:
    if isinstance(value, UUID):
        return {_ID: str(value)}
    if type(value) is date:
        return {_DAY: value.isoformat()}
    if isinstance(value, Mapping):
        return {key: _kept(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_kept(part) for part in value]
    if value is None or isinstance(value, str | int | float):
        return value
    raise TypeError(f"no parameter of a job: {type(value).__name__}")


def _read(value: Any) -> Any:
    if isinstance(value, dict):
        if value.keys() == {_ID}:
            return UUID(value[_ID])
        if value.keys() == {_DAY}:
            return date.fromisoformat(value[_DAY])
        return {key: _read(part) for key, part in value.items()}
    return [_read(part) for part in value] if isinstance(value, list) else value
