"""How the values of a record are shown: their names, where they stand in a row, and what people read of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from gonghui.db.unit_of_work import UnitOfWork
from gonghui.i18n import Text, _
from gonghui.records import pickers
from gonghui.records.fields import Bound, Kind
from gonghui.records.record_types import READ, Computed, RecordType
from gonghui.values.clock import minute

YES, NO = _("是"), _("否")
#: A number is set in groups only where it is long: a year is none, and four digits are read at once.
_GROUPED_FROM = 10_000
_TO_THE_RIGHT = frozenset({Kind.INTEGER, Kind.MONEY})


@dataclass(frozen=True)
class Value:
    """A value of a record: its name for people, the key of a row under which it stands, how it is read."""

    title: Text
    key: str
    kind: Kind
    width: int = 14
    choices: Mapping[str, Text] | None = None
    #: The field, where it is one: its name is what is asked for to open a mask.
    bound: Bound | None = None
    #: Written by steps alone; of no use to a reader while it is empty.
    is_outcome: bool = False

    @property
    def is_sealed(self) -> bool:
        """Whether a row holds it masked."""
        return self.bound is not None and self.bound.is_sealed

    @property
    def css(self) -> str:
        """The class of its cells."""
        if self.kind in _TO_THE_RIGHT:
            return "number"
        if self.is_sealed:
            return "kind"
        return "date" if self.kind in (Kind.DATE, Kind.TIME) else ""

    @property
    def is_nameless(self) -> bool:
        """Whether it leads to something whose name only a picker knows."""
        bound = self.bound
        return bound is not None and bound.kind is Kind.REFERENCE and bound.label is None

    def text(self, row: Mapping[str, Any]) -> str | None:
        """What people read; None where nothing is there."""
        found = row.get(self.key)
        if found is None or found in ("", []):
            return None
        if self.choices is not None:
            return str(self.choices.get(found, found))
        return str(_WORDED.get(self.kind, str)(found))


def values_of(kind: RecordType, *, listed: bool) -> list[Value]:
    """The values of a record in reading order: the person's it is about, its own, what is worked out."""
    of_others = [replace(value_of(b), is_outcome=False) for more in kind.joined.values() for b in more]
    told = [v for v in (*of_others, *map(value_of, kind.bound)) if _is_shown(v, listed=listed)]
    worked_out = {
        one.name: _computed(one)
        for one in kind.computed
        if not one.exported_only and (one.listed or not listed)
    }
    return [*(_as_worked_out(value, worked_out) for value in told), *worked_out.values()]


def _as_worked_out(value: Value, worked_out: dict[str, Value]) -> Value:
    """The value itself, or the one under the same key that is worked out: a reference and its name are told once."""
    other = worked_out.pop(value.key, None)
    return value if other is None else replace(other, title=value.title)


def _is_shown(value: Value, *, listed: bool) -> bool:
    bound = value.bound
    is_kept = bound is not None and bound.column is not None and bound.field.shown
    return is_kept and (not listed or bound.field.listed)  # type: ignore[union-attr]


def value_of(bound: Bound) -> Value:
    """A field as it is shown; a reference by the name of what it leads to."""
    column: Any = bound.column
    key = bound.name if column is None or bound.target is None else column.name
    if bound.target is not None:
        key = f"{key.removesuffix('_id')}_name"
    field = bound.field
    return Value(
        field.title, key, bound.kind, field.width, field.choices, bound, is_outcome=not field.settable
    )


def name_nameless(
    uow: UnitOfWork, kind: RecordType, values: Iterable[Value], rows: Sequence[dict[str, Any]]
) -> None:
    """Put into rows what their references are called where only a picker knows; one statement for each field."""
    for value in values:
        if value.bound is None or not value.is_nameless:
            continue
        bound = value.bound
        link = bound.column_name if bound.column is not None else bound.name
        ids = {UUID(str(row[link])) for row in rows if row.get(link) is not None}
        known = pickers.labels(uow, bound, kind.permission(READ), ids) if ids else {}
        for row in rows:
            row[value.key] = known.get(UUID(str(row[link]))) if row.get(link) is not None else None


def _computed(one: Computed) -> Value:
    return Value(one.title, one.name, one.kind, one.width, is_outcome=True)


def yuan(amount: object) -> str:
    """An amount as tables show it: ¥375,000.00."""
    number = Decimal(str(amount))
    return f"{'-' if number < 0 else ''}¥{abs(number):,.2f}"


def number(value: int) -> str:
    """A whole number: 1995, 760,000."""
    return f"{value:,}" if abs(value) >= _GROUPED_FROM else str(value)


def day(value: object) -> str:
    """A day as tables show it."""
    return value.isoformat() if isinstance(value, date) else str(value)[:10]


def _moment(value: object) -> str:
    return minute(value if isinstance(value, datetime) else datetime.fromisoformat(str(value)))


def _yes_or_no(value: object) -> str:
    return str(YES if value else NO)


_WORDED: Mapping[Kind, Any] = {
    Kind.MONEY: yuan,
    Kind.INTEGER: number,
    Kind.DATE: day,
    Kind.TIME: _moment,
    Kind.BOOLEAN: _yes_or_no,
    Kind.TEXTS: lambda texts: "、".join(map(str, texts)),
}
