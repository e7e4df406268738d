"""The guard of a unit of work: nothing reads another tenant or changes a record through a reading statement."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import func, literal_column, select, text, update
from sqlalchemy.exc import IntegrityError

from gonghui.auth.accounts import Role, RoleAssignment
from gonghui.db.unit_of_work import NoTenant, UnitOfWork, Unrecorded
from gonghui.parties.persons import Person, new_person
from gonghui.records.bulk import insert_many
from gonghui.testing import Federation, World
from gonghui.values.ids import new_id

OTHER = str(new_id())
_UPDATE = text("UPDATE core.role SET name = 'X'")

DISGUISES: dict[str, Callable[[UnitOfWork], Any]] = {
    "set_config as a function": lambda uow: uow.session.execute(
        select(func.set_config("app.tenant_id", OTHER, True))
    ),
    "set_config of the catalogue": lambda uow: uow.session.scalar(
        select(func.pg_catalog.set_config("app.tenant_id", OTHER, True))
    ),
    "set_config in text": lambda uow: uow.session.execute(
        text(f"SELECT set_config('app.tenant_id', '{OTHER}', true)")
    ),
    "set_config in quotes": lambda uow: uow.session.execute(
        text(f"SELECT \"set_config\"('app.tenant_id', '{OTHER}', true)")
    ),
    "set_config spelt by code points": lambda uow: uow.session.execute(
        text(f"SELECT U&\"\\0073et_config\"('app.tenant_id', '{OTHER}', true)")
    ),
    "SET behind a select": lambda uow: uow.session.execute(
        text(f"SELECT 1; SET LOCAL app.tenant_id='{OTHER}'")
    ),
    "SET alone": lambda uow: uow.session.execute(text(f"SET LOCAL app.tenant_id = '{OTHER}'")),
    "update in a selected text": lambda uow: uow.session.execute(
        select(text("1; UPDATE core.role SET name='X'"))
    ),
    "delete in a literal column": lambda uow: uow.session.execute(
        select(literal_column("1; DELETE FROM core.role_assignment"))
    ),
    "delete as a suffix": lambda uow: uow.session.execute(
        select(Person.id).suffix_with("; DELETE FROM core.role_assignment")
    ),
    "delete as a prefix": lambda uow: uow.session.execute(
        select(Person.id).prefix_with("1; DELETE FROM core.role_assignment; SELECT")
    ),
    "the function that writes staged rows": lambda uow: uow.session.scalar(
        select(func.core.insert_staged("[]"))
    ),
    "the function that makes a stage": lambda uow: uow.session.scalar(select(func.core.open_stage("[]"))),
    "a text that a function runs": lambda uow: uow.session.execute(
        text("SELECT * FROM ts_stat('SELECT NULL::tsvector')")
    ),
    "a block of code": lambda uow: uow.session.execute(text("DO $$ BEGIN PERFORM 1; END $$")),
    "the end of the transaction": lambda uow: uow.session.execute(text("COMMIT")),
    "a savepoint with more behind it": lambda uow: uow.session.execute(
        text("SAVEPOINT a; UPDATE core.role SET name = 'X'")
    ),
}


def state(federation: Federation) -> tuple[set[str], int]:
    with federation.uow() as uow:
        given = uow.session.scalar(select(func.count()).select_from(RoleAssignment))
        return set(uow.session.scalars(select(Role.name))), given or 0


def door_is_closed(uow: UnitOfWork) -> bool:
    with pytest.raises(Unrecorded):
        uow.session.execute(_UPDATE)
    return True


@pytest.mark.parametrize("how", DISGUISES)
def test_a_statement_that_only_looks_like_reading_is_refused(shared_federation: Federation, how: str) -> None:
    before = state(shared_federation)
    with shared_federation.uow() as uow:
        with pytest.raises(Unrecorded):
            DISGUISES[how](uow)
        assert uow.session.scalar(text("SELECT current_setting('app.tenant_id')")) == str(uow.tenant_id)
    assert state(shared_federation) == before


@pytest.mark.parametrize("how", DISGUISES)
def test_a_flush_before_it_does_not_help_it(shared_federation: Federation, how: str) -> None:
    with shared_federation.uow() as uow:
        uow.add(new_person("样正当"))
        uow.session.flush()
        with pytest.raises(Unrecorded):
            DISGUISES[how](uow)


def test_a_flush_of_some_rows_only_is_refused_and_writes_nothing(federation: Federation) -> None:
    row = new_person("样部分")
    with federation.uow() as uow:
        uow.add(row)
        with pytest.raises(Unrecorded):
            uow.session.flush([row])
        uow.session.expunge(row)
        assert door_is_closed(uow)
    with federation.uow() as uow:
        assert uow.session.scalars(select(Person).where(Person.name == "样部分")).all() == []


# --- the door is open during a flush and at no other time


def test_the_door_is_closed_before_any_flush(shared_federation: Federation) -> None:
    with shared_federation.uow() as uow:
        assert door_is_closed(uow)


def test_the_door_is_closed_after_a_flush(federation: Federation) -> None:
    with federation.uow() as uow:
        uow.add(new_person("样甲"))
        uow.session.flush()
        assert door_is_closed(uow)


def test_the_door_is_closed_after_a_flush_with_nothing_to_do(federation: Federation) -> None:
    with federation.uow() as uow:
        role = uow.session.scalars(select(Role).limit(1)).one()
        role.name = str(role.name)  # touched, and the same as before
        uow.session.flush()
        assert door_is_closed(uow)
        uow.session.flush()
        assert door_is_closed(uow)


def test_the_door_is_closed_after_a_flush_that_the_database_refused(federation: Federation) -> None:
    with federation.uow() as uow:
        with pytest.raises(IntegrityError), uow.session.begin_nested():
            uow.add(Role(code="administrator", name="第二个", permissions=[]))
        assert door_is_closed(uow)
        uow.session.rollback()
        assert door_is_closed(uow)


def test_the_door_is_closed_after_a_flush_that_failed_without_a_savepoint(federation: Federation) -> None:
    with federation.uow() as uow:
        uow.add(Role(code="administrator", name="第二个", permissions=[]))
        with pytest.raises(IntegrityError):
            uow.session.flush()
        uow.session.rollback()
        assert door_is_closed(uow)


def test_the_door_is_closed_after_a_flush_that_failed_before_any_statement(
    world: World, federation: Federation
) -> None:
    stranger = new_person("别区")
    stranger.tenant_id = world.federation().view.id
    with federation.uow() as uow:
        uow.add(stranger)
        with pytest.raises(NoTenant):
            uow.session.flush()
        uow.session.expunge(stranger)
        assert door_is_closed(uow)


def test_the_door_is_closed_after_bulk_writing_that_failed(federation: Federation) -> None:
    with federation.uow() as uow:
        with pytest.raises(IntegrityError), uow.session.begin_nested():
            insert_many(uow, Person, [{"name": None, "name_key": None}])
        assert door_is_closed(uow)


def test_the_door_is_closed_to_whoever_has_the_connection_next(federation: Federation) -> None:
    for _time in range(3):
        with federation.uow() as uow:
            uow.add(new_person("样乙"))
        with federation.uow() as uow:
            assert door_is_closed(uow)


# --- what stays open


def test_savepoints_still_work(federation: Federation) -> None:
    with federation.uow() as uow:
        with uow.session.begin_nested():
            uow.add(new_person("样留"))
        undone = uow.session.begin_nested()
        uow.add(new_person("样去"))
        uow.session.flush()
        undone.rollback()
    with federation.uow() as uow:
        names = set(uow.session.scalars(select(Person.name)))
    assert "样留" in names
    assert "样去" not in names


@pytest.mark.parametrize(
    "options",
    [{}, {"skip_locked": True}, {"nowait": True}, {"read": True}, {"key_share": True}],
    ids=["update", "skip-locked", "nowait", "share", "no-key-update"],
)
def test_reads_that_lock_still_work(shared_federation: Federation, options: dict[str, bool]) -> None:
    with shared_federation.uow() as uow:
        assert uow.session.scalars(select(Role).with_for_update(**options)).all()


def test_words_of_sql_within_values_are_values(federation: Federation) -> None:
    with federation.uow() as uow:
        uow.add(new_person("; DELETE FROM core.role --"))
        uow.session.flush()
        found = select(Person.name).where(Person.name == "; DELETE FROM core.role --")
        assert uow.session.scalars(found).one() == "; DELETE FROM core.role --"
        assert uow.session.execute(select(Role.id)).all()
        with pytest.raises(Unrecorded):
            uow.session.execute(update(Role).values(name="X"))
