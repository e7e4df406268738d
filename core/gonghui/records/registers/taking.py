"""Taking a register over: stage and check it, put rows right, apply what is good or nothing, undo the whole."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import takewhile
from pathlib import Path
from typing import BinaryIO
from uuid import UUID

from sqlalchemy import select

from gonghui.db.unit_of_work import UnitOfWork
from gonghui.errors import Conflict, not_found
from gonghui.i18n import _
from gonghui.records.registers.checking import CheckedRow, Sheet, Tally
from gonghui.records.registers.faults import Fault
from gonghui.records.registers.importing import Importer, Progress, RegisterImport, go_through
from gonghui.records.registers.report import ImportReport
from gonghui.records.registers.runs import (
    RegisterRun,
    RunState,
    StagedRow,
    drop_staged,
    packed,
    stage,
    staged_rows,
)
from gonghui.records.registers.sheets import OpenRegister, open_register
from gonghui.records.registers.synonyms import synonyms_of
from gonghui.records.registers.uploads import forget_upload
from gonghui.tenancy.org_tree import OrgUnit
from gonghui.values import clock

Source = Path | BinaryIO


def new_run(uow: UnitOfWork, register: RegisterImport, file_name: str) -> RegisterRun:
    """A run that is about to be read, filed at the lowest unit above all where its sender may import.

    Somebody who imports for two streets sends what neither street alone may see.
    """
    paths = uow.principal.roots(register.permission)
    if uow.principal.is_unrestricted:
        place = uow.session.scalars(select(OrgUnit.id).where(OrgUnit.parent_id.is_(None))).one()
    elif paths:
        shared = "".join(f"{part}." for part in _shared_start([path.split(".")[:-1] for path in paths]))
        place = uow.session.scalars(select(OrgUnit.id).where(OrgUnit.path == shared)).one()
    else:
        raise not_found()
    run = RegisterRun(
        org_unit_id=place,
        account_id=uow.principal.account_id,
        register=register.code,
        file_name=file_name,
        state=RunState.READING.value,
    )
    uow.note("core.register.sent", register=register.code)
    uow.add(run)
    uow.session.flush()
    return run


def _shared_start(paths: Sequence[Sequence[str]]) -> list[str]:
    """The parts with which all paths begin."""
    return [parts[0] for parts in takewhile(lambda parts: len(set(parts)) == 1, zip(*paths, strict=False))]


def import_file(
    uow: UnitOfWork,
    register: RegisterImport,
    source: Source,
    *,
    dry_run: bool = False,
    all_or_nothing: bool = False,
    progress: Progress | None = None,
) -> ImportReport:
    """Read, check and apply in one go: the good rows go in, the others wait to be put right.

    With `all_or_nothing` one faulty row keeps the whole file out. Raises `Invalid` for a file that cannot be
    read at all. A second run over the same file changes nothing.
    """
    name = source.name if isinstance(source, Path) else ""
    run = new_run(uow, register, name) if not dry_run else RegisterRun(register=register.code)
    with open_register(source, register.columns, synonyms=synonyms_of(uow, register.code)) as file:
        sheet = _sheet(run, register, file)
        importer = register.importer(uow, sheet, run.id)
        keep = None if dry_run else _keeper(uow, run, only_faulty=True)
        uow.note(f"{register.code}.imported")
        tally = go_through(importer, file.rows, write=not dry_run, keep=keep, progress=progress)
    if all_or_nothing and tally.faulty:
        raise _refused(tally)
    _settle(run, tally, importer, RunState.APPLIED)
    return _report(tally, importer, sheet, is_dry=dry_run, run_id=None if dry_run else run.id)


def stage_file(
    uow: UnitOfWork,
    register: RegisterImport,
    run: RegisterRun,
    source: Source,
    progress: Progress | None = None,
    mapping: Mapping[str, str] | None = None,
) -> None:
    """Read and check every row, and keep all of them until somebody decides."""
    with open_register(
        source, register.columns, synonyms={**synonyms_of(uow, register.code), **(mapping or {})}
    ) as file:
        sheet = _sheet(run, register, file)
        importer = register.importer(uow, sheet, run.id)
        tally = go_through(
            importer, file.rows, write=False, keep=_keeper(uow, run, only_faulty=False), progress=progress
        )
    _settle(run, tally, importer, RunState.CHECKED)


def apply_run(
    uow: UnitOfWork,
    register: RegisterImport,
    run: RegisterRun,
    *,
    all_or_nothing: bool,
    progress: Progress | None = None,
) -> ImportReport:
    """Check the waiting rows once more against what is known by now, and put the good ones in.

    Rows with faults go on waiting. Raises `Conflict` where a faulty row keeps all of them out.
    """
    require_state(run, RunState.CHECKED, RunState.APPLIED)
    sheet = _sheet_of(run, register)
    importer = register.importer(uow, sheet, run.id)
    faulty: list[CheckedRow] = []
    uow.note(f"{register.code}.imported")
    tally = go_through(
        importer,
        (row for row, _faults in staged_rows(uow, run)),
        write=True,
        keep=lambda batch: faulty.extend(row for row in batch if row.faults),
        progress=progress,
        read_ahead=False,
    )
    if all_or_nothing and tally.faulty:
        raise _refused(tally)
    drop_staged(uow, run)
    stage(uow, run, faulty)
    if run.state == RunState.APPLIED:  # rows that were put right after the others had gone in
        tally.rows, tally.created, tally.known = (
            run.rows,
            run.created + tally.created,
            run.known + tally.known,
        )
    _settle(run, tally, importer, RunState.APPLIED)
    return _report(tally, importer, sheet, is_dry=False, run_id=run.id)


def correct_row(
    uow: UnitOfWork, register: RegisterImport, run: RegisterRun, number: int, cells: Mapping[str, str]
) -> list[Fault]:
    """Put a waiting row right; what is still wrong with it comes back."""
    require_state(run, RunState.CHECKED, RunState.APPLIED)
    found = next(staged_rows(uow, run, after=number - 1, limit=1), None)
    if found is None or found[0].number != number:
        raise not_found()
    row = found[0]
    fresh = type(row)(row.sheet, row.number, {**row.cells, **cells})
    importer = register.importer(uow, _sheet_of(run, register), run.id)
    checked: list[CheckedRow] = []
    go_through(importer, [fresh], write=False, keep=checked.extend, read_ahead=False)
    uow.note("core.register.row_corrected", run, number=number, columns=sorted(cells))
    staged = uow.session.scalars(
        select(StagedRow).where(StagedRow.run_id == run.id, StagedRow.number == number)
    ).one()
    was_faulty = staged.is_faulty
    staged.content, staged.is_faulty = packed(fresh.cells, checked[0].faults), bool(checked[0].faults)
    run.good += int(was_faulty) - int(staged.is_faulty)
    uow.session.flush()
    return checked[0].faults


def undo_run(uow: UnitOfWork, register: RegisterImport, run: RegisterRun) -> dict[str, int]:
    """Take back everything that the run made, as long as nothing depends on it."""
    require_state(run, RunState.APPLIED)
    uow.note(f"{register.code}.import_undone")
    gone = register.undo(uow, run.id)
    drop_staged(uow, run)
    run.state, run.undone_at = RunState.UNDONE.value, clock.now()
    return gone


def discard_run(uow: UnitOfWork, run: RegisterRun) -> None:
    """Forget the rows that wait. What was applied stays."""
    require_state(run, RunState.SENT, RunState.CHECKED, RunState.APPLIED, RunState.READING)
    uow.note("core.register.discarded")
    forget_upload(uow, run)
    drop_staged(uow, run)
    if run.state != RunState.APPLIED:
        run.state = RunState.DISCARDED.value


def _sheet(run: RegisterRun, register: RegisterImport, file: OpenRegister) -> Sheet:
    run.sheet, run.headings, run.ignored = file.sheet, dict(file.headings), list(file.ignored)
    return _sheet_of(run, register)


def _sheet_of(run: RegisterRun, register: RegisterImport) -> Sheet:
    return Sheet(run.sheet or "", run.headings, run.ignored).completed(register.columns)


def _keeper(
    uow: UnitOfWork, run: RegisterRun, *, only_faulty: bool
) -> Callable[[Sequence[CheckedRow]], None]:
    def keep(batch: Sequence[CheckedRow]) -> None:
        stage(uow, run, [row for row in batch if row.faults or not only_faulty])

    return keep


def _settle(run: RegisterRun, tally: Tally, importer: Importer, state: RunState) -> None:
    run.rows, run.good = tally.rows, tally.good
    run.created, run.known = tally.created, tally.known
    run.made = (
        {kind: run.made.get(kind, 0) + n for kind, n in importer.made.items()}
        if run.made
        else dict(importer.made)
    )
    run.state = state.value
    if state is RunState.APPLIED:
        run.applied_at = clock.now()


def _report(
    tally: Tally, importer: Importer, sheet: Sheet, *, is_dry: bool, run_id: UUID | None
) -> ImportReport:
    return ImportReport(
        rows=tally.rows,
        good=tally.good,
        created=tally.created,
        known=tally.known,
        faults=sorted(tally.faults, key=lambda fault: fault.row),
        is_dry=is_dry,
        not_kept=sheet.ignored,
        made=dict(importer.made),
        notices=sorted(tally.notices, key=lambda notice: notice.row),
        run_id=run_id,
    )


def _refused(tally: Tally) -> Conflict:
    return Conflict(
        "rows_faulty",
        _("有 {n} 行有问题，按要求一行也没有写入。改正后再导入，或只导入没有问题的行。", n=tally.faulty),
    )


def require_state(run: RegisterRun, *states: RunState) -> None:
    """Raise `Conflict` for a run that stands elsewhere."""
    if run.state not in states:
        raise Conflict("run_state", _("这次导入的状态不允许这样做。"), extra={"state": run.state})
