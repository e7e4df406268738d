"""What time does by itself: who it is done by, what holds it up, and how it is run from the command line."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from click.testing import CliRunner
from sqlalchemy import select
from tests.designs.asking import long_standing, on
from tests.designs.dispute import dispute, from_acceptance
from tests.designs.samples import dispute_at

from gonghui.audit.entries import AuditEntry, PlatformEntry
from gonghui.errors import Conflict
from gonghui.i18n import Text
from gonghui.lifecycle.installation import Installation
from gonghui.lifecycle.timer_commands import timers
from gonghui.plugin_host.switching import switch_off, switch_on
from gonghui.records.deadline_changes import suspend_deadline
from gonghui.records.record_types import RecordType
from gonghui.records.timers import TimerRun, run_timers
from gonghui.records.workflow import Transition, Workflow, WorkflowError
from gonghui.testing import Federation, World
from gonghui.values.principal import system

EXPIRE = "designs.dispute.expire"


@pytest.fixture
def federation(world: World) -> Federation:
    """A federation that was there in 2024."""
    return long_standing(world)


def accepted(federation: Federation, number: int = 1) -> list[UUID]:
    """Cases whose mediation ends on 20 June 2024."""
    with on(federation, 2024, 6, 5), federation.uow() as uow:
        return [dispute_at(("accept", {}))(uow, federation.units["garden"]) for _ in range(number)]


def run(federation: Federation, day: int) -> TimerRun:
    with on(federation, 2024, 6, day), federation.uow() as uow:
        uow.become(system(uow.tenant_id))
        return run_timers(uow, [dispute])[EXPIRE]


def state(federation: Federation, case_id: UUID) -> str:
    with federation.uow() as uow:
        return str(uow.session.scalar(select(dispute.table.c.state).where(dispute.table.c.id == case_id)))


def test_a_deadline_passes_on_the_day_after_it_and_once(federation: Federation) -> None:
    (case,) = accepted(federation)
    assert [run(federation, day).moved for day in (19, 20, 21, 22)] == [0, 0, 1, 0]
    with federation.uow() as uow:
        entry = uow.session.scalars(select(AuditEntry).where(AuditEntry.action == EXPIRE)).first()
        assert entry is not None
        assert (entry.actor_kind, entry.account_id, entry.object_id) == ("system", None, case)


def test_a_deadline_that_stands_still_does_not_pass(federation: Federation) -> None:
    (case,) = accepted(federation)
    with on(federation, 2024, 6, 10), federation.uow() as uow:
        record = uow.session.get_one(dispute.model, (uow.tenant_id, case))
        suspend_deadline(uow, record, from_acceptance, date(2024, 6, 10), "双方协商")
    assert run(federation, 28).moved == 0


@contextmanager
def expiry(effect: Callable[..., None]) -> Iterator[None]:
    """The dispute's timer with an effect of its own, for the length of the block."""
    before = dispute.workflow
    timed = before.named("expire")
    other = Transition(timed.name, timed.step, timed.title, timer=timed.timer, effect=effect)
    steps = [other if each is timed else each for each in before.transitions]
    dispute.workflow = Workflow(before.initial, before.states, steps, changeable=before.changeable)
    try:
        yield
    finally:
        dispute.workflow = before


def test_a_record_whose_effect_is_refused_keeps_no_other_back(federation: Federation) -> None:
    bad, good = accepted(federation, 2)

    def refuse_one(uow: Any, case: Any, _answers: object) -> None:
        uow.note("designs.dispute.never")
        case.cause = "injury"
        uow.session.flush()
        if case.id == bad:
            raise Conflict("made_up", Text("不行"))

    with expiry(refuse_one):
        done = run(federation, 21)
    assert (done.moved, list(done.refused)) == (1, [bad])
    assert (state(federation, bad), state(federation, good)) == ("mediating", "expired")
    with federation.uow() as uow:
        told = uow.session.scalars(
            select(AuditEntry.object_id).where(AuditEntry.action == "designs.dispute.never")
        )
        assert set(told) == {good}


def test_a_case_that_somebody_works_on_is_left_to_the_next_run(federation: Federation) -> None:
    (case,) = accepted(federation)
    with federation.uow() as other:
        other.session.scalars(
            select(dispute.model).where(dispute.model.id == case).with_for_update()  # type: ignore[attr-defined]
        ).one()
        assert run(federation, 21).moved == 0
    assert run(federation, 21).moved == 1


def shell(world: World) -> Callable[[], AbstractContextManager[Installation]]:
    @contextmanager
    def opened() -> Iterator[Installation]:
        yield Installation(world.database, world.registry, "")

    return opened


def test_the_command_runs_the_timers_of_the_plugins_that_are_on(federation: Federation) -> None:
    world, code = federation.world, federation.view.code
    (case,) = accepted(federation)
    runner, command = CliRunner(), ["--tenant", code, "--json"]
    with on(federation, 2024, 6, 21):
        with federation.uow() as uow:
            switch_off(uow, world.registry, world.registry.plugins["designs"])
        off = runner.invoke(timers, command, obj=shell(world), catch_exceptions=False)
        assert EXPIRE not in json.loads(off.output)
        assert state(federation, case) == "mediating"
        with federation.uow() as uow:
            switch_on(uow, world.registry, world.registry.plugins["designs"])
        done = runner.invoke(timers, command, obj=shell(world), catch_exceptions=False)
        assert json.loads(done.output)[EXPIRE] == {"moved": 1, "refused": []}
        again = runner.invoke(timers, ["--tenant", code], obj=shell(world), catch_exceptions=False)
    assert f"{EXPIRE}：已办理 0 条" in again.output
    assert state(federation, case) == "expired"
    with world.database.operator() as session:
        entered = select(PlatformEntry.tenant_id).where(PlatformEntry.action == "tenant.entered")
        assert federation.view.id in set(session.scalars(entered))


def test_record_types_are_looked_up_by_the_plugins_that_are_on(world: World) -> None:
    registry = world.registry
    every: list[RecordType] = registry.record_types()
    assert dispute in every
    assert dispute in registry.record_types(frozenset({"designs"}))
    assert registry.record_types(frozenset()) == []


@pytest.mark.parametrize("also", [{"own": True}, {"shared": True}, {"in_bulk": True}, {"above": True}])
def test_what_time_does_is_nobody_elses_to_do(also: dict[str, bool]) -> None:
    timed = Transition("expire", "open -> shut", Text("到期"), timer=from_acceptance, **also)  # type: ignore[arg-type]
    with pytest.raises(WorkflowError, match="the system takes it"):
        Workflow("open", {"open": Text("开"), "shut": Text("关")}, (timed,))
