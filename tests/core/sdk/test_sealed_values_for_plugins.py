"""Sensitive columns of a plugin by the SDK alone: sealed, masked, found by their index, opened on record."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

import pytest
from sqlalchemy import select
from tests.designs.rooms import NursingRoom
from tests.designs.samples import room_at

from gonghui.sdk import (
    Person,
    Sealed,
    UnitOfWork,
    keyring,
    masked,
    new_id,
    open_value,
    openings_of,
    reveal,
    sort_key,
)
from gonghui.testing import Federation

PHONE = NursingRoom.__table__.c.contact_phone
NUMBER = "0755-29000000"


@pytest.fixture
def uow(shared_federation: Federation) -> Iterator[UnitOfWork]:
    with shared_federation.uow("east") as uow:
        yield uow


@pytest.fixture
def room_id(uow: UnitOfWork, shared_federation: Federation) -> UUID:
    return room_at()(uow, shared_federation.units["garden"])


def sealed(uow: UnitOfWork, room_id: UUID) -> Sealed:
    value: Sealed = uow.session.execute(select(PHONE).where(NursingRoom.id == room_id)).scalar_one()
    return value


def test_a_sealed_value_says_nothing_until_it_is_opened(uow: UnitOfWork, room_id: UUID) -> None:
    value = sealed(uow, room_id)
    assert isinstance(value, Sealed)
    assert NUMBER not in repr(value)
    assert NUMBER.encode() not in value.raw
    assert open_value(uow, PHONE, room_id, value) == NUMBER


def test_a_masked_value_shows_its_ends_only(uow: UnitOfWork, room_id: UUID) -> None:
    shown = masked(uow, PHONE, room_id, sealed(uow, room_id))
    assert shown is not None
    assert "*" in shown
    assert shown != NUMBER
    assert masked(uow, PHONE, room_id, None) is None


def test_a_sealed_value_is_found_by_the_whole_and_by_its_last_four(uow: UnitOfWork, room_id: UUID) -> None:
    ring = keyring(uow)
    by_index = NursingRoom.contact_phone_index == ring.index("phone", NUMBER)
    by_tail = NursingRoom.contact_phone_tail == ring.tail("phone", NUMBER)
    for wanted in (by_index, by_tail):
        assert room_id in uow.session.scalars(select(NursingRoom.id).where(wanted)).all()
    other = NursingRoom.contact_phone_index == ring.index("phone", "0755-29000001")
    assert uow.session.scalars(select(NursingRoom.id).where(other)).all() == []


def test_who_opens_a_value_of_a_person_is_on_record(uow: UnitOfWork) -> None:
    person = Person(id=new_id(), name="样某", name_key=sort_key("样某"), phone="12012345678")
    uow.add(person)
    uow.session.flush()
    uow.session.refresh(person)
    opened = reveal(uow, person.id, person, "phone", "核对", action="designs.room.revealed")
    assert opened == "12012345678"
    (opening,) = openings_of(uow, person.id)
    assert (opening.field, opening.reason) == ("phone", "核对")
