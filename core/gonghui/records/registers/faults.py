"""A fault is one thing wrong in one cell of a register, told so that its keeper can mend it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gonghui.i18n import Text


@dataclass(frozen=True)
class Fault:
    """Something wrong in a cell: where it is, what it is for programs (`code`) and for people (`message`).

    `row` is the row of the sheet, from 1, as people see it; `column` is the heading as the file has it.
    """

    sheet: str
    row: int
    column: str
    code: str
    message: Text

    def as_json(self) -> dict[str, Any]:
        """The fault for a reader who is served now, in that reader's language."""
        return {
            "sheet": self.sheet,
            "row": self.row,
            "column": self.column,
            "code": self.code,
            "message": str(self.message),
        }
