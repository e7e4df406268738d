"""The core's commands: planned reorganisations that are due, and the figures of law."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import date, timedelta

import click
import orjson
from click.testing import CliRunner, Result

from gonghui.commands.org import org
from gonghui.commands.parameters import parameters
from gonghui.lifecycle.installation import Installation
from gonghui.lifecycle.reorganisation import Change, Merge, Move
from gonghui.lifecycle.reorganising import reorganise
from gonghui.tenancy.org_tree import OrgUnit
from gonghui.tenancy.parameter_changes import decide_figure
from gonghui.testing import Federation, World
from gonghui.testing.federation import UNITS
from gonghui.values import clock

COMMITTEE = "organising.committee.members_from"


def run(world: World, command: click.Command, *arguments: str) -> Result:
    installation = Installation(world.database, world.registry, "")
    return CliRunner().invoke(
        command, arguments, obj=lambda: nullcontext(installation), catch_exceptions=False
    )


def planned(federation: Federation, change: Change, days: int = 1) -> None:
    with federation.uow("admin") as uow:
        reorganise(uow, change, effective_on=clock.today() + timedelta(days=days))


def test_settle_applies_what_is_due_and_says_what_failed(world: World, federation: Federation) -> None:
    units, code = federation.units, federation.view.code
    planned(federation, Move(units["garden"], units["west"]))
    planned(federation, Merge((units["garden"], units["river"]), units["garden"]), 2)
    planned(federation, Move(units["river"], units["east"]), 3)
    tomorrow = clock.today() + timedelta(days=1)
    assert run(world, org, "settle", "--tenant", code).output == ""
    with clock.at(clock.now() + timedelta(days=1)):
        assert run(world, org, "settle", "--tenant", code).output == f"{code}  {tomorrow}  move  applied\n"
    with clock.at(clock.now() + timedelta(days=3)):
        # Without a tenant, all of them.
        said = [line for line in run(world, org, "settle").output.splitlines() if line.startswith(f"{code} ")]
    assert [line.split()[2:4] for line in said] == [["merge", "applied"], ["move", "failed"]]
    assert UNITS["river"] in said[1]
    with federation.uow() as uow:
        assert uow.session.get_one(OrgUnit, (uow.tenant_id, units["river"])).successor_id == units["garden"]


def test_figures_are_listed_and_one_is_told_with_its_history(world: World, federation: Federation) -> None:
    day = clock.today() + timedelta(days=5)
    with federation.uow("admin") as uow:
        decide_figure(
            uow, COMMITTEE, 20, effective_from=day, effective_to=None, basis="示工发1号", reason="示"
        )
    tenant = ("--tenant", federation.view.code)
    listed = run(world, parameters, *tenant).output
    assert f"{COMMITTEE}  25 members  nation@2022-01-01" in listed
    assert f"  {day} → 20  tenant@{day}" in listed
    assert "organising.full_time_staff.staff_from  这一天没有生效的数值" in listed
    one = orjson.loads(run(world, parameters, COMMITTEE, *tenant, "--on", str(day), "--json").output)
    assert (one["value"], [past["value"] for past in one["history"]]) == (20, [25, 20])
    told = run(world, parameters, COMMITTEE, *tenant, "--on", str(date(1990, 1, 1))).output
    assert told.startswith(f"{COMMITTEE}  这一天没有生效的数值")
