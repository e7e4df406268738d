"""Asking another union of the federation to take a member over, and calling that back: steps of the membership."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select

from gonghui.sdk import (
    Conflict,
    FieldFault,
    OrgUnit,
    OrgUnitKind,
    RecordTransition,
    UnitOfWork,
    _,
    clock,
    figure,
    transition_row,
)
from gonghui_organising.member_steps import employer_id
from gonghui_organising.membership import (
    UNDER_WAY,
    Membership,
    MembershipTransfer,
    TransferKind,
    TransferState,
)

TRANSFER = "organising.member.transfer"
_UNIT: Any = OrgUnit.__table__.c


def every_union(_uow: UnitOfWork, _permission: str) -> Select[Any]:
    """All unions of the federation: whoever asks need not see the other one, which decides."""
    return select(_UNIT.id, _UNIT.name.label("label")).where(_UNIT.kind == OrgUnitKind.GRASSROOTS_UNION)


def another_union(
    _uow: UnitOfWork, membership: Membership, answers: Mapping[str, Any]
) -> Iterable[FieldFault]:
    """A member goes to another union than their own."""
    if answers["to_unit_id"] == membership.org_unit_id:
        yield FieldFault("/to_unit_id", "same_union", _("已经是这个工会的会员。"))


def ask(uow: UnitOfWork, membership: Membership, answers: Mapping[str, Any]) -> None:
    """The transfer that waits at the other union; the membership rests where it is meanwhile."""
    transfer = begin(uow, membership, TransferKind.WITHIN, answers["to_unit_id"], answers.get("comment"))
    transfer.employer_id = employer_id(uow, answers.get("new_employer"))


def begin(
    uow: UnitOfWork, membership: Membership, kind: TransferKind, filed_at: UUID, reason: str | None
) -> MembershipTransfer:
    """A transfer of a membership that has just gone under way."""
    days: int = figure(uow, "organising.transfer.days").value
    transfer = MembershipTransfer(
        org_unit_id=filed_at,
        state=(TransferState.SENT if kind is TransferKind.OUT else TransferState.PENDING).value,
        membership_id=membership.id,
        person_id=membership.person_id,
        from_unit_id=membership.org_unit_id,
        kind=kind.value,
        state_before=_state_before(uow, membership),
        reason=reason,
        lapses_on=clock.today() + timedelta(days=days),
    )
    uow.add(transfer)
    uow.session.flush()
    uow.add(transition_row(uow, transfer, "create", None))
    return transfer


def back_to(uow: UnitOfWork, membership: Membership) -> str:
    """The state that the membership had before the transfer. Raises `Conflict` where none is under way."""
    return under_way(uow, membership).state_before


def call_back(uow: UnitOfWork, membership: Membership, _answers: object) -> None:
    """End the transfer, as the union that asked."""
    decide(uow, under_way(uow, membership), "cancel", TransferState.CANCELLED)


def pending_of(uow: UnitOfWork, membership_id: UUID) -> MembershipTransfer | None:
    """The transfer under way of a membership."""
    wanted = (
        MembershipTransfer.membership_id == membership_id,
        MembershipTransfer.state.in_(UNDER_WAY),
    )
    return uow.session.scalars(select(MembershipTransfer).where(*wanted)).one_or_none()


def decide(
    uow: UnitOfWork, transfer: MembershipTransfer, step: str, state: TransferState
) -> MembershipTransfer:
    """End a transfer as part of what is done with the membership."""
    before, transfer.state = transfer.state, state.value
    transfer.decided_at = clock.now()
    uow.add(transition_row(uow, transfer, step, before))
    uow.session.flush()
    return transfer


def under_way(uow: UnitOfWork, membership: Membership) -> MembershipTransfer:
    """The transfer under way of a membership. Raises `Conflict` where there is none."""
    transfer = pending_of(uow, membership.id)
    if transfer is None:
        raise Conflict("state_forbids", _("没有等待接收的转接。"), extra={"state": membership.state})
    return transfer


def _state_before(uow: UnitOfWork, membership: Membership) -> str:
    steps = select(RecordTransition.from_state).where(RecordTransition.record_id == membership.id)
    return str(uow.session.scalars(steps.order_by(RecordTransition.id.desc()).limit(1)).one())
