"""Checks a register of employers: which firm or institution each row names, and what is wrong with the others."""

from __future__ import annotations

import re
from dataclasses import dataclass

from stdnum.cn import uscc as uscc_number

from gonghui.sdk import CheckedRow, Column, UsccFault, _, cells, read_firm, same_key, uscc_fault

COLUMNS = (
    Column("name", "单位名称", ("用人单位名称", "企业名称", "单位全称", "用人单位", "公司名称")),
    Column(
        "uscc",
        "统一社会信用代码",
        ("单位统一社会信用代码", "企业统一社会信用代码", "社会信用代码", "信用代码"),
        required=False,
    ),
    Column("former", "曾用名", ("曾用名称", "原名称", "原单位名称", "更名前名称"), required=False),
)

_LONGEST_NAME = 200
_LETTER = re.compile(r"[^\W\d_]")
_SEVERAL = re.compile(r"[、，,；;/]")
#: 无 and a dash stand where there is no former name; no firm has a name of one character.
_FEWEST_LETTERS = 2


@dataclass(frozen=True, slots=True)
class EmployerRow:
    """An employer as a sound row tells it."""

    name: str
    uscc: str | None
    former: tuple[str, ...]

    @property
    def described(self) -> str:
        """The name with its former ones in the note that the comparing of firms understands."""
        line = f"{self.name}（原：{'、'.join(self.former)}）" if self.former else self.name
        # Unpaired brackets in a former name would make the note a part of the name.
        return line if same_key(line) == same_key(self.name) else self.name


class EmployerRules:
    """Checks rows one after the other and remembers which employers they named."""

    def __init__(self, *, demo_numbers: bool) -> None:
        self._demo_numbers = demo_numbers
        self._first_rows: dict[str, int] = {}

    def examine(self, row: CheckedRow) -> None:
        """Note what is wrong with a row; give it its `EmployerRow` where nothing is."""
        name, code = _name(row), self._code(row)
        self._refuse_repetition(row, name, code)
        if not row.faults:
            row.value = EmployerRow(name, code, _former(row, name))

    def _code(self, row: CheckedRow) -> str | None:
        """Form, check digit and division. Source: GB 32100-2015."""
        code: str = uscc_number.compact(cells.code(row.cell("uscc")))
        fault = uscc_fault(code, of_union=False, demo_numbers=self._demo_numbers) if code else None
        if fault is UsccFault.NOT_ISSUED:
            message = _("“{value}”是演示用的代码，没有登记机关发过。换成真实代码。", value=row.shown("uscc"))
            row.note("uscc", "code_not_issued", message)
        elif fault is not None:
            message = _("“{value}”不是正确的统一社会信用代码：应为 18 位，校验位要对。对照营业执照逐位核对。",
                        value=row.shown("uscc"))  # fmt: skip
            row.note("uscc", "employer_code_check_digit", message)
        return code or None

    def _refuse_repetition(self, row: CheckedRow, name: str, code: str | None) -> None:
        """An earlier row has the same code, or a name that differs in writing at most."""
        # A name may be typed where a code belongs, so the two kinds of mark are told apart.
        key = same_key(name)
        marks = [mark for mark in (f"name {key}" if key else "", f"code {code}" if code else "") if mark]
        earlier = [self._first_rows[mark] for mark in marks if mark in self._first_rows]
        for mark in marks:
            self._first_rows.setdefault(mark, row.row.number)
        if earlier:
            message = _("与第 {row} 行是同一个单位。只留一行，删掉多出的一行。", row=min(earlier))
            row.note("name", "duplicate_employer", message)


def _name(row: CheckedRow) -> str:
    name = cells.organisation(row.cell("name"))
    if not name:
        row.note("name", "name_missing", _("没有填单位名称。照营业执照填全称。"))
    elif len(name) > _LONGEST_NAME or len(_LETTER.findall(same_key(name))) < _FEWEST_LETTERS:
        message = _("“{value}”不像单位名称。照营业执照填全称。", value=row.shown("name"))
        row.note("name", "name_malformed", message)
    return name


def _former(row: CheckedRow, name: str) -> tuple[str, ...]:
    """Former names, as far as they say anything. They only help to find the employer, so none is a fault."""
    line = cells.organisation(row.cell("former"))
    if not line:
        return ()
    names = dict.fromkeys(part.strip() for part in _SEVERAL.split(line))
    return tuple(
        former
        for former in names
        if len(_LETTER.findall(former)) >= _FEWEST_LETTERS and read_firm(former).key != same_key(name)
    )
