"""Transfers to and from other federations: a sealed document goes with the member, a sealed receipt comes back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import select

from gonghui.sdk import (
    Conflict,
    FieldFault,
    Identity,
    OrgUnit,
    OrgUnitKind,
    UnitOfWork,
    _,
    clock,
    enter_person,
    here,
    invalid,
    open_document,
    opened,
    person_by_id,
    seal_document,
    transition_row,
    unit_within,
)
from gonghui_organising.member_steps import add_live
from gonghui_organising.members import enter_state
from gonghui_organising.membership import (
    Membership,
    MembershipState,
    MembershipTransfer,
    TransferKind,
    TransferState,
)
from gonghui_organising.transfer_asking import TRANSFER, decide, pending_of
from gonghui_organising.transfers import ACCEPT, send_out, take_transfer

DOCUMENT, RECEIPT = "organising.transfer.document", "organising.transfer.receipt"

_MEMBERSHIP = ("occupation", "employment_form", "new_form_group")


def issue(
    uow: UnitOfWork, member_id: UUID, version: int | None, *, counterpart: str, reason: str | None
) -> tuple[MembershipTransfer, str]:
    """Let a member go to another federation: the transfer, and the document that the member takes along.

    The membership rests here until the receipt comes, or the time is over.
    """
    transfer = send_out(uow, member_id, version, reason)
    membership = uow.session.get_one(Membership, (uow.tenant_id, member_id))
    transfer.counterpart, transfer.document_number = counterpart, str(transfer.id)
    person = person_by_id(uow, membership.person_id)
    uow.note("organising.member.transfer_document_issued", person, counterpart=counterpart)
    content = {
        "transfer": str(transfer.id),
        "tenant": str(uow.tenant_id),
        "federation": here(uow).name,
        "union": uow.session.scalar(select(OrgUnit.name).where(OrgUnit.id == membership.org_unit_id)),
        "lapses_on": transfer.lapses_on,
        "person": {
            "name": person.name,
            "sex": person.sex,
            "document_kind": person.document_kind,
            **{name: opened(uow, person, name) for name in ("id_number", "born_on", "phone")},
        },
        "membership": {
            **{name: getattr(membership, name) for name in _MEMBERSHIP},
            "joined_on": membership.joined_on,
            "first_joined_on": membership.first_joined_on,
        },
    }
    uow.session.flush()
    return transfer, seal_document(uow, DOCUMENT, content)


def accept_document(uow: UnitOfWork, document: str, org_unit_id: UUID) -> tuple[Membership, str]:
    """Take a member of another federation in, by the document; the membership, and the receipt for the other side.

    Raises `Invalid` for a document that is not ours, not for us, or late, `Conflict` where it has been used.
    """
    place = unit_within(uow, uow.principal, ACCEPT, org_unit_id)
    if place.kind != OrgUnitKind.GRASSROOTS_UNION:
        raise invalid(FieldFault("/org_unit_id", "not_a_union", _("会员要登记在基层工会。")))
    content = open_document(uow, DOCUMENT, document, "/document")
    _refuse_document(uow, content)
    uow.note("organising.member.transferred_in")
    membership = _enter(uow, content, place.id)
    transfer = MembershipTransfer(
        org_unit_id=place.id,
        state=TransferState.ACCEPTED.value,
        membership_id=membership.id,
        person_id=membership.person_id,
        kind=TransferKind.IN.value,
        state_before=MembershipState.ACTIVE.value,
        counterpart=content["federation"],
        document_number=content["transfer"],
    )
    transfer.decided_at = clock.now()
    uow.add(transfer)
    uow.session.flush()
    uow.add(transition_row(uow, transfer, "create", None))
    receipt = {
        "transfer": content["transfer"],
        "tenant": content["tenant"],
        "federation": here(uow).name,
        "union": place.name,
        "accepted_on": clock.today(),
    }
    return membership, seal_document(uow, RECEIPT, receipt)


def _refuse_document(uow: UnitOfWork, content: Mapping[str, Any]) -> None:
    if content["tenant"] == str(uow.tenant_id):
        message = _("这是本会自己开出的文书，要由对方总工会接收。")
        raise invalid(FieldFault("/document", "own_document", message))
    if date.fromisoformat(content["lapses_on"]) < clock.today():
        raise invalid(FieldFault("/document", "document_lapsed", _("文书已过期，请原工会重新开具。")))
    used = select(MembershipTransfer.id).where(
        MembershipTransfer.kind == TransferKind.IN.value,
        MembershipTransfer.document_number == content["transfer"],
    )
    if uow.session.scalars(used).first() is not None:
        raise Conflict("document_used", _("这份文书已经办理过接收。"))


def _enter(uow: UnitOfWork, content: Mapping[str, Any], place: UUID) -> Membership:
    told, kept = content["person"], content["membership"]
    born_on = date.fromisoformat(told["born_on"]) if told["born_on"] else None
    identity = Identity(told["name"], told["document_kind"], told["id_number"], told["sex"], born_on)
    person, _is_new = enter_person(uow, identity, {"phone": told["phone"]} if told["phone"] else {})
    days = {
        name: date.fromisoformat(kept[name]) if kept[name] else None
        for name in ("joined_on", "first_joined_on")
    }
    membership = Membership(
        org_unit_id=place,
        person_id=person.id,
        state=MembershipState.ACTIVE.value,
        **days,
        **{name: kept[name] for name in _MEMBERSHIP},
    )
    add_live(uow, membership)
    uow.add(transition_row(uow, membership, "transfer-in", None))
    uow.session.flush()
    return membership


def complete(uow: UnitOfWork, transfer_id: UUID, version: int | None, receipt: str) -> MembershipTransfer:
    """End the membership here, by the receipt of the federation that has the member now.

    A receipt that comes after the time is over counts, if the acceptance was in time: the member is one there.
    """
    transfer = take_transfer(uow, transfer_id, TRANSFER, version)
    content = open_document(uow, RECEIPT, receipt, "/receipt")
    if content["transfer"] != str(transfer.id) or content["tenant"] != str(uow.tenant_id):
        raise invalid(FieldFault("/receipt", "receipt_of_another", _("回执不是这次转接的。")))
    # Lapsed here or called back, a transfer that was accepted in time there is one all the same.
    if transfer.state not in (TransferState.SENT, TransferState.LAPSED, TransferState.CANCELLED):
        raise Conflict("state_forbids", _("这次转接已经办结。"), extra={"state": transfer.state})
    membership = uow.session.scalars(
        select(Membership).where(Membership.id == transfer.membership_id).with_for_update()
    ).one()
    if membership.state not in (
        MembershipState.TRANSFERRING,
        MembershipState.ACTIVE,
        MembershipState.RETAINED,
    ):
        raise Conflict("state_forbids", _("会籍已经终止，不能再改。"), extra={"state": membership.state})
    if membership.org_unit_id != transfer.from_unit_id:
        raise Conflict("moved_on", _("会员已转到本会的另一个工会，由该工会办理。"))
    under_way = pending_of(uow, membership.id)
    if under_way is not None and under_way.id != transfer.id:  # asked for after this one had lapsed
        decide(uow, under_way, "cancel", TransferState.CANCELLED)
    comment = f"{content['federation']} {content['union']}"
    enter_state(uow, membership, "transfer-out", MembershipState.TRANSFERRED_OUT, comment=comment)
    return decide(uow, transfer, "complete", TransferState.ACCEPTED)
