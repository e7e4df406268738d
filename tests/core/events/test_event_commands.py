"""`gonghui events`, and the processes that say what they miss."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import nullcontext

import click
import orjson
import pytest
from click.testing import CliRunner, Result

from gonghui.commands.events import events
from gonghui.commands.processes import relay, worker
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.events.handlers import SWIFT, Event, Handler
from gonghui.events.relay import Relay
from gonghui.lifecycle.installation import Installation
from gonghui.settings import settings
from gonghui.testing import Federation


def run(federation: Federation, *arguments: str) -> Result:
    installation = Installation(federation.world.database, federation.world.registry, "")
    asked = [*arguments, "--tenant", federation.view.code]
    return CliRunner().invoke(events, asked, obj=lambda: nullcontext(installation), catch_exceptions=False)


def test_what_was_given_up_is_listed_and_resumed_at_the_terminal(
    federation: Federation,
    relay_here: Callable[[Mapping[str, Handler]], Relay],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuses(_uow: UnitOfWork, _event: Event) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(settings(), "delivery_attempts", 1)
    with federation.uow() as uow:
        uow.publish("core.refused")
    relay_here({"core.refuses": Handler("core.refuses", None, SWIFT, refuses, ("core.refused",))}).run_once()
    (dead,) = orjson.loads(run(federation, "dead", "--json").output)
    line = run(federation, "dead").output
    assert all(word in line for word in (dead["id"], "core.refuses", "core.refused", "ZeroDivisionError"))
    assert "core.refuses" in run(federation, "resume", dead["id"]).output
    assert orjson.loads(run(federation, "dead", "--json").output) == []
    (waiting,) = orjson.loads(run(federation, "list", "--state", "waiting", "--json").output)
    assert (waiting["id"], waiting["attempts"]) == (dead["id"], 0)


@pytest.mark.parametrize("process", [worker, relay])
def test_a_process_without_a_broker_says_what_it_misses(process: click.Command) -> None:
    answer = CliRunner().invoke(process)
    assert answer.exit_code == 2
    assert "GONGHUI_BROKER_URL" in answer.output
