"""How the trail is said to people: acts, kinds of objects, fields and values, none of them by an identifier."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from functools import cached_property
from typing import Any

from gonghui.audit.recorder import REDACTED
from gonghui.i18n import Text, _, text_from_json
from gonghui.plugin_host.registry import Registry
from gonghui.records.fields import Bound, Kind
from gonghui.records.record_types import RecordType
from gonghui.values import clock
from gonghui.web.trail_names import ACTIONS, FIELDS, OPERATIONS, TABLES

#: Columns that say nothing to people.
_SILENT = frozenset({"tenant_id", "id", "version", "name_key", "path"})


class TrailWords:
    """The words for what the core and the plugins of an installation write into the trail."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def action(self, entry: Any) -> Text | str:
        """What was done: the act by its name, or else what happened to which kind of row."""
        known = self._actions.get(entry.action)
        if known is not None:
            return known
        operation = OPERATIONS.get(entry.operation)
        if operation is None:
            return str(entry.action)
        return Text(operation.message, {"what": self.table(entry.object_table)})

    def table(self, name: str | None) -> Text | str:
        """The kind of object that a table holds."""
        return self._tables.get(name or "", _("数据"))

    def actions(self) -> list[tuple[str, Text | str]]:
        """Acts that one can ask for: those of the core, then those of each record type."""
        return list(self._actions.items())

    def changes(self, entry: Any, payload: Mapping[str, Any] | None) -> list[tuple[Text | str, Any, Any]]:
        """Field, value before and value after, of what changed; the facts of a note have no value before."""
        told = payload or {}
        before, after = told.get("before", {}), told.get("after", told.get("detail", {}))
        names = [name for name in {**before, **after} if name not in _SILENT]
        return [
            (
                self._field(entry.object_table, name),
                self._shown(entry, name, before),
                self._shown(entry, name, after),
            )
            for name in names
            if before.get(name) != after.get(name)
        ]

    @cached_property
    def _tables(self) -> dict[str, Text | str]:
        found: dict[str, Text | str] = dict(TABLES)
        for kind in self._registry.record_types():
            found[kind.table.fullname] = kind.title
            for child in kind.children:
                found.setdefault(child.table.fullname, _("{what}：{step}", what=kind.title, step=child.title))
        return found

    @cached_property
    def _bound(self) -> dict[tuple[str, str], Bound]:
        found: dict[tuple[str, str], Bound] = {}
        for kind in self._registry.record_types():
            for table, bound in ((kind.table, kind.bound), *((c.table, c.bound) for c in kind.children)):
                for each in bound:
                    if each.column is not None:
                        found.setdefault((table.fullname, each.column.name), each)
        return found

    @cached_property
    def _states(self) -> dict[str, Mapping[str, Text]]:
        return {kind.table.fullname: kind.workflow.states for kind in self._registry.record_types()}

    @cached_property
    def _actions(self) -> dict[str, Text | str]:
        found: dict[str, Text | str] = dict(ACTIONS)
        for plugin in self._registry.plugins.values():
            for register in plugin.imports:
                found[f"{register.code}.imported"] = _("导入{what}", what=register.title)
                found[f"{register.code}.import_undone"] = _("撤销导入{what}", what=register.title)
            for kind in plugin.record_types:
                found |= dict(_acts_of(kind))
        return found

    def _field(self, table: str | None, column: str) -> Text | str:
        bound = self._bound.get((table or "", column))
        if bound is not None:
            return bound.field.title
        return FIELDS.get(column, column)

    def _shown(self, entry: Any, column: str, values: Mapping[str, Any]) -> Text | str:
        value = values.get(column)
        if value is None or value == "":
            return "—"
        if value == REDACTED:
            return _("（不记录）")
        if column == "state":
            return self._states.get(entry.object_table, {}).get(value, str(value))
        bound = self._bound.get((entry.object_table, column))
        return _worded(value, bound)


def _acts_of(kind: RecordType) -> Iterator[tuple[str, Text]]:
    yield f"{kind.code}.created", _("新建{what}", what=kind.title)
    yield f"{kind.code}.changed", _("修改{what}", what=kind.title)
    yield f"{kind.code}.exported", _("导出{what}", what=kind.title)
    yield f"{kind.code}.revealed", _("查看{what}的完整号码", what=kind.title)
    yield f"{kind.code}.attachment_read", _("打开{what}的附件", what=kind.title)
    for child in kind.children:
        yield f"{kind.code}.{child.name}_put", _("填写{what}：{step}", what=kind.title, step=child.title)
    for transition in kind.workflow.transitions:
        yield f"{kind.code}.{transition.act}", _("{what}：{step}", what=kind.title, step=transition.title)


def _worded(value: Any, bound: Bound | None) -> Text | str:
    if isinstance(value, bool):
        return _("是") if value else _("否")
    if bound is not None and bound.field.choices and isinstance(value, str):
        return bound.field.choices.get(value, value)
    if bound is not None and bound.kind is Kind.MONEY and isinstance(value, int):
        return f"¥{value / 100:,.2f}"
    if isinstance(value, list):
        return Text("{values}", {"values": [_worded(part, bound) for part in value]})
    if isinstance(value, dict):
        return _message(value)
    return _moment(value) if isinstance(value, str) else str(value)


def _message(value: Mapping[str, Any]) -> str:
    """A kept text, or the parts of a fact."""
    if set(value) == {"message", "params"}:
        return str(text_from_json(value))
    return "；".join(f"{name} {part}" for name, part in value.items())


def _moment(value: str) -> str:
    """An instant as people read it; any other text as it is."""
    if len(value) < len("2024-06-30T14:05") or "T" not in value:
        return value
    try:
        instant = datetime.fromisoformat(value)
    except ValueError:
        return value
    return clock.minute(instant) if instant.tzinfo is not None else value


def day_of(text: str | None) -> date | None:
    """A day that somebody typed into a filter; None for none, and for what is no day."""
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return None
