"""Members and transfers as samples for the contract kit, each in the state that an operation needs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from gonghui.sdk import UnitOfWork, clock, create_record, new_id, open_document, seal_document, take_step
from gonghui_organising import member_merges, member_steps, transfer_asking, transfer_documents
from gonghui_organising.demo_people import demo_id_number
from gonghui_organising.members import members
from gonghui_organising.membership import Membership, MembershipTransfer, TransferKind, TransferState
from gonghui_organising.union_samples import founding_values
from gonghui_organising.unions import unions


def fresh_number(_uow: UnitOfWork | None = None, _place: UUID | None = None) -> str:
    """A made-up identity number that nobody was given before."""
    return demo_id_number(int(new_id().hex[-8:], 16), male=True)


def member_values(org_unit_id: UUID) -> dict[str, Any]:
    return {
        "org_unit_id": org_unit_id,
        "name": "样会员",
        "document_kind": "resident_id",
        "id_number": fresh_number(),
        "employer": {"name": "深圳市样本电子有限公司", "uscc": None},
        "joined_on": clock.today() - timedelta(days=400),
    }


def a_union(uow: UnitOfWork, place: UUID) -> UUID:
    """The unit of a union at `place`."""
    return create_record(uow, unions, founding_values(place)).org_unit_id


def applicant(uow: UnitOfWork, place: UUID) -> UUID:
    return member_steps.apply(uow, member_values(a_union(uow, place))).id


def active(uow: UnitOfWork, place: UUID) -> UUID:
    return member_steps.register(uow, member_values(a_union(uow, place))).id


def retained(uow: UnitOfWork, place: UUID) -> UUID:
    member_id = active(uow, place)
    take_step(uow, members, member_id, 1, "retain", {"comment": "退休返乡"})
    return member_id


def under_way(uow: UnitOfWork, place: UUID) -> UUID:
    return _transfer(uow, place).membership_id


def pending_transfer(uow: UnitOfWork, place: UUID) -> UUID:
    return _transfer(uow, place).id


def _transfer(uow: UnitOfWork, place: UUID) -> MembershipTransfer:
    return asked(uow, active(uow, place), a_union(uow, place))


def asked(uow: UnitOfWork, member_id: UUID, to_unit_id: UUID, **more: Any) -> MembershipTransfer:
    """A transfer of a member to another union of the federation that was just asked for."""
    membership = uow.session.get_one(Membership, (uow.tenant_id, member_id))
    answers = {"to_union": str(to_unit_id), **more}
    return transfer_asking.under_way(
        uow, take_step(uow, members, member_id, membership.version, "transfer", answers)
    )


def outward_transfer(uow: UnitOfWork, place: UUID) -> UUID:
    transfer, _document = transfer_documents.issue(
        uow, active(uow, place), 1, counterpart="示例区总工会", reason=None
    )
    return transfer.id


def document_of_another(uow: UnitOfWork, place: UUID) -> str:
    """A document as another federation would have issued it."""
    member_id = active(uow, place)
    _transfer_made, document = transfer_documents.issue(uow, member_id, 1, counterpart="本会", reason=None)
    content = open_document(uow, transfer_documents.DOCUMENT, document, "/document")
    content |= {"tenant": str(new_id()), "transfer": str(new_id())}
    content["person"]["id_number"] = fresh_number()
    return seal_document(uow, transfer_documents.DOCUMENT, content)


def receipt_for_latest(uow: UnitOfWork, place: UUID) -> str:
    """A receipt for the transfer to another federation that was issued last."""
    latest = select(MembershipTransfer.id).where(
        MembershipTransfer.kind == TransferKind.OUT.value,
        MembershipTransfer.state == TransferState.SENT.value,
    )
    found = uow.session.scalars(latest.order_by(MembershipTransfer.id.desc()).limit(1)).first()
    transfer_id = found or outward_transfer(uow, place)
    content = {
        "transfer": str(transfer_id),
        "tenant": str(uow.tenant_id),
        "federation": "示例区总工会",
        "union": "示例工会",
        "accepted_on": clock.today(),
    }
    return seal_document(uow, transfer_documents.RECEIPT, content)


def merged(uow: UnitOfWork, place: UUID) -> UUID:
    return member_merges.merge_members(uow, active(uow, place), active(uow, place), "同一人登记了两次").id


_PATH = "POST /api/v1/organising/members/{member_id}"
SAMPLES: dict[str, Callable[[UnitOfWork, UUID], Any]] = {
    "member_id": active,
    "other_member_id": active,
    "union_unit_id": a_union,
    "other_union_unit_id": a_union,
    "id_number": fresh_number,
    "transfer_id": pending_transfer,
    "transfer_document": document_of_another,
    "transfer_receipt": receipt_for_latest,
    "merge_id": merged,
    f"{_PATH}/approve": applicant,
    f"{_PATH}/refuse": applicant,
    f"{_PATH}/resume": retained,
    f"{_PATH}/cancel-transfer": under_way,
    "POST /api/v1/organising/transfers/{transfer_id}/complete": outward_transfer,
}
