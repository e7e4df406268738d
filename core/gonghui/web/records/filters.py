"""By what a list is narrowed down: saved views, search and declared filters, all of it in the address."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import request
from marshmallow import EXCLUDE, ValidationError

from gonghui.api import record_schemas as schemas
from gonghui.api.problems import flatten
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.i18n import Text, _
from gonghui.records import pickers
from gonghui.records.fields import Bound, Kind
from gonghui.records.listing import BY_NAME, MINE, NEWEST, OVERDUE, orders, sort_of
from gonghui.records.record_types import READ, RecordType
from gonghui.records.waiting import may_be_awaited
from gonghui.web.page import here
from gonghui.web.records.values import NO, YES
from gonghui.web.units import unit_in_view

ALL = _("全部")
_VIEWS = {MINE: _("待我处理"), OVERDUE: _("已逾期")}
_SORTS = {"": _("默认排序"), NEWEST: _("新的在前"), BY_NAME: _("按名称")}
_RANGED = frozenset({Kind.DATE, Kind.INTEGER, Kind.MONEY})
_ENDS = {"from": _("从"), "to": _("到")}
#: What is asked beside the declared filters.
_ELSE_ASKED = {"q": _("查找"), "sort": _("排序")}
_SHOWN_AT_ONCE = 4
#: What the operation beside a list can be asked for, and its page cannot: the unit in view stands in the head.
_NOT_ASKED = frozenset({"org_unit_id", "limit"})
#: Parties are looked for by what the search knows of them, not chosen among all.
_NOT_CHOSEN = frozenset({Kind.PERSON, Kind.EMPLOYER})


@dataclass(frozen=True)
class Filter:
    """One way to narrow a list down: `choices` to pick from, or a box of a `type` as HTML knows it."""

    name: str
    label: Text | str
    choices: tuple[tuple[str, str], ...] = ()
    type: str = "text"
    is_range: bool = False
    #: Whether the choices are called as records say.
    is_said: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """What the address calls it."""
        return tuple(f"{self.name}_{end}" for end in _ENDS) if self.is_range else (self.name,)

    @property
    def chips(self) -> list[tuple[str, str]]:
        """What of it is set, in words, by its name in the address."""
        told = [(name, request.args.get(name, "")) for name in self.names]
        return [(name, self._said(name, value)) for name, value in told if value]

    def _said(self, name: str, value: str) -> str:
        words = next(
            (words for end, words in _ENDS.items() if self.is_range and name.endswith(f"_{end}")), ""
        )
        what = f"{self.label}{words}"
        return str(_("{what}：{name}", what=what, name=dict(self.choices).get(value, value)))


@dataclass(frozen=True)
class Narrowing:
    """What was asked of a list: the query for the engine, and what the page shows of it."""

    query: dict[str, Any]
    filters: tuple[Filter, ...]
    views: tuple[dict[str, Any], ...]
    faults: tuple[str, ...]

    @property
    def at_once(self) -> tuple[Filter, ...]:
        """Filters that stand beside the search."""
        return self.filters[:_SHOWN_AT_ONCE]

    @property
    def more(self) -> tuple[Filter, ...]:
        """The others, behind 更多筛选."""
        return self.filters[_SHOWN_AT_ONCE:]

    @property
    def is_more_open(self) -> bool:
        """Whether one of the others is set."""
        return any(each.chips for each in self.more)

    @property
    def chips(self) -> list[tuple[str, str]]:
        """What is set, by its name in the address."""
        words = request.args.get("q")
        told = [("q", str(_("{what}：{name}", what=_("查找"), name=words)))] if words else []
        return told + [chip for each in self.filters for chip in each.chips]

    @property
    def names(self) -> list[str]:
        """What the form of the filters sets itself."""
        return ["q", "sort", *(name for each in self.filters for name in each.names)]

    @property
    def is_narrow(self) -> bool:
        """Whether something other than the unit in view leaves records out."""
        return bool(self.chips) or "view" in self.query


def narrowing(uow: UnitOfWork, kind: RecordType) -> Narrowing:
    """What the address asks of the list of a record type; what cannot be read is told and left out."""
    schema = schemas.selection(kind, paged=True)(unknown=EXCLUDE)
    told = {name: value for name, value in request.args.items() if value and name not in _NOT_ASKED}
    filters = tuple(_filters(uow, kind))
    faults: tuple[str, ...] = ()
    try:
        query = dict(schema.load(told))
    except ValidationError as error:
        found = flatten(error.messages, "")
        faults = tuple(dict.fromkeys(_said(filters, each["pointer"][1:], each["detail"]) for each in found))
        query = {"count": False, **dict(error.valid_data or {})}
    unit = unit_in_view(uow)
    if unit is not None:
        query["path"] = unit.path
    views = _views(uow, kind)
    if request.args.get("view") in {name for name in _VIEWS if name in views}:
        query["view"] = request.args["view"]
    query["sort"] = sort_of(kind, query)
    return Narrowing(query, filters, tuple(_shown_views(views, query)), faults)


def _said(filters: Iterable[Filter], name: str, detail: str) -> str:
    """A fault with what people call the filter; codes among which an address can choose are no words for it."""
    one = next((each for each in filters if name in each.names), None)
    label = one.label if one is not None else _ELSE_ASKED.get(name)
    is_typed = name == "q" if one is None else one.is_range or not one.choices
    told = detail if is_typed else _("没有这个选项。")
    return str(told) if label is None else str(_("{what}：{name}", what=label, name=told))


def sorts(kind: RecordType) -> tuple[tuple[str, Text], ...]:
    """Orders in which the engine can page."""
    return tuple((name, _SORTS[name]) for name in ("", *orders(kind)))


def _views(uow: UnitOfWork, kind: RecordType) -> list[str]:
    mine = [MINE] if may_be_awaited(kind, uow.principal) else []
    return mine + ([OVERDUE] if kind.deadlines else [])


def _shown_views(names: list[str], query: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if not names:
        return
    chosen = query.get("view")
    for name in names:
        yield {"title": _VIEWS[name], "path": here(view=name), "is_here": chosen == name}
    yield {"title": ALL, "path": here(view=None), "is_here": chosen is None}


def _filters(uow: UnitOfWork, kind: RecordType) -> Iterator[Filter]:
    states = tuple((code, str(title)) for code, title in kind.workflow.states.items())
    if len(states) > 1:
        yield Filter("state", _("状态"), states)
    for bounds in (*kind.joined.values(), kind.bound):
        for bound in bounds:
            if bound.field.filtered and bound.kind not in _NOT_CHOSEN:
                yield from _of_field(uow, kind, bound)


def _of_field(uow: UnitOfWork, kind: RecordType, bound: Bound) -> Iterator[Filter]:
    title = bound.field.title
    if bound.kind in _RANGED:
        shape = "date" if bound.kind is Kind.DATE else "number"
        yield Filter(bound.name, title, type=shape, is_range=True)
    elif bound.kind is Kind.BOOLEAN:
        yield Filter(bound.name, title, (("true", str(YES)), ("false", str(NO))))
    elif bound.kind is Kind.REFERENCE:
        yield Filter(bound.name, title, _offered(uow, kind, bound), is_said=True)
    else:
        choices = tuple((code, str(word)) for code, word in (bound.field.choices or {}).items())
        yield Filter(bound.name, title, choices)


def _offered(uow: UnitOfWork, kind: RecordType, bound: Bound) -> tuple[tuple[str, str], ...]:
    """The first of what can be chosen, and what is chosen already."""
    permission = kind.permission(READ)
    offered = {str(each["id"]): each["label"] or "" for each in pickers.pick(uow, bound, permission)}
    chosen = request.args.get(bound.name, "")
    try:
        more = pickers.labels(uow, bound, permission, [UUID(chosen)]) if chosen not in {"", *offered} else {}
    except ValueError:
        more = {}
    return tuple({**{str(key): label for key, label in more.items()}, **offered}.items())
