"""Exports over HTTP: a list as a file, masked, stamped with who took it and when, and put on record."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from tempfile import SpooledTemporaryFile
from typing import Any

from flask import Response, request
from werkzeug.wsgi import wrap_file

from gonghui.db.unit_of_work import UnitOfWork
from gonghui.errors import Invalid
from gonghui.i18n import Text, _
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
from gonghui.values.file_names import content_disposition

MOST_ROWS = 100_000
"""Rows of one export; whoever needs more takes it part by part, and each part is on record."""
IN_MEMORY = 1024 * 1024
"""Bytes of a file that need no place on the disk."""


def export_response(
    uow: UnitOfWork,
    subject: str,
    title: Text,
    columns: Sequence[OutColumn],
    rows: Iterable[Mapping[str, object]],
    kind: str,
    *,
    masked: bool = True,
) -> Response:
    """The rows as a file of `kind` (`xlsx`, `csv`). `subject` begins the name of the act in the trail.

    `masked` says in the file that sensitive values are masked, where there are some.

    The file is complete before the answer begins, so a fault midway is an error and not half a file. Raises
    `Invalid` above `MOST_ROWS`.
    """
    counted = _Counted(rows)
    principal = uow.principal
    stamp = Stamp(
        str(title), principal.name or principal.on_behalf_by, clock.now(), str(MASKED) if masked else ""
    )
    write = as_csv if kind == "csv" else as_xlsx
    file = SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - closed with the answer
    for chunk in write(columns, counted, stamp):
        file.write(chunk)
    uow.note(f"{subject}.exported", rows=counted.number, format=kind, query=sorted(request.args))
    return file_response(file, file_name(str(title), clock.now(), kind), MEDIA_TYPES[kind])


def file_response(file: SpooledTemporaryFile[bytes], name: str, media_type: str) -> Response:
    """A file that was written to its end, to be kept by the reader under `name`; it is closed with the answer."""
    size = file.tell()
    headers = {"Content-Disposition": content_disposition(name), "Content-Length": str(size)}
    file.seek(0)
    if size <= IN_MEMORY:
        with file:
            return Response(file.read(), headers=headers, content_type=media_type)
    body: Any = wrap_file(request.environ, file)  # closes the file with the answer
    return Response(body, headers=headers, content_type=media_type, direct_passthrough=True)


class _Counted:
    """Counts rows as they pass, and stops where there are too many."""

    def __init__(self, rows: Iterable[Mapping[str, object]]) -> None:
        self.number = 0
        self._rows = rows

    def __iter__(self) -> Iterator[Mapping[str, object]]:
        for row in self._rows:
            self.number += 1
            if self.number > MOST_ROWS:
                message = _("一次最多导出 {n} 行。按组织或状态分批导出。", n=MOST_ROWS)
                raise Invalid("export_too_large", message)
            yield row
