"""Periods: the codes that people write, and the days that they mean."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gonghui.values.periods import Period

YEARS = st.integers(1900, 9999)


@pytest.mark.parametrize(
    ("code", "first", "last"),
    [
        ("2024", date(2024, 1, 1), date(2024, 12, 31)),
        ("2024H1", date(2024, 1, 1), date(2024, 6, 30)),
        ("2024H2", date(2024, 7, 1), date(2024, 12, 31)),
        ("2024Q1", date(2024, 1, 1), date(2024, 3, 31)),
        ("2024Q3", date(2024, 7, 1), date(2024, 9, 30)),
        ("2024M07", date(2024, 7, 1), date(2024, 7, 31)),
        ("2024M7", date(2024, 7, 1), date(2024, 7, 31)),
        ("2024-07", date(2024, 7, 1), date(2024, 7, 31)),
        ("2024M02", date(2024, 2, 1), date(2024, 2, 29)),
        ("2023M02", date(2023, 2, 1), date(2023, 2, 28)),
    ],
)
def test_a_code_means_its_first_to_its_last_day(code: str, first: date, last: date) -> None:
    period = Period.parse(code)
    assert (period.first, period.last) == (first, last)


@pytest.mark.parametrize("code", ["2024h1", " 2024H1 ", "2024H1\n"])
def test_a_code_is_read_without_case_and_blanks(code: str) -> None:
    assert Period.parse(code) == Period.parse("2024H1")


@pytest.mark.parametrize(
    "code",
    [
        "", "24", "20240", "2024H", "2024H0", "2024H3", "2024Q0", "2024Q5", "2024M0", "2024M13", "2024-00",
        "2024-13", "2024-", "H1", "2024W01", "2024-07-01", "2024 H1", "2024H1;", "-2024", "0000", "0000M01",
        "2024M007", "last year", "0001", "0001H1", "1899",
    ],
)  # fmt: skip
def test_anything_else_is_refused(code: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - any reason will do
        Period.parse(code)


@given(st.text(max_size=8))
def test_no_text_makes_anything_but_a_period_or_an_error(code: str) -> None:
    try:
        period = Period.parse(code)
    except ValueError:
        return
    assert period.first <= period.last
    assert period.first.year == period.last.year


@given(YEARS, st.sampled_from([("H", 2), ("Q", 4), ("M", 12)]))
def test_the_parts_of_a_year_follow_one_another_without_gap(year: int, kind: tuple[str, int]) -> None:
    letter, count = kind
    parts = [Period.parse(f"{year:04}{letter}{number}") for number in range(1, count + 1)]
    assert (parts[0].first, parts[-1].last) == (date(year, 1, 1), date(year, 12, 31))
    for before, after in pairwise(parts):
        assert after.first == before.last + timedelta(days=1)


@given(YEARS, st.integers(1, 12))
def test_both_ways_to_write_a_month_mean_the_same(year: int, month: int) -> None:
    one, other = Period.parse(f"{year:04}M{month:02}"), Period.parse(f"{year:04}-{month:02}")
    assert (one.first, one.last) == (other.first, other.last)
