"""What the core asks organising for: what waits besides records in a workflow, and room for persons who are one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_, select

from gonghui.sdk import (
    UnitOfWork,
    Waiting,
    _,
    clock,
    hookimpl,
    visible,
)
from gonghui_organising.member_merges import unvoid_second, void_second
from gonghui_organising.membership import MembershipTransfer, TransferKind, TransferState
from gonghui_organising.transfers import ACCEPT


@hookimpl
def waiting(uow: UnitOfWork) -> list[Waiting]:
    """Transfers that the reader may accept."""
    found = []
    if uow.principal.holds(ACCEPT):
        path = "/console/organising/transfers"
        found.append(Waiting(_("待接收的会籍转接"), _transfers(uow), path, ACCEPT))
    return found


@hookimpl
def before_merge(uow: UnitOfWork, kept_id: UUID, dropped_id: UUID, reason: str) -> dict[str, Any]:
    """One natural person has one live membership: the weaker of two becomes void."""
    return void_second(uow, kept_id, dropped_id, reason)


@hookimpl
def after_unmerge(uow: UnitOfWork, changed: Mapping[str, Any]) -> None:
    """What became void lives again."""
    unvoid_second(uow, changed)


def _transfers(uow: UnitOfWork) -> int:
    row = MembershipTransfer.__table__.c
    wanted = (
        row.state == TransferState.PENDING.value,
        row.kind != TransferKind.OUT.value,
        or_(row.lapses_on.is_(None), row.lapses_on >= clock.today()),
        visible(uow.principal, ACCEPT, row.org_unit_id),
    )
    return uow.session.scalar(select(func.count()).select_from(MembershipTransfer).where(*wanted)) or 0
