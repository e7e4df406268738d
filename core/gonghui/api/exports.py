"""Files over HTTP: what was written to its end, saved by the reader under a name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from typing import Any

from flask import Response, request
from werkzeug.wsgi import wrap_file

from gonghui.api.jobs import is_long
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.i18n import Text, _
from gonghui.jobs.asking import ask_for_job, can_ask_for_job
from gonghui.jobs.kinds import JobFile
from gonghui.jobs.table import Job
from gonghui.lifecycle.export_jobs import EXPORT_LIST
from gonghui.objects.port import ObjectStream
from gonghui.records import listing
from gonghui.records.exporting import IN_MEMORY, export_list, write_file
from gonghui.records.record_types import EXPORT, RecordType
from gonghui.records.registers.writing import OutColumn
from gonghui.values.file_names import content_disposition


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
    `Invalid` above 100,000 rows.
    """
    asked = sorted(request.args)
    return file_response(write_file(uow, subject, title, columns, rows, kind, masked=masked, asked=asked))


def export_or_job(uow: UnitOfWork, kind: RecordType, query: Mapping[str, Any]) -> JobFile | Job:
    """The list as a file; a long one as a job that writes it.

    Without a role one has a few records of one's own, which are no work.
    """
    permission = kind.permission(EXPORT)
    if can_ask_for_job(uow) and uow.principal.holds(permission):
        rows = listing.count_rows(uow, kind, query)
        if is_long(rows):
            title = _("导出：{what}", what=kind.title)
            told = {"record_type": kind.table.fullname, "query": query}
            return ask_for_job(uow, EXPORT_LIST, permission, title, told, total=rows)
    return export_list(uow, kind, query)


def file_response(file: JobFile) -> Response:
    """A file that was written to its end; it is closed with the answer."""
    size = file.size
    return saved(file.read_again(), size, file.name, file.media_type)


def saved(
    content: ObjectStream, size: int, name: str, media_type: str, *, stand_in: str = "export", **headers: str
) -> Response:
    """Content that the reader saves under a name, whatever a browser takes it for; it is closed with the answer."""
    headers |= {"Content-Disposition": content_disposition(name, stand_in), "Content-Length": str(size)}
    if size <= IN_MEMORY:
        with closing(content):
            return Response(content.read(-1), headers=headers, content_type=media_type)
    body: Any = wrap_file(request.environ, content)  # type: ignore[arg-type]
    return Response(body, headers=headers, content_type=media_type, direct_passthrough=True)
