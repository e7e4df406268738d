"""What to know about the posts and papers of a union worker, each with its ground; nothing is refused for it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select

from gonghui.sdk import Text, UnitOfWork, _, clock, figure, found
from gonghui_organising.staff import staff_members
from gonghui_organising.staff_certificate import VERIFIED, StaffCertificate
from gonghui_organising.staff_tables import Share, StaffPosting

PAID_DAYS = "organising.part_time.paid_days"


@dataclass(frozen=True)
class Remark:
    """A sentence, and the law or rule behind it, where there is one."""

    code: str
    text: Text
    basis: str | None = None


def remarks(uow: UnitOfWork, staff_member_id: UUID) -> list[Remark]:
    """Remarks on a worker whom one sees: paid days of part-time posts (工会法 Art. 41), contract, certificate."""
    member: Any = found(uow, staff_members, staff_member_id)
    return [*_of_part_time(uow, member), *_of_contract(member), *_of_certificates(uow, member)]


def _of_part_time(uow: UnitOfWork, member: Any) -> Iterator[Remark]:
    limit = figure(uow, PAID_DAYS)
    running = select(StaffPosting).where(
        StaffPosting.staff_member_id == member.id,
        StaffPosting.share == Share.PART.value,
        StaffPosting.days_a_month > limit.value,
        or_(StaffPosting.to_on.is_(None), StaffPosting.to_on >= clock.today()),
    )
    for posting in uow.session.scalars(running.order_by(StaffPosting.from_on, StaffPosting.id)):
        message = _(
            "兼职“{task}”每月 {days} 个工作日，超过工资照发的 {n} 个工作日，超出部分要与用人单位商定。",
            task=posting.task,
            days=posting.days_a_month,
            n=limit.value,
        )
        yield Remark("part_time_days", message, limit.basis)


def _of_contract(member: Any) -> Iterator[Remark]:
    if member.contract_until is not None and member.contract_until < clock.today():
        yield Remark("contract_over", _("合同已在 {day} 到期。", day=member.contract_until))


def _of_certificates(uow: UnitOfWork, member: Any) -> Iterator[Remark]:
    held = select(StaffCertificate.id).where(
        StaffCertificate.staff_member_id == member.id,
        StaffCertificate.state == VERIFIED,
        or_(StaffCertificate.valid_to.is_(None), StaffCertificate.valid_to >= clock.today()),
    )
    if uow.session.scalars(held.limit(1)).first() is None:
        yield Remark("no_certificate", _("没有已核验且在有效期内的劳动关系协调员或社会工作者证书。"))
