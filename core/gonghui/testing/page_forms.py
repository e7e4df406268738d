"""What the forms of pages are sent with: no document describes them, so each has its sample here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gonghui.testing.plugin_samples import SPARE

#: Fields by method and path that are what the contract knows under their own name.
_KNOWN: dict[str, tuple[str, ...]] = {"POST /console/imports/new/{register_code}": ("file",)}
#: Fields by method and path.
_FORMS: dict[str, dict[str, str]] = {
    "POST /console/plugins/{plugin_id}/removal": {"name": str(SPARE.name)},
}


def form_of_page(name: str, known: Mapping[str, Any]) -> dict[str, Any] | None:
    """The fields of the form of the page operation called `name`; None where it has none, or says nothing."""
    if name in _KNOWN:
        return {field: known[field] for field in _KNOWN[name]}
    return _FORMS.get(name)
