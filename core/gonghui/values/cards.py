"""Bank cards: form and check digit. (Union membership cards are free text.)"""

from __future__ import annotations

import re

from stdnum import luhn

from gonghui.values.documents import normal_number

_FORM = re.compile(r"[0-9]{13,19}")


def bank_card(text: str) -> str | None:
    """The digits of a bank card, or None when `text` cannot be one."""
    number = normal_number(text)
    return number if _FORM.fullmatch(number) and luhn.is_valid(number) else None
