"""A register that somebody sends in by hand: kept first, checked once its columns are confirmed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import BinaryIO

from gonghui.db.unit_of_work import UnitOfWork
from gonghui.errors import Conflict
from gonghui.i18n import _
from gonghui.objects.port import NoSuchObject
from gonghui.records.registers.importing import Progress, RegisterImport
from gonghui.records.registers.runs import RegisterRun, RunState
from gonghui.records.registers.sheets import recognise
from gonghui.records.registers.synonyms import check_mapping, synonyms_of, teach
from gonghui.records.registers.taking import new_run, require_state, stage_file
from gonghui.records.registers.uploads import forget_upload, keep_upload, open_upload


def take_in(
    uow: UnitOfWork, register: RegisterImport, file_name: str, source: BinaryIO, size: int
) -> RegisterRun:
    """Keep a file and say what it seems to be. Raises `Invalid` for one that cannot be read, or knows no column."""
    found = recognise(source, register.columns, synonyms=synonyms_of(uow, register.code))
    run = new_run(uow, register, file_name)
    run.state = RunState.SENT.value
    run.sheet, run.headings, run.ignored = found.sheet, dict(found.headings), list(found.ignored)
    keep_upload(uow, run, source, size)
    return run


def check_columns(
    uow: UnitOfWork,
    register: RegisterImport,
    run: RegisterRun,
    mapping: Mapping[str, str],
    *,
    keeps_mapping: bool,
    progress: Progress | None = None,
) -> None:
    """Read and check the file that was kept, its headings meaning what `mapping` says.

    `keeps_mapping`: from now on they mean it in every file of the federation. Raises what `stage_file` raises.
    """
    require_state(run, RunState.SENT)
    check_mapping(register.columns, mapping)
    if mapping and keeps_mapping:
        teach(uow, register.code, register.columns, mapping)
    try:
        file = open_upload(uow, run)
    except NoSuchObject:
        raise Conflict("upload_gone", _("上传的文件已经删除。请重新上传。")) from None
    with file:
        stage_file(uow, register, run, file, progress, mapping)
    forget_upload(uow, run)
