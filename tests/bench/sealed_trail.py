"""Speed of sealing a trail, of handing it out with its values, and of verifying the file."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests.bench.figures import Figure, say

from gonghui.audit.chain import latest_head, lines
from gonghui.audit.sealing import seal
from gonghui.audit.signing import SigningKey, sign_heads
from gonghui.audit.verify import verify
from gonghui.audit.writing import entry, write
from gonghui.testing.federation import Federation, World
from gonghui.values.ids import new_id

ROWS = 200_000
_AT_ONCE = 20_000


def measure(world: World, var: Path) -> Iterator[Figure]:
    """Sealed rows and exported rows a second, and the seconds that verifying them takes."""
    say(f"a trail of {ROWS} entries")
    federation, key, file = world.federation(), SigningKey.generate(), var / "trail.jsonl"
    for _ in range(ROWS // _AT_ONCE):
        _write(federation)
    rows, seconds = _timed(lambda: seal(world.database, federation.view.id))
    yield Figure("sealing of a trail", round(rows / seconds), "rows/s")
    sign_heads(world.database, key, chain=federation.view.id)
    try:
        _, seconds = _timed(lambda: _export(federation, file))
        yield Figure("export of a sealed trail", round(rows / seconds), "rows/s")
        report, seconds = _timed(lambda: verify([file], frozenset({key.fingerprint})))
        if report.fault is not None:
            raise RuntimeError(report.fault.sentence("en"))
        yield Figure(f"verifying of {rows} rows", round(seconds, 2), "s")
    finally:
        file.unlink(missing_ok=True)


def _write(federation: Federation) -> None:
    with federation.uow() as uow:
        connection = uow.session.connection()
        connection.info["recorded"] = True
        values = {
            "name": "样本工会",
            "state": "active",
            "chair_name": "样主席",
            "founded_on": "2024-05-01",
            "members": 25,
        }
        made = [
            entry(
                uow,
                "insert",
                {"after": {"id": str(new_id()), **values}},
                table="core.sample",
                object_id=new_id(),
            )
            for _ in range(_AT_ONCE)
        ]
        write(uow, connection, made)
        connection.info["recorded"] = False


def _export(federation: Federation, file: Path) -> None:
    with federation.uow() as uow, file.open("wb") as out:
        last = latest_head(uow.session, federation.view.id).seq
        out.writelines(lines(uow.session, federation.view.id, last=last, with_values=True))


def _timed(act: Callable[[], Any]) -> tuple[Any, float]:
    started = time.perf_counter()
    done = act()
    return done, time.perf_counter() - started
