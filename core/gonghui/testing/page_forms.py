"""What the forms of pages are sent with: no document describes them, so each has its sample here."""

from __future__ import annotations

from gonghui.testing.plugin_samples import SPARE

#: Fields by method and path.
_FORMS: dict[str, dict[str, str]] = {
    "POST /console/plugins/{plugin_id}/removal": {"name": str(SPARE.name)},
}


def form_of_page(name: str) -> dict[str, str] | None:
    """The fields of the form of the page operation called `name`; None where it has none, or says nothing."""
    return _FORMS.get(name)
