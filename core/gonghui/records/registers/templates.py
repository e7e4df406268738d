"""Workbooks to be filled in and sent back: an empty one, and one with the rows that have to be put right."""

from __future__ import annotations

from collections.abc import Iterator
from tempfile import SpooledTemporaryFile
from typing import Any

import xlsxwriter  # type: ignore[import-untyped]

from gonghui.db.unit_of_work import UnitOfWork
from gonghui.i18n import _
from gonghui.jobs.kinds import JobFile
from gonghui.records.exporting import IN_MEMORY, write_file
from gonghui.records.registers.importing import RegisterImport
from gonghui.records.registers.rows import cells_of, is_senders
from gonghui.records.registers.runs import RegisterRun, staged_rows
from gonghui.records.registers.writing import MEDIA_TYPES, OutColumn

_KIND = "xlsx"
_WIDTH = 18


def template_of(register: RegisterImport) -> JobFile:
    """An empty workbook with the headings of a register; a star stands at those that it must have."""
    file = SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - closed by whoever hands it out
    with xlsxwriter.Workbook(file) as book:
        sheet = book.add_worksheet()
        # "@" keeps a text a text: a spreadsheet would round an identity number.
        bold, plain = book.add_format({"bold": True, "num_format": "@"}), book.add_format({"num_format": "@"})
        sheet.set_column(0, len(register.columns) - 1, _WIDTH, plain)
        sheet.freeze_panes(1, 0)
        for place, column in enumerate(register.columns):
            sheet.write_string(0, place, f"{column.heading}*" if column.required else column.heading, bold)
    return JobFile(file, f"{register.title}_{_('模板')}.{_KIND}", MEDIA_TYPES[_KIND])


def faulty_rows(uow: UnitOfWork, run: RegisterRun, register: RegisterImport) -> JobFile:
    """The rows that have to be put right, with what is wrong; it is told in the trail.

    Whoever sent the file has it at hand and gets the rows as they were; for others sensitive cells are masked.
    """
    headings = {column.key: run.headings.get(column.key, column.heading) for column in register.columns}
    columns = [
        OutColumn("number", _("行"), 8),
        OutColumn("wrong", _("要改正的问题"), 60),
        *(OutColumn(key, heading, _WIDTH) for key, heading in headings.items()),
    ]
    is_masked = not is_senders(uow, run) and any(column.sensitive for column in register.columns)
    return write_file(
        uow,
        "core.register.faulty_rows",
        _("{what}：要改正的行", what=register.title),
        columns,
        _told(uow, run, register, is_masked=is_masked),
        _KIND,
        masked=is_masked,
        asked=(),
    )


def _told(
    uow: UnitOfWork, run: RegisterRun, register: RegisterImport, *, is_masked: bool
) -> Iterator[dict[str, Any]]:
    for row, faults in staged_rows(uow, run, only_faulty=True):
        wrong = "\n".join(f"{fault.column}：{fault.message}" for fault in faults)
        cells: dict[str, object] = dict(row.cells)
        if is_masked:
            cells = {cell.key: cell.text for cell in cells_of(uow, run, register, row, faults)}
        yield {**cells, "number": row.number, "wrong": wrong}
