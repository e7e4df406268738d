"""What the forms of pages are sent with: no document describes them, so each has its sample here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gonghui.testing.plugin_samples import SPARE

#: Fields by method and path that are what the contract knows under their own name.
_KNOWN: dict[str, tuple[str, ...]] = {"POST /console/imports/new/{register_code}": ("file",)}
_FIGURE = {
    "value": "30",
    "effective_from": "2032-01-01",
    "basis": "示工发〔2031〕3号第二条",
    "reason": "本区另有规定",
}
_SEEN = {
    "sure": "1",
    **{f"seen_{name}": _FIGURE.get(name, "") for name in ("value", "effective_from", "effective_to")},
}
#: Fields by method and path.
_FORMS: dict[str, dict[str, str]] = {
    "POST /console/calendar/days": {
        "day": "2035-05-06",
        "is_working": "0",
        "name": "样本节",
        "reason": "样本通知",
    },
    "POST /console/calendar/years": {"year": "2037", "basis": "样本通知"},
    "POST /console/parameters/{parameter_code}/decide": {**_FIGURE, **_SEEN},
    "POST /console/parameters/{parameter_code}/overrides/{override_id}/withdraw": {"reason": "规定已废止"},
    "POST /operator/plan/{plugin_id}": {"planned": "0"},
    "POST /console/plugins/{plugin_id}/removal": {"name": str(SPARE.name)},
}


def form_of_page(name: str, known: Mapping[str, Any]) -> dict[str, Any] | None:
    """The fields of the form of the page operation called `name`; None where it has none, or says nothing."""
    if name in _KNOWN:
        return {field: known[field] for field in _KNOWN[name]}
    return _FORMS.get(name)
