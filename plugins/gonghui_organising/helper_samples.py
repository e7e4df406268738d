"""Helpers as samples for the contract kit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from gonghui.sdk import Record, UnitOfWork, advance, clock, create_record
from gonghui_organising.helper import HelperService, helpers
from gonghui_organising.member_samples import fresh_number


def somebody() -> dict[str, Any]:
    return {"name": "样热心", "document_kind": "resident_id", "id_number": fresh_number()}


def recommended(uow: UnitOfWork, place: UUID) -> Record:
    values = {"org_unit_id": place, "person": somebody(), "kind": "activist", "skills": ["调解"]}
    return create_record(uow, helpers, values)


def helper_id(uow: UnitOfWork, place: UUID) -> UUID:
    return recommended(uow, place).id


def confirmed(uow: UnitOfWork, place: UUID) -> UUID:
    helper = recommended(uow, place)
    advance(uow, helpers, helper, helpers.workflow.named("confirm"))
    uow.add(HelperService(helper_id=helper.id, served_on=clock.today(), what="入企走访", hours=2))
    uow.session.flush()
    return helper.id


_PATH = "/api/v1/organising/helpers/{helper_id}"
SAMPLES: dict[str, Callable[[UnitOfWork, UUID], Any]] = {
    "helper_id": helper_id,
    f"PUT {_PATH}/service": confirmed,
}
