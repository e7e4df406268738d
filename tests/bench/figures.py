"""Figures: what one measurement says, and how two sides are paired so that noise hits both alike."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

import orjson


@dataclass(frozen=True)
class Figure:
    """Gonghui's value, the counterpart's beside it, and the ratio of the two; None where nothing is beside."""

    figure: str
    value: float
    unit: str
    beside: float | None = None
    ratio: float | None = None
    #: What made the load.
    by: str = "in process"

    def line(self) -> str:
        """The figure as one line of JSON."""
        return orjson.dumps(self).decode()


def paired(
    figure: str,
    unit: str,
    ours: Callable[[], float],
    theirs: Callable[[], float],
    *,
    by: str,
    rounds: int = 5,
) -> Figure:
    """Medians of both sides, measured in turn, and the median of the ratios of the rounds.

    A neighbour on the machine slows both measurements of a round, so their ratio moves less than they do.
    """
    pairs = []
    for number in range(1, rounds + 1):
        pair = (ours(), theirs())
        say(f"{figure} {number}/{rounds}: {pair[0]:.4g} beside {pair[1]:.4g} {unit}")
        pairs.append(pair)
    return Figure(
        figure,
        round(median(mine for mine, _other in pairs), 2),
        unit,
        round(median(other for _mine, other in pairs), 2),
        round(median(mine / other for mine, other in pairs), 3),
        by,
    )


def say(message: str) -> None:
    """Progress, for whoever watches."""
    print(message, file=sys.stderr, flush=True)
