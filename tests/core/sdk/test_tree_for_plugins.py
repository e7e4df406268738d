"""The tree and its past by the SDK alone, what is refused in it, and the figures that were decided by."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from uuid import uuid4

import pytest
from sqlalchemy import select
from tests.designs.rooms import rooms
from tests.designs.samples import room_at

from gonghui.sdk import (
    DomainError,
    Forbidden,
    NotFound,
    OrgEdge,
    OrgUnit,
    ParameterMissing,
    Period,
    Place,
    UnitOfWork,
    clock,
    figure,
    figure_at_version,
    found,
    holds_on,
    require,
    stood_under,
    tree_of,
    units_under,
)
from gonghui.testing import OFFICERS, UNITS, Federation


@pytest.fixture
def uow(shared_federation: Federation) -> Iterator[UnitOfWork]:
    with shared_federation.uow("west") as uow:
        yield uow


def test_a_unit_has_those_below_it_on_a_day(uow: UnitOfWork, shared_federation: Federation) -> None:
    units = shared_federation.units
    expected = {units["east"], units["garden"], units["firm"]}
    assert units_under(uow, units["east"], on=clock.today()) == expected
    assert set(uow.session.scalars(stood_under(units["east"], clock.today()))) == expected


def test_every_unit_has_one_edge_on_a_day_before_it_was_set_up_too(uow: UnitOfWork) -> None:
    units = set(uow.session.scalars(select(OrgUnit.id)))
    for day in (clock.today(), date(1999, 1, 1)):
        edges = uow.session.scalars(select(OrgEdge).where(holds_on(day))).all()
        assert sorted(edge.unit_id for edge in edges) == sorted(units)


def test_a_place_is_counted_by_the_tree_of_the_last_day_of_a_period_that_is_over(
    uow: UnitOfWork, shared_federation: Federation
) -> None:
    unit = uow.session.get_one(OrgUnit, (uow.tenant_id, shared_federation.units["west"]))
    assert tree_of(Period.parse("2023")) == date(2023, 12, 31)
    assert tree_of(Period.parse(f"{clock.today().year}")) is None
    then, now = (Place(unit, tree_of(Period.parse(code))) for code in ("2023", f"{clock.today().year}"))
    assert set(uow.session.scalars(then.ids)) == set(uow.session.scalars(now.ids))


def test_a_record_out_of_sight_is_not_found_like_one_that_is_not_there(
    uow: UnitOfWork, shared_federation: Federation
) -> None:
    with shared_federation.uow("east") as theirs:
        room_id = room_at()(theirs, shared_federation.units["garden"])
    for asked in (room_id, uuid4()):
        with pytest.raises(NotFound) as refused:
            found(uow, rooms, asked)
        assert isinstance(refused.value, DomainError)


def test_who_lacks_a_permission_is_told_which(shared_federation: Federation) -> None:
    with shared_federation.uow("auditor") as uow, pytest.raises(Forbidden) as refused:
        require(uow.principal, "designs.room.create")
    assert "designs.room.create" in str(refused.value.extra | {"detail": str(refused.value.detail)})


def test_a_record_is_told_the_figure_that_it_was_decided_by(uow: UnitOfWork) -> None:
    code = "designs.room.inspection"
    bound = figure(uow, code, date(2024, 6, 28))
    assert figure_at_version(uow, code, bound.version) == bound
    with pytest.raises(ParameterMissing):
        figure(uow, code, date(1999, 12, 31))
    with pytest.raises(ParameterMissing):
        figure_at_version(uow, code, "nation@1999-01-01")


def test_officers_of_the_kit_hold_their_roles_at_units_of_the_kit(shared_federation: Federation) -> None:
    assert {unit for _role, unit in OFFICERS.values()} <= UNITS.keys() == shared_federation.units.keys()
    assert OFFICERS.keys() <= shared_federation.accounts.keys()
