"""Bulk work: one event for all the rows that the same became of, and nothing of those that were refused."""

from __future__ import annotations

from contextlib import suppress
from datetime import date
from uuid import UUID, uuid4

from sqlalchemy import select
from tests.designs.hardship import hardship
from tests.designs.rooms import NursingRoom
from tests.designs.samples import OPENED, hardship_filed, room_at

from gonghui.events import batches
from gonghui.events.batches import gathered, publish_many
from gonghui.events.handlers import Event
from gonghui.events.outbox import OutboxEvent
from gonghui.lifecycle.reorganisation import Move
from gonghui.lifecycle.reorganising import reorganise
from gonghui.records.bulk_steps import take_steps
from gonghui.records.transitions import RecordTransition
from gonghui.testing import Federation

WHY = {"comment": "已脱困", "lifted_on": date(2024, 6, 28)}


def events(federation: Federation, name: str) -> list[Event]:
    with federation.uow() as uow:
        rows = uow.session.scalars(select(OutboxEvent).where(OutboxEvent.name == name))
        return [
            Event(
                r.id, r.name, r.at, r.subject_table, r.subject_id, r.subject_version, r.org_unit_id, r.facts
            )
            for r in rows
        ]


def test_steps_in_bulk_are_one_event_that_gives_each_record_its_own(federation: Federation) -> None:
    with federation.uow() as uow:
        units = [federation.units[unit] for unit in ("garden", "garden", "river")]
        filed = {hardship_filed(uow, unit): unit for unit in units}
    with federation.uow() as uow:
        versions = [(row.id, row.version) for row in uow.session.scalars(select(hardship.model))]
        outcomes = take_steps(uow, hardship, "exit", [*versions, (uuid4(), 1)], WHY)
    done = {outcome.id: outcome.version for outcome in outcomes if outcome.refusal is None}
    (event,) = events(federation, "designs.hardship.exit")
    assert dict(event.records) == done
    assert event.facts["step"] == "exit"
    each = list(event.singly())
    assert {one.subject_id: one.org_unit_id for one in each} == filed
    with federation.uow() as uow:
        steps = select(RecordTransition).where(RecordTransition.name == "exit")
        written = {str(step.id): step.record_id for step in uow.session.scalars(steps)}
    assert {one.facts["transition_id"]: one.subject_id for one in each} == written


def test_what_a_savepoint_undoes_is_not_gathered(federation: Federation) -> None:
    with federation.uow() as uow:
        room = uow.session.get_one(
            NursingRoom, (uow.tenant_id, room_at(OPENED)(uow, federation.units["garden"]))
        )
        with gathered(uow):
            uow.publish("core.kept", room)
            with suppress(ZeroDivisionError), uow.session.begin_nested():
                uow.publish("core.undone", room)
                with uow.session.begin_nested():
                    uow.publish("core.undone", room)
                raise ZeroDivisionError
            uow.publish("core.kept", room)
    assert len(events(federation, "core.kept")) == 1
    assert events(federation, "core.undone") == []


def test_more_rows_than_one_event_holds_are_told_in_several(federation: Federation) -> None:
    ids = [uuid4() for _ in range(batches.MOST + 1)]
    with federation.uow() as uow:
        publish_many(uow, "core.many", NursingRoom, [(each, 1) for each in ids])
    told = events(federation, "core.many")
    assert sorted(len(event.records) for event in told) == [1, batches.MOST]
    assert {record_id for event in told for record_id, _version in event.records} == set(ids)


def test_a_reorganisation_is_one_event_about_its_units(federation: Federation) -> None:
    with federation.uow() as uow:
        outcome = reorganise(uow, Move(federation.units["garden"], federation.units["west"]))
    (event,) = events(federation, "core.org_unit.moved")
    assert [unit for unit, _version in event.records] == [federation.units["garden"]]
    assert outcome.record is not None
    assert UUID(event.facts["reorganisation_id"]) == outcome.record.id
