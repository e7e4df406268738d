"""What the trail and the outbox cost a create: the same operation with both, beside the same without either."""

from __future__ import annotations

import itertools
from pathlib import Path

from tests.bench import servers
from tests.bench.district import make_district
from tests.bench.figures import Figure, paired, say
from tests.bench.load import generator, throughput
from tests.bench.throughput import CLIENTS, SECONDS, WARM_UP, creates

from gonghui.testing.federation import World

UNIONS = 300


def measure(world: World, var: Path, *, rounds: int = 5) -> Figure:
    """Creates a second with audit entries and events, beside creates without."""
    say("create with trail and outbox, and without")
    district = make_district(world, UNIONS)
    serials = itertools.count()
    with (
        servers.gonghui(world.database, var) as with_both,
        servers.gonghui(world.database, var, "tests.bench.unwritten:create_app") as without,
    ):

        def measured(port: int, seconds: int) -> float:
            return throughput(port, creates(district, serials), clients=CLIENTS, seconds=seconds)

        for port in (with_both, without):
            measured(port, WARM_UP)
        return paired(
            "create with audit and outbox, beside without",
            "requests/s",
            lambda: measured(with_both, SECONDS),
            lambda: measured(without, SECONDS),
            by=generator(),
            rounds=rounds,
        )
