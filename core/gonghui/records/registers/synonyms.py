"""Synonyms: other words for a column's heading, which a federation adds, or which a mapping by hand left behind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Mapped

from gonghui.db.base import TenantTable, unique
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.errors import FieldFault, invalid
from gonghui.i18n import _
from gonghui.records.registers.cells import likeness, text
from gonghui.records.registers.sheets import Column


class ColumnSynonym(TenantTable):
    """A heading that means a column; an empty key means that it is nobody's and is passed over."""

    __tablename__ = "column_synonym"
    __table_args__ = (unique("register", "heading_key"),)

    register: Mapped[str]
    heading: Mapped[str]
    heading_key: Mapped[str]
    key: Mapped[str]


def synonyms_of(uow: UnitOfWork, register: str) -> dict[str, str]:
    """Column keys by heading, as this federation has taught them."""
    found = select(ColumnSynonym.heading, ColumnSynonym.key).where(ColumnSynonym.register == register)
    return {row.heading: row.key for row in uow.session.execute(found)}


def list_synonyms(uow: UnitOfWork, register: str) -> list[ColumnSynonym]:
    """The federation's own words for a register's columns."""
    found = select(ColumnSynonym).where(ColumnSynonym.register == register)
    return list(uow.session.scalars(found.order_by(ColumnSynonym.key, ColumnSynonym.heading)))


def teach(
    uow: UnitOfWork, register: str, columns: Sequence[Column], mapping: Mapping[str, str]
) -> list[ColumnSynonym]:
    """Remember what headings mean; a heading that was taught before takes its new meaning."""
    check_mapping(columns, mapping)
    uow.note("core.column_synonym.taught")
    return _remember(uow, register, mapping)


def check_mapping(columns: Sequence[Column], mapping: Mapping[str, str]) -> None:
    """Raise `Invalid` for a key that is no column's."""
    keys = {column.key for column in columns}
    strange = sorted(set(mapping.values()) - keys - {""})
    if strange:
        message = _("没有这样的列：{keys}。可用：{known}。", keys=strange, known=sorted(keys))
        raise invalid(FieldFault("/mapping", "column_unknown", message))


def _remember(uow: UnitOfWork, register: str, mapping: Mapping[str, str]) -> list[ColumnSynonym]:
    known = {row.heading_key: row for row in list_synonyms(uow, register)}
    for heading, key in mapping.items():
        mark = likeness(heading).replace("*", "")
        if mark in known:
            known[mark].key, known[mark].heading = key, text(heading)
        else:
            known[mark] = ColumnSynonym(register=register, heading=text(heading), heading_key=mark, key=key)
            uow.add(known[mark])
    uow.session.flush()
    return list_synonyms(uow, register)
