"""Mobile numbers of the mainland: one form for all the ways in which people write them."""

from __future__ import annotations

import re

from gonghui.values.documents import normal_number

# No network issues 120 (the number of the ambulance), so no real person has a number that begins with it.
_DEMO_PREFIX = "120"
_FORM = re.compile(r"(?:\+?86|0086)?(1[3-9][0-9]{9}|120[0-9]{8})")


def mobile(text: str, *, demo_numbers: bool) -> str | None:
    """The 11 digits of a mobile number, or None when `text` is none.

    Demo numbers pass where the tenant is a demo.
    """
    # Spreadsheets that took the number for a quantity leave ".0"; other dots only set groups apart.
    match = _FORM.fullmatch(text) or _FORM.fullmatch(normal_number(text).removesuffix(".0").replace(".", ""))
    if match is None or (not demo_numbers and match[1].startswith(_DEMO_PREFIX)):
        return None
    return match[1]
