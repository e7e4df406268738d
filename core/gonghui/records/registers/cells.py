"""What a cell of a spreadsheet means: one text, number, date or code for each of the ways people type it.

Cells come as text, numbers (from files always floats), booleans, dates and times; an empty one is "". What is
usual in a hundred thousand rows takes a short way.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime, timedelta
from functools import lru_cache

_WIDE = {code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}
_WIDE_ALPHANUMERIC = {code: narrow for code, narrow in _WIDE.items() if narrow.isalnum()}

_WHOLE = re.compile(r"(?P<digits>[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.0*)?")
_CLEAN_CHARS = r"[!-~\u3400-\u4dbf\u4e00-\u9fff（）《》【】“”、，。：；·]+"
_CLEAN = re.compile(f"(?:{_CLEAN_CHARS}(?: {_CLEAN_CHARS})*)?")
_TIME_OF_DAY = re.compile(r"[T ](?:[01]?[0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]+)?)?$")
_SPELT_DAYS = (
    re.compile(r"([0-9]{4})([-/.])([0-9]{1,2})\2([0-9]{1,2})"),
    re.compile(r"([0-9]{4})(年)([0-9]{1,2})月([0-9]{1,2})日"),
    re.compile(r"([0-9]{4})()([0-9]{2})([0-9]{2})"),
)

_LONGEST_DAY = 40
"""Characters of a text that may still be a day; longer ones are not worth remembering."""

LARGEST_NUMBER = 999_999_999
"""No count of people reaches it, and every integer column holds it."""

FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2099, 12, 31)
_SERIAL_EPOCH = date(1899, 12, 30)
_FIRST_SERIAL_DAY = date(1920, 1, 1)  # earlier serials are below 7306 and look like years: 2024 is not a day


class CellError(ValueError):
    """The cell cannot be read as what it should be; `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def is_empty(value: object) -> bool:
    """Whether nothing can be seen in the cell."""
    if not isinstance(value, str):
        return value is None
    return not value or (not value[0].isalnum() and text(value) == "")


def text(value: object) -> str:
    """The cell as one line: nothing invisible, no stray spaces, full-width letters and digits narrowed.

    Chinese punctuation and brackets stay as they are: they belong to registered names.
    """
    line = value if type(value) is str else _written(value)
    if (line.isalnum() and line.isascii()) or _CLEAN.fullmatch(line):
        return line
    if not line.isprintable():
        line = "".join(char for char in line if char.isspace() or not _is_invisible(char))
    return " ".join(line.translate(_WIDE_ALPHANUMERIC).split())


def name(value: object) -> str:
    """The name of a person: text without any space."""
    return text(value).replace(" ", "")


def organisation(value: object) -> str:
    """The name of a body: text whose spaces stay only between foreign words."""
    words = text(value).split(" ")
    line = words[0]
    for word in words[1:]:
        line += f" {word}" if line[-1:].isascii() and word[:1].isascii() else word
    return line


def code(value: object) -> str:
    """An identifier of digits and letters: upper-case, narrow, without spaces."""
    line = text(value)
    return (line if line.isascii() else line.translate(_WIDE)).replace(" ", "").upper()


def likeness(value: object) -> str:
    """What all spellings of one heading or name share; for comparing only."""
    return code(value).casefold()


def whole_number(value: object) -> int:
    """A count, 0 or more. Raises `CellError("number_malformed")`."""
    if type(value) is float and value.is_integer() and 0 <= value <= LARGEST_NUMBER:
        return int(value)
    if isinstance(value, bool):
        raise CellError("number_malformed")
    match = _WHOLE.fullmatch(text(value).translate(_WIDE).replace(" ", ""))
    digits = match["digits"].replace(",", "").lstrip("0") if match else "?"
    if match is None or len(digits) > len(str(LARGEST_NUMBER)):
        raise CellError("number_malformed")
    return int(digits or "0")


def day(value: object) -> date:
    """A date between 1900 and 2099; a time of day after it does not count. Raises `CellError("date_malformed")`."""
    short = type(value) is str and len(value) <= _LONGEST_DAY
    found = _spelt_day(value) if short else _within(_day_of_cell(value))
    if found is None:
        raise CellError("date_malformed")
    return found


def _written(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime):
        return value.isoformat(sep=" ").removesuffix(" 00:00:00")
    return str(value)


def _is_invisible(char: str) -> bool:
    return unicodedata.category(char) in ("Cc", "Cf")


def _day_of_cell(value: object) -> date | None:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    line = text(value)
    spelt = _spelt_day(line) if len(line) <= _LONGEST_DAY else None
    if spelt is None and isinstance(value, int | float) and not isinstance(value, bool):
        return _serial_day(value)
    return spelt


@lru_cache(maxsize=32_768)
def _spelt_day(value: str) -> date | None:
    line = _TIME_OF_DAY.sub("", text(value).translate(_WIDE)).replace(" ", "")
    for form in _SPELT_DAYS:
        if match := form.fullmatch(line):
            try:
                return _within(date(int(match[1]), int(match[3]), int(match[4])))
            except ValueError:
                return None
    return None


def _within(found: date | None) -> date | None:
    return found if found is not None and FIRST_DAY <= found <= LAST_DAY else None


def _serial_day(value: float) -> date | None:
    """The day that a spreadsheet program counts from 1899-12-30; a fraction is the time of that day."""
    first, last = ((bound - _SERIAL_EPOCH).days for bound in (_FIRST_SERIAL_DAY, LAST_DAY))
    if not first <= value < last + 1:  # also refuses what is no number
        return None
    return _SERIAL_EPOCH + timedelta(days=int(value))
