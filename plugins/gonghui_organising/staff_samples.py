"""Union workers and their certificates as samples for the contract kit."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import UUID

from gonghui.sdk import Record, UnitOfWork, advance, clock, create_record, step
from gonghui_organising.helper_samples import somebody
from gonghui_organising.staff import staff_members
from gonghui_organising.staff_certificate import staff_certificates


def entered(uow: UnitOfWork, place: UUID) -> Record:
    today = clock.today()
    return create_record(
        uow,
        staff_members,
        {
            "org_unit_id": place,
            "person": somebody(),
            "grades": [{"grade": "一级", "from_on": today}],
            "postings": [{"unit": place, "task": "试点园区专人负责", "share": "full", "from_on": today}],
        },
    )


def staff_member_id(uow: UnitOfWork, place: UUID) -> UUID:
    return entered(uow, place).id


def in_post(uow: UnitOfWork, place: UUID) -> UUID:
    member = entered(uow, place)
    step(uow, staff_members, member, staff_members.workflow.named("appoint"), {})
    return member.id


def certificate(uow: UnitOfWork, place: UUID) -> Record:
    return create_record(
        uow,
        staff_certificates,
        {
            "staff_member_id": in_post(uow, place),
            "kind": "social_worker",
            "level": "社会工作师",
            "number": "样本编号0001",
            "issuer": "示例市人力资源和社会保障局",
            "issued_on": date(2023, 6, 30),
            "valid_to": date(2198, 6, 30),
        },
    )


def staff_certificate_id(uow: UnitOfWork, place: UUID) -> UUID:
    return certificate(uow, place).id


def verified(uow: UnitOfWork, place: UUID) -> UUID:
    made = certificate(uow, place)
    advance(uow, staff_certificates, made, staff_certificates.workflow.named("verify"))
    return made.id


_CERTIFICATE = "/api/v1/organising/staff-certificates/{staff_certificate_id}"
SAMPLES: dict[str, Callable[[UnitOfWork, UUID], Any]] = {
    "staff_member_id": staff_member_id,
    "staff_certificate_id": staff_certificate_id,
    "POST /api/v1/organising/staff-members/{staff_member_id}/leave": in_post,
    f"POST {_CERTIFICATE}/renew": verified,
}
