"""Throughput of list, detail and create, beside the bare counterpart on the same server and the same rows."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from tests.bench import servers
from tests.bench.bare_tables import copy_tables
from tests.bench.district import District, make_district
from tests.bench.figures import Figure, paired, say
from tests.bench.load import generator, request, throughput

from gonghui.testing.federation import World
from gonghui_organising.demo import demo_code
from gonghui_organising.union_samples import founding_values

UNIONS = 3_000
CLIENTS, SECONDS, WARM_UP = 8, 3, 2
_PATH = "/api/v1/organising/unions"
#: More than either side creates in one round here; a side that is quicker begins again with the first.
_BODIES = 3_000

Load = Callable[[], Sequence[bytes]]


def measure(world: World, var: Path) -> Iterator[Figure]:
    """The three figures."""
    say(f"throughput: a district with {UNIONS} unions")
    district = make_district(world, UNIONS)
    url = copy_tables(world.database)
    with (
        servers.gonghui(world.database, var) as port,
        servers.bare(url, str(district.tenant_id)) as bare_port,
    ):
        for name, ours, theirs in (_lists(district), _details(district), _creates(district)):
            yield _side_by_side(name, (port, ours), (bare_port, theirs))


def _side_by_side(name: str, ours: tuple[int, Load], theirs: tuple[int, Load]) -> Figure:
    def measured(side: tuple[int, Load], seconds: int) -> float:
        port, load = side
        return throughput(port, load(), clients=CLIENTS, seconds=seconds)

    for side in (ours, theirs):
        measured(side, WARM_UP)
    return paired(
        name,
        "requests/s",
        lambda: measured(ours, SECONDS),
        lambda: measured(theirs, SECONDS),
        by=generator(),
    )


def _lists(district: District) -> tuple[str, Load, Load]:
    ours = [request("GET", f"{_PATH}?limit=50", host=district.host, token=district.token)]
    theirs = [request("GET", "/unions?limit=50", host=district.host)]
    return "list of 50 unions", lambda: ours, lambda: theirs


def _details(district: District) -> tuple[str, Load, Load]:
    host, token = district.host, district.token
    ours = [request("GET", f"{_PATH}/{union}", host=host, token=token) for union in district.unions]
    theirs = [request("GET", f"/unions/{union}", host=host) for union in district.unions]
    return "detail of a union", lambda: ours, lambda: theirs


def _creates(district: District) -> tuple[str, Load, Load]:
    """New foundings for each round, made before its time begins to run."""
    serials = itertools.count()
    theirs = replace(district, token=None)
    return (
        "create of a union",
        lambda: creates(district, serials),
        lambda: creates(theirs, serials, path="/unions"),
    )


def creates(district: District, serials: Iterator[int], *, path: str = _PATH) -> list[bytes]:
    """New foundings, each of its own serial."""
    common = founding_values(district.community)
    bodies = (_founding(common, next(serials)) for _ in range(_BODIES))
    return [request("POST", path, host=district.host, token=district.token, content=body) for body in bodies]


def _founding(common: dict[str, object], serial: int) -> dict[str, object]:
    firm = f"深圳市样本新设{serial}电子有限公司"
    employer = {"name": firm, "uscc": demo_code("91", 1_000_000 + serial)}
    return {**common, "name": f"{firm}工会委员会", "employers": [employer]}
