"""Latency of a federation's list while another one reads 100,000 members in, beside its latency at other times."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.bench import member_import, servers
from tests.bench.district import make_district
from tests.bench.figures import Figure, paired, say
from tests.bench.load import by_python, request

from gonghui.testing.federation import World

UNIONS, REQUESTS = 300, 2_000
_CLIENTS = 2
_PATH = "/api/v1/organising/unions?limit=50"


def measure(world: World, var: Path, *, rows: int = 100_000, rounds: int = 3) -> Figure:
    """p95 of the list during an import of another federation, in a process of its own, beside p95 without."""
    say(f"latency beside an import of {rows} members")
    district = make_district(world, UNIONS)
    asked = request("GET", _PATH, host=district.host, token=district.token)
    with TemporaryDirectory() as folder, servers.gonghui(world.database, var) as port:
        unions, members = Path(folder) / "unions.xlsx", Path(folder) / "members.xlsx"
        member_import.write_unions(unions)
        member_import.write_members(members, rows)
        codes = iter([member_import.with_unions(world, f"beside{n}", unions) for n in range(rounds)])
        by_python(port, iter([asked] * REQUESTS), clients=_CLIENTS)
        return paired(
            f"p95 of the list beside an import of {rows} members, beside none",
            "ms",
            lambda: _beside_an_import(world, var, port, asked, next(codes), members),
            lambda: by_python(port, iter([asked] * REQUESTS), clients=_CLIENTS).p95,
            by="python",
            rounds=rounds,
        )


def _beside_an_import(world: World, var: Path, port: int, asked: bytes, code: str, members: Path) -> float:
    url = world.database.admin_url.render_as_string(hide_password=False)
    importing = subprocess.Popen(
        [sys.executable, "-c", "from gonghui.cli import main; main()", "import", "organising.members",
         str(members), "--tenant", code],
        env={**os.environ, "GONGHUI_VAR": str(var), "GONGHUI_DATABASE_URL": url,
             "GONGHUI_DATABASE_NAME": world.database.name},
        stdout=subprocess.DEVNULL,
    )  # fmt: skip
    latency = by_python(port, _while_it_runs(importing, asked), clients=_CLIENTS).p95
    if importing.wait() != 0:
        raise RuntimeError(f"the import ended with {importing.returncode}")
    return latency


def _while_it_runs(process: subprocess.Popen[bytes], asked: bytes) -> Iterator[bytes]:
    while process.poll() is None:
        yield asked
