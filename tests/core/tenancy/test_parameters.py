"""Parameters: the nearest jurisdiction wins, on its day, and nothing is guessed."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gonghui.tenancy.parameters import PACKS, Parameter, ParameterMissing, Parameters, figure
from gonghui.testing import Federation

HERE = "nation/guangdong/shenzhen/longhua"


def parameter(
    value: object, place: str = "nation", first: date = date(2020, 1, 1), last: date | None = None
) -> Parameter:
    return Parameter("aid.limit", place, value, "yuan", first, last, "示例办法第一条", "V")


def value(*entries: Parameter, at: str = HERE, on: date = date(2024, 6, 1)) -> object:
    return Parameters(entries).get("aid.limit", jurisdiction=at, on=on).value


def test_the_nearest_jurisdiction_wins() -> None:
    nation, city, district = parameter(1), parameter(2, "nation/guangdong/shenzhen"), parameter(3, HERE)
    assert value(nation, city, district) == 3
    assert value(nation, city) == 2
    assert value(nation) == 1


def test_a_neighbours_figure_and_a_longer_name_bind_nobody_else() -> None:
    assert (
        value(parameter(1), parameter(2, f"{HERE}2"), parameter(3, "nation/guangdong/shenzhen/nanshan")) == 1
    )


def test_a_near_figure_that_is_not_in_force_gives_way_to_a_wider_one() -> None:
    ended = parameter(3, HERE, last=date(2023, 12, 31))
    coming = parameter(4, HERE, first=date(2025, 1, 1))
    assert value(parameter(1), ended, coming) == 1


def test_of_two_in_force_the_later_binds() -> None:
    assert value(parameter(1), parameter(2, first=date(2024, 1, 1))) == 2


def test_the_same_place_and_first_day_replace_what_was_there() -> None:
    assert value(parameter(1), parameter(2)) == 2


@pytest.mark.parametrize(
    ("on", "binds"),
    [
        (date(2019, 12, 31), False),
        (date(2020, 1, 1), True),
        (date(2024, 12, 31), True),
        (date(2025, 1, 1), False),
    ],
)
def test_first_and_last_day_are_within(on: date, binds: bool) -> None:
    assert parameter(1, last=date(2024, 12, 31)).binds(on) is binds


@given(
    starts=st.lists(st.integers(0, 3_000), min_size=1, max_size=6, unique=True),
    asked=st.integers(-10, 3_100),
)
def test_the_figure_of_a_day_is_the_last_that_began_by_then(starts: list[int], asked: int) -> None:
    begin = date(2015, 1, 1)
    entries = [parameter(start, first=begin + timedelta(days=start)) for start in starts]
    begun = [start for start in starts if start <= asked]
    if begun:
        assert value(*entries, on=begin + timedelta(days=asked)) == max(begun)
    else:
        with pytest.raises(ParameterMissing):
            value(*entries, on=begin + timedelta(days=asked))


@pytest.mark.parametrize("code", ["aid.unheard_of", "", "aid"])
def test_a_figure_that_nobody_gave_is_missing_and_said_so(code: str) -> None:
    with pytest.raises(ParameterMissing, match="at nation on 2024-01-01"):
        Parameters([parameter(1)]).get(code, jurisdiction="nation", on=date(2024, 1, 1))


def test_a_pack_is_read_with_its_basis(tmp_path: Path) -> None:
    pack = tmp_path / "parameters.toml"
    pack.write_text(
        '[[parameter]]\ncode = "aid.limit"\njurisdiction = "nation"\nvalue = [1, 2]\nunit = "yuan"\n'
        'from = 2020-01-01\nto = 2020-12-31\nbasis = "示例"\nconfidence = "V"\n',
        encoding="utf-8",
    )
    packs = Parameters()
    packs.add_pack(pack, prefix="aid")
    found = packs.get("aid.limit", jurisdiction="nation/guangdong", on=date(2020, 12, 31))
    assert (found.value, found.basis, found.effective_to) == ([1, 2], "示例", date(2020, 12, 31))
    assert packs.codes() == ["aid.limit"]
    with pytest.raises(ValueError, match="does not belong to skills"):
        packs.add_pack(pack, prefix="skills")


def test_a_tenant_gets_the_figure_of_its_own_place(shared_federation: Federation) -> None:
    with shared_federation.uow() as uow:
        found = figure(uow, "organising.committee.seats")
        nation = PACKS.get("organising.committee.seats", jurisdiction="nation", on=date(2024, 1, 1))
    assert found.jurisdiction == "nation/guangdong/shenzhen"
    assert nation.jurisdiction == "nation"


def test_every_figure_of_a_pack_names_its_basis() -> None:
    assert PACKS.codes()
    for code in PACKS.codes():
        for entry in PACKS._by_code[code].values():
            assert entry.basis
            assert entry.confidence in {"V", "V2", "K", "D"}
            assert entry.jurisdiction.split("/")[0] == "nation"
