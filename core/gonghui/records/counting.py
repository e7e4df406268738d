"""Numbers of records filed at a unit and below it, of many kinds in one statement."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, literal, select, union_all

from gonghui.db.unit_of_work import UnitOfWork
from gonghui.records.record_types import RecordType
from gonghui.tenancy.org_tree import in_subtree


def count_filed(uow: UnitOfWork, kinds: Sequence[RecordType], path: str) -> dict[str, int]:
    """How many records of each kind are filed at or below `path`, by the code of the kind."""
    if not kinds:
        return {}
    parts = [
        select(literal(kind.code).label("code"), func.count().label("n"))
        .select_from(kind.table)
        .where(in_subtree(kind.table.c.org_unit_id, (path,)))
        for kind in kinds
    ]
    return {row.code: row.n for row in uow.session.execute(union_all(*parts))}
