"""Merging: rows that point to one party are let point to another, and can be let go back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, func, literal, select, true, union_all
from sqlalchemy.exc import IntegrityError

from gonghui.db.base import Base, TenantTable
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.errors import Conflict
from gonghui.i18n import _


def move_references(
    uow: UnitOfWork, party: type[TenantTable], old: UUID, new: UUID, *, apart_from: type[Base]
) -> dict[str, list[str]]:
    """Let every audited row that names `old` name `new`; ids by table and column, for `move_back`.

    Steps and audit entries keep the name under which they were written. Raises `Conflict` where both are named
    by something that may name a party once.
    """
    moved: dict[str, list[str]] = {}
    try:
        with uow.session.begin_nested():
            for model, column in _references(party, apart_from):
                for row in uow.session.scalars(select(model).where(getattr(model, column) == old)).all():
                    setattr(row, column, new)
                    moved.setdefault(_place(model, column), []).append(str(row.id))
            uow.session.flush()
    except IntegrityError:
        raise Conflict(
            "merge_collides", _("两边都有同一种记录，只能留一份。先处理其中一份，再合并。")
        ) from None
    return moved


def count_references(
    uow: UnitOfWork, party: type[TenantTable], parties: Collection[UUID], *, apart_from: type[Base]
) -> dict[UUID, Counter[str]]:
    """How many rows of each table name each of the parties, which are those that a merge would move. One statement."""
    named = [
        select(
            literal(model.__table__.fullname).label("name"), column.label("party"), func.count().label("rows")
        )
        .where(column.in_(parties))
        .group_by(column)
        for model, column in ((model, getattr(model, name)) for model, name in _references(party, apart_from))
    ]
    found: dict[UUID, Counter[str]] = {each: Counter() for each in parties}
    for row in uow.session.execute(union_all(*named)) if named else ():
        found[row.party][row.name] += row.rows
    return found


def count_moved(moved: Mapping[str, Any]) -> Counter[str]:
    """How many rows of each table a merge has moved, from what `move_references` gave."""
    places = ((place.rpartition(".")[0], ids) for place, ids in moved.items() if place.count(".") > 1)
    return Counter({table: len(ids) for table, ids in places})


def move_back(
    uow: UnitOfWork,
    party: type[TenantTable],
    moved: Mapping[str, list[str]],
    *,
    old: UUID,
    new: UUID,
    apart_from: type[Base],
) -> None:
    """Let the rows that were moved from `old` to `new` name `old` again, as far as they still name `new`."""
    for model, column in _references(party, apart_from):
        ids = [UUID(text) for text in moved.get(_place(model, column), ())]
        still = select(model).where(model.id.in_(ids), getattr(model, column) == new)
        for row in uow.session.scalars(still):
            setattr(row, column, old)
    uow.session.flush()


def nobody_names(party: type[TenantTable]) -> ColumnElement[bool]:
    """The condition under which no row of any table but its own parts names a party, so that it can be deleted."""
    target: Any = party.__table__
    named = [
        exists().where(table.c.tenant_id == target.c.tenant_id, table.c[column] == target.c.id)
        for table, column in _columns_naming(target)
    ]
    return and_(true(), *(~one for one in named))


def _columns_naming(target: Any) -> Iterator[tuple[Any, str]]:
    for table in Base.metadata.sorted_tables:
        for key in table.foreign_key_constraints:
            (column,) = (
                (c for c in key.columns if c.name != "tenant_id") if key.referred_table is target else (None,)
            )
            if column is not None and not column.info.get("part"):
                yield table, column.name


def _references(party: type[TenantTable], apart_from: type[Base]) -> Iterator[tuple[Any, str]]:
    """Every column of an audited table, the core's or a plugin's, that names a party of this kind."""
    table: Any = party.__table__
    for mapper in sorted(Base.registry.mappers, key=lambda mapper: mapper.class_.__name__):
        model: Any = mapper.class_
        if not model.audited or model is apart_from:
            continue
        for key in model.__table__.foreign_key_constraints:
            if key.referred_table is table:
                (column,) = (c.name for c in key.columns if c.name != "tenant_id")
                yield model, column


def _place(model: Any, column: str) -> str:
    return f"{model.__table__.fullname}.{column}"
