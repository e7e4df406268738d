"""Names of people and firms: the key by which they sort and are found."""

from __future__ import annotations

from functools import lru_cache

from pypinyin import Style, lazy_pinyin


@lru_cache(maxsize=65_536)
def _reading(character: str) -> str:
    return str(lazy_pinyin(character.lower(), style=Style.NORMAL)[0])


def syllables(name: str) -> list[str]:
    """How the characters of a name are read, in pinyin: 深圳市 → `shen`, `zhen`, `shi`.

    Each by itself, and cached, because registers repeat few thousand characters.
    """
    return [_reading(character) for character in name if not character.isspace()]


def sort_key(name: str) -> str:
    """Pinyin of a name: 深圳市 → `shenzhenshi`. The beginning of a name has the beginning of its key.

    In one piece, because whoever types pinyin does not say where its syllables part.
    """
    return "".join(syllables(name))
