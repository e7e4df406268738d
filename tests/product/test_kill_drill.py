"""Whatever is killed in between: what was answered is there once, and has its consequences once."""

from __future__ import annotations

from collections.abc import Callable

from tests.support.kill_drill import VICTIMS, drill

OPERATIONS, KILLS, SEED = 60, 6, 20_260_927


def test_nothing_is_lost_and_nothing_is_done_twice_whatever_is_killed(
    record_property: Callable[[str, object], None],
) -> None:
    outcome = drill(OPERATIONS, KILLS, SEED)
    record_property("kill drill", f"kill drill: {outcome}")
    assert outcome.faults == []
    assert outcome.operations >= OPERATIONS
    assert outcome.kills.keys() == VICTIMS.keys()
    assert outcome.share_inside >= 0.3
