"""Staged rows go in by a function of the database, which asks by set what their foreign keys would ask row by row."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import orjson
import psycopg
import pytest
from psycopg import Cursor, IsolationLevel
from sqlalchemy import text
from tests.core.records.test_bundles import PARTS, bundle

from gonghui.db import policies
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.errors import Conflict
from gonghui.parties.employers import Employer
from gonghui.records.bundles import BundleWriter
from gonghui.records.transitions import RecordTransition
from gonghui.testing import Federation
from gonghui.values.ids import new_id
from gonghui_organising.membership import Membership

STAGE = """SELECT core.open_stage('[["p0_id", "uuid"], ["p0_unit", "uuid"]]')"""
INSERT = "SELECT core.insert_staged(%s)"
NUMBER, OTHER = "990100199504190000", "990100199504190001"
TRIGGERS = text("SELECT current_setting('session_replication_role')")


def write(
    uow: UnitOfWork,
    given: dict[Any, dict[str, Any]],
    parts: dict[Any, tuple[str, ...]] = PARTS,
    shared: dict[Any, dict[str, Any]] | None = None,
) -> None:
    """Write one bundle of these rows."""
    writer = BundleWriter(uow, parts, "organising.member.imported", shared)
    writer.write(
        writer.ready({model: {name: [value] for name, value in row.items()} for model, row in given.items()})
    )


def member(federation: Federation, **other: Any) -> dict[Any, dict[str, Any]]:
    """A bundle whose membership and step can be made to refer elsewhere, as `table__column`."""
    rows = dict(zip(PARTS, bundle(federation, NUMBER), strict=True))
    given = {model: dict(row) for model, row in rows.items() if row is not None}
    by_name = {model.__name__: row for model, row in given.items()}
    for key, value in other.items():
        name, column = key.split("__")
        by_name[name][column] = value
    return given


WITH_ALL = {
    **PARTS,
    Membership: (*PARTS[Membership], "employer_id"),
    RecordTransition: (*PARTS[RecordTransition], "account_id", "person_id"),
}


def filled(given: dict[Any, dict[str, Any]]) -> dict[Any, dict[str, Any]]:
    """The rows with something in every column that refers to another table."""
    return {
        model: {**dict.fromkeys(WITH_ALL[model]), **row} if model in WITH_ALL else row
        for model, row in given.items()
    }


REFERENCES = sorted(
    f"{model.__name__}__{key.column_keys[-1]}"
    for model in (Membership, RecordTransition)
    for key in model.__table__.foreign_key_constraints
)


@pytest.mark.parametrize("reference", REFERENCES)
def test_a_staged_row_that_refers_to_nothing_is_refused(federation: Federation, reference: str) -> None:
    with pytest.raises(Conflict, match="gone_meanwhile"), federation.uow("district") as uow:
        write(uow, filled(member(federation, **{reference: new_id()})), WITH_ALL)


def test_a_staged_row_does_not_refer_into_another_tenant(
    federation: Federation, shared_federation: Federation
) -> None:
    strange = shared_federation.units["garden"]
    with pytest.raises(Conflict, match="gone_meanwhile"), federation.uow("district") as uow:
        write(uow, member(federation, Membership__org_unit_id=strange))


def test_what_all_rows_share_must_be_there_too(federation: Federation) -> None:
    rows = member(federation)
    del rows[RecordTransition]["org_unit_id"]
    parts = {**PARTS, RecordTransition: tuple(set(PARTS[RecordTransition]) - {"org_unit_id"})}
    shared: dict[Any, dict[str, Any]] = {RecordTransition: {"org_unit_id": new_id()}}
    with pytest.raises(Conflict, match="gone_meanwhile"), federation.uow("district") as uow:
        write(uow, rows, parts, shared)


def test_a_row_that_was_referred_to_cannot_go_before_the_end(federation: Federation) -> None:
    with federation.uow("district") as uow:
        employer = Employer(name="示例厂", name_key="shilichang")
        uow.add(employer)
    rows = member(federation, Membership__employer_id=employer.id)
    with federation.uow("district") as writing:
        write(writing, rows, {**PARTS, Membership: (*PARTS[Membership], "employer_id")})
        with federation.uow("district") as other, pytest.raises(Exception, match="could not obtain lock"):
            other.session.execute(
                text("SELECT 1 FROM core.employer WHERE id = :id FOR UPDATE NOWAIT"), {"id": employer.id}
            )


def test_the_triggers_of_foreign_keys_rest_for_the_function_alone(federation: Federation) -> None:
    with federation.uow("district") as uow:
        write(uow, member(federation))
        assert uow.session.scalar(TRIGGERS) == "origin"
        with pytest.raises(Conflict, match="gone_meanwhile"):
            write(uow, member(federation, Person__id_number=OTHER, Membership__org_unit_id=new_id()))
        assert uow.session.scalar(TRIGGERS) == "origin"


# --- the function by itself


@contextmanager
def signed_in(federation: Federation, isolation: IsolationLevel | None = None) -> Iterator[Cursor]:
    """A transaction of the application's role at the tenant, with nothing of ours in its way."""
    url = federation.world.database.url(policies.APP).set(drivername="postgresql")
    with psycopg.connect(url.render_as_string(hide_password=False)) as connection:
        connection.isolation_level = isolation
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('app.tenant_id', %s, true)", [str(federation.view.id)])
            yield cursor
            connection.rollback()


def plan(target: str = "core.employer", **fixed: Any) -> str:
    """What the function is told of rows whose id is staged."""
    return orjson.dumps([{"target": target, "staged": {"id": "p0_id"}, "fixed": fixed}], default=str).decode()


def employers_of(tenant_id: UUID) -> str:
    return plan(tenant_id=tenant_id, name="示例厂", name_key="shilichang")


STEP = {
    "record_type": "x",
    "name": "x",
    "to_state": "x",
    "effective_on": "2024-07-01",
    "recorded_at": "2024-07-01 09:00+08",
}


def steps(federation: Federation) -> str:
    """Steps of records at units that are staged."""
    staged = {"id": "p0_id", "record_id": "p0_id", "org_unit_id": "p0_unit"}
    part = {
        "target": "core.record_transition",
        "staged": staged,
        "fixed": {**STEP, "tenant_id": federation.view.id},
    }
    return orjson.dumps([part], default=str).decode()


def test_a_row_of_the_stage_goes_in_where_its_id_is_filled(federation: Federation) -> None:
    employer = new_id()
    with signed_in(federation) as cursor:
        cursor.execute(STAGE)
        cursor.execute("INSERT INTO bundle_stage VALUES (%s), (NULL)", [employer])
        cursor.execute(INSERT, [employers_of(federation.view.id)])
        cursor.execute("SELECT id FROM core.employer WHERE name = '示例厂'")
        assert cursor.fetchall() == [(employer,)]


#: What hung on the stage would run as the owner of the function that reads it.
HOOKS = {
    "an index": "CREATE INDEX ON bundle_stage (p0_id) WHERE pg_temp.trap()",
    "statistics": "CREATE STATISTICS pg_temp.trap ON (p0_id::text || 'x'), p0_id FROM bundle_stage",
    "a check": "ALTER TABLE bundle_stage ADD CHECK (pg_temp.trap())",
    "a policy": "CREATE POLICY trap ON bundle_stage USING (pg_temp.trap())",
    "a trigger": "CREATE TRIGGER trap BEFORE INSERT ON bundle_stage EXECUTE FUNCTION pg_temp.sprung()",
    "a rule": "CREATE RULE trap AS ON INSERT TO bundle_stage DO ALSO SELECT 1",
    "another name": "ALTER TABLE bundle_stage RENAME TO other",
    "nothing": "DROP TABLE bundle_stage",
}
TRAP = "CREATE FUNCTION pg_temp.trap() RETURNS boolean IMMUTABLE LANGUAGE sql AS 'SELECT true'"
SPRUNG = """CREATE FUNCTION pg_temp.sprung() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('session_replication_role', 'replica', false);
    RETURN NEW;
END
$$"""


@pytest.mark.parametrize("hook", HOOKS)
def test_nothing_can_be_hung_on_the_stage(federation: Federation, hook: str) -> None:
    with signed_in(federation) as cursor:
        for statement in (STAGE, TRAP, SPRUNG):
            cursor.execute(statement)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            cursor.execute(HOOKS[hook])


@pytest.mark.parametrize(
    "stage", ["TABLE bundle_stage (p0_id uuid)", "VIEW bundle_stage AS SELECT 1 AS p0_id"]
)
def test_a_stage_of_the_callers_own_is_refused(federation: Federation, stage: str) -> None:
    with signed_in(federation) as cursor:
        cursor.execute(f"CREATE TEMP {stage}")
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="open_stage"):
            cursor.execute(INSERT, [employers_of(federation.view.id)])


#: Targets that would run code of the caller's as the owner of the function, or lead past the keys of a table.
TARGETS = {
    "a table with a trigger": [
        "CREATE TEMP TABLE target (id uuid)",
        "CREATE TRIGGER trap BEFORE INSERT ON target FOR EACH ROW EXECUTE FUNCTION pg_temp.sprung()",
    ],
    "a view of a table": ["CREATE TEMP VIEW target AS SELECT * FROM core.record_transition"],
}


@pytest.mark.parametrize("target", TARGETS)
def test_rows_go_into_no_table_of_the_callers(federation: Federation, target: str) -> None:
    with signed_in(federation) as cursor:
        for statement in (STAGE, SPRUNG, *TARGETS[target]):
            cursor.execute(statement)
        cursor.execute("INSERT INTO bundle_stage VALUES (%s)", [new_id()])
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="do not go into"):
            cursor.execute(INSERT, [plan("pg_temp.target")])


#: Temporary objects that bear the name of one which the functions mean.
SHADOWS = {
    "the catalogue's list of keys": "CREATE TEMP VIEW pg_constraint AS "
    "SELECT * FROM pg_catalog.pg_constraint WHERE false",
    "a type": "CREATE DOMAIN pg_temp.text AS pg_catalog.text CHECK (false)",
}


@pytest.mark.parametrize("shadow", SHADOWS)
def test_a_name_of_the_callers_stands_in_front_of_none_that_is_meant(
    federation: Federation, shadow: str
) -> None:
    with signed_in(federation) as cursor:
        cursor.execute(STAGE)
        cursor.execute(SHADOWS[shadow])
        cursor.execute("INSERT INTO bundle_stage VALUES (%s, %s)", [new_id(), new_id()])
        with pytest.raises(psycopg.errors.ForeignKeyViolation):
            cursor.execute(INSERT, [steps(federation)])


def test_a_row_counts_as_brought_in_only_where_one_was(federation: Federation) -> None:
    unit, row = new_id(), new_id()
    with signed_in(federation) as cursor:
        cursor.execute(STAGE)
        cursor.execute("INSERT INTO bundle_stage VALUES (%s, NULL)", [row])
        parts = [
            {"target": "core.org_unit", "staged": {"id": "p0_unit"}, "fixed": {"id": unit}},
            {
                "target": "core.record_transition",
                "staged": {"id": "p0_id", "record_id": "p0_id"},
                "fixed": {**STEP, "tenant_id": federation.view.id, "org_unit_id": unit},
            },
        ]
        with pytest.raises(psycopg.errors.ForeignKeyViolation):
            cursor.execute(INSERT, [orjson.dumps(parts, default=str).decode()])


def test_the_function_writes_for_the_tenant_alone(
    federation: Federation, shared_federation: Federation
) -> None:
    with signed_in(federation) as cursor:
        cursor.execute(STAGE)
        cursor.execute("INSERT INTO bundle_stage VALUES (%s)", [new_id()])
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"):
            cursor.execute(INSERT, [employers_of(shared_federation.view.id)])


@pytest.mark.parametrize("table", ["core.tenant", "core.operator_key", "core.platform_entry"])
def test_the_function_writes_nothing_that_its_caller_may_not(federation: Federation, table: str) -> None:
    with signed_in(federation) as cursor:
        cursor.execute(STAGE)
        cursor.execute("INSERT INTO bundle_stage VALUES (%s)", [new_id()])
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="permission denied"):
            cursor.execute(INSERT, [plan(table)])


@pytest.mark.parametrize("what", ["SET LOCAL session_replication_role = replica", "SET ROLE gonghui_loader"])
def test_the_application_cannot_do_what_the_function_does(federation: Federation, what: str) -> None:
    with signed_in(federation) as cursor, pytest.raises(psycopg.errors.InsufficientPrivilege):
        cursor.execute(what)


@pytest.mark.parametrize(
    "runner", ["ts_stat('SELECT NULL')", "ts_rewrite('a'::tsquery, 'SELECT NULL, NULL')"]
)
def test_no_function_runs_a_text_that_it_is_given(federation: Federation, runner: str) -> None:
    with signed_in(federation) as cursor, pytest.raises(psycopg.errors.InsufficientPrivilege):
        cursor.execute(f"SELECT {runner}")


@pytest.mark.parametrize("isolation", [IsolationLevel.READ_COMMITTED, IsolationLevel.REPEATABLE_READ])
def test_where_others_are_not_seen_the_database_asks_row_by_row(
    federation: Federation, isolation: IsolationLevel
) -> None:
    with signed_in(federation, isolation) as cursor:
        cursor.execute(STAGE)
        cursor.execute("INSERT INTO bundle_stage VALUES (%s, %s)", [new_id(), new_id()])
        with pytest.raises(psycopg.errors.ForeignKeyViolation) as refused:
            cursor.execute(INSERT, [steps(federation)])
        by_row = "is not present in table" in str(refused.value)
        assert by_row is (isolation is IsolationLevel.REPEATABLE_READ)
