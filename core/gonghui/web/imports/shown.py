"""What the pages of imports show of a run: its state in words, whether a worker is at it, and how far that is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from gonghui.auth.accounts import Account
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.errors import Conflict
from gonghui.i18n import Text, _, text_from_json
from gonghui.jobs.asking import mine
from gonghui.jobs.table import OPEN, Job, JobState
from gonghui.lifecycle.register_jobs import APPLY_REGISTER, CHECK_REGISTER, UNDO_REGISTER
from gonghui.parties.persons import Person
from gonghui.plugin_host.registers import run_in_sight
from gonghui.records.registers.importing import RegisterImport
from gonghui.records.registers.runs import RegisterRun, RunState
from gonghui.records.registers.sending import shown_state
from gonghui.tenancy.org_tree import OrgUnit

HOME = "/console/imports"

_STATES: Mapping[str, tuple[Text, str]] = {
    RunState.SENT: (_("待核对列"), "amber"),
    RunState.READING: (_("正在读取"), "blue"),
    RunState.CHECKED: (_("待导入"), "amber"),
    RunState.APPLIED: (_("已导入"), "green"),
    RunState.UNDONE: (_("导入已撤销"), ""),
    RunState.DISCARDED: (_("已放弃"), ""),
    RunState.FAILED: (_("没有读成"), "red"),
}
_AT_WORK: Mapping[str, Text] = {
    CHECK_REGISTER.code: _("正在检查"),
    APPLY_REGISTER.code: _("正在导入"),
    UNDO_REGISTER.code: _("正在撤销"),
}


@dataclass(frozen=True)
class ShownRun:
    """A run with what its row does not say by itself."""

    run: RegisterRun
    state: str
    job_kind: str | None
    sender: str | None
    unit: str

    @property
    def word(self) -> Text:
        """The state for people."""
        return _AT_WORK.get(self.job_kind or "", _STATES[self.state][0])

    @property
    def tone(self) -> str:
        """The colour of the state's dot."""
        return "blue" if self.job_kind in _AT_WORK else _STATES[self.state][1]

    @property
    def faulty(self) -> int:
        """Rows with a fault, when they were checked last."""
        return self.run.rows - self.run.good

    @property
    def is_checked(self) -> bool:
        """Whether there is a count of its rows."""
        return self.state in (RunState.CHECKED, RunState.APPLIED, RunState.UNDONE, RunState.DISCARDED)


def shown_runs() -> Any:
    """Runs with what is shown of them; narrow it, and make each row a `ShownRun`."""
    at_work = (Job.id == RegisterRun.job_id) & Job.state.in_(OPEN)
    return (
        select(RegisterRun, shown_state(), Job.kind, func.coalesce(Person.name, Account.login), OrgUnit.name)
        .join(OrgUnit, OrgUnit.id == RegisterRun.org_unit_id)
        .outerjoin(Account, Account.id == RegisterRun.account_id)
        .outerjoin(Person, Person.id == Account.person_id)
        .outerjoin(Job, at_work)
    )


def shown_run(uow: UnitOfWork, run_id: UUID, *, to_change: bool = False) -> tuple[ShownRun, RegisterImport]:
    """A run that I see. `to_change`: held, and no worker is at it. Raises `NotFound`, `Conflict`."""
    run, register = run_in_sight(uow, run_id)
    shown = _shown(uow, run)
    if to_change:
        _refuse_busy(shown)  # first: a worker holds the run to its end
        run, register = run_in_sight(uow, run_id, to_change=True)
        shown = _shown(uow, run)
        _refuse_busy(shown)
    return shown, register


def my_job(uow: UnitOfWork, run: RegisterRun) -> Job | None:
    """The job that was asked for last, where I asked for it."""
    return uow.session.scalars(select(Job).where(Job.id == run.job_id, mine(uow))).one_or_none()


def why_it_failed(job: Job | None) -> Text | None:
    """What to say of a job that ended without effect."""
    if job is None or job.state not in (JobState.FAILED, JobState.CANCELLED):
        return None
    if job.error is None:
        return _("上次办理已取消，什么也没有改动。")
    return text_from_json(job.error["detail"])


def _shown(uow: UnitOfWork, run: RegisterRun) -> ShownRun:
    return ShownRun(*uow.session.execute(shown_runs().where(RegisterRun.id == run.id)).one())


def _refuse_busy(shown: ShownRun) -> None:
    if shown.job_kind is not None:
        raise Conflict("run_busy", _("这次导入正在办理，请等办完，或先取消。"))
