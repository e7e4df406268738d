"""Reminders: those who are to act hear of a deadline before it and after it, their superiors when nothing happens."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from uuid import UUID

import pytest
from tests.designs.asking import long_standing
from tests.designs.dispute import dispute, from_acceptance
from tests.designs.samples import dispute_at

from gonghui.db import policies
from gonghui.notifications.inbox import list_inbox
from gonghui.records.deadline_changes import suspend_deadline
from gonghui.records.reminders import remind
from gonghui.records.steps import take_step
from gonghui.testing import Federation, World
from gonghui.testing.queries import counted_statements
from gonghui.values import clock


@pytest.fixture
def federation(world: World) -> Federation:
    """A federation that was there in 2024."""
    return long_standing(world)


@contextmanager
def june(day: int) -> Iterator[None]:
    with clock.at(datetime(2024, 6, day, 2, tzinfo=UTC)):
        yield


def accepted(federation: Federation, unit: str = "garden", number: int = 1) -> list[UUID]:
    """Cases whose mediation ends on 20 June 2024."""
    with june(5), federation.uow() as uow:
        return [dispute_at(("accept", {}))(uow, federation.units[unit]) for _ in range(number)]


def run(federation: Federation, day: int) -> dict[str, int]:
    with june(day), federation.uow() as uow:
        return remind(uow, [dispute], [from_acceptance])


def told(federation: Federation, day: int) -> dict[str, list[str]]:
    """What everybody was told on a day of June that they had not been told before, by login."""
    with federation.uow() as uow:
        found = {
            login: [
                item["text"]
                for item in list_inbox(uow, account, only_unread=True, before=None, limit=100)
                if item["at"].astimezone(clock.LAW_TIME).day == day
            ]
            for login, account in federation.accounts.items()
        }
    return {login: texts for login, texts in found.items() if texts}


def test_a_deadline_is_spoken_of_once_at_each_stage(federation: Federation) -> None:
    accepted(federation)
    spoken = {day: run(federation, day) for day in (*range(15, 27), 26)}
    assert {day: kinds for day, kinds in spoken.items() if kinds} == {
        21: {"core.deadline.overdue": 1},
        24: {"core.deadline.escalated": 1},
    }


def test_those_who_are_to_act_hear_of_it_and_then_those_above_them(federation: Federation) -> None:
    accepted(federation)
    for day in (21, 24):
        run(federation, day)
    sentence = "劳动争议案件：“调解期满”已逾期 {n} 天（2024年6月20日到期）。"
    assert told(federation, 21) == {"garden": [sentence.format(n=1)]}
    assert told(federation, 24) == {"east": [sentence.format(n=4)]}


def test_what_nobody_noticed_for_long_is_told_to_both_at_once(federation: Federation) -> None:
    accepted(federation)
    assert run(federation, 28) == {"core.deadline.overdue": 1, "core.deadline.escalated": 1}
    assert set(told(federation, 28)) == {"garden", "east"}


def test_what_was_met_or_stands_still_is_not_spoken_of(federation: Federation) -> None:
    met, still = accepted(federation, number=2)
    with june(19), federation.uow("garden") as uow:
        case = uow.session.get_one(dispute.model, (uow.tenant_id, met))
        take_step(uow, dispute, met, case.version, "agree", {"agreed": 100})
        case = uow.session.get_one(dispute.model, (uow.tenant_id, still))
        suspend_deadline(uow, case, from_acceptance, clock.today(), "鉴定")
    assert run(federation, 28) == {}


def test_thirty_deadlines_take_as_many_statements_as_one(federation: Federation) -> None:
    engine, sent = federation.world.database.engine(policies.APP), {}
    for number, day in ((1, 21), (30, 22)):
        accepted(federation, number=number)
        with counted_statements(engine) as statements:
            assert run(federation, day) == {"core.deadline.overdue": number}
        sent[number] = len(statements)
    assert sent[1] == sent[30]
    assert len(told(federation, 22)["garden"]) == 30
