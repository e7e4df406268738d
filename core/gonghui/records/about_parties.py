"""Records that name a party, as far as one reads them: whose membership it is, which union is an employer's."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import String, func, literal, select, union_all

from gonghui.db.base import TenantTable
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.i18n import Text
from gonghui.records.naming import name_of
from gonghui.records.record_types import READ, RecordType
from gonghui.records.sight import visible
from gonghui.tenancy.org_tree import OrgUnit


@dataclass(frozen=True)
class Naming:
    """A record that names a party: its kind, what it is called, where it is filed, and its state."""

    id: UUID
    kind: RecordType
    name: str
    unit: str
    state: Text


def records_naming(
    uow: UnitOfWork,
    kinds: Sequence[RecordType],
    party: type[TenantTable],
    parties: Collection[UUID],
    *,
    most: int = 12,
) -> dict[UUID, list[Naming]]:
    """For each of the parties, `most` of the records that name it, the oldest first. One statement."""
    found: dict[UUID, list[Naming]] = {each: [] for each in parties}
    about = [
        _of_kind(uow, kind, column, parties)
        for kind in kinds
        if uow.principal.holds(kind.permission(READ))
        for column in _columns(kind, party)
    ]
    if not about:
        return found
    by_code = {kind.code: kind for kind in kinds}
    records = union_all(*about).subquery()
    place = func.row_number().over(partition_by=records.c.party, order_by=records.c.id).label("place")
    numbered = select(records, place).subquery()
    unit: Any = OrgUnit.__table__.c
    rows = (
        select(numbered, unit.name.label("unit"))
        .join(OrgUnit.__table__, unit.id == numbered.c.org_unit_id)
        .where(numbered.c.place <= most)
        .order_by(numbered.c.id)
    )
    for row in uow.session.execute(rows):
        kind = by_code[row.code]
        found[row.party].append(Naming(row.id, kind, row.name, row.unit, kind.workflow.states[row.state]))
    return found


def _columns(kind: RecordType, party: type[TenantTable]) -> Iterator[Any]:
    """The columns of a kind's own table that name a party of this sort."""
    target: Any = party.__table__
    for key in kind.table.foreign_key_constraints:
        if key.referred_table is target:
            yield from (column for column in key.columns if column.name != "tenant_id")


def _of_kind(uow: UnitOfWork, kind: RecordType, column: Any, parties: Collection[UUID]) -> Any:
    table = kind.table.c
    seen = visible(kind, uow.principal, kind.permission(READ), as_stranger=False)
    return select(
        literal(kind.code, String).label("code"),
        table.id,
        table.state,
        table.org_unit_id,
        name_of(kind).label("name"),
        column.label("party"),
    ).where(column.in_(parties), seen)
