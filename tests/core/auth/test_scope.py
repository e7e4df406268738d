"""Scope: what a role at a unit reaches, and the words that say why or why not."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from gonghui.auth.accounts import RoleAssignment, account_by_id, assign, extend_role
from gonghui.auth.recognition import principal_by_id
from gonghui.auth.scope import explain, reaches, require, unit_within, visible
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.errors import Forbidden, NotFound
from gonghui.tenancy.org_tree import OrgUnit
from gonghui.testing import Federation, World
from gonghui.testing.federation import UNITS
from gonghui.values import clock
from gonghui.values.principal import Principal, anonymous

READ, APPROVE = "core.org_unit.read", "organising.union.approve"
EVERYWHERE = set(UNITS)

#: What each officer reaches with READ.
REACHED = {
    "admin": EVERYWHERE,
    "district": EVERYWHERE,
    "auditor": EVERYWHERE,
    "east": {"east", "garden", "firm"},
    "west": {"west", "river", "firm_west"},
    "garden": {"garden", "firm"},
    "firm": {"firm"},
    "worker": set(),
    "guest": set(),
}


def seen(uow: UnitOfWork, federation: Federation, principal: Principal, permission: str = READ) -> set[str]:
    """Short names of the units that the principal sees."""
    ids = set(
        uow.session.scalars(select(OrgUnit.id).where(visible(principal, permission, OrgUnit.__table__.c.id)))
    )
    return {short for short, unit_id in federation.units.items() if unit_id in ids}


def path_of(uow: UnitOfWork, federation: Federation, short: str) -> str:
    return uow.session.scalars(select(OrgUnit.path).where(OrgUnit.id == federation.units[short])).one()


def give(
    federation: Federation, login: str, role: str, unit: str, first: date, last: date | None = None
) -> None:
    with federation.uow() as uow:
        account = account_by_id(uow, federation.accounts[login])
        place = uow.session.get(OrgUnit, (uow.tenant_id, federation.units[unit]))
        assert account is not None
        assert place is not None
        assignment = assign(uow, account, extend_role(uow, role, role, []), place, valid_to=last)
        assignment.valid_from = first


@pytest.mark.parametrize("login", REACHED)
def test_a_role_reaches_its_unit_and_those_below(shared_federation: Federation, login: str) -> None:
    with shared_federation.uow(login) as uow:
        assert seen(uow, shared_federation, uow.principal) == REACHED[login]


@pytest.mark.parametrize("login", REACHED)
def test_all_ways_to_ask_agree(shared_federation: Federation, login: str) -> None:
    with shared_federation.uow(login) as uow:
        principal = uow.principal
        for short, unit_id in shared_federation.units.items():
            expected = short in REACHED[login]
            assert reaches(principal, READ, path_of(uow, shared_federation, short)) is expected
            assert explain(uow, principal, READ, unit_id).allowed is expected
            assert is_within(uow, principal, unit_id) is expected


def is_within(uow: UnitOfWork, principal: Principal, unit_id: UUID) -> bool:
    try:
        return unit_within(uow, principal, READ, unit_id).id == unit_id
    except NotFound:
        return False


def test_nobody_known_reaches_nothing(shared_federation: Federation) -> None:
    with shared_federation.uow() as uow:
        assert seen(uow, shared_federation, anonymous(uow.tenant_id)) == set()


def test_the_operator_reaches_everything_of_the_tenant_he_entered(shared_federation: Federation) -> None:
    with shared_federation.uow() as uow:
        assert seen(uow, shared_federation, uow.principal) == EVERYWHERE


def test_another_permission_of_the_same_role_does_not_widen_the_first(shared_federation: Federation) -> None:
    with shared_federation.uow("garden") as uow:
        assert seen(uow, shared_federation, uow.principal, APPROVE) == set()


def test_a_unit_above_is_told_apart_from_the_unit_itself(shared_federation: Federation) -> None:
    with shared_federation.uow("east") as uow:
        east, garden = (path_of(uow, shared_federation, short) for short in ("east", "garden"))
        assert not reaches(uow.principal, APPROVE, east, strictly_above=True)
        assert reaches(uow.principal, APPROVE, garden, strictly_above=True)


def test_a_role_at_two_units_reaches_both(federation: Federation) -> None:
    give(federation, "garden", "community_officer", "west", clock.today())
    with federation.uow("garden") as uow:
        assert seen(uow, federation, uow.principal) == REACHED["garden"] | REACHED["west"]


def test_a_role_given_twice_on_one_line_reaches_what_the_upper_one_does(federation: Federation) -> None:
    give(federation, "firm", "enterprise_officer", "east", clock.today())
    with federation.uow("firm") as uow:
        assert seen(uow, federation, uow.principal) == REACHED["east"]
        assert len(uow.principal.roots(READ)) == 1


@pytest.mark.parametrize(
    ("first", "last", "holds"),
    [
        (0, None, True),
        (0, 0, True),
        (-10, 0, True),
        (-10, -1, False),
        (1, None, False),
        (1, 10, False),
    ],
)
def test_a_role_holds_between_its_dates_both_included(
    federation: Federation, first: int, last: int | None, holds: bool
) -> None:
    today = clock.today()
    ends = today + timedelta(days=last) if last is not None else None
    give(federation, "worker", "community_officer", "river", today + timedelta(days=first), ends)
    with federation.uow("worker") as uow:
        assert seen(uow, federation, uow.principal) == ({"river", "firm_west"} if holds else set())


def test_a_role_that_ends_closes_a_running_session(federation: Federation) -> None:
    east = federation.client("east")
    assert east.get("/api/v1/org-units").status_code == 200
    with federation.uow() as uow:
        held = select(RoleAssignment).where(RoleAssignment.account_id == federation.accounts["east"])
        uow.session.scalars(held).one().valid_to = clock.today() - timedelta(days=1)
    assert east.get("/api/v1/org-units").status_code == 403


def test_a_unit_out_of_reach_and_one_that_is_not_there_look_alike(shared_federation: Federation) -> None:
    east, units = shared_federation.client("east"), "/api/v1/org-units"
    hidden = east.get(f"{units}/{shared_federation.units['west']}")
    missing = east.get(f"{units}/{shared_federation.accounts['east']}")
    assert (hidden.status_code, hidden.data) == (missing.status_code, missing.data) == (404, hidden.data)
    assert (
        shared_federation.client("west").get(f"{units}/{shared_federation.units['west']}").status_code == 200
    )


def test_a_permission_that_is_nowhere_held_is_refused(shared_federation: Federation) -> None:
    with shared_federation.uow("garden") as uow:
        require(uow.principal, READ)
        with pytest.raises(Forbidden) as refused:
            require(uow.principal, APPROVE)
    assert refused.value.extra == {"permission": APPROVE}


# --- the words


def test_each_answer_has_a_reason_of_its_own(shared_federation: Federation) -> None:
    west = shared_federation.units["west"]
    with shared_federation.uow() as uow:
        east = principal_by_id(uow, shared_federation.accounts["east"])
        garden = principal_by_id(uow, shared_federation.accounts["garden"])
        limited = Principal(
            east.kind, east.tenant_id, east.account_id, grants=east.grants, token_permissions=frozenset()
        )
        answers = [
            explain(uow, uow.principal, READ, west),
            explain(uow, east, READ),
            explain(uow, east, READ, shared_federation.units["garden"]),
            explain(uow, east, READ, west),
            explain(uow, garden, APPROVE),
            explain(uow, limited, READ),
        ]
    assert [answer.allowed for answer in answers] == [True, True, True, False, False, False]
    assert len({answer.reason.message for answer in answers}) == len(answers)


def test_a_reason_names_the_role_and_where_it_holds(shared_federation: Federation) -> None:
    with shared_federation.uow("east") as uow:
        answer = explain(uow, uow.principal, READ, shared_federation.units["firm"])
    assert str(answer.reason.params["role"]) == "街道工会干部"
    assert [grant.org_unit_id for grant in answer.grants] == [shared_federation.units["east"]]


@pytest.mark.parametrize(("unit", "allowed"), [("garden", True), ("west", False)])
def test_anybody_may_ask_why_over_http(shared_federation: Federation, unit: str, allowed: bool) -> None:
    asked = f"/api/v1/explain?permission={APPROVE}&org_unit_id={shared_federation.units[unit]}"
    answer = shared_federation.client("east").get(asked)
    assert answer.status_code == 200
    assert answer.json["allowed"] is allowed
    assert answer.json["reason"]


def test_an_explanation_says_that_the_plugin_is_off(world: World) -> None:
    answer = world.federation(plugins=()).client("district").get(f"/api/v1/explain?permission={APPROVE}")
    assert answer.json["allowed"] is False
    assert "organising" in answer.json["reason"]
