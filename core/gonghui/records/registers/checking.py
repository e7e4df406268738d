"""Checking one row of a register: gives its cells, and notes what is wrong with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from gonghui.i18n import Text, _
from gonghui.records.registers import cells
from gonghui.records.registers.faults import Fault
from gonghui.records.registers.sheets import Column, Row

_SHOWN = 40


class CheckedRow:
    """A row while it is examined, and afterwards: `value` is what it says, None where that cannot be told.

    `faults` keep the row from going in; `notices` do not.
    """

    __slots__ = ("cells", "faults", "headings", "notices", "row", "value")

    def __init__(self, row: Row, headings: Mapping[str, str]) -> None:
        self.row = row
        self.cells = row.cells
        self.headings = headings
        self.faults: list[Fault] = []
        self.notices: list[Fault] = []
        self.value: Any = None

    def cell(self, key: str) -> object:
        """The cell as it came; empty where the file has no such column."""
        return self.cells.get(key, "")

    def shown(self, key: str) -> str:
        """The cell as a message quotes it."""
        line = cells.text(self.cell(key))
        return line if len(line) <= _SHOWN else line[:_SHOWN] + "…"

    def note(self, key: str, code: str, message: Text) -> None:
        """Something is wrong with a cell."""
        self.faults.append(self._fault(key, code, message))

    def remark(self, key: str, code: str, message: Text) -> None:
        """Something about a cell is worth a look, and keeps the row from nothing."""
        self.notices.append(self._fault(key, code, message))

    def _fault(self, key: str, code: str, message: Text) -> Fault:
        return Fault(self.row.sheet, self.row.number, self.headings[key], code, message)

    def day(self, key: str) -> date | None:
        """The cell as a date, None where it is empty or no date; the latter is noted."""
        cell = self.cells.get(key, "")
        try:
            return None if cell == "" or cells.is_empty(cell) else cells.day(cell)
        except cells.CellError as error:
            message = _("“{value}”不是有效的日期。改成 2024-06-30 这样的写法。", value=self.shown(key))
            self.note(key, error.code, message)
            return None

    def number(self, key: str) -> int | None:
        """The cell as a count, None where it is empty or none; the latter is noted."""
        if cells.is_empty(self.cell(key)):
            return None
        try:
            return cells.whole_number(self.cell(key))
        except cells.CellError as error:
            self.note(key, error.code, _("“{value}”不是整数。只填数字，例如 128。", value=self.shown(key)))
            return None


@dataclass(frozen=True)
class Sheet:
    """What the rows of a register have in common: the sheet and the heading of each column as the file has it."""

    name: str
    headings: Mapping[str, str]
    ignored: Sequence[str] = ()

    def completed(self, columns: Sequence[Column]) -> Sheet:
        """With the usual heading for each column that the file lacks."""
        usual = {column.key: column.heading for column in columns}
        return Sheet(self.name, {**usual, **self.headings}, self.ignored)


@dataclass
class Tally:
    """What a run has done so far."""

    rows: int = 0
    created: int = 0
    known: int = 0
    faulty: int = 0
    faults: list[Fault] = field(default_factory=list)
    notices: list[Fault] = field(default_factory=list)

    @property
    def good(self) -> int:
        """Rows without a fault."""
        return self.rows - self.faulty
