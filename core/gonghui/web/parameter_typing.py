"""A figure of law as somebody types it: a number, words between commas, or a table with a line for each row."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from gonghui.i18n import Text
from gonghui.tenancy.parameters import PACKS, Parameter, Wording
from gonghui.web.parameter_words import FEN

_BETWEEN_WORDS = re.compile(r"[、,，;；]")
_BETWEEN_CELLS = re.compile(r"[|｜\t]")
_YES, _NO = ("1", "true", "是", "yes"), ("0", "false", "否", "no")


def is_table(value: Any) -> bool:
    """Whether a value has rows, and is typed with a line for each."""
    return isinstance(value, Mapping) or (isinstance(value, list) and isinstance(value[0], (list, dict)))


def typed(model: Parameter, value: Any) -> str:
    """A value as it stands in the field where it can be changed."""
    words = PACKS.wording(model.code)
    if model.unit == FEN and type(value) is int:
        return f"{value / 100:.2f}"
    if isinstance(value, Mapping):
        return "\n".join(f"{_word(words, name)} | {_word(words, parts)}" for name, parts in value.items())
    if is_table(value):
        rows = (row.values() if isinstance(row, Mapping) else row for row in value)
        return "\n".join(" | ".join(_word(words, part) for part in row) for row in rows)
    return _word(words, value)


def read(model: Parameter, text: str) -> Any:
    """The value that somebody typed; what cannot be read stays as it is, for `check_value` to refuse."""
    words, sample = PACKS.wording(model.code), model.value
    if model.unit == FEN and type(sample) is int:
        return _fen(text)
    lines = [line for line in text.splitlines() if line.strip()]
    if isinstance(sample, Mapping):
        pairs = (_cells(line, 2) for line in lines)
        return {_code(words, name): _read(words, next(iter(sample.values())), rest) for name, rest in pairs}
    if is_table(sample):
        return [_row(words, sample[0], line) for line in lines]
    return _read(words, sample, text)


def _row(words: Wording, sample: Any, line: str) -> Any:
    parts = list(sample.values()) if isinstance(sample, Mapping) else list(sample)
    cells = _cells(line, len(parts))
    values = [_read(words, part, cell) for part, cell in zip(parts, cells, strict=True)]
    return dict(zip(sample, values, strict=True)) if isinstance(sample, Mapping) else values


def _cells(line: str, number: int) -> list[str]:
    """So many cells; those that are missing are empty, and what is too much stands in the last."""
    cells = [cell.strip() for cell in _BETWEEN_CELLS.split(line, maxsplit=number - 1)]
    return cells + [""] * (number - len(cells))


def _read(words: Wording, sample: Any, text: str) -> Any:
    text = text.strip()
    if isinstance(sample, bool):
        return {**dict.fromkeys(_YES, True), **dict.fromkeys(_NO, False)}.get(text.lower(), text)
    if isinstance(sample, int):
        plain = text.replace(",", "")
        return int(plain) if re.fullmatch(r"-?\d{1,18}", plain) else text
    if isinstance(sample, list):
        return [_read(words, sample[0], part) for part in _BETWEEN_WORDS.split(text) if part.strip()]
    return _code(words, text) if sample in words.names else text


def _code(words: Wording, text: str) -> str:
    """The code that is called so, in either language."""
    for code, name in words.names.items():
        if text in (name, str(Text(name))):
            return code
    return text


def _word(words: Wording, value: Any) -> str:
    if isinstance(value, bool):
        return _YES[2] if value else _NO[2]
    if isinstance(value, list):
        return "、".join(_word(words, part) for part in value)
    return str(Text(words.names[value])) if isinstance(value, str) and value in words.names else str(value)


def _fen(text: str) -> Any:
    try:
        fen = Decimal(text.replace(",", "").strip()) * 100
    except InvalidOperation:
        return text
    return int(fen) if fen.is_finite() and fen == fen.to_integral_value() else text
