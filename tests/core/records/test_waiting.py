"""What waits: records with an expected step, for those who may take it and stand nearest, the most urgent first."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from tests.designs.asking import long_standing
from tests.designs.dispute import dispute
from tests.designs.samples import dispute_at

from gonghui.records.listing import MINE, list_rows
from gonghui.records.record_types import RecordType
from gonghui.records.sight import path_of
from gonghui.records.waiting import Count, Desk, Item, count_waiting, list_waiting
from gonghui.testing import Federation, World
from gonghui.testing.queries import counted_statements
from gonghui.values import clock
from gonghui_organising.union_samples import founding_values
from gonghui_organising.unions import unions


@pytest.fixture
def federation(world: World) -> Federation:
    return world.federation()


@contextmanager
def june(day: int) -> Iterator[None]:
    with clock.at(datetime(2024, 6, day, 2, tzinfo=UTC)):
        yield


def kinds(federation: Federation) -> list[RecordType]:
    return federation.world.registry.record_types()


def submitted(federation: Federation, unit: str = "firm", drafter: str = "firm") -> UUID:
    """A union that its officer has sent in."""
    made = federation.client(drafter).post(
        "/api/v1/organising/unions", founding_values(federation.units[unit])
    )
    sent = federation.client(drafter).post(
        f"/api/v1/organising/unions/{made.json['id']}/submit", headers={"If-Match": made.headers["ETag"]}
    )
    assert sent.status_code == 200, sent.text
    return UUID(made.json["id"])


def waits(federation: Federation, login: str, **options: Any) -> list[Item]:
    with federation.uow(login) as uow:
        return list_waiting(uow, Desk(kinds(federation), **options), limit=50)


def test_what_was_sent_in_waits_for_who_is_next_and_for_nobody_else(federation: Federation) -> None:
    union = submitted(federation)
    found = {login: [item.id for item in waits(federation, login)] for login in federation.accounts}
    assert {login: ids for login, ids in found.items() if ids} == {"east": [union]}


def test_what_others_stand_nearer_to_shows_only_when_everything_is_asked_for(federation: Federation) -> None:
    union = submitted(federation)
    assert waits(federation, "district") == []
    assert [item.id for item in waits(federation, "district", everything=True)] == [union]
    item = waits(federation, "east")[0]
    assert item.kind is unions
    assert item.name.endswith("电子有限公司工会委员会")
    assert {str(step) for step in item.steps} == {"批准", "退回补正"}


def test_the_unit_in_view_and_the_kind_narrow_it(federation: Federation) -> None:
    submitted(federation)
    with federation.uow("district") as uow:
        path = {unit: path_of(uow, federation.units[unit]) for unit in ("east", "west")}
    assert len(waits(federation, "district", everything=True, path=path["east"])) == 1
    assert waits(federation, "district", everything=True, path=path["west"]) == []
    assert waits(federation, "district", everything=True, only="organising.member") == []


def test_whoever_sent_it_in_does_not_decide(federation: Federation) -> None:
    submitted(federation, drafter="east")
    assert [str(step) for step in waits(federation, "east")[0].steps] == ["退回补正"]
    (item,) = waits(federation, "district", everything=True)
    assert {str(step) for step in item.steps} == {"批准", "退回补正"}


def test_the_most_urgent_come_first_and_pages_follow_without_a_gap(world: World) -> None:
    federation = long_standing(world)
    cases = []
    for day in (7, 3, 5):
        with june(day), federation.uow() as uow:
            cases.append(dispute_at(("accept", {}))(uow, federation.units["garden"]))
    with june(8), federation.uow() as uow:
        fresh = dispute_at()(uow, federation.units["garden"])
    desk = Desk([dispute], everything=True)
    with june(20), federation.uow() as uow:
        whole = list_waiting(uow, desk, limit=50)
        pages: list[Item] = []
        while found := list_waiting(uow, desk, after=pages[-1].place if pages else None, limit=1):
            pages += found
        counts = count_waiting(uow, desk)
        late = list_waiting(uow, Desk([dispute], everything=True, only_overdue=True), limit=50)
    assert [item.id for item in whole] == [cases[1], cases[2], cases[0], fresh]
    assert [item.id for item in pages] == [item.id for item in whole]
    assert [item.days_left for item in whole] == [-2, 0, 4, None]
    assert [item.id for item in late] == [cases[1]]
    assert counts == {dispute.code: Count(4, 1)}


def test_the_same_statements_serve_one_row_and_many(federation: Federation, world: World) -> None:
    def statements() -> int:
        with federation.uow("district") as uow, counted_statements(uow.session.connection().engine) as sent:
            desk = Desk(kinds(federation), everything=True)
            list_waiting(uow, desk, limit=50)
            count_waiting(uow, desk)
            return len(sent)

    submitted(federation)
    few = statements()
    submitted(federation, "firm_west", drafter="west")
    submitted(federation, "garden", drafter="garden")
    assert statements() == few
    assert few <= 3


def test_a_list_tells_the_same_as_the_desk(federation: Federation) -> None:
    submitted(federation, drafter="east")
    submitted(federation, "garden", drafter="garden")
    for login in federation.accounts:
        with federation.uow(login) as uow:
            listed = {row["id"] for row in list_rows(uow, unions, {"view": MINE, "limit": 50}, None)}
            assert listed == {item.id for item in list_waiting(uow, Desk([unions]), limit=50)}, login
