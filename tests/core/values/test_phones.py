"""Mobile numbers: the ways in which people write them, and what is none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gonghui.values.phones import mobile

DEMO = "12000000001"
demo_mobiles = st.from_regex(r"120[0-9]{8}", fullmatch=True)
prefixes = st.sampled_from(["", "+86", "86", "0086", "+86 ", "86-", "＋８６", "+86-"])
separators = st.sampled_from(["", " ", "-", ".", "\u3000", "\u00a0", "–"])
endings = st.sampled_from(["", " ", "\n", ".0", "．０"])


@given(demo_mobiles, prefixes, separators, endings, st.booleans())
def test_a_number_is_the_same_however_it_is_written(
    number: str, prefix: str, separator: str, ending: str, wide: bool
) -> None:
    grouped = separator.join((number[:3], number[3:7], number[7:]))
    if wide:
        grouped = grouped.translate({ord(digit): ord(digit) + 0xFEE0 for digit in "0123456789"})
    assert mobile(f"{prefix}{grouped}{ending}", demo_numbers=True) == number


@given(demo_mobiles)
def test_demo_numbers_pass_only_where_the_tenant_is_a_demo(number: str) -> None:
    assert mobile(number, demo_numbers=True) == number
    assert mobile(number, demo_numbers=False) is None


@pytest.mark.parametrize("prefix", ["13", "14", "15", "16", "17", "18", "19"])
@pytest.mark.parametrize("demo", [True, False])
def test_numbers_of_the_networks_pass_everywhere(prefix: str, demo: bool) -> None:
    number = prefix + "000000000"
    assert mobile(number, demo_numbers=demo) == number


@pytest.mark.parametrize(
    "text",
    [
        *("", ".0", "无", "86", "10000000000", "11000000000", "12100000000", "02000000000", "1300000000"),
        *("130000000000", "+85213000000000", "0755-00000000", "1300000000O", "١٣٠٠٠٠٠٠٠٠٠"),
        *(f"{DEMO}/{DEMO}", f"++86{DEMO}", f"86{DEMO}86"),
    ],
)
def test_what_is_no_mobile_number_is_none(text: str) -> None:
    assert mobile(text, demo_numbers=True) is None


@given(st.text(max_size=20))
def test_no_text_breaks_the_reading(text: str) -> None:
    number = mobile(text, demo_numbers=True)
    assert number is None or len(number) == 11
