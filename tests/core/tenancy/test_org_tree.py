"""The tree: what may stand under what, one root, and paths by which a subtree is found."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from gonghui.errors import Invalid
from gonghui.tenancy.org_tree import (
    MAY_STAND_UNDER,
    OrgUnit,
    OrgUnitKind,
    find_named,
    ids_under,
    new_unit,
)
from gonghui.testing import Federation
from gonghui.testing.federation import UNITS

DISTRICT, STREET = OrgUnitKind.DISTRICT_FEDERATION, OrgUnitKind.STREET_FEDERATION
COMMUNITY, UNION = OrgUnitKind.COMMUNITY_FEDERATION, OrgUnitKind.GRASSROOTS_UNION
PAIRS = list(itertools.product([None, *OrgUnitKind], OrgUnitKind))


def chain_to(kind: OrgUnitKind) -> OrgUnit:
    """A unit of a kind with everything above it."""
    above = MAY_STAND_UNDER[kind]
    return new_unit(chain_to(above[0]) if above else None, kind, kind.value)


@pytest.mark.parametrize(("above", "kind"), PAIRS, ids=[f"{kind} under {above}" for above, kind in PAIRS])
def test_a_kind_stands_only_where_it_may(above: OrgUnitKind | None, kind: OrgUnitKind) -> None:
    parent = chain_to(above) if above else None
    if above in MAY_STAND_UNDER[kind] or (above is None and kind is DISTRICT):
        unit = new_unit(parent, kind, "样本")
        assert unit.parent_id == (parent.id if parent else None)
        assert unit.path.startswith(parent.path if parent else "")
    else:
        with pytest.raises(Invalid) as refused:
            new_unit(parent, kind, "样本")
        assert [fault.code for fault in refused.value.faults] == ["kind_misplaced"]


def test_only_a_district_federation_is_a_root() -> None:
    assert [kind for kind in OrgUnitKind if not MAY_STAND_UNDER[kind]] == [DISTRICT]


@given(st.integers(2, 40))
def test_siblings_made_in_one_moment_have_paths_of_their_own(count: int) -> None:
    parent = chain_to(STREET)
    paths = [new_unit(parent, COMMUNITY, "样本").path for _ in range(count)]
    assert len(set(paths)) == count
    assert not any(a != b and a.startswith(b) for a in paths for b in paths)


def test_a_tree_has_one_root(federation: Federation) -> None:
    with pytest.raises(IntegrityError, match="uq_org_unit_root"), federation.uow() as uow:
        uow.add(new_unit(None, DISTRICT, "第二个区"))


@pytest.mark.parametrize(
    ("unit", "below"),
    [("district", 6), ("east", 2), ("garden", 1), ("firm", 0)],
)
def test_a_path_finds_the_whole_subtree(shared_federation: Federation, unit: str, below: int) -> None:
    with shared_federation.uow() as uow:
        found = uow.session.get(OrgUnit, (uow.tenant_id, shared_federation.units[unit]))
        assert found is not None
        ids = set(uow.session.scalars(ids_under([found.path])))
        assert found.id in ids
        assert len(ids) - 1 == below


def test_no_path_finds_nothing(shared_federation: Federation) -> None:
    with shared_federation.uow() as uow:
        assert uow.session.scalars(ids_under([])).all() == []


def test_units_are_found_by_name_and_kind(shared_federation: Federation) -> None:
    with shared_federation.uow() as uow:
        assert [unit.id for unit in find_named(uow, UNITS["east"])] == [shared_federation.units["east"]]
        assert find_named(uow, UNITS["east"], [COMMUNITY]) == []
        assert find_named(uow, "东街道") == []


def test_a_unit_that_others_stand_under_cannot_go(federation: Federation) -> None:
    with pytest.raises(IntegrityError), federation.uow() as uow:
        uow.session.delete(uow.session.get(OrgUnit, (uow.tenant_id, federation.units["east"])))


def test_every_parent_is_the_path_before(shared_federation: Federation) -> None:
    with shared_federation.uow() as uow:
        units = {unit.id: unit for unit in uow.session.scalars(select(OrgUnit))}
    for unit in units.values():
        above = units[unit.parent_id].path if unit.parent_id else ""
        assert unit.path.startswith(above)
        assert unit.path.removeprefix(above).count(".") == 1


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("community_federation", 201),
        ("district_federation", 422),
        ("street_federation", 422),
        ("nonsense", 422),
    ],
)
def test_over_http_a_unit_is_set_up_where_it_may_stand(
    shared_federation: Federation, kind: str, status: int
) -> None:
    body = {"parent_id": shared_federation.units["east"], "kind": kind, "name": "新"}
    assert shared_federation.client("east").post("/api/v1/org-units", body).status_code == status


@pytest.mark.parametrize("name", ["", "   ", "\u3000", "x" * 201])
def test_over_http_a_unit_needs_a_name(shared_federation: Federation, name: str) -> None:
    body = {"parent_id": shared_federation.units["east"], "kind": "community_federation", "name": name}
    refused = shared_federation.client("east").post("/api/v1/org-units", body)
    assert (refused.status_code, refused.json["errors"][0]["pointer"]) == (422, "/name")
