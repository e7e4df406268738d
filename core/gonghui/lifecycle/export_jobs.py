"""Long lists of records as jobs that give a file."""

from __future__ import annotations

from gonghui.db.unit_of_work import UnitOfWork
from gonghui.errors import not_found
from gonghui.jobs.kinds import JobFile, JobKind, JobReport, JobTask
from gonghui.records.exporting import export_list
from gonghui.records.record_types import RECORD_TYPES


def write_list(uow: UnitOfWork, task: JobTask, report: JobReport) -> JobFile:
    """The list as a file: what may be exported by whoever asked, masked as their lists are."""
    kind = RECORD_TYPES.get(task.parameters["record_type"])
    if kind is None:
        raise not_found()
    return export_list(uow, kind, task.parameters["query"], report)


EXPORT_LIST = JobKind("core.list.export", write_list, makes_file=True)
