"""Units of a sample federation that may be moved, merged, split and closed without taking others along."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from gonghui.db.unit_of_work import UnitOfWork
from gonghui.lifecycle.reorganisation import Rename
from gonghui.lifecycle.reorganising import reorganise
from gonghui.tenancy.org_tree import OrgUnit, OrgUnitKind, new_unit
from gonghui.values import clock

REORGANISE = "core.org_unit.reorganise"


def fresh_units(uow: UnitOfWork, street_id: UUID, district_id: UUID) -> dict[str, Any]:
    """Two communities below a street, the first with a union, and a plan for the second; ids by name of sample."""
    street = uow.session.get_one(OrgUnit, (uow.tenant_id, street_id))
    pair = [new_unit(street, OrgUnitKind.COMMUNITY_FEDERATION, f"样本{n}工联会") for n in "甲乙"]
    uow.add(*pair)
    uow.session.flush()
    union = new_unit(pair[0], OrgUnitKind.GRASSROOTS_UNION, "样本工会")
    uow.add(union)
    uow.session.flush()
    tomorrow = clock.today() + timedelta(days=1)
    planned = reorganise(uow, Rename(pair[1].id, "样本丙工联会"), effective_on=tomorrow)
    assert planned.record is not None
    return {
        "org_unit_ids": [str(unit.id) for unit in pair],
        "org_into_id": str(pair[0].id),
        "org_child_ids": [str(union.id)],
        "org_parent_id": str(district_id),
        "planned_id": str(planned.record.id),
    }
