"""Transfers of memberships within the federation (会籍转接): asked for, accepted as one step, or lapsed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select

from gonghui.sdk import (
    Conflict,
    FieldFault,
    OrgUnit,
    OrgUnitKind,
    Principal,
    UnitOfWork,
    _,
    check_version,
    clock,
    figure,
    forbidden,
    invalid,
    not_found,
    path_of,
    reaches,
    transition_row,
    visible,
)
from gonghui_organising.member_steps import employer_id
from gonghui_organising.members import enter_state, take
from gonghui_organising.membership import (
    UNDER_WAY,
    Membership,
    MembershipState,
    MembershipTransfer,
    TransferKind,
    TransferState,
)

READ, TRANSFER = "organising.transfer.read", "organising.member.transfer"
ACCEPT = "organising.transfer.decide"


def request_transfer(
    uow: UnitOfWork, member_id: UUID, version: int | None, values: Mapping[str, Any]
) -> MembershipTransfer:
    """Ask the union at `values["to_unit_id"]` to take a member over; the membership rests where it is meanwhile.

    Whoever asks need not see the other union; that one decides. Raises `Conflict`, `Invalid`.
    """
    membership = take(uow, member_id, TRANSFER, version)
    target = uow.session.get(OrgUnit, (uow.tenant_id, values["to_unit_id"]))
    if target is None or target.kind != OrgUnitKind.GRASSROOTS_UNION:
        raise invalid(FieldFault("/to_unit_id", "not_a_union", _("没有这个基层工会。")))
    if target.id == membership.org_unit_id:
        raise invalid(FieldFault("/to_unit_id", "same_union", _("已经是这个工会的会员。")))
    transfer = begin(uow, membership, TransferKind.WITHIN, target.id, values.get("reason"))
    transfer.employer_id = employer_id(uow, values.get("employer"))
    uow.session.flush()
    return transfer


def begin(
    uow: UnitOfWork, membership: Membership, kind: TransferKind, filed_at: UUID, reason: str | None
) -> MembershipTransfer:
    """A pending transfer; the membership is under way from now on. Raises `Conflict`."""
    settle_lapsed(uow, membership)
    if membership.state not in (MembershipState.ACTIVE, MembershipState.RETAINED):
        message = _("只有在册或保留会籍的会员可以转接。")
        raise Conflict("state_forbids", message, extra={"state": membership.state})
    days: int = figure(uow, "organising.transfer.days").value
    first = TransferState.SENT if kind is TransferKind.OUT else TransferState.PENDING
    transfer = MembershipTransfer(
        org_unit_id=filed_at,
        state=first.value,
        membership_id=membership.id,
        person_id=membership.person_id,
        from_unit_id=membership.org_unit_id,
        kind=kind.value,
        state_before=membership.state,
        reason=reason,
        lapses_on=clock.today() + timedelta(days=days),
    )
    uow.add(transfer)
    uow.session.flush()
    uow.add(transition_row(uow, transfer, "create", None))
    enter_state(uow, membership, "transfer", MembershipState.TRANSFERRING, comment=reason)
    return transfer


def take_over(uow: UnitOfWork, transfer: MembershipTransfer, _answers: object) -> None:
    """Out of one union and into the other in one step, so that nobody counts twice or never. Raises `Conflict`."""
    membership = _in_time(uow, transfer)
    uow.note("organising.member.transferred")
    membership.org_unit_id = transfer.org_unit_id
    membership.employer_id = transfer.employer_id
    enter_state(uow, membership, "accept-transfer", MembershipState.ACTIVE)
    transfer.decided_at = clock.now()


def send_back(uow: UnitOfWork, transfer: MembershipTransfer, answers: Mapping[str, Any]) -> None:
    """The membership is again what it was, where it was. Raises `Conflict`."""
    put_back(uow, transfer, _in_time(uow, transfer), "refuse-transfer", answers["comment"])
    transfer.decided_at = clock.now()


def cancel(uow: UnitOfWork, member_id: UUID, version: int | None) -> Membership:
    """Call a transfer back, as the union that asked."""
    membership = take(uow, member_id, TRANSFER, version)
    transfer = pending_of(uow, membership.id)
    if transfer is None:
        raise Conflict("state_forbids", _("没有等待接收的转接。"), extra={"state": membership.state})
    put_back(uow, transfer, membership, "cancel-transfer", None)
    decide(uow, transfer, "cancel", TransferState.CANCELLED)
    return membership


def pending_of(uow: UnitOfWork, membership_id: UUID) -> MembershipTransfer | None:
    """The transfer under way of a membership."""
    wanted = (
        MembershipTransfer.membership_id == membership_id,
        MembershipTransfer.state.in_(UNDER_WAY),
    )
    return uow.session.scalars(select(MembershipTransfer).where(*wanted)).one_or_none()


def lapse_transfers(uow: UnitOfWork) -> int:
    """Put back every membership whose transfer nobody has accepted in time; how many there were."""
    late = (
        MembershipTransfer.state.in_(UNDER_WAY),
        MembershipTransfer.lapses_on < clock.today(),
    )
    waiting = select(Membership).where(
        Membership.id.in_(select(MembershipTransfer.membership_id).where(*late))
    )
    members = {m.id: m for m in uow.session.scalars(waiting.with_for_update(skip_locked=True))}
    transfers = uow.session.scalars(
        select(MembershipTransfer).where(MembershipTransfer.membership_id.in_(members), *late)
    ).all()
    for transfer in transfers:
        _lapse(uow, transfer, members[transfer.membership_id])
    return len(transfers)


def settle_lapsed(uow: UnitOfWork, membership: Membership) -> None:
    """Let a transfer lapse whose time is over, before anything else is done with the membership."""
    transfer = pending_of(uow, membership.id) if membership.state == MembershipState.TRANSFERRING else None
    if transfer is not None and transfer.lapses_on and transfer.lapses_on < clock.today():
        _lapse(uow, transfer, membership)


def _lapse(uow: UnitOfWork, transfer: MembershipTransfer, membership: Membership) -> None:
    put_back(uow, transfer, membership, "lapse-transfer", None)
    decide(uow, transfer, "lapse", TransferState.LAPSED)


def put_back(
    uow: UnitOfWork, transfer: MembershipTransfer, membership: Membership, step: str, reason: str | None
) -> None:
    """Give a membership the state it had before the transfer."""
    enter_state(uow, membership, step, MembershipState(transfer.state_before), comment=reason)


def decide(
    uow: UnitOfWork, transfer: MembershipTransfer, step: str, state: TransferState
) -> MembershipTransfer:
    """End a transfer as part of what is done with the membership."""
    before, transfer.state = transfer.state, state.value
    transfer.decided_at = clock.now()
    uow.add(transition_row(uow, transfer, step, before))
    uow.session.flush()
    return transfer


def _in_time(uow: UnitOfWork, transfer: MembershipTransfer) -> Membership:
    if transfer.lapses_on and transfer.lapses_on < clock.today():
        raise Conflict("transfer_lapsed", _("转接已过期，请原工会重新申请。"))
    return uow.session.get_one(Membership, (uow.tenant_id, transfer.membership_id))


def lock_membership(uow: UnitOfWork, transfer_id: UUID) -> None:
    """The membership before its transfer, as whoever calls one back does: in the other order both wait for ever."""
    about = select(MembershipTransfer.membership_id).where(MembershipTransfer.id == transfer_id)
    uow.session.scalars(
        select(Membership)
        .where(Membership.id.in_(about))
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()


def in_sight(principal: Principal) -> ColumnElement[bool]:
    """Whoever is asked sees what to decide; whoever asked, what becomes of it."""
    columns = MembershipTransfer.__table__.c
    return or_(*(visible(principal, READ, place) for place in (columns.org_unit_id, columns.from_unit_id)))


def take_transfer(
    uow: UnitOfWork, transfer_id: UUID, permission: str, version: int | None
) -> MembershipTransfer:
    """The transfer, locked: seen (else 404), permitted at the unit that decides (403), up to date (428, 412)."""
    seen = in_sight(uow.principal)
    lock_membership(uow, transfer_id)
    transfer = uow.session.scalars(
        select(MembershipTransfer).where(MembershipTransfer.id == transfer_id, seen).with_for_update()
    ).one_or_none()
    if transfer is None:
        raise not_found()
    if not reaches(uow.principal, permission, path_of(uow, transfer.org_unit_id)):
        raise forbidden(permission)
    check_version(transfer, version)
    return transfer
