"""What waits on officers' desks besides records in a workflow: transfers to accept, employers that may be one."""

from __future__ import annotations

from sqlalchemy import func, or_, select

from gonghui.sdk import (
    EmployerMatch,
    MatchState,
    UnitOfWork,
    Waiting,
    _,
    clock,
    hookimpl,
    reaches,
    visible,
    whole_federation,
)
from gonghui_organising.employer_api import MATCH
from gonghui_organising.membership import MembershipTransfer, TransferKind, TransferState
from gonghui_organising.transfers import ACCEPT


@hookimpl
def waiting(uow: UnitOfWork) -> list[Waiting]:
    """Transfers that the reader may accept, and pairs of employers that they may decide on."""
    found = []
    if uow.principal.holds(ACCEPT):
        path = "/console/organising/transfers"
        found.append(Waiting(_("待接收的会籍转接"), _transfers(uow), path, ACCEPT))
    if reaches(uow.principal, MATCH, whole_federation(uow).path):
        path = "/console/organising/employer-matches"
        found.append(Waiting(_("待判断的相似单位"), _matches(uow), path, MATCH))
    return found


def _transfers(uow: UnitOfWork) -> int:
    row = MembershipTransfer.__table__.c
    wanted = (
        row.state == TransferState.PENDING.value,
        row.kind != TransferKind.OUT.value,
        or_(row.lapses_on.is_(None), row.lapses_on >= clock.today()),
        visible(uow.principal, ACCEPT, row.org_unit_id),
    )
    return uow.session.scalar(select(func.count()).select_from(MembershipTransfer).where(*wanted)) or 0


def _matches(uow: UnitOfWork) -> int:
    undecided = EmployerMatch.state == MatchState.OPEN.value
    return uow.session.scalar(select(func.count()).select_from(EmployerMatch).where(undecided)) or 0
