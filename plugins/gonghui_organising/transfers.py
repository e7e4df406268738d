"""Transfers of memberships within the federation (会籍转接): asked for, accepted as one step, or lapsed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select

from gonghui.sdk import (
    Conflict,
    Principal,
    UnitOfWork,
    _,
    check_version,
    clock,
    forbidden,
    not_found,
    path_of,
    reaches,
    visible,
)
from gonghui_organising.members import enter_state, take
from gonghui_organising.membership import (
    UNDER_WAY,
    Membership,
    MembershipState,
    MembershipTransfer,
    TransferKind,
    TransferState,
)
from gonghui_organising.transfer_asking import TRANSFER, begin, decide, pending_of

READ, ACCEPT = "organising.transfer.read", "organising.transfer.decide"


def send_out(uow: UnitOfWork, member_id: UUID, version: int | None, reason: str | None) -> MembershipTransfer:
    """A transfer to another federation; the membership is under way from now on. Raises `Conflict`."""
    membership = take(uow, member_id, TRANSFER, version)
    settle_lapsed(uow, membership)
    if membership.state not in (MembershipState.ACTIVE, MembershipState.RETAINED):
        message = _("只有在册或保留会籍的会员可以转接。")
        raise Conflict("state_forbids", message, extra={"state": membership.state})
    enter_state(uow, membership, "send-out", MembershipState.TRANSFERRING, comment=reason)
    return begin(uow, membership, TransferKind.OUT, membership.org_unit_id, reason)


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
