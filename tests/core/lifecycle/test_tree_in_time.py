"""Whatever is done to a tree: one parent a day, paths that say what the edges of today say, and sums that add up."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from random import Random
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from gonghui.db.unit_of_work import UnitOfWork
from gonghui.errors import DomainError
from gonghui.lifecycle.reorganisation import Change, Close, Merge, Move, Split
from gonghui.lifecycle.reorganising import reorganise, settle
from gonghui.tenancy.org_history import units_under
from gonghui.tenancy.org_tree import OrgEdge, OrgUnit, OrgUnitKind, new_unit
from gonghui.testing import Federation, World
from gonghui.values import clock

FIRST = date(2024, 1, 1)


def noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 4, tzinfo=UTC)


@pytest.fixture(scope="module")
def new_tree(world: World) -> Callable[[], Federation]:
    """Makes federations with three streets, communities, parks, unions and branches, set up at the start of 2024."""

    def make() -> Federation:
        with clock.at(noon(FIRST)):
            federation = world.federation(plugins=())
            with federation.uow() as uow:
                _grow(uow, federation)
        return federation

    return make


def _grow(uow: UnitOfWork, federation: Federation) -> None:
    root = uow.session.get_one(OrgUnit, (uow.tenant_id, federation.units["district"]))
    streets = [new_unit(root, OrgUnitKind.STREET_FEDERATION, f"{n}街道") for n in "甲乙丙"]
    communities = [new_unit(s, OrgUnitKind.COMMUNITY_FEDERATION, f"{s.name}社区") for s in streets * 2]
    parks = [new_unit(c, OrgUnitKind.PARK_FEDERATION, f"{c.name}园区") for c in communities[:3]]
    unions = [
        # Taken over from a register: founded long before the units above were set up here.
        new_unit(place, OrgUnitKind.GRASSROOTS_UNION, f"{place.name}工会", valid_from=date(2017, 9, 1))
        for place in (*communities, *parks)
    ]
    branches = [new_unit(union, OrgUnitKind.UNION_BRANCH, "分会") for union in unions[:3]]
    groups = [new_unit(place, OrgUnitKind.UNION_GROUP, "小组") for place in (*unions[:2], *branches)]
    for level in (streets, communities, parks, unions, branches, groups):
        uow.add(*level)
        uow.session.flush()


def some_change(uow: UnitOfWork, chance: Random) -> Change:
    units = uow.session.scalars(select(OrgUnit).order_by(OrgUnit.id)).all()
    below = defaultdict(list)
    for unit in units:
        below[unit.parent_id].append(unit)
    one, other = chance.choice(units), chance.choice(units)
    kind = chance.choice(["move", "move", "move", "merge", "merge", "split", "close"])
    if kind == "move":
        return Move(one.id, other.id)
    if kind == "merge":
        alike = [unit for unit in units if unit.kind == one.kind]
        some = tuple(unit.id for unit in chance.sample(alike, min(len(alike), chance.randint(2, 3))))
        if chance.random() < 0.6:
            return Merge(some, some[0])
        return Merge(some, name="合并后", parent_id=one.parent_id)
    if kind == "split":
        return Split(one.id, "分设", tuple(child.id for child in below[one.id] if chance.random() < 0.6))
    return Close(one.id)


def check(uow: UnitOfWork, chance: Random, days: list[date]) -> None:
    edges = uow.session.scalars(select(OrgEdge)).all()
    units = {unit.id: unit for unit in uow.session.scalars(select(OrgUnit)).all()}
    for day in days:
        parents = [(e.unit_id, e.parent_id) for e in edges if _holds(e, day)]
        assert Counter(unit_id for unit_id, _parent in parents) == Counter(units.keys()), day
        sizes = _sizes(dict(parents))
        some = chance.choice(list(units))
        assert len(units_under(uow, some, on=day)) == sizes[some]
        children = [unit for unit, parent in parents if parent == some]
        assert sizes[some] == 1 + sum(len(units_under(uow, child, on=day)) for child in children)
    now = {e.unit_id: e.parent_id for e in edges if _holds(e, clock.today())}
    for unit in units.values():
        parent = units[now[unit.id]] if now[unit.id] else None
        assert unit.parent_id == now[unit.id]
        assert unit.path == (parent.path if parent else "") + f"{unit.id.hex[-12:]}."


def _holds(edge: OrgEdge, day: date) -> bool:
    return (edge.valid_from <= day or edge.is_first) and (edge.valid_to is None or day <= edge.valid_to)


def _sizes(parents: dict[UUID, UUID | None]) -> Counter[UUID]:
    """How many stand at and below each unit; a circle would never come to its end."""
    sizes: Counter[UUID] = Counter()
    for unit in parents:
        at: UUID | None = unit
        for _step in range(len(parents)):
            if at is None:
                break
            sizes[at] += 1
            at = parents[at]
        assert at is None, "a circle"
    return sizes


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10**9), steps=st.lists(st.integers(-40, 60), min_size=4, max_size=14))
def test_random_reorganisations_keep_the_tree_a_tree_on_every_day(
    new_tree: Callable[[], Federation], seed: int, steps: list[int]
) -> None:
    chance, federation, today = Random(seed), new_tree(), FIRST
    days = {date(2017, 1, 1), FIRST - timedelta(days=1), FIRST}
    for step in steps:
        today += timedelta(days=chance.randint(0, 30))
        with clock.at(noon(today)), federation.uow() as uow:
            settle(uow)
            # Some days lie in the past, some are to come; a good many of the changes are refused.
            day = today + timedelta(days=step)
            for _attempt in range(6):
                with suppress(DomainError):
                    reorganise(uow, some_change(uow, chance), effective_on=day)
            days |= {day, day - timedelta(days=1), today}
        with clock.at(noon(today)), federation.uow() as uow:
            settled = [each for each in days if each <= today]
            check(uow, chance, [*sorted(settled)[-4:], date(2017, 1, 1)])
    with clock.at(noon(today + timedelta(days=90))), federation.uow() as uow:
        settle(uow)
        check(uow, chance, sorted(days))
