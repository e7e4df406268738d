"""Foundings as samples for the contract kit."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from gonghui.sdk import UnitOfWork, create_record, new_id, take_step
from gonghui_organising.demo import PAPERS, demo_code
from gonghui_organising.unions import unions


def founding_values(org_unit_id: UUID) -> dict[str, Any]:
    tail = new_id().hex[-6:]
    firm = f"深圳市样本{tail}电子有限公司"
    return {
        "org_unit_id": org_unit_id,
        "name": f"{firm}工会委员会",
        "kind": "independent",
        "employers": [{"name": firm, "uscc": demo_code("91", int(tail, 16))}],
        "chair_name": "样示例",
        "headcount": 40,
        "members": 30,
        "employer_informed_on": date(2024, 5, 6),
        "preparatory_group_size": 3,
        "near_relatives_excluded": True,
        "committee": {"started_on": date(2024, 6, 12), "years": 5, "seats": 3},
        "papers": [{"kind": kind} for kind in PAPERS],
    }


def drafted(uow: UnitOfWork, org_unit_id: UUID) -> UUID:
    """A founding that may be changed and submitted."""
    return create_record(uow, unions, founding_values(org_unit_id)).id


def submitted(uow: UnitOfWork, org_unit_id: UUID) -> UUID:
    """A founding that may be returned and approved."""
    union = create_record(uow, unions, founding_values(org_unit_id))
    take_step(uow, unions, union.id, union.version, "submit", {})
    return union.id
