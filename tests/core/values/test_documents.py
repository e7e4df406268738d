"""Identity documents: what a number tells, and which fault is named when it cannot be right."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from stdnum import numdb

from gonghui.values.documents import (
    KIND_WORDS,
    Document,
    DocumentFault,
    DocumentKind,
    full_years,
    normal_number,
    read_document,
)

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
DIGITS = "0123456789"
RESIDENT = DocumentKind.RESIDENT_ID


def checked(body: str) -> str:
    """`body` with its check digit, by the table of GB 11643."""
    total = sum(weight * int(digit) for weight, digit in zip(WEIGHTS, body, strict=True))
    return body + "10X98765432"[total % 11]


def made_up(division: str, born_on: date, order: int) -> str:
    return checked(f"{division}{born_on:%Y%m%d}{order:03d}")


def read(number: str, kind: DocumentKind = RESIDENT, *, demo: bool = True) -> Document | DocumentFault:
    return read_document(kind, number, demo_numbers=demo)


ORDER_OF_X = next(n for n in range(1_000) if made_up("990101", date(1990, 1, 1), n).endswith("X"))

births = st.dates(date(1900, 1, 1), date(2099, 12, 31))
orders = st.integers(0, 999)
numbers = st.builds(made_up, st.just("990101"), births, orders)
body_places = st.integers(0, 16)

# --- what a number tells


@given(births, orders, st.sampled_from(["990101", "110101", "440305"]))
def test_a_resident_id_reads_back_its_birth_and_sex(born_on: date, order: int, division: str) -> None:
    number = made_up(division, born_on, order)
    assert read(number) == Document(RESIDENT, number, born_on, "male" if order % 2 else "female")


@given(births, orders, st.sampled_from(["810000", "820000", "830000"]))
def test_a_residence_permit_of_hong_kong_macao_or_taiwan_tells_the_same(
    born_on: date, order: int, division: str
) -> None:
    number = made_up(division, born_on, order)
    expected = Document(DocumentKind.HMT_RESIDENCE, number, born_on, "male" if order % 2 else "female")
    assert read(number, DocumentKind.HMT_RESIDENCE, demo=False) == expected


@given(births, orders)
def test_a_new_permanent_residence_number_tells_the_same(born_on: date, order: int) -> None:
    number = made_up("911840", born_on, order)
    expected = Document(DocumentKind.FOREIGN_RESIDENCE, number, born_on, "male" if order % 2 else "female")
    assert read(number, DocumentKind.FOREIGN_RESIDENCE, demo=False) == expected


@given(st.dates(date(1900, 1, 1), date(1999, 12, 31)), orders)
def test_an_old_id_number_is_read_as_the_one_that_replaced_it(born_on: date, order: int) -> None:
    assert read(f"990101{born_on:%y%m%d}{order:03d}") == read(made_up("990101", born_on, order))


@pytest.mark.parametrize(
    ("kind", "number"),
    [
        (DocumentKind.FOREIGN_RESIDENCE, "ABC990101010100"),
        (DocumentKind.PASSPORT, "E0000"),
        (DocumentKind.PASSPORT, "E0000000000000000"),
        (DocumentKind.HOME_RETURN, "H00000000"),
        (DocumentKind.HOME_RETURN, "M0000000000"),
        (DocumentKind.HOME_RETURN, "00000000"),
    ],
)
def test_other_numbers_tell_neither_birth_nor_sex(kind: DocumentKind, number: str) -> None:
    assert read(number, kind, demo=False) == Document(kind, number, None, None)


# --- faults


@given(numbers, body_places, st.sampled_from(DIGITS))
def test_one_wrong_digit_is_a_fault(number: str, place: int, digit: str) -> None:
    assume(number[place] != digit)
    assert read(number[:place] + digit + number[place + 1 :]) is DocumentFault.CHECK_DIGIT


@given(numbers, body_places)
def test_two_swapped_digits_are_a_fault(number: str, place: int) -> None:
    left, right = number[place], number[place + 1]
    assume(left != right)
    swapped = number[:place] + right + left + number[place + 2 :]
    assert read(swapped) in {DocumentFault.CHECK_DIGIT, DocumentFault.MALFORMED}


@given(st.sampled_from(DocumentKind), st.text(max_size=20), st.booleans())
def test_no_text_breaks_the_reading(kind: DocumentKind, text: str, demo: bool) -> None:
    assert isinstance(read_document(kind, normal_number(text), demo_numbers=demo), Document | DocumentFault)


@pytest.mark.parametrize(
    ("kind", "number"),
    [
        (RESIDENT, ""),
        (RESIDENT, "99010119900101001"),
        (RESIDENT, "9901011990010100100"),
        (RESIDENT, "99010119900101A010"),
        (RESIDENT, made_up("990101", date(1990, 1, 1), ORDER_OF_X).lower()),
        (RESIDENT, "٩٩٠١٠١١٩٩٠٠١٠١٠٠١٠"),
        (RESIDENT, "٩٩٠١٠١٩٠٠١٠١٠٠١"),
        (RESIDENT, "99010190010100X"),
        (DocumentKind.HMT_RESIDENCE, made_up("840000", date(1990, 1, 1), 1)),
        (DocumentKind.HMT_RESIDENCE, made_up("990101", date(1990, 1, 1), 1)),
        (DocumentKind.HMT_RESIDENCE, "810000900101001"),
        (DocumentKind.FOREIGN_RESIDENCE, made_up("110101", date(1990, 1, 1), 1)),
        (DocumentKind.FOREIGN_RESIDENCE, "XX9990101010100"),
        (DocumentKind.PASSPORT, "E000"),
        (DocumentKind.PASSPORT, "E00000000000000000"),
        (DocumentKind.PASSPORT, "E000/000"),
        (DocumentKind.PASSPORT, "E0000000\n"),
        (DocumentKind.HOME_RETURN, "H000000000"),
        (DocumentKind.HOME_RETURN, "T00000000"),
        (DocumentKind.HOME_RETURN, "0000000000"),
    ],
)
def test_a_number_of_another_form_is_malformed(kind: DocumentKind, number: str) -> None:
    assert read(number, kind) is DocumentFault.MALFORMED


@pytest.mark.parametrize("birth", ["19000229", "19901301", "19900100", "19900431", "18991231", "00000101"])
def test_an_impossible_birth_is_named(birth: str) -> None:
    assert read(checked(f"990101{birth}001")) is DocumentFault.BIRTH


def test_an_old_number_with_an_impossible_birth_is_refused_too() -> None:
    assert read("990101901301001") is DocumentFault.BIRTH


@pytest.mark.parametrize("division", ["000000", "100101", "250101", "830000", "911840", "980101"])
def test_a_province_that_never_was_is_refused(division: str) -> None:
    assert read(made_up(division, date(1990, 1, 1), 1)) is DocumentFault.DIVISION


@pytest.mark.parametrize("division", ["119999", "460099", "659900"])
def test_an_unknown_county_of_a_known_province_passes(division: str) -> None:
    assert numdb.get("cn/loc").info(division)[1:] == [(division[2:], {})]
    assert isinstance(read(made_up(division, date(1990, 1, 1), 1), demo=False), Document)


@pytest.mark.parametrize("kind", [RESIDENT, DocumentKind.FOREIGN_RESIDENCE])
def test_demo_numbers_pass_only_where_the_tenant_is_a_demo(kind: DocumentKind) -> None:
    number = made_up("990101", date(1990, 1, 1), 1)
    assert isinstance(read(number, kind, demo=True), Document)
    assert read(number, kind, demo=False) is DocumentFault.NOT_ISSUED


def test_the_first_fault_in_order_is_the_one_named() -> None:
    unborn = checked("98010119901301001")
    wrong = unborn[:17] + ("0" if unborn[17] != "0" else "1")
    assert read(wrong[:16]) is DocumentFault.MALFORMED
    assert read(wrong) is DocumentFault.CHECK_DIGIT
    assert read(unborn) is DocumentFault.BIRTH
    assert read(made_up("980101", date(1990, 1, 1), 1)) is DocumentFault.DIVISION


# --- how people write numbers and kinds


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("  990101 19900101 001x ", "99010119900101001X"),
        ("９９０１０１－１９９００１０１－００１ｘ", "99010119900101001X"),
        ("990101\u3000199001\u00a001\u200b001\ufeffX\t\n", "99010119900101001X"),
        ("h0000‐0000", "H00000000"),
        ("", ""),
        ("不详", "不详"),
    ],
)
def test_a_number_is_narrow_upper_case_and_without_spaces_or_hyphens(text: str, number: str) -> None:
    assert normal_number(text) == number


@given(st.text())
def test_a_normal_number_is_normal_already(text: str) -> None:
    assert normal_number(normal_number(text)) == normal_number(text)


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("居民身份证", RESIDENT),
        ("身份证", RESIDENT),
        ("二代身份证", RESIDENT),
        ("港澳台居民居住证", DocumentKind.HMT_RESIDENCE),
        ("港澳居民居住证", DocumentKind.HMT_RESIDENCE),
        ("台湾居民居住证", DocumentKind.HMT_RESIDENCE),
        ("外国人永久居留身份证", DocumentKind.FOREIGN_RESIDENCE),
        ("外国人永久居留证", DocumentKind.FOREIGN_RESIDENCE),
        ("护照", DocumentKind.PASSPORT),
        ("港澳居民来往内地通行证", DocumentKind.HOME_RETURN),
        ("回乡证", DocumentKind.HOME_RETURN),
        ("台湾居民来往大陆通行证", DocumentKind.HOME_RETURN),
        ("台胞证", DocumentKind.HOME_RETURN),
    ],
)
def test_the_names_people_write_mean_a_kind(word: str, kind: DocumentKind) -> None:
    assert KIND_WORDS[word] is kind


@pytest.mark.parametrize("word", ["居住证", "通行证", "港澳通行证"])
def test_a_name_of_several_documents_means_none(word: str) -> None:
    assert word not in KIND_WORDS


# --- age


@pytest.mark.parametrize(
    ("on", "years"),
    [
        (date(2000, 2, 29), 0),
        (date(2001, 2, 28), 0),
        (date(2001, 3, 1), 1),
        (date(2004, 2, 28), 3),
        (date(2004, 2, 29), 4),
    ],
)
def test_a_year_is_full_on_the_birthday(on: date, years: int) -> None:
    assert full_years(date(2000, 2, 29), on) == years


@given(births, st.integers(0, 120))
def test_years_grow_by_one_on_the_birthday_and_not_before(born_on: date, years: int) -> None:
    assume((born_on.month, born_on.day) != (2, 29))
    birthday = born_on.replace(year=born_on.year + years)
    assert full_years(born_on, birthday) == years
    assert full_years(born_on, date.fromordinal(birthday.toordinal() - 1)) == years - 1
