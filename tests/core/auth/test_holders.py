"""Who could act for a unit: the holders of a permission, by how near their role stands."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from gonghui.auth.accounts import RoleAssignment, account_by_id
from gonghui.auth.credentials import close_account
from gonghui.auth.holders import nearest_holders
from gonghui.db import policies
from gonghui.testing import Federation, World
from gonghui.testing.queries import counted_statements
from gonghui.values import clock

READ = "core.org_unit.read"


@pytest.fixture
def federation(world: World) -> Federation:
    return world.federation()


def names(federation: Federation, unit: str, *, above: bool = False) -> set[str]:
    """Logins of the nearest holders."""
    login = {account: name for name, account in federation.accounts.items()}
    with federation.uow() as uow:
        found = nearest_holders(uow, [federation.units[unit]], {READ: above})
        return {login[holder.account_id] for holder in found}


def test_the_nearest_role_counts(federation: Federation) -> None:
    assert names(federation, "garden") == {"garden"}
    assert names(federation, "east") == {"east"}
    assert names(federation, "firm") == {"firm"}
    assert names(federation, "river") == {"west"}  # nobody works at the community itself


def test_what_has_to_be_held_over_a_unit_is_not_held_at_it(federation: Federation) -> None:
    assert names(federation, "firm", above=True) == {"garden"}
    assert names(federation, "east", above=True) == {"admin", "auditor", "district"}
    assert names(federation, "district", above=True) == set()


def test_whoever_has_gone_or_not_yet_come_is_nobody(federation: Federation) -> None:
    with federation.uow() as uow:
        account = account_by_id(uow, federation.accounts["garden"])
        assert account is not None
        close_account(uow, account)
        mine = select(RoleAssignment).where(RoleAssignment.account_id == federation.accounts["firm"])
        uow.session.scalars(mine).one().valid_to = clock.today() - timedelta(days=1)
    assert names(federation, "firm") == {"east"}


def test_many_units_are_one_statement(federation: Federation) -> None:
    units = [federation.units[name] for name in ("east", "garden", "firm", "west")]
    with (
        counted_statements(federation.world.database.engine(policies.APP)) as sent,
        federation.uow() as uow,
    ):
        found = nearest_holders(uow, units, {READ: False, "core.deadline.read": False})
    assert {holder.unit_id for holder in found} == set(units)
    assert len([statement for statement in sent if "role_assignment" in statement]) == 1
