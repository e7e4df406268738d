"""Checks a register of grassroots unions: which rows can be taken over, and what is wrong with the others."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

from stdnum.cn import uscc as uscc_number
from stdnum.exceptions import InvalidChecksum, ValidationError

from gonghui.sdk import UNION_PREFIXES, CheckedRow, Column, Text, _, cells

COLUMNS = (
    Column("name", "工会名称", ("基层工会名称", "工会全称")),
    Column("employer_name", "单位名称", ("用人单位名称", "企业名称")),
    Column("employer_uscc", "单位统一社会信用代码", ("企业统一社会信用代码",)),
    Column("uscc", "工会统一社会信用代码", ("工会法人统一社会信用代码",), required=False),
    Column("street", "所属街道", ("街道",)),
    Column("community", "所属社区", ("社区",), required=False),
    Column("kind", "建会类型", ("建会形式", "工会类型")),
    Column("founded_on", "建会日期", ("建会时间", "成立日期")),
    Column("term_started_on", "本届任期起", ("本届任期开始", "任期起始日期")),
    Column("term_years", "任期(年)", ("任期", "任期年限")),
    Column("headcount", "职工人数", ("职工总数",)),
    Column("women_staff", "其中女职工", ("女职工人数", "女职工"), required=False),
    Column("members", "会员人数", ("会员总数",)),
    Column("women_members", "其中女会员", ("女会员人数", "女会员"), required=False),
    Column("migrant_members", "农民工会员", ("农民工会员人数", "其中农民工会员"), required=False),
    Column("chair_name", "主席姓名", ("工会主席", "主席"), required=False),
    Column("contact_phone", "联系电话", ("电话", "手机号码", "联系方式"), required=False, sensitive="phone"),
    Column("industry", "行业", ("所属行业",), required=False),
)

_KINDS = {
    "独立": "independent",
    "独立建会": "independent",
    "独立工会": "independent",
    "联合": "joint",
    "联合建会": "joint",
    "联合工会": "joint",
}
_DEMO_PROVINCE = "99"
_DIALLED = re.compile(r"\+?[0-9][0-9()\-/转]{5,28}[0-9]")


@dataclass(frozen=True)
class UnionRow:
    """A union as a sound row tells it; a number is None where the register says nothing."""

    row: int
    name: str
    employer_name: str
    employer_uscc: str | None
    uscc: str | None
    street: str
    community: str
    kind: str
    founded_on: date
    term_started_on: date
    term_years: int
    headcount: int | None
    women_staff: int | None
    members: int | None
    women_members: int | None
    migrant_members: int | None
    chair_name: str
    industry: str
    contact_phone: str | None = None


@dataclass(frozen=True)
class Rules:
    """What the rows are measured by.

    `communities` gives the street of each known community; an unknown community is no fault. `terms` are the
    lawful lengths of a term in years. Codes of province 99 belong to nobody: `demo_numbers` lets them pass.
    """

    streets: Collection[str]
    communities: Mapping[str, str]
    today: date
    terms: Collection[int]
    demo_numbers: bool


class UnionRules:
    """Checks rows one after the other and remembers which unions they named."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self._first_rows: dict[tuple[str, str], int] = {}

    def examine(self, row: CheckedRow) -> None:
        """Note what is wrong with a row; give it its `UnionRow` where nothing is."""
        union = _union(row, self.rules)
        _refuse_repetition(row, self._first_rows)
        if not row.faults:
            row.value = union


def _union(row: CheckedRow, rules: Rules) -> UnionRow | None:
    name = cells.organisation(row.cell("name"))
    if not name:
        row.note("name", "name_missing", _("没有填工会名称。填批复上的全称。"))
    employer_name = cells.organisation(row.cell("employer_name"))
    if not employer_name:
        row.note("employer_name", "employer_missing", _("没有填单位名称。填营业执照上的全称。"))
    kind = _kind(row)
    employer_uscc = _employer_code(row, kind, rules)
    uscc = _union_code(row, rules)
    street = _street(row, rules)
    community = _community(row, street, rules)
    founded_on, term_started_on = _dates(row, rules)
    term_years = _term(row, rules)
    numbers = _numbers(row)
    if kind is None or founded_on is None or term_started_on is None or term_years is None:
        return None
    return UnionRow(
        row=row.row.number,
        name=name,
        employer_name=employer_name,
        employer_uscc=employer_uscc,
        uscc=uscc,
        street=street,
        community=community,
        kind=kind,
        founded_on=founded_on,
        term_started_on=term_started_on,
        term_years=term_years,
        chair_name=cells.name(row.cell("chair_name")),
        industry=cells.text(row.cell("industry")),
        contact_phone=_phone(row),
        **numbers,
    )


def _kind(row: CheckedRow) -> str | None:
    kind = _KINDS.get(cells.name(row.cell("kind")))
    if kind is None and cells.is_empty(row.cell("kind")):
        row.note("kind", "kind_unknown", _("没有填建会类型。填“独立”或“联合”。"))
    elif kind is None:
        message = _("建会类型不能是“{value}”。填“独立”或“联合”。", value=row.shown("kind"))
        row.note("kind", "kind_unknown", message)
    return kind


# --- codes


def _employer_code(row: CheckedRow, kind: str | None, rules: Rules) -> str | None:
    code = uscc_number.compact(cells.code(row.cell("employer_uscc")))
    if code:
        _check_code(row, "employer_uscc", "employer_code", code, rules)
    elif kind == "independent":
        message = _("独立建会要填单位的统一社会信用代码。照营业执照填 18 位。")
        row.note("employer_uscc", "employer_code_missing", message)
    return code or None


def _union_code(row: CheckedRow, rules: Rules) -> str | None:
    code = uscc_number.compact(cells.code(row.cell("uscc")))
    if code:
        _check_code(row, "uscc", "union_code", code, rules)
        if not code.startswith(UNION_PREFIXES):
            message = _(
                "“{value}”不是工会的代码：应以 81、89 或 13 开头。照法人证书填，没有就留空。",
                value=row.shown("uscc"),
            )
            row.note("uscc", "union_code_not_union", message)
    return code or None


def _check_code(row: CheckedRow, key: str, subject: str, code: str, rules: Rules) -> None:
    """Length, characters, check digit and division. Source: GB 32100-2015."""
    value = row.shown(key)
    try:
        uscc_number.validate(code)
    except InvalidChecksum:
        message = _("“{value}”的校验位不对，有字符填错了。对照证照逐位核对。", value=value)
        row.note(key, f"{subject}_check_digit", message)
    except ValidationError:
        message = _("“{value}”不是 18 位的统一社会信用代码，或含有 I、O、Z、S、V。照证照重填。", value=value)
        row.note(key, f"{subject}_malformed", message)
    if code[2:4] == _DEMO_PROVINCE and not rules.demo_numbers:
        message = _("“{value}”是演示用的代码，没有登记机关发过。换成真实代码。", value=value)
        row.note(key, "code_not_issued", message)


def _phone(row: CheckedRow) -> str | None:
    """A number as it was given, a landline too; what cannot be dialled is noted."""
    phone = cells.code(row.cell("contact_phone"))
    if phone and not _DIALLED.fullmatch(phone):
        message = _("“{value}”不是电话号码。填手机号码，或区号加座机号码。", value=row.shown("contact_phone"))
        row.note("contact_phone", "phone_malformed", message)
    return phone or None


# --- place


def _street(row: CheckedRow, rules: Rules) -> str:
    street = cells.name(row.cell("street"))
    if not street:
        message = _("没有填所属街道。填其中一个：{known}。", known=sorted(rules.streets))
        row.note("street", "street_missing", message)
    elif street not in rules.streets:
        value, known = row.shown("street"), sorted(rules.streets)
        message = _(
            "“{value}”不是本区的街道，或不在此账号可导入的范围内。可导入：{known}。", value=value, known=known
        )
        row.note("street", "unknown_street", message)
    return street


def _community(row: CheckedRow, street: str, rules: Rules) -> str:
    community = cells.name(row.cell("community"))
    home = rules.communities.get(community)
    if home is not None and street in rules.streets and home != street:
        row.note(
            "community",
            "community_in_other_street",
            _(
                "{value}属于{home}，不属于{street}。改社区或改街道。",
                value=community,
                home=home,
                street=street,
            ),
        )
    return community


# --- dates and term


def _dates(row: CheckedRow, rules: Rules) -> tuple[date | None, date | None]:
    founded_on = _day(row, "founded_on", "founding_date_missing", _("没有填建会日期。填批复的日期。"))
    started_on = _day(
        row, "term_started_on", "term_start_missing", _("没有填本届任期起。填本届委员会当选的日期。")
    )
    if founded_on is not None and founded_on > rules.today:
        message = _("建会日期 {day} 还没有到。改成实际建会的日期。", day=founded_on.isoformat())
        row.note("founded_on", "founded_in_future", message)
    elif founded_on is not None and started_on is not None and started_on < founded_on:
        start, founded = started_on.isoformat(), founded_on.isoformat()
        message = _("本届任期起 {start} 早于建会日期 {founded}。改正其中一个。", start=start, founded=founded)
        row.note("term_started_on", "term_before_founding", message)
    return founded_on, started_on


def _day(row: CheckedRow, key: str, missing: str, message: Text) -> date | None:
    if cells.is_empty(row.cell(key)):
        row.note(key, missing, message)
        return None
    return row.day(key)


def _term(row: CheckedRow, rules: Rules) -> int | None:
    """The length of the term. Source: 工会法 Art. 16; the lawful lengths come as `terms`."""
    lawful = sorted(rules.terms)
    if cells.is_empty(row.cell("term_years")):
        row.note("term_years", "term_years_missing", _("没有填任期。填其中一个：{terms}。", terms=lawful))
        return None
    years = row.number("term_years")
    if years is not None and years not in rules.terms:
        message = _("任期不能是 {years} 年。填其中一个：{terms}。", years=years, terms=lawful)
        row.note("term_years", "term_not_3_or_5", message)
    return years


# --- numbers


def _numbers(row: CheckedRow) -> dict[str, int | None]:
    keys = ("headcount", "women_staff", "members", "women_members", "migrant_members")
    numbers = {key: row.number(key) for key in keys}
    for key, code in (("headcount", "headcount_missing"), ("members", "members_missing")):
        if cells.is_empty(row.cell(key)):
            row.note(
                key,
                code,
                _("没有填{heading}，或单元格里的公式没有结果。填整数。", heading=row.headings[key]),
            )
    for part, whole, code in (
        ("women_staff", "headcount", "women_staff_exceed_staff"),
        ("members", "headcount", "members_exceed_staff"),
        ("women_members", "members", "women_exceed_members"),
        ("migrant_members", "members", "migrant_members_exceed_members"),
    ):
        _check_part(row, part, whole, numbers, code)
    return numbers


def _check_part(row: CheckedRow, part: str, whole: str, numbers: Mapping[str, int | None], code: str) -> None:
    few, many = numbers[part], numbers[whole]
    if few is not None and many is not None and few > many:
        small, large = row.headings[part], row.headings[whole]
        message = _(
            "{small} {few} 多于{large} {many}。改正其中一个。", small=small, few=few, large=large, many=many
        )
        row.note(part, code, message)


# --- repetition


def _refuse_repetition(row: CheckedRow, first_rows: dict[tuple[str, str], int]) -> None:
    """The same union of the same employer, told by its code or its name, stands in an earlier row."""
    name = cells.likeness(row.cell("name"))
    employers = filter(None, (cells.likeness(row.cell(key)) for key in ("employer_uscc", "employer_name")))
    marks = [(name, employer) for employer in employers] if name else []
    earlier = [first_rows[mark] for mark in marks if mark in first_rows]
    for mark in marks:
        first_rows.setdefault(mark, row.row.number)
    if earlier:
        message = _("与第 {row} 行是同一个工会。只留一行，删掉多出的一行。", row=min(earlier))
        row.note("name", "duplicate_union", message)
