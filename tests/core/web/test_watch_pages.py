"""The pages of deadlines and of tasks that failed: what is late comes first, and what was given up begins anew."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import insert

from gonghui.events.deliveries import DeliveryState, EventDelivery
from gonghui.events.handlers import BULK
from gonghui.records.deadline_rules import DeadlineRule
from gonghui.records.deadlines import meet_deadline, set_deadline
from gonghui.testing import Federation
from gonghui.testing.queries import counted_statements
from gonghui.values import clock
from gonghui.values.ids import new_id
from gonghui.web import deadlines
from gonghui_organising.union import GrassrootsUnion
from gonghui_organising.union_samples import drafted

HOME = "/console/deadlines"
EVENTS = "/console/events"
Rules = dict[str, DeadlineRule]


def _due(federation: Federation, rule: DeadlineRule, unit: str, first: date, *, met: bool = False) -> None:
    with federation.uow("district") as uow:
        union = uow.session.get_one(GrassrootsUnion, (uow.tenant_id, drafted(uow, federation.units[unit])))
        set_deadline(uow, union, rule, first)
        if met:
            meet_deadline(uow, union, rule, clock.today())


@pytest.fixture
def watched(federation: Federation, rules: Rules) -> Federation:
    """One deadline long past in the west; one that runs, and one that was met late, at the garden."""
    _due(federation, rules["reply"], "west", date(2024, 4, 8))
    _due(federation, rules["reply"], "garden", clock.today())
    _due(federation, rules["reply"], "garden", date(2024, 5, 6), met=True)
    return federation


def _rows(text: str) -> int:
    return text.count('<td class="state-cell">')


def test_the_most_urgent_comes_first_and_the_unit_in_view_narrows(
    reader: Callable[..., Any], watched: Federation
) -> None:
    officer = reader(watched, "district")
    shown = officer.open(HOME).text
    assert _rows(shown) == 2
    assert re.findall(r'<td class="state-cell"><span class="state state-(\w+)', shown)[0] == "red"
    assert shown.index('datetime="2024-04-23"') < shown.rindex("<time")
    assert _rows(officer.open(f"{HOME}?unit={watched.units['east']}").text) == 1
    assert _rows(officer.open(f"{HOME}?view=overdue").text) == 1
    met = officer.open(f"{HOME}?view=met").text
    assert (_rows(met), "逾期办结" in met) == (1, True)


def test_the_numbers_say_how_many_there_are_by_unit(reader: Callable[..., Any], watched: Federation) -> None:
    shown = reader(watched, "district").open(HOME).text
    assert "<b>1</b> 件" in shown
    assert "<b>2</b> 件" in shown
    assert re.search(r'href="[^"]*view=overdue[^"]*">1</a>', shown)


def test_pages_follow_one_another(
    reader: Callable[..., Any], watched: Federation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deadlines, "_AT_ONCE", 1)
    officer = reader(watched, "district")
    first = officer.open(HOME).text
    path = re.search(r'rel="next" href="([^"]+)"', first)
    assert path is not None
    second = officer.open(path.group(1).replace("&amp;", "&")).text
    assert (_rows(first), _rows(second)) == (1, 1)
    assert 'rel="next"' not in second


def test_as_many_statements_for_one_deadline_as_for_many(
    reader: Callable[..., Any], watched: Federation, rules: Rules
) -> None:
    officer, engine = reader(watched, "district"), watched.world.database.engine("gonghui_app")
    numbers = []
    for _turn in range(2):
        officer.open(HOME)
        with counted_statements(engine) as sent:
            officer.open(HOME)
        numbers.append(len(sent))
        for days in range(5):
            _due(watched, rules["reply"], "garden", clock.today() - timedelta(days=days))
    assert numbers[0] == numbers[1]


def _given_up(federation: Federation) -> UUID:
    delivery_id = new_id()
    values = {"handler": "core.settle_tree", "key": str(delivery_id), "queue": BULK, "state": "dead"}
    with federation.world.database.relay() as connection:
        made = insert(EventDelivery).values(
            tenant_id=federation.view.id, id=delivery_id, error="ValueError (tree.py:7)", attempts=8, **values
        )
        connection.execute(made)
    return delivery_id


def test_a_task_that_failed_says_why_and_is_resumed(
    reader: Callable[..., Any], federation: Federation
) -> None:
    admin, delivery_id = reader(federation, "admin"), _given_up(federation)
    assert "ValueError (tree.py:7)" in admin.open(EVENTS).text
    path = f"{EVENTS}/{delivery_id}/resume"
    done = admin.send(path, at=EVENTS)
    assert (done.status_code, done.headers["Location"]) == (303, f"{EVENTS}?resumed=1")
    with federation.uow() as uow:
        found = uow.session.get_one(EventDelivery, (uow.tenant_id, delivery_id))
        assert (found.state, found.attempts) == (DeliveryState.WAITING.value, 0)
    assert "没有未办成的任务" in admin.open(EVENTS).text
    assert admin.send(path, at=EVENTS).headers["Location"] == EVENTS


def test_a_task_of_another_federation_is_not_there(
    reader: Callable[..., Any], federation: Federation
) -> None:
    other = federation.world.federation()
    answer = reader(federation, "admin").send(f"{EVENTS}/{_given_up(other)}/resume", at=EVENTS)
    assert answer.status_code == 404
