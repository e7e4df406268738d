"""`python -m tests.bench`: measure, and print one line of JSON per figure."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.bench import (
    list_pages,
    many_tenants,
    member_import,
    neighbours,
    register_import,
    sealed_trail,
    throughput,
    trail_cost,
)
from tests.bench.figures import Figure

from gonghui.app import create_app
from gonghui.plugin_host.registry import discover
from gonghui.testing.database import cloned_database
from gonghui.testing.federation import World


def main() -> int:
    """Measure everything; an interrupt ends the servers and the database first."""
    signal.signal(signal.SIGTERM, _interrupt)
    var = Path(os.environ.get("GONGHUI_BENCH_VAR", "var/bench")).resolve()
    os.environ["GONGHUI_VAR"] = str(var)
    try:
        for figure in _figures(var):
            print(figure.line(), flush=True)
    except KeyboardInterrupt:
        return 130
    return 0


def _figures(var: Path) -> Iterator[Figure]:
    registry = discover()
    with cloned_database(var, registry, f"bench_{os.getpid()}") as database:
        world = World(database, registry, create_app(database, registry, is_demo_server=False))
        yield register_import.measure(world)
        yield from member_import.measure(world)
        yield from sealed_trail.measure(world, var)
        yield from throughput.measure(world, var)
        yield trail_cost.measure(world, var)
        yield neighbours.measure(world, var)
        yield many_tenants.measure(world, var)
        yield from list_pages.measure(world, var)


def _interrupt(_signal: int, _frame: object) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
