"""Whether a value may take the place of a figure: it must look like what the packs hold, and lie within bounds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from gonghui.errors import FieldFault
from gonghui.i18n import _
from gonghui.tenancy.parameters import Parameter

#: Where a pack gives no bounds: nothing that unions count or pay is negative, or larger than this.
_LEAST, _MOST = 0, 10**12
_LONGEST_TEXT, _MOST_ROWS = 200, 200


def faults_of_value(declared: Sequence[Parameter], value: Any, pointer: str = "/value") -> list[FieldFault]:
    """What is wrong with a value for the code of `declared`: what the packs hold for a place, the nearest last.

    A number must be a number, a pair a pair, a row of a table as long as its fellows; of words, only those that a
    pack knows. A list has the length of the packs' lists, unless the pack says `open`; rows of a table may be more or
    fewer.
    """
    sample = declared[-1]
    faults = list(_like(sample.value, value, pointer, _Rules(declared)))
    if faults or not isinstance(value, list):
        return faults
    return list(_order(sample.unit, value, pointer))


class _Rules:
    """Bounds and words of a code, each as the nearest place gives them."""

    def __init__(self, declared: Sequence[Parameter]) -> None:
        near = declared[::-1]
        self.least = next((each.least for each in near if each.least is not None), _LEAST)
        self.most = next((each.most for each in near if each.most is not None), _MOST)
        self.is_open = any(each.is_open for each in declared)
        chosen = next((each.choices for each in near if each.choices), ())
        self.words = set(chosen) or {word for each in declared for word in _codes(each.value)}


def _codes(value: Any) -> Iterator[str]:
    """Words of a value that programs know; texts of a row other than its code are for people."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for part in value:
            yield from _codes(part["code"] if isinstance(part, dict) and "code" in part else part)


def _like(
    sample: Any, value: Any, pointer: str, rules: _Rules, *, is_code: bool = True
) -> Iterator[FieldFault]:
    if isinstance(sample, bool):
        if not isinstance(value, bool):
            yield FieldFault(pointer, "wrong_shape", _("此项应为 true 或 false。"))
    elif isinstance(sample, int):
        yield from _number(value, pointer, rules)
    elif isinstance(sample, str):
        yield from _word(value, pointer, rules if is_code else None)
    elif isinstance(sample, dict):
        yield from _row(sample, value, pointer, rules)
    else:
        yield from _list(sample, value, pointer, rules, is_code=is_code)


def _number(value: Any, pointer: str, rules: _Rules) -> Iterator[FieldFault]:
    if not isinstance(value, int) or isinstance(value, bool):
        yield FieldFault(pointer, "wrong_shape", _("此项应为整数。"))
    elif not rules.least <= value <= rules.most:
        detail = _("应在 {min} 与 {max} 之间。", min=rules.least, max=rules.most)
        yield FieldFault(pointer, "out_of_bounds", detail)


def _word(value: Any, pointer: str, rules: _Rules | None) -> Iterator[FieldFault]:
    if not isinstance(value, str) or not 0 < len(value.strip()) <= _LONGEST_TEXT:
        yield FieldFault(pointer, "wrong_shape", _("此项应为文字。"))
    elif rules is not None and value not in rules.words:
        yield FieldFault(pointer, "unknown_word", _("应为其中之一：{choices}。", choices=sorted(rules.words)))


def _row(sample: dict[str, Any], value: Any, pointer: str, rules: _Rules) -> Iterator[FieldFault]:
    if not isinstance(value, dict) or set(value) != set(sample):
        yield FieldFault(pointer, "wrong_shape", _("此行应有这些项：{names}。", names=sorted(sample)))
        return
    for name, part in sample.items():
        yield from _like(part, value[name], f"{pointer}/{name}", rules, is_code=name == "code")


def _list(
    sample: list[Any], value: Any, pointer: str, rules: _Rules, *, is_code: bool
) -> Iterator[FieldFault]:
    if not isinstance(value, list) or not 0 < len(value) <= _MOST_ROWS:
        yield FieldFault(pointer, "wrong_shape", _("此项应为列表，且不能为空。"))
        return
    is_fixed = isinstance(sample[0], int) and not rules.is_open
    if is_fixed and len(value) != len(sample):
        yield FieldFault(pointer, "wrong_length", _("此项应有 {n} 个值。", n=len(sample)))
        return
    for place, part in enumerate(value):
        yield from _like(sample[0], part, f"{pointer}/{place}", rules, is_code=is_code)


def _order(unit: str, value: list[Any], pointer: str) -> Iterator[FieldFault]:
    """Backward spans, tables with gaps (units name columns: `members from, members to, …`), shares of more than all."""
    if unit.endswith("from and to") and value[0] > value[1]:
        yield FieldFault(pointer, "backwards", _("起点不能大于终点。"))
    if unit.startswith("numerator and denominator") and value[0] > value[1]:
        yield FieldFault(pointer, "over_whole", _("这一比例不能超过全体。"))
    columns = [name.strip() for name in unit.split(",")]
    spans = [
        n for n, name in enumerate(columns[:-1]) if name.endswith(" from") and columns[n + 1].endswith(" to")
    ]
    if not spans or not isinstance(value[0], list):
        return
    for place, row in enumerate(value):
        is_last = place == len(value) - 1
        for start in spans:
            is_open = start == 0 and is_last and row[1] == 0
            if row[start] > row[start + 1] and not is_open:
                yield FieldFault(f"{pointer}/{place}/{start}", "backwards", _("起点不能大于终点。"))
        if place and row[0] != value[place - 1][1] + 1:
            yield FieldFault(f"{pointer}/{place}/0", "gap", _("这一行应从上一行的终点之后开始。"))
    if value[-1][1] != 0:
        yield FieldFault(f"{pointer}/{len(value) - 1}/1", "gap", _("最后一行的终点应为 0，表示没有上限。"))
