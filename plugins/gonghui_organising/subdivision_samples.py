"""Branches, groups and assignments as samples for the contract kit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from sqlalchemy import select

from gonghui.sdk import Record, UnitOfWork, clock, create_record, step
from gonghui_organising import member_steps
from gonghui_organising.member_samples import a_union, member_values
from gonghui_organising.subdivision import ACTIVE, Subdivision, group_assignments, subdivisions


def planned(uow: UnitOfWork, place: UUID, **values: Any) -> Record:
    """A part of a union of its own at the place."""
    content = {"org_unit_id": a_union(uow, place), "kind": "group", "name": "样本小组", **values}
    return create_record(uow, subdivisions, content)


def subdivision_id(uow: UnitOfWork, place: UUID) -> UUID:
    return planned(uow, place).id


def active(uow: UnitOfWork, place: UUID) -> UUID:
    part = planned(uow, place)
    step(uow, subdivisions, part, subdivisions.workflow.named("establish"), {})
    return part.id


def member_of_latest(uow: UnitOfWork, place: UUID) -> UUID:
    """A member of the union whose part was set up last."""
    latest = (
        select(Subdivision.org_unit_id).where(Subdivision.state == ACTIVE).order_by(Subdivision.id.desc())
    )
    unit_id = uow.session.scalars(latest.limit(1)).first() or a_union(uow, place)
    return member_steps.register(uow, member_values(unit_id)).id


def assignment(uow: UnitOfWork, place: UUID) -> UUID:
    part_id = active(uow, place)
    part = uow.session.get_one(Subdivision, (uow.tenant_id, part_id))
    member = member_steps.register(uow, member_values(part.org_unit_id))
    content = {"subdivision_id": part_id, "membership_id": member.id, "from_on": clock.today()}
    return create_record(uow, group_assignments, content).id


SAMPLES: dict[str, Callable[[UnitOfWork, UUID], Any]] = {
    "subdivision_id": subdivision_id,
    "subdivision_with_member": active,
    "member_of_subdivision": member_of_latest,
    "group_assignment_id": assignment,
}
