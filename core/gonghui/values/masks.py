"""Masks: personal data as shown to those who need to recognise a person but not to know the data."""

from __future__ import annotations

import re

#: How many characters show at the start and at the end.
_SHOWN = {"id_number": (3, 2), "phone": (3, 4), "bank_card": (0, 4)}
#: With fewer than this hidden, what is left could simply be guessed.
_FEWEST_HIDDEN = 4
_STARS = "*＊"
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def mask(kind: str, value: str) -> str:
    """`value` with stars for what must not show; an unknown kind shows nothing, not even its length.

    Kinds are those of sensitive columns (`id_number`, `phone`, `bank_card`, `birth`, `contact`, …), and `name`.
    """
    if kind in _SHOWN:
        return _ends(value, *_SHOWN[kind])
    if kind == "name":
        return _ends(value, 1, 0, fewest_hidden=1)
    if kind == "birth":
        return f"{value[:4]}-**-**" if _DATE.fullmatch(value) else "*" * len(value)
    if kind == "contact":
        return _reachable(value)
    return "***"


def is_masked(kind: str, text: str) -> bool:
    """Whether `text` can only be what `mask` makes of a value: sent back, it must not take the value's place."""
    if kind in _SHOWN or kind == "birth":
        return any(star in text for star in _STARS)
    return "*" in text and mask(kind, text) == text


def _reachable(value: str) -> str:
    """An address so that its owner knows which one it is: the kind of a target, the first letter and house of mail."""
    if "://" in value:
        return f"{value.split('://', 1)[0]}://***"
    name, at, house = value.rpartition("@")
    return f"{name[:1]}***@{house}" if at else "***"


def _ends(value: str, first: int, last: int, *, fewest_hidden: int = _FEWEST_HIDDEN) -> str:
    hidden = len(value) - first - last
    if hidden < fewest_hidden:
        return "*" * len(value)
    return value[:first] + "*" * hidden + value[len(value) - last :]
