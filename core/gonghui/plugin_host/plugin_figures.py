"""Figures of several plugins at once: what one of them cannot count leaves out its own figures only."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import groupby

from gonghui.db.unit_of_work import UnitOfWork
from gonghui.plugin_host.calls import CallFailed, guarded
from gonghui.plugin_host.registry import Registry
from gonghui.reporting.indicators import Figure, Indicator, Place, figures
from gonghui.values.periods import Period

#: Figures read much more than a hook does: seconds for all of a plugin's, milliseconds for a statement.
_SECONDS, _STATEMENT_MS = 60.0, 15_000


def figures_of(
    registry: Registry,
    uow: UnitOfWork,
    indicators: Sequence[Indicator],
    period: Period,
    place: Place | None = None,
) -> list[Figure]:
    """Values of the indicators over what the principal may see (at `place`), in their order."""
    found: list[Figure] = []
    for plugin_id, own in groupby(indicators, key=lambda indicator: indicator.code.split(".", 1)[0]):
        count = partial(figures, uow, list(own), period, place)
        try:
            found += guarded(
                uow,
                registry.plugins[plugin_id],
                "figures",
                count,
                seconds=_SECONDS,
                statement_ms=_STATEMENT_MS,
            )
        except CallFailed:
            continue
    return found
