"""The unit of work: bound to one tenant, closed to every other, and never around the recorder."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, delete, func, insert, select, text, update
from sqlalchemy.exc import DataError, IntegrityError, ProgrammingError
from sqlalchemy.pool import NullPool

from gonghui.auth.accounts import Role
from gonghui.db import policies
from gonghui.db.roles import TooPowerful, refuse_powerful_role
from gonghui.db.unit_of_work import NoTenant, TenantSession, UnitOfWork, Unrecorded
from gonghui.parties.persons import Person, new_person
from gonghui.records.bulk import insert_many
from gonghui.testing import Federation, World
from gonghui.testing.queries import counted_statements
from gonghui.values.ids import new_id
from gonghui.values.principal import anonymous

ALL_PERSONS = text("SELECT name FROM core.person")


@pytest.fixture
def one_connection(world: World) -> Iterator[Engine]:
    """The application's role on a pool of a single connection, so that each use meets the one before."""
    engine = create_engine(world.database.url(policies.APP), pool_size=1, max_overflow=0)
    yield engine
    engine.dispose()


def names_of_persons(uow: UnitOfWork) -> set[str]:
    return set(uow.session.scalars(select(Person.name)))


# --- bound to one tenant


def test_a_session_without_a_unit_of_work_raises_before_any_sql(world: World) -> None:
    engine = world.database.engine(policies.APP)
    with counted_statements(engine) as sent, TenantSession(engine) as session, pytest.raises(NoTenant):
        session.execute(select(Person))
    assert sent == []


def test_a_fresh_connection_without_a_binding_fails_in_sql(
    world: World, shared_federation: Federation
) -> None:
    engine = create_engine(world.database.url(policies.APP), poolclass=NullPool)
    with (
        engine.connect() as connection,
        pytest.raises(ProgrammingError, match="unrecognized configuration parameter"),
    ):
        connection.execute(ALL_PERSONS)


def test_a_reused_connection_without_a_binding_fails_in_sql(
    world: World, one_connection: Engine, shared_federation: Federation
) -> None:
    uow = UnitOfWork(
        TenantSession(one_connection), anonymous(shared_federation.view.id), world.database.master
    )
    assert "样admin" in names_of_persons(uow)
    uow.commit()
    uow.close()
    with (
        one_connection.connect() as connection,
        pytest.raises(DataError, match='invalid input syntax for type uuid: ""'),
    ):
        connection.execute(ALL_PERSONS)


def test_a_connection_serves_one_tenant_after_another(world: World, one_connection: Engine) -> None:
    first, second = world.federation(), world.federation()
    seen = []
    for federation in (first, second):
        uow = UnitOfWork(TenantSession(one_connection), anonymous(federation.view.id), world.database.master)
        seen.append(set(uow.session.scalars(text("SELECT DISTINCT tenant_id FROM core.person"))))
        uow.close()
    assert seen == [{first.view.id}, {second.view.id}]


def test_a_new_row_is_led_by_the_tenant_of_the_transaction(federation: Federation) -> None:
    person = new_person("样新")
    with federation.uow() as uow:
        uow.add(person)
        uow.session.flush()
    assert person.tenant_id == federation.view.id


def test_a_row_of_another_tenant_is_refused(world: World, federation: Federation) -> None:
    stranger = new_person("别区")
    stranger.tenant_id = world.federation().view.id
    with pytest.raises(NoTenant), federation.uow() as uow:
        uow.add(stranger)


def test_a_unit_of_work_cannot_change_its_tenant(world: World, federation: Federation) -> None:
    other = world.federation()
    with federation.uow() as uow:
        with pytest.raises(NoTenant):
            uow.become(anonymous(other.view.id))
        assert uow.tenant_id == federation.view.id


def test_a_tenant_that_is_no_identifier_never_reaches_sql(world: World) -> None:
    uow = world.database.begin(anonymous("x'; RESET app.tenant_id; --"))  # type: ignore[arg-type]
    with pytest.raises(NoTenant):
        uow.session.execute(select(Person))
    uow.close()


def test_a_savepoint_keeps_the_binding_whether_it_is_kept_or_undone(federation: Federation) -> None:
    with federation.uow() as uow:
        before = names_of_persons(uow)
        with uow.session.begin_nested():
            uow.add(new_person("样留"))
        nested = uow.session.begin_nested()
        uow.add(new_person("样去"))
        uow.session.flush()
        nested.rollback()
        assert names_of_persons(uow) == before | {"样留"}
        assert uow.session.scalar(text("SELECT current_setting('app.tenant_id')")) == str(federation.view.id)


def test_a_row_that_the_database_refuses_does_not_end_the_transaction(federation: Federation) -> None:
    with federation.uow() as uow:
        with pytest.raises(IntegrityError), uow.session.begin_nested():
            uow.add(Role(code="administrator", name="第二个", permissions=[]))
        uow.add(new_person("样后来"))
    with federation.uow() as uow:
        assert "样后来" in names_of_persons(uow)


def test_an_exception_undoes_everything(federation: Federation) -> None:
    def fail_midway() -> None:
        with federation.uow() as uow:
            uow.add(new_person("样无"))
            uow.session.flush()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_midway()
    with federation.uow() as uow:
        assert "样无" not in names_of_persons(uow)


# --- no role that stands above the policies


def test_the_role_of_requests_is_bound_by_every_policy(world: World) -> None:
    engine = create_engine(world.database.url(policies.APP), poolclass=NullPool)
    refuse_powerful_role(engine)
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT current_user")) == policies.APP


@pytest.mark.parametrize("who", ["superuser", "owner of the tables"])
def test_requests_do_not_run_as_a_role_that_could_step_around_a_policy(world: World, who: str) -> None:
    database = world.database
    url = (
        database.url(policies.OWNER) if who != "superuser" else database.admin_url.set(database=database.name)
    )
    with pytest.raises(TooPowerful):
        refuse_powerful_role(create_engine(url, poolclass=NullPool))


def test_requests_do_not_run_as_a_role_with_bypassrls(world: World) -> None:
    database = world.database
    admin = create_engine(database.admin_url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    role = f"bypass_{database.name}"
    with admin.connect() as connection:
        connection.exec_driver_sql(f"CREATE ROLE {role} LOGIN BYPASSRLS PASSWORD 'only-for-this-test'")
        connection.exec_driver_sql(f'GRANT CONNECT ON DATABASE "{database.name}" TO {role}')
        try:
            url = database.admin_url.set(username=role, password="only-for-this-test", database=database.name)
            with pytest.raises(TooPowerful):
                refuse_powerful_role(create_engine(url, poolclass=NullPool))
        finally:
            connection.exec_driver_sql(f'REVOKE ALL ON DATABASE "{database.name}" FROM {role}')
            connection.exec_driver_sql(f"DROP ROLE {role}")


# --- no change behind the recorder's back

_ROW = {"name": "样偷", "name_key": "yang tou"}
_UPDATE = "UPDATE core.person SET name = '样偷'"
_CHANGED = update(Person).values(name="样偷").returning(Person.id).cte()

CHANGES: dict[str, Callable[[UnitOfWork], Any]] = {
    "insert": lambda uow: uow.session.execute(insert(Person).values(**_full(uow))),
    "insert of many": lambda uow: uow.session.execute(insert(Person), [_full(uow)]),
    "update": lambda uow: uow.session.execute(update(Person).values(name="样偷")),
    "delete": lambda uow: uow.session.execute(delete(Role)),
    "delete by query": lambda uow: uow.session.query(Person).delete(),
    "bulk_save_objects": lambda uow: uow.session.bulk_save_objects([Person(**_full(uow))]),
    "on the connection": lambda uow: uow.session.connection().execute(
        update(Person.__table__).values(name="偷")
    ),
    "text": lambda uow: uow.session.execute(text(_UPDATE)),
    "text after blanks and a comment": lambda uow: uow.session.execute(text(f" \n-- reads only\n{_UPDATE}")),
    "text behind a reading one": lambda uow: uow.session.execute(text(f"SELECT 1; {_UPDATE}")),
    "text within WITH": lambda uow: uow.session.execute(
        text(f"WITH changed AS ({_UPDATE} RETURNING id) SELECT * FROM changed")
    ),
    "text that explains": lambda uow: uow.session.execute(text(f"EXPLAIN ANALYZE {_UPDATE}")),
    "select over a change": lambda uow: uow.session.execute(select(_CHANGED)),
    "driver sql": lambda uow: uow.session.connection().exec_driver_sql(_UPDATE),
}


def _full(uow: UnitOfWork) -> dict[str, Any]:
    return {"tenant_id": uow.tenant_id, "id": new_id(), **_ROW}


@pytest.mark.parametrize("how", CHANGES)
def test_a_change_that_the_recorder_cannot_see_is_refused(shared_federation: Federation, how: str) -> None:
    with shared_federation.uow() as uow:
        before = names_of_persons(uow)
    with pytest.raises(Unrecorded), shared_federation.uow() as uow:
        CHANGES[how](uow)
    with shared_federation.uow() as uow:
        assert names_of_persons(uow) == before


@pytest.mark.parametrize("how", CHANGES)
def test_a_flush_before_it_does_not_let_such_a_change_through(federation: Federation, how: str) -> None:
    def change_after_a_flush() -> None:
        with federation.uow() as uow:
            uow.add(new_person("样正当"))
            uow.session.flush()
            CHANGES[how](uow)

    with pytest.raises(Unrecorded):
        change_after_a_flush()


def test_a_flush_that_failed_does_not_let_such_a_change_through(federation: Federation) -> None:
    with federation.uow() as uow:
        with pytest.raises(IntegrityError), uow.session.begin_nested():
            uow.add(Role(code="administrator", name="第二个", permissions=[]))
        with pytest.raises(Unrecorded):
            uow.session.execute(update(Person).values(name="样偷"))


def test_bulk_writing_does_not_let_such_a_change_through(federation: Federation) -> None:
    with federation.uow() as uow:
        insert_many(uow, Person, [dict(_ROW)])
        with pytest.raises(Unrecorded):
            uow.session.execute(update(Person).values(name="样偷"))


def test_reading_by_text_is_no_change(shared_federation: Federation) -> None:
    with shared_federation.uow() as uow:
        locked = uow.session.scalars(text("SELECT name FROM core.person FOR UPDATE")).all()
        assert uow.session.scalar(select(func.count()).select_from(Person)) == len(locked) > 0
