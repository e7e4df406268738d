"""A plugin's deadlines by the SDK alone: set by a step, standing still, moved along with the record, forgotten."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest
from tests.designs.rooms import inspection, rooms
from tests.designs.samples import OPENED, room_at

from gonghui.sdk import (
    Conflict,
    Deadline,
    DeadlineState,
    Record,
    UnitOfWork,
    clock,
    deadlines_of,
    forget_deadlines,
    found,
    meet_deadline,
    refile_deadlines,
    resume_deadline,
    suspend_deadline,
)
from gonghui.testing import Federation


@pytest.fixture
def uow(shared_federation: Federation) -> Iterator[UnitOfWork]:
    with shared_federation.uow("east") as uow:
        yield uow


@pytest.fixture
def room(uow: UnitOfWork, shared_federation: Federation) -> Record:
    """A nursing room that was opened on 28 June 2024, and waits for its inspection."""
    with clock.at(datetime(2024, 6, 28, 2, tzinfo=UTC)):
        return found(uow, rooms, room_at(OPENED)(uow, shared_federation.units["garden"]))


def waiting(uow: UnitOfWork, room: Record) -> Deadline:
    (deadline,) = deadlines_of(uow, room.id)
    return deadline


def test_a_deadline_stands_still_and_runs_on_by_as_many_days(uow: UnitOfWork, room: Record) -> None:
    assert waiting(uow, room).due_on == date(2024, 9, 29)  # a make-up working day, after the 28th
    suspend_deadline(uow, room, inspection, date(2024, 7, 1), "样由")
    resume_deadline(uow, room, inspection, date(2024, 7, 11))
    assert waiting(uow, room).due_on == date(2024, 10, 8)  # ten days after the 28th


def test_a_deadline_that_runs_cannot_be_resumed(uow: UnitOfWork, room: Record) -> None:
    with pytest.raises(Conflict, match="deadline_not_suspended"):
        resume_deadline(uow, room, inspection, date(2024, 7, 11))


def test_a_deadline_waits_until_it_is_met(uow: UnitOfWork, room: Record) -> None:
    assert waiting(uow, room).state == DeadlineState.OPEN
    meet_deadline(uow, room, inspection, date(2024, 7, 5))
    assert waiting(uow, room).state == DeadlineState.MET


def test_deadlines_follow_a_record_and_go_with_it(
    uow: UnitOfWork, room: Record, shared_federation: Federation
) -> None:
    room.org_unit_id = shared_federation.units["east"]
    refile_deadlines(uow, room)
    assert waiting(uow, room).org_unit_id == shared_federation.units["east"]
    assert forget_deadlines(uow, [room.id]) == 1
    assert deadlines_of(uow, room.id) == []
