"""What was typed into a form of a record: read as the content that the API takes, and kept as it was typed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from gonghui.records.fields import Bound, Kind
from gonghui.values.clock import LAW_TIME
from gonghui.web.records.sheets import Sheet, Table

GONE, ID = "gone", "id"
PARTS = {Kind.PERSON: ("name", "document_kind", "id_number", "phone"), Kind.EMPLOYER: ("name", "uscc")}
#: A kind of document alone tells of nobody.
_CHOSEN_FOR_ONE = "document_kind"
#: As Chinese input methods write figures.
_FULL_WIDTH = str.maketrans("０１２３４５６７８９．－／", "0123456789.-/")
_DAY = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?")
_MISSING: Any = object()


@dataclass
class Typed:
    """What stands in the boxes, by their names, and the content that it makes."""

    values: dict[str, str] = field(default_factory=dict)
    content: dict[str, Any] = field(default_factory=dict)
    #: How many rows each table has.
    rows: dict[str, int] = field(default_factory=dict)


def names_of(bound: Bound, name: str) -> tuple[str, ...]:
    """The boxes of a field: a party has several."""
    parts = PARTS.get(bound.kind)
    return (name,) if parts is None else tuple(f"{name}.{part}" for part in parts)


def read(sheet: Sheet, form: Mapping[str, str], initial: Mapping[str, str]) -> Typed:
    """What a form says; of a change only that which differs from what was there (`initial`)."""
    typed = Typed()
    for bound in sheet.bounds:
        names = names_of(bound, bound.name)
        boxes = {name: form[name] for name in names if name in form}
        typed.values |= {**dict.fromkeys(names, ""), **boxes} if sheet.is_new or boxes else {}
        if not sheet.is_new and all(
            _same(form.get(n, initial.get(n, "")), initial.get(n, "")) for n in names
        ):
            continue
        value = _value(bound, form, bound.name)
        if value is not _MISSING:
            typed.content[bound.name] = value
        elif not sheet.is_new:
            typed.content[bound.name] = None
    for table in sheet.tables:
        _read_table(sheet, table, form, initial, typed)
    return typed


def row_name(table: Table, index: int) -> str:
    """What the boxes of a row begin with."""
    return table.name if table.is_one else f"{table.name}.{index}"


def _read_table(
    sheet: Sheet, table: Table, form: Mapping[str, str], initial: Mapping[str, str], typed: Typed
) -> None:
    rows: list[dict[str, Any]] = []
    for old in _indices(table, form):
        before = row_name(table, old)
        if form.get(f"{before}.{GONE}"):
            continue
        row = {
            b.name: v for b in table.bounds if (v := _value(b, form, f"{before}.{b.name}")) is not _MISSING
        }
        known = form.get(f"{before}.{ID}", "") if table.keeps_ids else ""
        if not row and not known:
            continue
        after = row_name(table, len(rows))
        boxes = [n for b in table.bounds for n in names_of(b, b.name)]
        typed.values |= {f"{after}.{name}": form.get(f"{before}.{name}", "") for name in (*boxes, ID)}
        if known:
            row = {ID: known, **{b.name: None for b in table.bounds if _is_cleared(b, row)}, **row}
        rows.append(row)
    typed.rows[table.name] = len(rows)
    is_asked = sheet.is_new or not sheet.groups or any(n.startswith(f"{table.name}.") for n in form)
    if is_asked and (not sheet.groups or _differs(table, typed.values, initial)):
        if not table.is_one:
            typed.content[table.name] = rows
        elif rows:
            typed.content[table.name] = rows[0]


def _indices(table: Table, form: Mapping[str, str]) -> Iterable[int]:
    if table.is_one:
        return (0,)
    found = re.compile(rf"{re.escape(table.name)}\.(\d{{1,5}})\.")
    return sorted({int(match[1]) for name in form if (match := found.match(name))})


def _differs(table: Table, values: Mapping[str, str], initial: Mapping[str, str]) -> bool:
    def mine(some: Mapping[str, str]) -> dict[str, str]:
        return {n: v for n, v in some.items() if n.startswith(f"{table.name}.") and v.strip()}

    return mine(values) != mine(initial)


def _is_cleared(bound: Bound, row: Mapping[str, Any]) -> bool:
    """Whether an empty box takes a value away; a sealed one was never in its box."""
    return bound.name not in row and bound.may_be_null and not bound.is_sealed


def _same(one: str, other: str) -> bool:
    return one.strip().replace("\r\n", "\n") == other.strip()


def _value(bound: Bound, form: Mapping[str, str], name: str) -> Any:
    if bound.kind in PARTS:
        parts = {part: form.get(f"{name}.{part}", "").strip() for part in PARTS[bound.kind]}
        told = {part: text for part, text in parts.items() if text}
        return told if told.keys() - {_CHOSEN_FOR_ONE} else _MISSING
    text = form.get(name, "").strip()
    return _READ.get(bound.kind, str)(text) if text else _MISSING


def _integer(text: str) -> Any:
    plain = text.translate(_FULL_WIDTH).replace(",", "").replace("，", "")
    return int(plain) if re.fullmatch(r"-?\d{1,18}", plain) else text


def _money(text: str) -> str:
    return text.strip("¥￥元 ").replace(",", "").replace("，", "")


def _day(text: str) -> str:
    match = _DAY.fullmatch(text.translate(_FULL_WIDTH))
    return f"{match[1]}-{match[2]:>02}-{match[3]:>02}" if match else text


def _moment(text: str) -> str:
    """The hour here, where no other zone is told."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return text
    return (found if found.tzinfo else found.replace(tzinfo=LAW_TIME)).isoformat()


_READ: Mapping[Kind, Any] = {
    Kind.INTEGER: _integer,
    Kind.MONEY: _money,
    Kind.DATE: _day,
    Kind.TIME: _moment,
    Kind.BOOLEAN: lambda text: {"true": True, "false": False}.get(text, text),
    Kind.TEXTS: lambda text: [line.strip() for line in text.splitlines() if line.strip()],
}
