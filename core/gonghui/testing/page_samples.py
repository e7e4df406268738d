"""What the contract sends to pages: forms that they accept, and things that their addresses name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from gonghui.testing.federation import Federation

#: Fields of the form of a page, by its operation.
FORMS: dict[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
    "POST /console/org/{org_unit_id}/new": lambda known: {
        "name": "样本园区工联会",
        "kind": "park_federation",
    },
    "POST /console/org/{org_unit_id}/{change}": lambda known: {"name": "样本新名工联会", "confirmed": "1"},
}


def content(operation: str, known: Mapping[str, Any]) -> dict[str, Any]:
    """The content of a request to a page, as an option of werkzeug's client; nothing where it takes none."""
    return {"data": FORMS[operation](known)} if operation in FORMS else {}


def targets(home: Federation) -> dict[str, Callable[[], str]]:
    """Makers of what the parameters of pages name, by the name of the parameter or of the operation."""
    return {"change": lambda: "rename"}
