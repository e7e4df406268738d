"""Unified social credit codes (统一社会信用代码, GB 32100): form, check digit, and who may carry which."""

from __future__ import annotations

from enum import StrEnum

from stdnum.cn import uscc
from stdnum.exceptions import ValidationError

#: How codes that a union may carry begin: 81 and 89 for unions proper, 13 for federations under the staffing office.
UNION_PREFIXES = ("81", "89", "13")
USCC_LENGTH = 18
#: No authority has the division code 99….., so no real firm or union can carry one.
_DEMO_DIVISION = "99"


class UsccFault(StrEnum):
    """Why a unified social credit code is refused; the value is the code of the fault."""

    CHECK_DIGIT = "check_digit"
    NOT_A_UNION = "not_union"
    NOT_ISSUED = "not_issued"


def uscc_fault(code: str, *, of_union: bool, demo_numbers: bool) -> UsccFault | None:
    """What is wrong with a unified social credit code (upper case, no spaces), or None.

    `of_union`: it has to be that of a union. Demo codes pass where the tenant is a demo.
    """
    try:
        uscc.validate(code)
    except ValidationError:
        return UsccFault.CHECK_DIGIT
    if of_union and not code.startswith(UNION_PREFIXES):
        return UsccFault.NOT_A_UNION
    if code[2:4] == _DEMO_DIVISION and not demo_numbers:
        return UsccFault.NOT_ISSUED
    return None
