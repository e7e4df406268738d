"""Data quality: conditions that records of a kind should not meet, and the records that do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, select

from gonghui.db.unit_of_work import UnitOfWork
from gonghui.i18n import Text
from gonghui.records.record_types import READ, RecordType
from gonghui.records.sight import visible
from gonghui.tenancy.org_tree import OrgUnit, in_subtree


@dataclass(frozen=True, eq=False)
class QualityCheck:
    """Something that is wrong or missing in records of a kind, for somebody to mend.

    `wanted` and `name` are expressions over the record's table: which records are meant, and what one is called.
    `about` says why it matters and how it is mended.
    """

    code: str
    title: Text
    about: Text
    kind: RecordType
    wanted: Callable[[Any], ColumnElement[bool]]
    name: Callable[[Any], ColumnElement[str]]


def list_found(
    uow: UnitOfWork, check: QualityCheck, path: str | None, *, after: UUID | None = None, limit: int = 50
) -> Sequence[Any]:
    """Records that a check finds among those that one reads, at and below `path`: `id`, `name` and `unit`."""
    table = check.kind.table
    of_unit = and_(OrgUnit.tenant_id == table.c.tenant_id, OrgUnit.id == table.c.org_unit_id)
    page = (
        select(table.c.id, check.name(table).label("name"), OrgUnit.name.label("unit"))
        .join(OrgUnit, of_unit)
        .where(*_conditions(uow, check, path))
        .order_by(table.c.id)
        .limit(limit)
    )
    return uow.session.execute(page if after is None else page.where(table.c.id > after)).all()


def count_found(uow: UnitOfWork, check: QualityCheck, path: str | None) -> int:
    """How many records a check finds."""
    found = select(func.count()).select_from(check.kind.table).where(*_conditions(uow, check, path))
    return uow.session.scalar(found) or 0


def _conditions(uow: UnitOfWork, check: QualityCheck, path: str | None) -> list[ColumnElement[bool]]:
    table = check.kind.table
    seen = visible(check.kind, uow.principal, check.kind.permission(READ), as_stranger=False)
    below = [] if path is None else [in_subtree(table.c.org_unit_id, (path,))]
    return [seen, check.wanted(table), *below]
