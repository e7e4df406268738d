"""Masks: what shows of personal data, and what never does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gonghui.values.masks import is_masked, mask

ENDS = {"id_number": (3, 2), "phone": (3, 4), "bank_card": (0, 4), "name": (1, 0)}
letters = st.characters(exclude_characters="*")


@pytest.mark.parametrize(
    ("kind", "value", "shown"),
    [
        ("id_number", "99010119900101001X", "990*************1X"),
        ("id_number", "E00000012", "E00****12"),
        ("phone", "12012345678", "120****5678"),
        ("bank_card", "9900000000001234", "************1234"),
        ("name", "张三", "张*"),
        ("name", "欧阳某某", "欧***"),
        ("birth", "1990-01-02", "1990-**-**"),
        ("address", "某路1号", "***"),
        ("address", "", "***"),
    ],
)
def test_each_kind_shows_what_it_may(kind: str, value: str, shown: str) -> None:
    assert mask(kind, value) == shown


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("id_number", "00000000"),
        ("phone", "1201234567"),
        ("bank_card", "1234"),
        ("name", "张"),
        ("birth", "1990"),
        ("birth", "1990-1-2"),
        ("birth", "19900102"),
        ("phone", ""),
    ],
)
def test_short_or_odd_values_are_all_stars(kind: str, value: str) -> None:
    assert mask(kind, value) == "*" * len(value)


@given(st.sampled_from(sorted(ENDS)), st.text(letters, max_size=30))
def test_the_middle_never_shows(kind: str, value: str) -> None:
    first, last = ENDS[kind]
    masked = mask(kind, value)
    assert len(masked) == len(value)
    assert set(masked[first : len(masked) - last]) <= {"*"}
    assert masked == "*" * len(value) or (masked[:first], masked[len(masked) - last :]) == (
        value[:first],
        value[len(value) - last :],
    )


@given(st.dates())
def test_of_a_birth_only_the_year_shows(born_on: object) -> None:
    assert mask("birth", str(born_on)) == f"{str(born_on)[:4]}-**-**"


@given(st.text().filter(lambda kind: kind not in {*ENDS, "birth"}), st.text())
def test_an_unknown_kind_shows_nothing(kind: str, value: str) -> None:
    assert mask(kind, value) == "***"


@given(
    st.sampled_from(["id_number", "phone", "bank_card", "birth", "name", "health"]),
    st.text(min_size=1, max_size=25),
)
def test_what_a_mask_makes_is_known_for_one_when_it_comes_back(kind: str, value: str) -> None:
    assert is_masked(kind, mask(kind, value)) or mask(kind, value) == value


@given(
    st.sampled_from(["name", "health", "facts"]), st.text(max_size=25).filter(lambda text: "*" not in text)
)
def test_a_text_without_stars_is_no_mask(kind: str, value: str) -> None:
    assert not is_masked(kind, value)
