"""Asking another union of the federation to take a member over, and calling that back: steps of the membership."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import and_, or_, select

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
from gonghui_organising.union import GrassrootsUnion

TRANSFER = "organising.member.transfer"
_UNIT: Any = OrgUnit.__table__.c
_UNION: Any = GrassrootsUnion.__table__.c


def another_union(
    uow: UnitOfWork, membership: Membership, answers: Mapping[str, Any]
) -> Iterable[FieldFault]:
    """A member goes to a union of the federation, and to another than their own."""
    found = _unions_called(uow, answers["to_union"])
    if not found:
        yield FieldFault("/to_union", "not_a_union", _("没有这个基层工会。请写工会的全称。"))
    elif len(found) > 1:
        yield FieldFault("/to_union", "name_ambiguous", _("有多个同名组织，请改用编号。"))
    elif found == [membership.org_unit_id]:
        yield FieldFault("/to_union", "same_union", _("已经是这个工会的会员。"))


def _unions_called(uow: UnitOfWork, text: str) -> list[UUID]:
    """Units of the unions with this full name, or the one with this id.

    Whoever asks need not see the other union, which decides; so nothing is offered, and they have to know its name.
    """
    same = and_(_UNION.tenant_id == _UNIT.tenant_id, _UNION.org_unit_id == _UNIT.id)
    tables = OrgUnit.__table__.outerjoin(GrassrootsUnion.__table__, same)
    name = text.strip()
    try:
        meant = _UNIT.id == UUID(name)
    except ValueError:
        meant = or_(_UNION.name == name, _UNIT.name == name)
    is_union = _UNIT.kind == OrgUnitKind.GRASSROOTS_UNION
    return list(uow.session.scalars(select(_UNIT.id).select_from(tables).where(is_union, meant).limit(2)))


def ask(uow: UnitOfWork, membership: Membership, answers: Mapping[str, Any]) -> None:
    """The transfer that waits at the other union; the membership rests where it is meanwhile."""
    (unit_id,) = _unions_called(uow, answers["to_union"])
    transfer = begin(uow, membership, TransferKind.WITHIN, unit_id, answers.get("comment"))
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
