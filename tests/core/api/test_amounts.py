"""Amounts of money: what is shown reads back as what it was, whatever it is."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import ValidationError

from gonghui.api.record_schemas import LARGEST_FEN, Yuan
from gonghui.records.listing import yuan

FULL_WIDTH = str.maketrans("0123456789.-", "０１２３４５６７８９．－")


@given(st.integers(-LARGEST_FEN, LARGEST_FEN))
def test_an_amount_that_is_shown_reads_back_as_it_was(fen: int) -> None:
    shown = str(yuan(fen))
    assert Yuan().deserialize(shown) == fen
    assert Yuan().deserialize(f" {shown.translate(FULL_WIDTH)} ") == fen


@given(st.text(max_size=20))
def test_a_text_is_an_amount_in_plain_figures_or_none_at_all(text: str) -> None:
    try:
        fen = Yuan().deserialize(text)
    except ValidationError:
        return
    plain = text.strip().translate(str.maketrans("０１２３４５６７８９．－", "0123456789.-"))
    assert re.fullmatch(r"-?[0-9]+(\.[0-9]{1,2})?", plain)
    assert abs(fen) <= LARGEST_FEN


@pytest.mark.parametrize("amount", [1.5, 15000, True, None, ["1.00"]])
def test_an_amount_is_a_text_and_not_a_number_that_may_be_rounded(amount: object) -> None:
    with pytest.raises(ValidationError):
        Yuan().deserialize(amount)
