"""Registers that are large as jobs: read and checked, applied, undone, each as it is done at once for a small one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from gonghui.db.unit_of_work import UnitOfWork
from gonghui.i18n import Text, _
from gonghui.jobs.asking import Upload, ask_for_job
from gonghui.jobs.kinds import JobKind, JobReport, JobTask
from gonghui.jobs.table import Job
from gonghui.plugin_host.registers import register_to_import, run_in_sight
from gonghui.records.registers.arriving import check_columns
from gonghui.records.registers.importing import RegisterImport
from gonghui.records.registers.runs import RegisterRun
from gonghui.records.registers.synonyms import check_mapping, teach
from gonghui.records.registers.taking import apply_run, new_run, stage_file, undo_run


def read_register(uow: UnitOfWork, task: JobTask, report: JobReport) -> dict[str, Any]:
    """Read, check and stage the file that was sent in. A file that cannot be read leaves no run."""
    told, mapping = task.parameters, task.parameters["mapping"]
    register = register_to_import(uow, told["register"])
    check_mapping(register.columns, mapping)
    if mapping and told["keeps_mapping"]:
        teach(uow, register.code, register.columns, mapping)
    run = new_run(uow, register, told["file_name"])
    assert task.upload is not None  # noqa: S101 - this kind is never asked for without
    with task.upload() as file:
        stage_file(uow, register, run, file, report, mapping)
    return {"run_id": str(run.id)}


def check_register(uow: UnitOfWork, task: JobTask, report: JobReport) -> dict[str, Any]:
    """Check a file that was kept until its columns were confirmed. One that cannot be read goes on waiting."""
    told = task.parameters
    run, register = run_in_sight(uow, told["run_id"], to_change=True)
    keeps = told["keeps_mapping"]
    check_columns(uow, register, run, told["mapping"], keeps_mapping=keeps, progress=report)
    return {"run_id": str(run.id)}


def apply_register(uow: UnitOfWork, task: JobTask, report: JobReport) -> dict[str, Any]:
    """Put the good rows of a run in."""
    run, register = run_in_sight(uow, task.parameters["run_id"], to_change=True)
    apply_run(uow, register, run, all_or_nothing=task.parameters["faulty"] == "refuse", progress=report)
    return {"run_id": str(run.id)}


def undo_register(uow: UnitOfWork, task: JobTask, _report: JobReport) -> dict[str, Any]:
    """Take back everything that a run brought."""
    run, register = run_in_sight(uow, task.parameters["run_id"], to_change=True)
    undo_run(uow, register, run)
    return {"run_id": str(run.id)}


READ_REGISTER = JobKind("core.register.read", read_register)
CHECK_REGISTER = JobKind("core.register.check", check_register)
APPLY_REGISTER = JobKind("core.register.apply", apply_register)
UNDO_REGISTER = JobKind("core.register.undo", undo_register)
_TITLES: Mapping[str, Callable[[Text], Text]] = {
    READ_REGISTER.code: lambda what: _("检查名册：{what}", what=what),
    CHECK_REGISTER.code: lambda what: _("检查名册：{what}", what=what),
    APPLY_REGISTER.code: lambda what: _("导入名册：{what}", what=what),
    UNDO_REGISTER.code: lambda what: _("撤销名册导入：{what}", what=what),
}


def ask_to_read(uow: UnitOfWork, register: RegisterImport, told: Mapping[str, Any], upload: Upload) -> Job:
    """Let a worker read what was sent in."""
    title = _TITLES[READ_REGISTER.code](register.title)
    return ask_for_job(uow, READ_REGISTER, register.permission, title, told, upload=upload)


def ask_for_run(
    uow: UnitOfWork,
    kind: JobKind,
    register: RegisterImport,
    run: RegisterRun,
    *,
    total: int | None = None,
    **told: Any,
) -> Job:
    """Let a worker do it to a run, which knows the job from now on."""
    title = _TITLES[kind.code](register.title)
    job = ask_for_job(uow, kind, register.permission, title, {"run_id": run.id, **told}, total=total)
    run.job_id = job.id
    return job
