"""Going through the rows of a register in batches."""

from __future__ import annotations

import gc
import sys
from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest

from gonghui.i18n import _
from gonghui.records.registers import importing
from gonghui.records.registers.checking import CheckedRow
from gonghui.records.registers.importing import go_through
from gonghui.records.registers.sheets import Row

HEADINGS = {"name": "姓名"}
ROWS = [Row("名册", number, {"name": name}) for number, name in enumerate("甲乙丙丁戊", start=2)]


class Listener:
    """An importer that refuses 丙 and remembers what it was asked."""

    def __init__(self) -> None:
        self.made: Counter[str] = Counter()
        self.readied: list[str] = []
        self.settled: list[list[Any]] = []
        self.thresholds: set[int] = set()
        self.intervals: set[float] = set()

    def examine(self, row: Row) -> CheckedRow:
        checked = CheckedRow(row, HEADINGS)
        if row.cells["name"] == "丙":
            checked.note("name", "refused", _("不行。"))
        checked.value = row.cells["name"]
        return checked

    def ready(self, rows: Sequence[CheckedRow]) -> Sequence[str]:
        self.readied.append("".join(row.value for row in rows))
        return [f"{row.value}!" for row in rows]

    def settle(self, rows: Sequence[tuple[CheckedRow, Any]], *, write: bool) -> tuple[int, int]:
        self.thresholds.add(gc.get_threshold()[0])
        self.intervals.add(sys.getswitchinterval())
        self.settled.append([made for _row, made in rows])
        if len(self.settled) == 9:
            raise RuntimeError("enough")
        return len(rows), 0


@pytest.fixture(autouse=True)
def two_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "AT_ONCE", 2)


def passed(listener: Listener, rows: Sequence[Row], *, write: bool) -> Any:
    return go_through(listener, rows, write=write)  # type: ignore[arg-type] - made by hand


def test_sound_rows_of_a_batch_are_made_ready_together() -> None:
    listener = Listener()
    tally = passed(listener, ROWS, write=True)
    assert (tally.rows, tally.created, tally.faulty) == (5, 4, 1)
    assert listener.readied == ["甲", "乙", "丁戊"]
    assert listener.settled == [["甲!"], ["乙!"], ["丁!", "戊!"]]


def test_a_preview_makes_nothing_ready() -> None:
    listener = Listener()
    passed(listener, ROWS, write=False)
    assert listener.readied == []
    assert listener.settled == [[None], [None], [None, None]]


def test_the_interpreter_is_tuned_and_set_back_even_after_an_error() -> None:
    usual, interval, listener = gc.get_threshold(), sys.getswitchinterval(), Listener()
    with pytest.raises(RuntimeError, match="enough"):
        passed(listener, ROWS * 5, write=True)
    assert min(listener.thresholds) > usual[0]
    assert max(listener.intervals) < interval
    assert (gc.get_threshold(), sys.getswitchinterval()) == (usual, interval)


def test_nothing_is_done_on_top_of_what_failed() -> None:
    listener = Listener()
    with pytest.raises(RuntimeError, match="enough"):
        passed(listener, ROWS * 20, write=True)
    assert len(listener.settled) == 9
