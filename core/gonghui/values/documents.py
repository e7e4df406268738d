"""Identity documents (证件): the kinds people hold, the form of each number, and what a number tells."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from functools import lru_cache
from typing import Literal, NamedTuple

from stdnum import numdb

Sex = Literal["male", "female"]


class DocumentKind(StrEnum):
    """What sort of identity document a number stands on; `KIND_WORDS` has the words that people use for them."""

    RESIDENT_ID = "resident_id"
    HMT_RESIDENCE = "hmt_residence"
    FOREIGN_RESIDENCE = "foreign_residence"
    PASSPORT = "passport"
    HOME_RETURN = "home_return"


class DocumentFault(StrEnum):
    """Why a document's number is refused; the value is the code of the fault."""

    MALFORMED = "id_malformed"
    CHECK_DIGIT = "id_check_digit"
    BIRTH = "id_birth_impossible"
    DIVISION = "id_division_unknown"
    NOT_ISSUED = "id_not_issued"


class Document(NamedTuple):
    """A number that can be right, with what it tells of its holder (None where its form tells nothing)."""

    kind: DocumentKind
    number: str
    born_on: date | None
    sex: Sex | None


# Left out on purpose because they name more than one document: 居住证, 通行证, and 港澳通行证 and 台湾通行证
# (which mainlanders carry outwards).
_WORDS_OF_KIND = {
    DocumentKind.RESIDENT_ID: (
        "居民身份证 身份证 二代身份证 二代居民身份证 第二代身份证 第二代居民身份证 一代身份证 临时身份证 "
        "临时居民身份证 公民身份证 内地居民身份证 大陆居民身份证 中国居民身份证 中华人民共和国居民身份证"
    ),
    DocumentKind.HMT_RESIDENCE: (
        "港澳台居民居住证 港澳居民居住证 台湾居民居住证 香港居民居住证 澳门居民居住证 港澳台居住证 港澳居住证 "
        "台湾居住证 中华人民共和国港澳居民居住证 中华人民共和国台湾居民居住证"
    ),
    DocumentKind.FOREIGN_RESIDENCE: (
        "外国人永久居留身份证 外国人永久居留证 永久居留身份证 永久居留证 "
        "中华人民共和国外国人永久居留身份证 中华人民共和国外国人永久居留证"
    ),
    DocumentKind.PASSPORT: "护照 普通护照 因私护照 中国护照 外国护照 外国人护照 外籍护照 中华人民共和国护照",
    DocumentKind.HOME_RETURN: (
        "港澳居民来往内地通行证 港澳居民往来内地通行证 港澳来往内地通行证 港澳居民通行证 港澳同胞回乡证 "
        "港澳回乡证 回乡证 回乡卡 台湾居民来往大陆通行证 台湾居民往来大陆通行证 台湾来往大陆通行证 "
        "台湾居民通行证 台湾同胞证 台胞证 港澳台居民来往内地通行证 港澳台居民通行证"
    ),
}
#: The names that people write, and the kind that each means.
KIND_WORDS: Mapping[str, DocumentKind] = {
    word: kind for kind, words in _WORDS_OF_KIND.items() for word in words.split()
}

#: Forms of 18 digits, which tell birth and sex and end in a check digit (GB 11643).
_CITIZEN_FORMS = {
    DocumentKind.RESIDENT_ID: re.compile(r"[0-9]{17}[0-9X]"),
    DocumentKind.HMT_RESIDENCE: re.compile(r"8[123][0-9]{15}[0-9X]"),
    DocumentKind.FOREIGN_RESIDENCE: re.compile(r"9[0-9]{16}[0-9X]"),
}
#: Forms of which nothing but the form can be checked.
_OTHER_FORMS = {
    DocumentKind.FOREIGN_RESIDENCE: re.compile(r"[A-Z]{3}[0-9]{12}"),
    DocumentKind.PASSPORT: re.compile(r"[A-Z0-9]{5,17}"),
    DocumentKind.HOME_RETURN: re.compile(r"[HM](?:[0-9]{8}|[0-9]{10})|[0-9]{8}"),
}
_OLD_RESIDENT_ID = re.compile(r"[0-9]{15}")

#: No province is 99, and no foreigner's number names a province 9x, so no real person's number begins so.
_DEMO_DIVISION = "99"
_FIRST_YEAR = 1900

_NARROW: dict[int, int | None] = {wide: wide - 0xFEE0 for wide in range(0xFF01, 0xFF5F)}
# Besides spaces and every sort of hyphen: the invisible marks that come along from web pages and chats.
_DROPPED = (
    " \t\r\n\v\f\u00a0\u3000\ufeff\u00ad-\uff0d\u2212"
    + "".join(map(chr, range(0x2000, 0x2016)))
    + "\u202f\u2060"
)
_NARROW.update(dict.fromkeys(map(ord, _DROPPED)))


def normal_number(text: str) -> str:
    """A number as typed, in the form in which it is kept: narrow, upper case, no spaces or hyphens."""
    if text.isascii() and text.isalnum():
        return text.upper()
    return text.translate(_NARROW).upper()


def read_document(kind: DocumentKind, number: str, *, demo_numbers: bool) -> Document | DocumentFault:
    """What a number (as `normal_number` gives it) tells, or the first fault in it.

    An old ID number of 15 digits is read as the one of 18 that replaced it. Demo numbers pass where the
    tenant is a demo.
    """
    if kind is DocumentKind.RESIDENT_ID and len(number) == 15 and _OLD_RESIDENT_ID.fullmatch(number):
        body = f"{number[:6]}19{number[6:]}"
        number = body + _check_digit(body)
    form = _CITIZEN_FORMS.get(kind)
    if form is not None and form.fullmatch(number):
        return _read_citizen(kind, number, demo_numbers=demo_numbers)
    form = _OTHER_FORMS.get(kind)
    if form is not None and form.fullmatch(number):
        return Document(kind, number, None, None)
    return DocumentFault.MALFORMED


def full_years(born_on: date, on: date) -> int:
    """Age (周岁) on a day. Who was born on 29 February turns a year older on 1 March of a common year."""
    return on.year - born_on.year - ((on.month, on.day) < (born_on.month, born_on.day))


def _read_citizen(kind: DocumentKind, number: str, *, demo_numbers: bool) -> Document | DocumentFault:
    if number[17] != _check_digit(number[:17]):
        return DocumentFault.CHECK_DIGIT
    try:
        born_on = date.fromisoformat(number[6:14])
    except ValueError:
        return DocumentFault.BIRTH
    if born_on.year < _FIRST_YEAR:
        return DocumentFault.BIRTH
    if number.startswith(_DEMO_DIVISION):
        if not demo_numbers:
            return DocumentFault.NOT_ISSUED
    elif kind is DocumentKind.RESIDENT_ID and not _is_province(number[:2]):
        return DocumentFault.DIVISION
    return Document(kind, number, born_on, "male" if number[16] in "13579" else "female")


def _check_digit(body: str) -> str:
    # Computed here because `stdnum.cn.ric.validate` looks the division up afresh each time (tens of µs) and
    # breaks on a county that its list lacks. The weights are powers of 2 modulo 11, and 13 is 2 modulo 11.
    return "0123456789X"[(1 - 2 * int(body, 13)) % 11]


@lru_cache(maxsize=100)
def _is_province(digits: str) -> bool:
    # Not the county: lists of old counties have gaps, and a number outlives the county that issued it.
    return any("province" in properties for _, properties in numdb.get("cn/loc").info(digits))
