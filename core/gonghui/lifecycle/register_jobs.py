"""Registers that are large as jobs: read and checked, applied, undone, each as it is done at once for a small one."""

from __future__ import annotations

from typing import Any

from gonghui.db.unit_of_work import UnitOfWork
from gonghui.jobs.kinds import JobKind, JobReport, JobTask
from gonghui.plugin_host.registers import register_to_import, run_in_sight
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
APPLY_REGISTER = JobKind("core.register.apply", apply_register)
UNDO_REGISTER = JobKind("core.register.undo", undo_register)
