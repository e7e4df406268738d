"""Checks a register of members: who each row names, and what is wrong with the others (会员实名制, domain §1.7)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import NoneType
from typing import Any, NamedTuple
from uuid import UUID

from gonghui.sdk import KIND_WORDS as DOCUMENT_WORDS
from gonghui.sdk import (
    CheckedRow,
    Column,
    Document,
    DocumentFault,
    DocumentKind,
    Text,
    _,
    cells,
    full_years,
    mask,
    mobile,
    normal_number,
    read_document,
)
from gonghui_organising.member_words import EDUCATIONS, EMPLOYMENT_FORMS, HOUSEHOLDS, SEXES, YES_NO, people_of

COLUMNS = (
    Column("name", "姓名", ("会员姓名", "职工姓名", "员工姓名", "名字")),
    Column("sex", "性别", required=False),
    Column("document_kind", "证件类型", ("证件种类", "证件名称"), required=False),
    Column(
        "id_number",
        "证件号码",
        ("身份证号", "身份证号码", "证件号", "公民身份号码", "身份证"),
        sensitive="id_number",
    ),
    Column("ethnicity", "民族", required=False),
    Column("born_on", "出生日期", ("出生年月日", "生日", "出生年月"), required=False, sensitive="birth"),
    Column(
        "phone",
        "手机号码",
        ("手机", "手机号", "联系电话", "电话", "移动电话"),
        required=False,
        sensitive="phone",
    ),
    Column("education", "学历", ("文化程度", "受教育程度"), required=False),
    Column("household_kind", "户籍类型", ("户口性质", "户籍性质", "户口类型"), required=False),
    Column("is_migrant_worker", "是否农民工", ("农民工", "是否为农民工"), required=False),
    Column("employer", "工作单位", ("用人单位", "所在单位", "单位名称", "单位"), required=False),
    Column("union", "所属工会", ("工会名称", "所在工会", "基层工会名称", "基层工会")),
    Column("employment_form", "就业形态", ("用工形式", "就业形式"), required=False),
    Column("new_form_group", "新就业群体", ("新就业形态群体", "八大群体", "就业群体"), required=False),
    Column("joined_on", "入会日期", ("入会时间", "加入工会日期", "加入工会时间"), required=False),
    Column("occupation", "岗位/工种", ("岗位", "工种", "职业", "职务"), required=False),
    Column("remark", "备注", required=False),
)

#: Letters of any script with the marks that stand inside names; no digits and no signs.
_NAME = re.compile(r"[^\W\d_]+(?:[·•・．.'’\- ][^\W\d_]+)*\.?")
_LONGEST_NAME = 50
#: Columns that say one of a few things each.
_OF_WORDS = (
    "sex",
    "new_form_group",
    "employment_form",
    "ethnicity",
    "education",
    "household_kind",
    "is_migrant_worker",
)
_REMEMBERED = 10_000
_NONE_OF_THEM = frozenset({"", "无", "其他", "-", "—", "/", "\\"})
_DOCUMENTS = ["居民身份证", "护照", "港澳居民居住证", "台湾居民居住证", "外国人永久居留身份证"]

_DOCUMENT_FAULTS: Mapping[DocumentFault, Text] = {
    DocumentFault.MALFORMED: _("“{value}”不是这种证件的号码。照证件重填，或改证件类型。"),
    DocumentFault.CHECK_DIGIT: _("“{value}”的校验位不对，有数字填错了。对照证件逐位核对。"),
    DocumentFault.BIRTH: _("“{value}”里的出生日期不存在。对照证件核对。"),
    DocumentFault.DIVISION: _("“{value}”的前两位不是任何省份。对照证件核对。"),
    DocumentFault.NOT_ISSUED: _("“{value}”是演示用的号码，没有机关发过。换成真实号码。"),
}


class MemberRow(NamedTuple):
    """A member as a sound row tells it."""

    name: str
    document: Document
    sex: str | None
    born_on: date | None
    phone: str | None
    union_unit_id: UUID
    employer_name: str
    joined_on: date | None
    occupation: str | None
    employment_form: str | None
    new_form_group: str | None
    remark: str | None
    facts: dict[str, Any]


class _Words(NamedTuple):
    """What the words of a row mean that say one of a few things."""

    sex: str | None
    new_form_group: str | None
    employment_form: str | None
    facts: dict[str, Any]


@dataclass(frozen=True)
class Rules:
    """What the rows are measured by. `unions` gives the units of the unions with a name."""

    unions: Mapping[str, list[UUID]]
    groups: Mapping[str, str]
    minimum_age: int
    today: date
    demo_numbers: bool


class MemberRules:
    """Checks rows one after the other and remembers whom they named."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self._first_rows: dict[str, int] = {}
        self._named: dict[object, str] = {}
        self._words: dict[tuple[object, ...], _Words] = {}

    def examine(self, row: CheckedRow) -> None:
        """Note what is wrong with a row; give it its `MemberRow` where nothing is."""
        said = tuple(map(row.cells.get, _OF_WORDS))
        words = self._words.get(said)
        name = _name(row)
        document = self._document(row)
        told_sex = words.sex if words else _word(row, "sex", SEXES, "sex_unknown")
        sex, born_on = _sex(row, told_sex, document), _birth(row, document)
        self._check_age(row, document, born_on)
        phone = self._phone(row)
        unit_id = self._union(row)
        joined_on = self._joined_on(row, born_on)
        if words is None:
            words = self._read_words(row, told_sex, said)
        if row.faults or document is None or unit_id is None:
            return
        row.value = MemberRow(
            name=name,
            document=document,
            sex=sex,
            born_on=born_on,
            phone=phone,
            union_unit_id=unit_id,
            employer_name=self._organisation(row.cells.get("employer", "")),
            joined_on=joined_on,
            occupation=cells.text(row.cells.get("occupation")) or None,
            employment_form=words.employment_form,
            new_form_group=words.new_form_group,
            remark=cells.text(row.cells.get("remark")) or None,
            facts=words.facts,
        )

    def _read_words(self, row: CheckedRow, sex: str | None, said: tuple[object, ...]) -> _Words:
        """What the words of a row mean; a register says the same few together again and again."""
        faults = len(row.faults)
        group = _word(row, "new_form_group", self.rules.groups, "group_unknown")
        form = _word(row, "employment_form", EMPLOYMENT_FORMS, "employment_form_unknown")
        words = _Words(sex, group, form, _facts(row))
        # One in the sex was noted before. Texts only: to Python the numbers 1 and 1.0 are the same as true.
        is_sound = len(row.faults) == faults and (sex is not None or said[0] in {None, ""})
        if is_sound and len(self._words) < _REMEMBERED and set(map(type, said)) <= {str, NoneType}:
            self._words[said] = words
        return words

    def _organisation(self, cell: object) -> str:
        """The name of a body; a register says the same few again and again."""
        name = self._named.get(cell)
        if name is None:
            name = self._named[cell] = cells.organisation(cell)
        return name

    def _document(self, row: CheckedRow) -> Document | None:
        kind = _document_kind(row)
        number = normal_number(_bare(row.cells.get("id_number")))
        if not number:
            row.note("id_number", "id_missing", _("没有填证件号码。照证件填写。"))
        if not number or kind is None:
            return None
        document = read_document(kind, number, demo_numbers=self.rules.demo_numbers)
        if isinstance(document, DocumentFault):
            message = Text(_DOCUMENT_FAULTS[document].message, {"value": mask("id_number", number)})
            row.note("id_number", document.value, message)
            return None
        earlier = self._first_rows.setdefault(kind + document.number, row.row.number)
        if earlier != row.row.number:
            message = _("与第 {row} 行是同一个证件号码。一人只留一行。", row=earlier)
            row.note("id_number", "duplicate_id_in_file", message)
        return document

    def _check_age(self, row: CheckedRow, document: Document | None, born_on: date | None) -> None:
        """Nobody below the age at which one may work. Source: 劳动法 Art. 15; the age comes as a parameter."""
        by_document = document is not None and document.born_on is not None
        if born_on is None or row.faults:
            return
        age = self.rules.minimum_age
        if born_on > self.rules.today or full_years(born_on, self.rules.today) < age:
            key = "id_number" if by_document else "born_on"
            row.note(key, "under_16", _("未满 {age} 周岁，不能入会。核对出生日期。", age=age))

    def _phone(self, row: CheckedRow) -> str | None:
        text = _bare(row.cells.get("phone"))
        phone = mobile(text, demo_numbers=self.rules.demo_numbers) if text else None
        if text and phone is None:
            message = _("“{value}”不是 11 位的手机号码。核对，或留空。", value=mask("phone", text))
            row.note("phone", "phone_malformed", message)
        return phone

    def _union(self, row: CheckedRow) -> UUID | None:
        name = self._organisation(row.cells.get("union", ""))
        units = self.rules.unions.get(name, [])
        if len(units) == 1:
            return units[0]
        if not name:
            row.note("union", "union_missing", _("没有填所属工会。填工会全称。"))
        elif units:
            message = _("有 {n} 个工会都叫“{name}”。先在系统里改名，使其能分清。", n=len(units), name=name)
            row.note("union", "union_ambiguous", message)
        else:
            message = _("没有叫“{value}”的工会，或不在此账号可导入的范围内。先建会，或改成全称。",
                        value=row.shown("union"))  # fmt: skip
            row.note("union", "unknown_union", message)
        return None

    def _joined_on(self, row: CheckedRow, born_on: date | None) -> date | None:
        day = row.day("joined_on")
        if day is not None and day > self.rules.today:
            message = _("入会日期 {day} 还没有到。改成实际入会的日期。", day=day.isoformat())
            row.note("joined_on", "join_date_in_future", message)
        elif day is not None and born_on is not None and day <= born_on and not row.faults:
            message = _("入会日期 {day} 早于出生日期。改正其中一个。", day=day.isoformat())
            row.note("joined_on", "join_date_before_birth", message)
        return day


def _bare(cell: object) -> str:
    """A number without the apostrophe by which people keep a spreadsheet from shortening it."""
    return cells.text(cell).lstrip("'‘’`")


def _name(row: CheckedRow) -> str:
    """A name of Chinese characters without spaces; a foreign one keeps single spaces between its words."""
    text = cells.text(row.cells.get("name"))
    name = text if text.isascii() else text.replace(" ", "")
    if not name:
        row.note("name", "name_missing", _("没有填姓名。照证件填写。"))
    elif len(name) > _LONGEST_NAME or not _NAME.fullmatch(name):
        row.note("name", "name_malformed", _("“{value}”不像姓名。照证件填写，不要带数字和符号。",
                                             value=row.shown("name")))  # fmt: skip
    return name


def _document_kind(row: CheckedRow) -> DocumentKind | None:
    cell = row.cells.get("document_kind")
    kind = DOCUMENT_WORDS.get(cell) if isinstance(cell, str) else None
    if kind is not None:
        return kind
    word = cells.name(cell)
    if not word:
        return DocumentKind.RESIDENT_ID
    kind = DOCUMENT_WORDS.get(word)
    if kind is None:
        message = _("不认识证件类型“{value}”。可填：{known}。", value=row.shown("document_kind"),
                    known=_DOCUMENTS)  # fmt: skip
        row.note("document_kind", "document_kind_unknown", message)
    return kind


def _sex(row: CheckedRow, told: str | None, document: Document | None) -> str | None:
    by_document = document.sex if document else None
    if told and by_document and told != by_document:
        row.note("sex", "sex_disagrees_with_id", _("性别与证件号码不一致。改正其中一个。"))
    return by_document or told


def _birth(row: CheckedRow, document: Document | None) -> date | None:
    told = row.day("born_on")
    by_document = document.born_on if document else None
    if told and by_document and told != by_document:
        message = _("出生日期 {day} 与证件号码不一致。改正其中一个。", day=told.isoformat())
        row.note("born_on", "birth_disagrees_with_id", message)
    return by_document or told


def _facts(row: CheckedRow) -> dict[str, Any]:
    people = cells.name(row.cell("ethnicity"))
    ethnicity = people_of(people) if people else None
    if people and ethnicity is None:
        message = _("没有“{value}”这个民族。照证件填写，例如 汉族。", value=row.shown("ethnicity"))
        row.note("ethnicity", "ethnicity_unknown", message)
    return {
        "ethnicity": ethnicity,
        "education": _word(row, "education", EDUCATIONS, "education_unknown"),
        "household_kind": _word(row, "household_kind", HOUSEHOLDS, "household_unknown"),
        "is_migrant_worker": _word(row, "is_migrant_worker", YES_NO, "yes_no_unknown"),
    }


def _word(row: CheckedRow, key: str, words: Mapping[str, Any], code: str) -> Any:
    """The code of a word; None where the cell is empty, or holds a word that nobody knows, which is noted."""
    cell = row.cells.get(key, "")
    if cell == "":
        return None
    found = words.get(cell) if isinstance(cell, str) else None
    if found is not None:
        return found
    word = cells.name(cell)
    if word in _NONE_OF_THEM:
        return None
    found = words.get(word)
    if found is None and word:
        first = {code: word for word, code in reversed(list(words.items())) if not word.isascii()}
        known = [word for word in words if first.get(words[word]) == word]
        message = _("“{value}”不在可填的词里。可填：{known}。", value=row.shown(key), known=known)
        row.note(key, code, message)
    return found
