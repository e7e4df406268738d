"""What stands in a form before somebody types: a record as it is, or what the system knows of a new one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from gonghui.db.unit_of_work import UnitOfWork
from gonghui.parties.employers import Employer
from gonghui.records.fields import Bound, Kind
from gonghui.values.clock import LAW_TIME
from gonghui.web.records.sheets import Sheet
from gonghui.web.records.typed import ID, row_name
from gonghui.web.units import around


def of_record(uow: UnitOfWork, sheet: Sheet, row: Mapping[str, Any]) -> tuple[dict[str, str], dict[str, int]]:
    """A record as a form shows it, and how many rows each table has. Sealed values stay out."""
    values = {name: text for bound in sheet.bounds for name, text in _boxes(uow, bound, row, bound.name)}
    counts: dict[str, int] = {}
    for table in sheet.tables:
        rows = row[table.child.name]
        counts[table.name] = len(rows)
        for index, one in enumerate(rows):
            before = row_name(table, index)
            for bound in table.bounds:
                values |= dict(_boxes(uow, bound, one, f"{before}.{bound.name}"))
            if table.keeps_ids:
                values[f"{before}.{ID}"] = str(one["id"])
    return values, counts


def of_new(uow: UnitOfWork, sheet: Sheet) -> dict[str, str]:
    """What is known of a new record: the unit in view, or the reader's only one."""
    units = around(uow)
    unit = units.unit or (units.own[0] if len(units.own) == 1 else None)
    is_asked = any(bound.name == "org_unit_id" for bound in sheet.bounds)
    return {"org_unit_id": str(unit.id)} if unit is not None and is_asked else {}


def _boxes(uow: UnitOfWork, bound: Bound, row: Mapping[str, Any], name: str) -> Iterator[tuple[str, str]]:
    column: Any = bound.column
    key = bound.name if column is None or bound.target is None else column.name
    found = row.get(key)
    if bound.is_sealed or bound.kind is Kind.PERSON or found is None:
        return
    if bound.kind is Kind.EMPLOYER:
        employer = uow.session.scalars(select(Employer).where(Employer.id == UUID(str(found)))).one()
        yield from ((f"{name}.name", employer.name), (f"{name}.uscc", employer.uscc or ""))
    else:
        yield name, _text(bound.kind, found)


def _text(kind: Kind, value: Any) -> str:
    if kind is Kind.BOOLEAN:
        return "true" if value else "false"
    if kind is Kind.TEXTS:
        return "\n".join(value)
    if kind is Kind.TIME:
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(value)
        return moment.astimezone(LAW_TIME).strftime("%Y-%m-%dT%H:%M")
    return str(value)
