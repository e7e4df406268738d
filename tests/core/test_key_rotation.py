"""Key rotation: what was sealed before opens after, and what the old keys sealed is gone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from gonghui.app import create_app
from gonghui.audit.entries import PlatformEntry
from gonghui.db.ciphers import KeyLost, MasterKeys, Sealed
from gonghui.db.database import Database, master_key_file
from gonghui.lifecycle.key_rotation import rotate_data_key, rotate_master_key
from gonghui.lifecycle.onboarding import operator_principal
from gonghui.parties.persons import Identity, Person, enter_person, person_with_document
from gonghui.records import resealing
from gonghui.tenancy.keys import TenantKey, keyring, open_value, opened
from gonghui.testing import Federation, World
from gonghui.testing.database import cloned_database, worker_name
from gonghui.testing.places import var_of_tests

PHONE, CARD = "12000000042", "6222020000000000008"
_PERSON: Any = Person.__table__.c
SEALED = ("id_number", "phone", "bank_card", "born_on")


@pytest.fixture(scope="module")
def var(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the installation of these tests keeps its master keys: other tests run on those of the suite."""
    return tmp_path_factory.mktemp("installation")


@pytest.fixture(scope="module")
def installation(world: World, var: Path) -> Iterator[World]:
    with cloned_database(var_of_tests(), world.registry, f"{worker_name()}_keys") as database:
        database.master = MasterKeys.at(master_key_file(var))
        yield World(database, world.registry, create_app(database, world.registry, is_demo_server=False))


@pytest.fixture
def federation(installation: World) -> Federation:
    return installation.federation(plugins=())


def number(serial: int) -> str:
    return f"E{serial:08d}"


def with_people(federation: Federation, count: int = 3) -> None:
    with federation.uow() as uow:
        for serial in range(count):
            identity = Identity(f"样{serial}", "passport", number(serial), "female", None)
            facts = {"phone": PHONE, "bank_card": CARD, "born_on": "1980-01-02"}
            enter_person(uow, identity, facts)


def raw(federation: Federation) -> dict[Any, dict[str, Sealed]]:
    """The sealed bytes of everybody who has a document."""
    with federation.uow() as uow:
        columns = [_PERSON.id, *(_PERSON[name] for name in SEALED)]
        found = uow.session.connection().execute(select(*columns).where(_PERSON.id_number.is_not(None)))
        return {row["id"]: {name: row[name] for name in SEALED} for row in found.mappings()}


def everything(database: Database, federation: Federation) -> list[tuple[str | None, ...]]:
    """What a process with `database` reads of everybody who has a document."""
    with database.unit_of_work(operator_principal(federation.view.id)) as uow:
        people = uow.session.scalars(select(Person).where(Person.id_number.is_not(None)))
        return sorted(tuple(opened(uow, person, name) for name in SEALED) for person in people)


def expected(count: int = 3) -> list[tuple[str, ...]]:
    return [(number(serial), PHONE, CARD, "1980-01-02") for serial in range(count)]


def versions(federation: Federation) -> list[int]:
    with federation.uow() as uow:
        return sorted(uow.session.scalars(select(TenantKey.version).where(TenantKey.purpose == "data")))


# --- the data key of a tenant


def test_values_open_before_and_after_a_tenants_key_is_rotated(
    installation: World, federation: Federation
) -> None:
    with_people(federation)
    before = raw(federation)
    assert everything(installation.database, federation) == expected()
    assert rotate_data_key(installation.database, federation.view.id) >= 3
    after = raw(federation)
    assert everything(installation.database, federation) == expected()
    assert {sealed.version for row in after.values() for sealed in row.values()} == {2}
    assert not {s.raw for row in before.values() for s in row.values()} & {
        s.raw for row in after.values() for s in row.values()
    }


def test_somebody_is_found_by_their_number_after_a_rotation(
    installation: World, federation: Federation
) -> None:
    with_people(federation)
    rotate_data_key(installation.database, federation.view.id)
    with federation.uow() as uow:
        found = person_with_document(uow, "passport", number(1))
        assert found is not None
        assert opened(uow, found, "phone") == PHONE
        mark = keyring(uow).tail("phone", PHONE)
        assert len(uow.session.scalars(select(Person).where(Person.phone_tail == mark)).all()) == 3


def test_what_the_old_key_sealed_opens_no_more_after_two_rotations(
    installation: World, federation: Federation
) -> None:
    with_people(federation, 1)
    ((person_id, old),) = raw(federation).items()

    def opened_old() -> str | None:
        with federation.uow() as uow:
            return open_value(uow, _PERSON.phone, person_id, old["phone"])

    rotate_data_key(installation.database, federation.view.id)
    assert versions(federation) == [1, 2]
    assert opened_old() == PHONE  # whoever began before the rotation may still seal by the key
    rotate_data_key(installation.database, federation.view.id)
    assert versions(federation) == [2, 3]
    with pytest.raises(KeyLost, match="no data key of version 1"):
        opened_old()
    assert everything(installation.database, federation) == expected(1)


def test_a_transaction_that_began_before_the_rotation_seals_what_opens_later(
    installation: World, federation: Federation
) -> None:
    with_people(federation, 1)
    with federation.uow() as early:
        keyring(early)
        rotate_data_key(installation.database, federation.view.id)
        enter_person(early, Identity("样迟", "passport", "E99999999", None, None), {"phone": PHONE})
    assert len(everything_of(federation, "phone")) == 2
    rotate_data_key(installation.database, federation.view.id)
    rotate_data_key(installation.database, federation.view.id)
    assert everything_of(federation, "phone") == [PHONE, PHONE]


def everything_of(federation: Federation, name: str) -> list[str | None]:
    with federation.uow() as uow:
        people = uow.session.scalars(select(Person).where(Person.id_number.is_not(None)))
        return [opened(uow, person, name) for person in people]


def test_resealing_goes_on_batch_by_batch(
    installation: World, federation: Federation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resealing, "_AT_ONCE", 2)
    with_people(federation, 5)
    assert rotate_data_key(installation.database, federation.view.id) == 5
    assert everything(installation.database, federation) == expected(5)


def test_an_interrupted_rotation_is_run_again(
    installation: World, federation: Federation, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_people(federation, 5)
    monkeypatch.setattr(resealing, "_AT_ONCE", 2)
    whole, done = resealing._reseal_batch, []

    def breaks(*arguments: Any) -> int:
        if len(done) == 2:
            raise KeyboardInterrupt
        done.append(1)
        return whole(*arguments)

    monkeypatch.setattr(resealing, "_reseal_batch", breaks)
    with pytest.raises(KeyboardInterrupt):
        rotate_data_key(installation.database, federation.view.id)
    assert everything(installation.database, federation) == expected(5)
    monkeypatch.setattr(resealing, "_reseal_batch", whole)
    rotate_data_key(installation.database, federation.view.id)
    assert everything(installation.database, federation) == expected(5)
    assert {s.version for row in raw(federation).values() for s in row.values()} == {3}


def test_other_tenants_keep_their_key(installation: World, federation: Federation) -> None:
    other = installation.federation(plugins=())
    with_people(federation)
    with_people(other)
    before = raw(other)
    rotate_data_key(installation.database, federation.view.id)
    assert raw(other) == before
    assert versions(other) == [1]


# --- the master key


def entries(database: Database, action: str) -> int:
    with database.operator() as session:
        return len(session.scalars(select(PlatformEntry.id).where(PlatformEntry.action == action)).all())


def another_process(installation: World, var: Path) -> Database:
    """What another process of the same installation holds: connections and keys of its own."""
    database = installation.database
    return Database(
        database.admin_url,
        database.name,
        database._passwords,
        MasterKeys.at(master_key_file(var)),
        pool_size=2,
    )


def test_values_open_after_the_master_key_is_rotated_here_and_in_other_processes(
    installation: World, federation: Federation, var: Path
) -> None:
    with_people(federation)
    before, sealed = installation.database.master.current, raw(federation)
    running, idle = another_process(installation, var), another_process(installation, var)
    noted = entries(installation.database, "platform.master_key_rotated")
    try:
        assert everything(running, federation) == expected()
        assert rotate_master_key(installation.database, var) >= 2
        assert installation.database.master.current != before
        assert raw(federation) == sealed
        for database in (installation.database, running, idle):
            assert everything(database, federation) == expected()
    finally:
        running.dispose()
        idle.dispose()
    assert entries(installation.database, "platform.master_key_rotated") == noted + 1
    with federation.uow() as uow:
        assert set(uow.session.scalars(select(TenantKey.master))) == {installation.database.master.current}


def test_the_file_of_master_keys_stays_with_its_owner(installation: World, var: Path) -> None:
    rotate_master_key(installation.database, var)
    assert master_key_file(var).stat().st_mode & 0o077 == 0
    left = {path.name for path in master_key_file(var).parent.iterdir()}
    assert left == {"master-keys.json", "master-keys.lock"}


def test_a_master_key_stays_until_the_rotation_after_the_next(installation: World, var: Path) -> None:
    before = installation.database.master.current
    rotate_master_key(installation.database, var)
    assert before in master_key_file(var).read_text()
    rotate_master_key(installation.database, var)
    assert before not in master_key_file(var).read_text()


def test_rotations_at_once_lose_nothing(installation: World, federation: Federation, var: Path) -> None:
    with_people(federation)
    others = [another_process(installation, var) for _number in range(4)]
    try:
        with ThreadPoolExecutor(4) as pool:
            assert all(pool.map(lambda database: rotate_master_key(database, var), others))
        fresh = another_process(installation, var)
        others.append(fresh)
        assert everything(fresh, federation) == expected()
    finally:
        for database in others:
            database.dispose()


def test_both_rotations_after_each_other_lose_nothing(
    installation: World, federation: Federation, var: Path
) -> None:
    with_people(federation)
    for _ in range(2):
        rotate_master_key(installation.database, var)
        rotate_data_key(installation.database, federation.view.id)
    assert everything(installation.database, federation) == expected()


def test_a_rotation_that_breaks_before_its_end_leaves_everything_open(
    installation: World, federation: Federation, var: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_people(federation)

    def breaks(*_arguments: Any) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr("gonghui.lifecycle.key_rotation.rewrap", breaks)
    with pytest.raises(KeyboardInterrupt):
        rotate_master_key(installation.database, var)
    monkeypatch.undo()
    fresh = another_process(installation, var)
    try:
        assert everything(fresh, federation) == expected()
        rotate_master_key(installation.database, var)
        assert everything(fresh, federation) == expected()
    finally:
        fresh.dispose()


def test_a_lost_file_of_master_keys_is_told_in_a_sentence(
    installation: World, federation: Federation, var: Path, tmp_path: Path
) -> None:
    with_people(federation)
    lost = another_process(installation, tmp_path)  # a file made afresh, as after a restore without the keys
    try:
        with pytest.raises(KeyLost) as told:
            everything(lost, federation)
    finally:
        lost.dispose()
    sentence = str(told.value)
    assert "not among the master keys of this installation" in sentence
    assert "put that file back" in sentence
    assert not re.search(r"[A-Za-z0-9+/]{40,}", sentence), "no key in what is told"
    assert everything(installation.database, federation) == expected()
