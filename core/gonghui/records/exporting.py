"""Exporting: a list as a file, masked, stamped with who took it and when, and put on record."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from tempfile import SpooledTemporaryFile
from typing import Any

from gonghui.db.unit_of_work import UnitOfWork
from gonghui.errors import Invalid
from gonghui.i18n import Text, _
from gonghui.jobs.kinds import JobFile
from gonghui.records import listing
from gonghui.records.record_types import RecordType
from gonghui.records.registers.writing import (
    MASKED,
    MEDIA_TYPES,
    OutColumn,
    Stamp,
    as_csv,
    as_xlsx,
    file_name,
)
from gonghui.values import clock

MOST_ROWS = 100_000
"""Rows of one export; whoever needs more takes it part by part, and each part is on record."""
IN_MEMORY = 1024 * 1024
"""Bytes of a file that need no place on the disk."""
_TOLD_EVERY = 1_000

_UNIT, _STATE = _("所属组织"), _("状态")


def export_list(
    uow: UnitOfWork,
    kind: RecordType,
    query: Mapping[str, Any],
    progress: Callable[[int], None] | None = None,
) -> JobFile:
    """Records of a list as a file, in the form that `query["format"]` names, by its filters."""
    rows = (_read_as(kind, row) for row in listing.export_rows(uow, kind, query))
    subject = f"{kind.plugin}.{kind.path.replace('-', '_')}"
    asked = sorted(query.keys() - {"format"})
    return write_file(
        uow,
        subject,
        kind.title,
        _columns(kind),
        rows,
        query["format"],
        masked=bool(kind.sealed),
        asked=asked,
        progress=progress,
    )


def write_file(
    uow: UnitOfWork,
    subject: str,
    title: Text,
    columns: Sequence[OutColumn],
    rows: Iterable[Mapping[str, object]],
    kind: str,
    *,
    masked: bool,
    asked: Sequence[str],
    progress: Callable[[int], None] | None = None,
) -> JobFile:
    """Rows as a file of `kind` (`xlsx`, `csv`), written to its end, so a fault midway is an error and not half a file.

    `subject` begins the name of the act in the trail, which tells how many rows went out and by which filters
    (`asked`). Raises `Invalid` above `MOST_ROWS`.
    """
    counted = _Counted(rows, progress)
    principal = uow.principal
    stamp = Stamp(
        str(title), principal.name or principal.on_behalf_by, clock.now(), str(MASKED) if masked else ""
    )
    write = as_csv if kind == "csv" else as_xlsx
    file = SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - closed by whoever hands it out
    for chunk in write(columns, counted, stamp):
        file.write(chunk)
    uow.note(f"{subject}.exported", rows=counted.number, format=kind, query=list(asked))
    return JobFile(file, file_name(str(title), clock.now(), kind), MEDIA_TYPES[kind])


class _Counted:
    """Counts rows as they pass, tells of them, and stops where there are too many."""

    def __init__(
        self, rows: Iterable[Mapping[str, object]], progress: Callable[[int], None] | None = None
    ) -> None:
        self.number = 0
        self._rows = rows
        self._progress = progress

    def __iter__(self) -> Iterator[Mapping[str, object]]:
        for row in self._rows:
            self.number += 1
            if self.number > MOST_ROWS:
                message = _("一次最多导出 {n} 行。按组织或状态分批导出。", n=MOST_ROWS)
                raise Invalid("export_too_large", message)
            if self._progress is not None and self.number % _TOLD_EVERY == 0:
                self._progress(self.number)
            yield row


def _columns(kind: RecordType) -> list[OutColumn]:
    """Columns of the export, in the order of the declaration."""
    columns = []
    for bound in (*(b for bounds in kind.joined.values() for b in bounds), *kind.bound):
        if bound.column is None or not bound.field.shown:
            continue
        name = bound.column.name if bound.target is not None else bound.name
        if bound.label is not None:
            name = f"{name.removesuffix('_id')}_name"
        columns.append(OutColumn(name, bound.field.title, bound.field.width))
    columns += [OutColumn(one.name, one.title, one.width) for one in kind.computed]
    return [*columns, OutColumn("org_unit_name", _UNIT, 24), OutColumn("state", _STATE, 12)]


def _read_as(kind: RecordType, row: dict[str, Any]) -> dict[str, Any]:
    """A row with codes as the words that people read."""
    shown = {**row, "state": kind.workflow.states.get(row["state"], row["state"])}
    for bounds in (kind.bound, *kind.joined.values()):
        for bound in bounds:
            if bound.field.choices is not None and bound.name in shown:
                shown[bound.name] = bound.field.choices.get(shown[bound.name], shown[bound.name])
    return shown
