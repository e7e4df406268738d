"""Rows that wait, as people see them: sensitive cells are masked, and stars never take the place of what they hide."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gonghui.db.unit_of_work import UnitOfWork
from gonghui.errors import FieldFault, invalid, not_found
from gonghui.i18n import _
from gonghui.records.registers.cells import text
from gonghui.records.registers.faults import Fault
from gonghui.records.registers.importing import RegisterImport
from gonghui.records.registers.runs import RegisterRun, staged_rows
from gonghui.records.registers.sheets import Row
from gonghui.values.masks import mask

_STARS = ("*", "＊")


@dataclass(frozen=True)
class ShownCell:
    """A cell of a row that waits, with what is wrong with it."""

    key: str
    heading: str
    text: str
    is_masked: bool
    faults: Sequence[Fault] = ()

    def as_json(self) -> dict[str, Any]:
        """The cell for programs, which are told faults beside it."""
        return {"key": self.key, "heading": self.heading, "text": self.text, "masked": self.is_masked}


def waiting_row(uow: UnitOfWork, run: RegisterRun, number: int) -> tuple[Row, list[Fault]]:
    """A row that waits, with its faults. Raises `NotFound`."""
    found = next(staged_rows(uow, run, after=number - 1, limit=1), None)
    if found is None or found[0].number != number:
        raise not_found()
    return found


def is_senders(uow: UnitOfWork, run: RegisterRun) -> bool:
    """Whether the principal sent the file, and so has it at hand."""
    return run.account_id is not None and run.account_id == uow.principal.account_id


def cells_of(
    uow: UnitOfWork, run: RegisterRun, register: RegisterImport, row: Row, faults: Sequence[Fault]
) -> list[ShownCell]:
    """The cells of a row in the order of its register.

    A sensitive one that has to be put right is shown in full to whoever sent the file, and to nobody else.
    """
    is_mine, cells = is_senders(uow, run), []
    for column in register.columns:
        heading = run.headings.get(column.key, column.heading)
        wrong = [fault for fault in faults if fault.column == heading]
        if column.key not in row.cells and not wrong:
            continue
        content = text(row.cells.get(column.key, ""))
        is_masked = bool(column.sensitive and content and not (is_mine and wrong))
        shown = mask(str(column.sensitive), content) if is_masked else content
        cells.append(ShownCell(column.key, heading, shown, is_masked, wrong))
    return cells


def refuse_cells(register: RegisterImport, cells: Mapping[str, str]) -> None:
    """Raise `Invalid` for a column that is not there, and for stars of a mask."""
    sensitive = {column.key: column.sensitive for column in register.columns}
    faults = [
        FieldFault(f"/cells/{key}", "column_unknown", _("没有这样的列。"))
        for key in cells
        if key not in sensitive
    ] + [
        FieldFault(
            f"/cells/{key}", "value_masked", _("带星号的是遮盖后的内容。不改就不要提交，要改就填完整。")
        )
        for key, content in cells.items()
        if sensitive.get(key) and any(star in content for star in _STARS)
    ]
    if faults:
        raise invalid(*faults)
