"""Keys of a tenant: texts are sealed at the flush, for this tenant alone, and the trail does not tell them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

import orjson
import pytest
from sqlalchemy import create_engine, delete, select, text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.pool import NullPool

from gonghui.audit.entries import AuditEntry, AuditPayload
from gonghui.db import policies
from gonghui.db.ciphers import KeyLost, Keyring, MasterKeys, Sealed
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.parties.persons import Person, new_person
from gonghui.records.bulk import insert_many
from gonghui.tenancy.keys import TenantKey, ensure_keys, keyring, masked, opened, rewrap
from gonghui.testing import Federation, World

NUMBER, PHONE = "990406199504192588", "12067669007"


@pytest.fixture
def uow(shared_federation: Federation) -> Iterator[UnitOfWork]:
    with shared_federation.uow() as uow:
        yield uow


class Undone(Exception):
    """A transaction of which nothing is kept."""


def added(uow: UnitOfWork, **facts: str) -> Person:
    person = new_person("样方雨", **facts)
    uow.add(person)
    uow.session.flush()
    return person


def payloads(uow: UnitOfWork, person: Person) -> list[dict[str, dict[str, object]]]:
    uow.session.flush()
    found = (
        select(AuditPayload.content)
        .join(AuditEntry, AuditEntry.id == AuditPayload.entry_id)
        .where(AuditEntry.object_id == person.id)
        .order_by(AuditEntry.number)
    )
    return [orjson.loads(content) for content in uow.session.scalars(found)]


# --- sealed at the flush


def test_a_text_is_sealed_at_the_flush_with_its_indexes(uow: UnitOfWork) -> None:
    person = added(uow, id_number=NUMBER, phone=PHONE)
    ring = keyring(uow)
    assert isinstance(person.id_number, Sealed)
    assert isinstance(person.phone, Sealed)
    assert (person.id_number_index, person.id_number_tail) == (
        ring.index("id_number", NUMBER),
        ring.tail("id_number", NUMBER),
    )
    assert (person.phone_index, person.phone_tail) == (ring.index("phone", PHONE), ring.tail("phone", PHONE))
    assert (opened(uow, person, "id_number"), opened(uow, person, "phone")) == (NUMBER, PHONE)
    uow.session.delete(person)


def test_a_row_that_is_read_again_opens_and_is_shown_masked(shared_federation: Federation) -> None:
    with shared_federation.uow() as uow:
        person_id = added(uow, phone=PHONE, born_on="1995-04-19").id
    with shared_federation.uow() as uow:
        person = uow.session.scalars(select(Person).where(Person.id == person_id)).one()
        shown = masked(uow, Person.__table__.c.phone, person.id, person.phone)
        assert (opened(uow, person, "phone"), opened(uow, person, "born_on")) == (PHONE, "1995-04-19")
    assert shown is not None
    assert "*" in shown
    assert PHONE not in shown


def test_a_changed_text_changes_its_indexes(uow: UnitOfWork) -> None:
    person = added(uow, phone=PHONE)
    person.phone = "12008137249"
    uow.session.flush()
    assert person.phone_index == keyring(uow).index("phone", "12008137249")
    assert person.phone_tail == keyring(uow).tail("phone", "12008137249")
    assert opened(uow, person, "phone") == "12008137249"


def test_a_value_that_is_taken_away_takes_its_indexes_along(uow: UnitOfWork) -> None:
    person = added(uow, phone=PHONE)
    person.phone = None
    uow.session.flush()
    assert (person.phone, person.phone_index, person.phone_tail) == (None, None, None)


def test_another_change_leaves_what_is_sealed_alone(uow: UnitOfWork) -> None:
    person = added(uow, phone=PHONE)
    before = person.phone
    person.education = "college"
    uow.session.flush()
    assert person.phone is before


def test_rows_that_go_in_together_are_sealed_too(uow: UnitOfWork) -> None:
    (row,) = insert_many(uow, Person, [{"name": "样闫梦", "name_key": "ymeng", "phone": PHONE}])
    person = uow.session.scalars(select(Person).where(Person.id == row["id"])).one()
    assert opened(uow, person, "phone") == PHONE
    assert person.phone_index == keyring(uow).index("phone", PHONE)


# --- what the trail tells


def test_the_trail_says_that_a_value_changed_but_not_which(shared_federation: Federation) -> None:
    with shared_federation.uow() as uow:
        person = added(uow, id_number="990102200302142906", phone=PHONE)
        person_id = person.id
        person.phone = "12008137249"
    with shared_federation.uow() as uow:
        person = uow.session.scalars(select(Person).where(Person.id == person_id)).one()
        made, changed = payloads(uow, person)
        assert made["after"]["id_number"] == made["after"]["phone"] == "…"
        assert changed["after"]["phone"] == "…"
        whole = orjson.dumps([made, changed]).decode()
        raw = [person.phone, person.id_number]
    for secret in ("990102200302142906", PHONE, "12008137249", *(one.raw.hex() for one in raw)):
        assert secret not in whole


# --- whose keys


def test_tenants_seal_and_index_apart(shared_federation: Federation, federation: Federation) -> None:
    with shared_federation.uow() as ours, federation.uow() as theirs:
        mine, other = added(ours, phone=PHONE), added(theirs, phone=PHONE)
        assert mine.phone_index != other.phone_index
        assert mine.phone_tail != other.phone_tail
        with pytest.raises(KeyLost):
            keyring(theirs).open("core.person.phone", mine.id, mine.phone)


def test_the_keys_of_another_tenant_are_not_seen(
    shared_federation: Federation, federation: Federation
) -> None:
    with shared_federation.uow() as uow:
        keys = uow.session.scalars(select(TenantKey)).all()
        theirs = uow.session.scalars(select(TenantKey).where(TenantKey.tenant_id == federation.view.id)).all()
    assert {(key.purpose, key.version) for key in keys} == {("data", 1), ("index", 1)}
    assert {key.tenant_id for key in keys} == {shared_federation.view.id}
    assert theirs == []


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE core.tenant_key SET wrapped = wrapped",
        "DELETE FROM core.tenant_key",
        "INSERT INTO core.tenant_key SELECT * FROM core.tenant_key",
    ],
)
def test_the_application_cannot_write_keys(world: World, shared_federation: Federation, change: str) -> None:
    engine = create_engine(world.database.url(policies.APP), poolclass=NullPool)
    with engine.connect() as connection:
        connection.exec_driver_sql(f"SET LOCAL app.tenant_id = '{shared_federation.view.id}'")
        assert connection.scalar(text("SELECT count(*) FROM core.tenant_key")) == 2
        with pytest.raises(ProgrammingError, match="permission denied"):
            connection.exec_driver_sql(change)


def test_a_tenant_without_keys_says_so_until_it_is_given_some(world: World, federation: Federation) -> None:
    with world.database.operator() as session:
        session.execute(delete(TenantKey).where(TenantKey.tenant_id == federation.view.id))
    with pytest.raises(KeyLost, match="has no keys"), federation.uow() as uow:
        added(uow, phone=PHONE)
    ensure_keys(world.database)
    with federation.uow() as uow:
        assert opened(uow, added(uow, phone=PHONE), "phone") == PHONE


def test_keys_are_given_once(world: World, shared_federation: Federation) -> None:
    def wrapped() -> list[tuple[object, ...]]:
        with world.database.operator() as session:
            key = TenantKey.__table__.c
            found = select(key.tenant_id, key.purpose, key.version, key.wrapped).order_by(key.id)
            return [tuple(row) for row in session.execute(found)]

    before = wrapped()
    ensure_keys(world.database)
    assert wrapped() == before
    assert len(before) >= 2


def test_a_new_master_key_wraps_the_keys_anew_and_values_open_as_before(
    world: World, federation: Federation
) -> None:
    master = world.database.master
    renewed = MasterKeys(master._keys, master.current)
    renewed.renew()
    with federation.uow() as uow:
        person = added(uow, phone=PHONE)
        person_id, sealed = person.id, person.phone
    bound = f"{federation.view.id}/data/1"
    with suppress(Undone), world.database.operator() as session:
        keys = session.scalars(select(TenantKey)).all()
        assert rewrap(session, renewed) == len(keys)
        session.flush()
        assert rewrap(session, renewed) == 0
        (mine,) = (key for key in keys if (key.tenant_id, key.purpose) == (federation.view.id, "data"))
        plain = renewed.unwrap(mine.master, mine.wrapped, bound)
        with pytest.raises(KeyLost):
            master.unwrap(mine.master, mine.wrapped, bound)
        raise Undone  # the other tests go on with the master key of the installation
    assert Keyring({1: plain}, b"any").open("core.person.phone", person_id, sealed) == PHONE
