"""Bank cards: form and check digit."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from stdnum import luhn

from gonghui.values.cards import bank_card

# No bank has numbers that begin with 99.
cards = st.from_regex(r"99[0-9]{10,16}", fullmatch=True).map(lambda body: body + luhn.calc_check_digit(body))


@given(cards, st.sampled_from(["", " ", "\u3000"]))
def test_a_right_number_is_given_without_its_spaces(number: str, space: str) -> None:
    grouped = space.join(number[start : start + 4] for start in range(0, len(number), 4))
    assert bank_card(f" {grouped}\n") == number


@given(cards, st.integers(0, 18), st.sampled_from("0123456789"))
def test_one_wrong_digit_makes_it_none(number: str, place: int, digit: str) -> None:
    place %= len(number)
    assume(number[place] != digit)
    assert bank_card(number[:place] + digit + number[place + 1 :]) is None


@pytest.mark.parametrize("body", ["99000000000", "9900000000000000000"])
def test_a_number_too_short_or_too_long_is_none(body: str) -> None:
    assert bank_card(body + luhn.calc_check_digit(body)) is None


@pytest.mark.parametrize("text", ["", "无", "99000000000000A", "٩٩٠٠٠٠٠٠٠٠٠٠٠٠٠٠"])
def test_what_is_not_digits_is_none(text: str) -> None:
    assert bank_card(text) is None
