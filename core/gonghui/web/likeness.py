"""Two parties side by side: what is known of each, what differs, which records name them, what a merge would move."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import current_app, g
from sqlalchemy import select

from gonghui.db.base import Base, TenantTable
from gonghui.db.sensitive import sealed_columns
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.i18n import Text, _
from gonghui.parties.merging import count_references
from gonghui.parties.persons import Person
from gonghui.records.about_parties import Naming, records_naming
from gonghui.records.registers.runs import RegisterRun
from gonghui.tenancy.keys import masked, opened
from gonghui.web.trail_words import TrailWords

_OF_EMPLOYERS: Mapping[str, Text] = {"name": _("名称"), "uscc": _("统一社会信用代码")}
_OF_PERSONS: Mapping[str, Text] = {
    "name": _("姓名"),
    "sex": _("性别"),
    "birth_year": _("出生年份"),
    "document_kind": _("证件类型"),
    "id_number": _("证件号码"),
    "phone": _("手机号码"),
    "bank_card": _("银行卡"),
    "ethnicity": _("民族"),
    "political_status": _("政治面貌"),
    "education": _("学历"),
    "household_kind": _("户籍类型"),
    "is_migrant_worker": _("是否农民工"),
}


@dataclass(frozen=True)
class Line:
    """One thing that is known of both, as it is shown; `differs` where both are known and not the same."""

    title: Text
    left: Text | str | None
    right: Text | str | None
    differs: bool


@dataclass(frozen=True)
class Side:
    """What stands behind one of the two: the records that name it, and how many rows name it, by what they are."""

    records: Sequence[Naming]
    counts: Sequence[tuple[Text | str, int]]


def lines_of_employers(uow: UnitOfWork, left: Any, right: Any) -> list[Line]:
    """Two employers, line by line."""
    return _lines(uow, _OF_EMPLOYERS, left, right)


def lines_of_persons(uow: UnitOfWork, left: Person, right: Person) -> list[Line]:
    """Two persons, line by line; numbers are compared in full and shown masked. What nobody knows is left out."""
    return _lines(uow, _OF_PERSONS, left, right)


def sides(
    uow: UnitOfWork, party: type[TenantTable], ids: Sequence[UUID], *, apart_from: type[Base]
) -> list[Side]:
    """What stands behind each of the parties, in their order."""
    counts = count_references(uow, party, ids, apart_from=apart_from)
    kinds = current_app.extensions["gonghui"].registry.record_types(g.tenant.plugins_on)
    records = records_naming(uow, kinds, party, ids)
    return [Side(records[each], in_words(counts[each])) for each in ids]


def in_words(counts: Counter[str]) -> list[tuple[Text | str, int]]:
    """Numbers of rows by what the rows are, the most first."""
    words = TrailWords(current_app.extensions["gonghui"].registry)
    return [(words.table(name), rows) for name, rows in counts.most_common()]


def _lines(uow: UnitOfWork, titles: Mapping[str, Text], left: Any, right: Any) -> list[Line]:
    sealed = {column.name for column in sealed_columns(type(left).__table__)}
    words = _choices(type(left).__table__)
    found = []
    for name, title in titles.items():
        known = [opened(uow, each, name) if name in sealed else getattr(each, name) for each in (left, right)]
        if any(value not in (None, "") for value in known):
            shown = [_shown(uow, each, name, sealed, words) for each in (left, right)]
            differs = None not in known and known[0] != known[1]
            found.append(Line(title, shown[0], shown[1], differs))
    return [*found, *_origins(uow, left, right)]


def _shown(
    uow: UnitOfWork, row: Any, name: str, sealed: set[str], words: Mapping[str, Mapping[str, Text]]
) -> Text | str | None:
    value = getattr(row, name)
    if name in sealed:
        return masked(uow, type(row).__table__.c[name], row.id, value)
    if isinstance(value, bool):
        return _("是") if value else _("否")
    return None if value is None else words.get(name, {}).get(value, str(value))


def _choices(table: Any) -> dict[str, Mapping[str, Text]]:
    """What the codes in a party's columns mean, as the kinds of records say that show them, on here or off."""
    kinds = current_app.extensions["gonghui"].registry.record_types()
    bound = (each for kind in kinds for fields in kind.joined.values() for each in fields)
    return {
        each.column.name: each.field.choices
        for each in bound
        if each.column is not None and each.column.table is table and each.field.choices
    }


def _origins(uow: UnitOfWork, left: Any, right: Any) -> Iterator[Line]:
    """From which register each came, where one of them came from a register."""
    runs = {each.run_id for each in (left, right) if each.run_id is not None}
    if not runs:
        return
    named = select(RegisterRun.id, RegisterRun.file_name).where(RegisterRun.id.in_(runs))
    names: dict[UUID, str] = dict(uow.session.execute(named).tuples().all())
    left_name, right_name = (names.get(each.run_id, _("逐个登记")) for each in (left, right))
    yield Line(_("来源"), left_name, right_name, False)
