"""How figures and their records are written out, alike for the API and the command line."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from gonghui.reporting.indicators import Figure, Place
from gonghui.values.periods import Period


def figure_json(figure: Figure, period: Period, place: Place | None = None) -> dict[str, Any]:
    """A figure with its parts, its definition and the address of its records."""
    indicator = figure.indicator
    unit = f"&org_unit_id={place.unit.id}&{_tree(place)}" if place else ""
    return {
        "code": indicator.code,
        "title": str(indicator.title),
        "value": figure.value,
        "unit": str(indicator.unit),
        "aggregation": indicator.aggregation,
        "definition": str(indicator.definition),
        "parts": figure.parts,
        "part_titles": {kind: str(title) for kind, title in indicator.breakdowns.items()},
        "records": figure.value,
        "href": f"/api/v1/figures/{quote(indicator.code)}/records?period={period.code}{unit}",
    }


def _tree(place: Place) -> str:
    return "tree=now" if place.tree_on is None else f"tree_on={place.tree_on}"


def record_json(row: Any) -> dict[str, Any]:
    """One record behind a figure."""
    return {
        "id": row.id,
        "label": row.label,
        "part": row.breakdown,
        "on": row.on,
        "org_unit_id": row.org_unit_id,
    }
