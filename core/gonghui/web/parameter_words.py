"""How pages say a figure of law: its name, its value as a sentence, a list or a table, and where it comes from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from gonghui.i18n import Text, _
from gonghui.tenancy.parameters import PACKS, Wording

#: The unit of money: fen are counted, yuan are shown.
FEN = "fen"
_MEASURES = {
    "days": _("{n} 天"),
    "working_days": _("{n} 个工作日"),
    "months": _("{n} 个月"),
    "years": _("{n} 年"),
}
_PLACES = {
    "tenant": _("本会"),
    "nation": _("全国"),
    "beijing": _("北京市"),
    "shanghai": _("上海市"),
    "chongqing": _("重庆市"),
    "zhejiang": _("浙江省"),
    "guangdong": _("广东省"),
    "shenzhen": _("深圳市"),
    "longhua": _("龙华区"),
}
_CONFIDENCE = {
    "V": _("已核对原文"),
    "V2": _("据转引，未见原文"),
    "K": _("据业务常识，待核对"),
    "D": _("设计取值，没有明文规定"),
    "T": _("本会决定"),
}


@dataclass(frozen=True)
class Shown:
    """A value for people: a sentence, or else a table."""

    sentence: Text | None
    columns: tuple[Text, ...] = ()
    rows: tuple[tuple[Text | str, ...], ...] = ()


def title_of(code: str) -> Text:
    """What people call a figure."""
    return Text(PACKS.wording(code).title)


def place_name(jurisdiction: str) -> Text | str:
    """Where a figure comes from: the nation, a province, a city, or this federation."""
    nearest = jurisdiction.rsplit("/", 1)[-1]
    return _PLACES.get(nearest, nearest)


def confidence_name(code: str) -> Text | str:
    """How well a figure was verified, in words."""
    return _CONFIDENCE.get(code, code)


def shown(code: str, value: Any, unit: str) -> Shown:
    """A value of a code for people."""
    words = PACKS.wording(code)
    if isinstance(value, Mapping) or (
        isinstance(value, list) and value and isinstance(value[0], (list, dict))
    ):
        return Shown(None, tuple(map(Text, words.columns)), tuple(_rows(words, value)))
    return Shown(_sentence(words, value, unit))


def cell(words: Wording, value: Any) -> Text | str:
    """A single value, or several, within a sentence or a table."""
    if isinstance(value, bool):
        return _("是") if value else _("否")
    if isinstance(value, list):
        return Text("{values}", {"values": [cell(words, part) for part in value]})
    if isinstance(value, str):
        return Text(words.names[value]) if value in words.names else value
    return f"{value:,}"


def _sentence(words: Wording, value: Any, unit: str) -> Text:
    if isinstance(value, list) and len(value) == 2 and "{a}" in words.measure:
        return Text(words.measure, {"a": value[0], "b": value[1]})
    if unit == FEN and isinstance(value, int):
        return _("{n} 元", n=f"{value / 100:,.2f}")
    measure = words.measure or (_MEASURES[unit].message if unit in _MEASURES else "{n}")
    return Text(measure, {"n": cell(words, value)})


def _rows(words: Wording, value: Any) -> Iterator[tuple[Text | str, ...]]:
    if isinstance(value, Mapping):
        for name, parts in value.items():
            yield cell(words, name), cell(words, parts)
        return
    for row in value:
        parts = list(row.values() if isinstance(row, Mapping) else row)
        cells = [cell(words, part) for part in parts]
        if isinstance(row, list) and row is value[-1] and row[1:2] == [0]:
            cells[1] = _("不限")
        yield tuple(cells)
