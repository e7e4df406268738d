"""Names of people and firms: the key by which they sort and are found."""

from __future__ import annotations

from functools import lru_cache

from pypinyin import Style, lazy_pinyin


@lru_cache(maxsize=65_536)
def _reading(character: str) -> str:
    return str(lazy_pinyin(character.lower(), style=Style.NORMAL)[0])


def sort_key(name: str) -> str:
    """Pinyin of a name, syllables set apart: 深圳市 → `shen zhen shi`.

    Taken character by character (so `prefix of a name` is `prefix of its key`) and cached, because
    registers repeat few thousand characters.
    """
    return " ".join([_reading(character) for character in name if not character.isspace()])
