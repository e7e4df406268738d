"""Inputs: the right box for every kind of value, with its label, its help and what may be chosen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from uuid import UUID

from gonghui.db.unit_of_work import UnitOfWork
from gonghui.i18n import Text, _
from gonghui.records import pickers
from gonghui.records.fields import LONGEST, Bound, Kind
from gonghui.values.documents import DocumentKind
from gonghui.values.ids import parse_id
from gonghui.web.records.sheets import Sheet, Table
from gonghui.web.records.typed import ID, row_name
from gonghui.web.records.values import NO, YES

FIND = "find"
_DOCUMENTS = {
    DocumentKind.RESIDENT_ID: _("居民身份证"),
    DocumentKind.HMT_RESIDENCE: _("港澳台居民居住证"),
    DocumentKind.FOREIGN_RESIDENCE: _("外国人永久居留身份证"),
    DocumentKind.PASSPORT: _("护照"),
    DocumentKind.HOME_RETURN: _("港澳居民来往内地通行证"),
}


@dataclass(frozen=True)
class Input:
    """A box: `shape` is text, area, date, datetime-local, number, money, choice or pick."""

    name: str
    label: Text | str
    shape: str
    is_required: bool
    help: Text | str = ""
    choices: tuple[tuple[str, str], ...] = ()
    #: Where not all that may be chosen is offered: the words by which more is looked for.
    is_searched: bool = False
    longest: int = LONGEST


@dataclass(frozen=True)
class Group:
    """Inputs under a heading."""

    title: Text | None
    inputs: tuple[Input, ...]


@dataclass(frozen=True)
class Lines:
    """Rows of a table, each with its inputs and the id that it keeps; `name` leads its boxes."""

    table: Table
    rows: tuple[tuple[str, str, tuple[Input, ...]], ...]


class Drawing:
    """Draws the inputs of a sheet for what was typed; what may be chosen is asked for once, however many rows ask."""

    def __init__(self, uow: UnitOfWork, sheet: Sheet, typed: Mapping[str, str]) -> None:
        self._uow, self._sheet, self._typed = uow, sheet, typed
        self._offered: dict[tuple[str, str], dict[str, str]] = {}

    def groups(self) -> list[Group]:
        """The inputs under their headings."""
        return [
            Group(title, tuple(i for bound in bounds for i in self._inputs(bound, bound.name)))
            for title, bounds in self._sheet.groups
        ]

    def lines(self, counts: Mapping[str, int]) -> list[Lines]:
        """The rows of the tables, as many as there are."""
        return [Lines(table, tuple(self._rows(table, counts))) for table in self._sheet.tables]

    def _rows(self, table: Table, counts: Mapping[str, int]) -> Iterator[tuple[str, str, tuple[Input, ...]]]:
        for index in range(1 if table.is_one else counts.get(table.name, 0)):
            before = row_name(table, index)
            inputs = tuple(i for b in table.bounds for i in self._inputs(b, f"{before}.{b.name}"))
            yield before, self._typed.get(f"{before}.{ID}", ""), inputs

    def _inputs(self, bound: Bound, name: str) -> list[Input]:
        field, is_new = bound.field, self._sheet.is_new
        if bound.kind is Kind.PERSON:
            return _person(name, is_required=field.required and is_new, is_new=is_new)
        if bound.kind is Kind.EMPLOYER:
            return _employer(name, is_required=field.required)
        help_text: Text | str = field.help or (_("每行写一项。") if bound.kind is Kind.TEXTS else "")
        if bound.is_sealed and not is_new:
            help_text = _("已有内容不显示；不改就留空。")
        choices, is_searched = self._choices(bound, name)
        is_required = field.required and (is_new or not bound.is_sealed)
        shape = _shape(bound)
        return [Input(name, field.title, shape, is_required, help_text, choices, is_searched, field.longest)]

    def _choices(self, bound: Bound, name: str) -> tuple[tuple[tuple[str, str], ...], bool]:
        if bound.kind is Kind.BOOLEAN:
            return (("true", str(YES)), ("false", str(NO))), False
        if bound.kind is not Kind.REFERENCE:
            return tuple((code, str(word)) for code, word in (bound.field.choices or {}).items()), False
        words = self._typed.get(f"{name}.{FIND}", "")
        offered = self._pick(bound, words)
        chosen = parse_id(self._typed.get(name, ""))
        more = {} if chosen is None or str(chosen) in offered else self._named(bound, chosen)
        return tuple({**more, **offered}.items()), bool(words) or len(offered) >= pickers.MOST

    def _pick(self, bound: Bound, words: str) -> dict[str, str]:
        key = (bound.name, words)
        if key not in self._offered:
            found = pickers.pick(self._uow, bound, self._sheet.permission, words)
            self._offered[key] = {str(each["id"]): each["label"] or "" for each in found}
        return self._offered[key]

    def _named(self, bound: Bound, chosen: UUID) -> dict[str, str]:
        found = pickers.labels(self._uow, bound, self._sheet.permission, [chosen])
        return {str(key): label for key, label in found.items()}


def _shape(bound: Bound) -> str:
    if bound.kind in (Kind.TEXT, Kind.SENSITIVE) and bound.field.longest > LONGEST:
        return "area"
    return _SHAPES.get(bound.kind, "text")


def _person(name: str, *, is_required: bool, is_new: bool) -> list[Input]:
    kinds = tuple((kind.value, str(word)) for kind, word in _DOCUMENTS.items())
    document = _("登记后只显示头尾几位。") if is_new else _("已有内容不显示；不改就留空。")
    return [
        Input(f"{name}.name", _("姓名"), "text", is_required, longest=50),
        Input(f"{name}.document_kind", _("证件类型"), "choice", False, choices=kinds),
        Input(f"{name}.id_number", _("证件号码"), "text", is_required, document, longest=40),
        Input(f"{name}.phone", _("手机号码"), "text", False, longest=40),
    ]


def _employer(name: str, *, is_required: bool) -> list[Input]:
    code = _("没有代码可以不填；填了就按代码找到已登记的单位。")
    return [
        Input(f"{name}.name", _("单位名称"), "text", is_required),
        Input(f"{name}.uscc", _("统一社会信用代码"), "text", False, code, longest=18),
    ]


_SHAPES = {
    Kind.CHOICE: "choice",
    Kind.BOOLEAN: "choice",
    Kind.REFERENCE: "pick",
    Kind.INTEGER: "number",
    Kind.MONEY: "money",
    Kind.DATE: "date",
    Kind.TIME: "datetime-local",
    Kind.TEXTS: "area",
}
