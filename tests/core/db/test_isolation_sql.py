"""What the database itself refuses: raw SQL as the application's and the operator's role, table by table."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import date
from uuid import UUID

import orjson
import pytest
from sqlalchemy import Connection, Engine, ForeignKeyConstraint, Table, create_engine, text
from sqlalchemy.exc import DBAPIError, IntegrityError, ProgrammingError
from sqlalchemy.pool import NullPool
from tests.designs.rooms import rooms
from tests.designs.samples import SAMPLES

from gonghui.audit.sealing import seal
from gonghui.audit.signing import SigningKey, sign_heads
from gonghui.auth.accounts import account_by_id
from gonghui.auth.sign_in_codes import CodePurpose, hand_out
from gonghui.db import policies
from gonghui.db.base import Base
from gonghui.events.relay import Relay
from gonghui.i18n import Text
from gonghui.lifecycle.delivering import handlers_of
from gonghui.lifecycle.reorganisation import Rename
from gonghui.lifecycle.reorganising import reorganise
from gonghui.notifications.contacts import ContactAddress, prefer
from gonghui.notifications.messages import send_code
from gonghui.parties.employer_matches import EmployerMatch
from gonghui.parties.employers import Employer
from gonghui.parties.person_merges import merge_persons
from gonghui.parties.persons import new_person
from gonghui.plugin_host.failures import count_failure
from gonghui.plugin_host.registers import register_of
from gonghui.plugin_host.registry import discover
from gonghui.records.bulk import insert_many
from gonghui.records.calendar_changes import put_override, vouch_for_year
from gonghui.records.deadline_rules import DeadlineRule
from gonghui.records.deadlines import set_deadline
from gonghui.records.registers.checking import CheckedRow
from gonghui.records.registers.runs import stage
from gonghui.records.registers.sheets import Row
from gonghui.records.registers.synonyms import teach
from gonghui.records.registers.taking import new_run
from gonghui.records.reminders import DeadlineReminder
from gonghui.records.reveal import reveal
from gonghui.testing import Federation, World, job_samples, parameter_samples
from gonghui.testing.attachment_samples import attached
from gonghui.testing.notification_samples import address_of, notification_of
from gonghui.testing.second_factor_samples import guarded
from gonghui.values.ids import new_id
from gonghui_organising.membership import Membership, MembershipTransfer
from gonghui_organising.register import COLUMNS

discover()  # maps the tables of every plugin
TABLES = {table.fullname: table for table in Base.metadata.sorted_tables}
#: The column that holds the tenant, where it is not `tenant_id`.
KEYS = {"core.tenant": "id"}
#: Tables that hold no tenant's rows.
PLATFORM = {"core.operator_key", "core.platform_entry"}
OF_TENANTS = sorted(set(TABLES) - PLATFORM)
#: What the roles that cross tenants may do, and nothing else.
CROSSING = {
    policies.RELAY: {
        "core.outbox_event": {"SELECT", "UPDATE"},
        "core.event_delivery": {"SELECT", "INSERT", "UPDATE"},
    },
    policies.SEALER: {
        "core.audit_entry": {"SELECT"},
        "core.platform_entry": {"SELECT"},
        "core.audit_seal": {"SELECT", "INSERT"},
        "core.audit_head": {"SELECT", "INSERT"},
        "core.audit_progress": {"SELECT", "INSERT", "UPDATE"},
    },
    policies.OPERATOR: {
        "core.tenant": {"SELECT", "INSERT", "UPDATE"},
        "core.tenant_host": {"SELECT", "INSERT", "DELETE"},
        "core.platform_entry": {"SELECT", "INSERT"},
        "core.operator_key": {"SELECT", "INSERT", "UPDATE"},
        "core.tenant_key": {"SELECT", "INSERT", "UPDATE", "DELETE"},
    },
}
HISTORY = (
    "core.audit_entry",
    "core.audit_payload",
    "core.audit_seal",
    "core.audit_head",
    "core.opening",
)
REFERENCES = [
    pytest.param(table, key, id=f"{table.fullname}.{key.column_keys[-1]}")
    for table in TABLES.values()
    for key in sorted(table.foreign_key_constraints, key=lambda k: k.column_keys)
    if len(key.column_keys) > 1
]


@dataclass
class Neighbours:
    """Tenant `ours`, tenant `theirs`, both with a row in every table, and three doors to the database."""

    ours: Federation
    theirs: Federation
    engines: dict[str, Engine]

    @contextmanager
    def app(self) -> Iterator[Connection]:
        """Raw SQL as the application bound to our tenant; nothing of it is kept."""
        with self.engines[policies.APP].connect() as connection:
            connection.exec_driver_sql(f"SET LOCAL app.tenant_id = '{self.ours.view.id}'")
            yield connection
            connection.rollback()

    @contextmanager
    def role(self, name: str) -> Iterator[Connection]:
        """Raw SQL as `name`; nothing of it is kept."""
        with self.engines[name].connect() as connection:
            yield connection
            connection.rollback()

    def rows(self, table: str, tenant: Federation) -> list[str]:
        """A tenant's rows as the superuser sees them."""
        with self.role("superuser") as connection:
            found = f"SELECT t::text FROM {table} t WHERE {KEYS.get(table, 'tenant_id')} = :tenant ORDER BY 1"
            return list(connection.scalars(text(found), {"tenant": tenant.view.id}))


@pytest.fixture(scope="module")
def neighbours(world: World) -> Neighbours:
    database = world.database
    urls = {
        policies.APP: database.url(policies.APP),
        policies.OPERATOR: database.url(policies.OPERATOR),
        policies.RELAY: database.url(policies.RELAY),
        "superuser": database.admin_url.set(database=database.name),
    }
    engines = {name: create_engine(url, poolclass=NullPool) for name, url in urls.items()}
    return Neighbours(_filled(world), _filled(world), engines)


def _filled(world: World) -> Federation:
    """A tenant with a row in every table."""
    federation = world.federation()
    east = federation.client("east")
    unit = {"parent_id": str(federation.units["east"]), "kind": "community_federation", "name": "新社区"}
    made = east.post("/api/v1/org-units", unit, headers={"Idempotency-Key": "once"})
    assert made.status_code == 201, made.text
    federation.token("east", None)
    with federation.uow() as uow:
        for plugin in world.registry.plugins.values():
            for make in plugin.samples.values():
                make(uow, federation.units["garden"])
        attached(uow, rooms, SAMPLES["room_id"](uow, federation.units["garden"]))
    with federation.uow("admin") as uow:
        reorganise(uow, Rename(federation.units["river"], "河东社区工联会"), effective_on=date(2024, 5, 1))
        parameter_samples.decided(uow)
        job_samples.waiting_job(uow)
    with federation.uow() as uow:
        count_failure(uow, "organising", "dashboard", "示例")
    _filled_with_people(federation)
    relay = Relay(world.database, handlers_of(world.registry), list)
    while relay.take_in():
        pass
    refused = federation.client().post("/api/v1/sign-in", {"login": "nobody", "password": "a wrong one"})
    assert refused.status_code == 401
    seal(world.database, federation.view.id)
    sign_heads(world.database, SigningKey.generate(), chain=federation.view.id)
    return federation


def _filled_with_people(federation: Federation) -> None:
    """Persons who were merged, employers that look alike, a member who moves by a day, a register on its way in."""
    with federation.uow("district") as uow:
        run = new_run(uow, register_of(uow, "organising.unions"), "unions.xlsx")
        stage(uow, run, [CheckedRow(Row("名册", 4, {"name": "样本工会"}), {})])
        teach(uow, run.register, COLUMNS, {"工会的名字": "name"})
        kept, dropped, member = (new_person(name, phone="12012345678") for name in ("样甲", "样乙", "样丙"))
        firms = [Employer(name=name, name_key=name) for name in ("样本电子一厂", "样本电子二厂")]
        uow.add(kept, dropped, member, *firms)
        uow.session.flush()
        merge_persons(uow, kept, dropped, "同一人")
        reveal(uow, kept.id, kept, "phone", "核对", action="core.person.revealed")
        uow.add(EmployerMatch(employer_id=firms[0].id, candidate_id=firms[1].id, score=90))
        place = federation.units["garden"]
        membership = Membership(
            org_unit_id=place, person_id=member.id, employer_id=firms[0].id, state="active"
        )
        uow.add(membership)
        uow.session.flush()
        moving = {"kind": "within", "state": "pending", "state_before": "active", "from_unit_id": place}
        employer = {"employer_id": firms[1].id, "org_unit_id": federation.units["river"]}
        uow.add(
            MembershipTransfer(
                membership_id=membership.id, person_id=membership.person_id, **moving, **employer
            )
        )
        put_override(uow, date(2035, 5, 4), is_working=False, name="样本节", reason="样本通知")
        vouch_for_year(uow, 2035, "样本通知")
        rule = DeadlineRule("organising.sample", Text("样本"), "organising.transfer.days", "core.audit.read")
        due = set_deadline(uow, membership, rule, date(2024, 5, 6))
        insert_many(uow, DeadlineReminder, [{"deadline_id": due.id, "stage": "7", "due_on": due.due_on}])
        account = federation.accounts["east"]
        notification_of(uow, account)
        address = uow.session.get_one(ContactAddress, (uow.tenant_id, address_of(uow, account)))
        prefer(uow, account, "en", [], known=[])
        send_code(uow, address, "123456", "en")
        mine = account_by_id(uow, guarded(uow, account))
        assert mine is not None
        hand_out(uow, [mine], next(iter(CodePurpose)))


def test_steps_go_with_a_register_that_is_undone_but_never_change(neighbours: Neighbours) -> None:
    with neighbours.app() as connection:
        gone = connection.exec_driver_sql("DELETE FROM core.record_transition").rowcount
        left = connection.scalar(text("SELECT count(*) FROM core.record_transition"))
        for change in ("UPDATE core.record_transition SET name = name", "TRUNCATE core.record_transition"):
            with pytest.raises(ProgrammingError, match="permission denied"), connection.begin_nested():
                connection.exec_driver_sql(change)
    assert (gone, left) == (len(neighbours.rows("core.record_transition", neighbours.ours)), 0)


def _tenant_column(table: str) -> str:
    return KEYS.get(table, "tenant_id")


@pytest.mark.parametrize("table", OF_TENANTS)
def test_there_is_something_to_be_seen_in_every_table(neighbours: Neighbours, table: str) -> None:
    assert neighbours.rows(table, neighbours.ours)
    assert neighbours.rows(table, neighbours.theirs)


@pytest.mark.parametrize("table", OF_TENANTS)
def test_a_tenant_reads_its_own_rows_and_no_others(neighbours: Neighbours, table: str) -> None:
    with neighbours.app() as connection:
        seen = list(connection.scalars(text(f"SELECT t::text FROM {table} t ORDER BY 1")))
    assert seen == neighbours.rows(table, neighbours.ours)


@pytest.mark.parametrize("table", OF_TENANTS)
@pytest.mark.parametrize("verb", ["UPDATE", "DELETE"])
def test_a_tenant_changes_no_row_of_another(neighbours: Neighbours, table: str, verb: str) -> None:
    before, key, changed = neighbours.rows(table, neighbours.theirs), _tenant_column(table), 0
    change = f"UPDATE {table} SET {key} = {key}" if verb == "UPDATE" else f"DELETE FROM {table}"
    theirs = text(f"{change} WHERE {key} = :them")
    with neighbours.engines[policies.APP].connect() as connection:
        connection.exec_driver_sql(f"SET LOCAL app.tenant_id = '{neighbours.ours.view.id}'")
        granted = connection.scalar(
            text("SELECT has_table_privilege(:table, :verb)"), {"table": table, "verb": verb}
        )
        with nullcontext() if granted else pytest.raises(ProgrammingError, match="permission denied"):
            changed = connection.execute(theirs, {"them": neighbours.theirs.view.id}).rowcount
        connection.commit()
    assert changed == 0
    assert neighbours.rows(table, neighbours.theirs) == before


@pytest.mark.parametrize("table", OF_TENANTS)
def test_a_tenant_adds_no_row_to_another(neighbours: Neighbours, table: str) -> None:
    with neighbours.app() as connection, pytest.raises(ProgrammingError) as refused:
        _copy_of_a_row(neighbours, connection, table, neighbours.theirs)
    assert "row-level security" in str(refused.value) or "permission denied" in str(refused.value)


@pytest.mark.parametrize("table", OF_TENANTS)
def test_a_tenant_moves_no_row_to_another(neighbours: Neighbours, table: str) -> None:
    key = _tenant_column(table)
    with neighbours.app() as connection, pytest.raises(ProgrammingError) as refused:
        connection.execute(text(f"UPDATE {table} SET {key} = :them"), {"them": neighbours.theirs.view.id})
    assert "row-level security" in str(refused.value) or "permission denied" in str(refused.value)


def test_a_tenant_adds_a_row_to_its_own(neighbours: Neighbours) -> None:
    with neighbours.app() as connection:
        _copy_of_a_row(neighbours, connection, "core.person", neighbours.ours)
        count = connection.scalar(text("SELECT count(*) FROM core.person"))
    assert count == len(neighbours.rows("core.person", neighbours.ours)) + 1


def _copy_of_a_row(neighbours: Neighbours, connection: Connection, table: str, of: Federation) -> None:
    """Insert a row of `of` once more, under a fresh id."""
    key = _tenant_column(table)
    with neighbours.role("superuser") as superuser:
        # The oldest: the first persons carry no document, which a copy could not carry too.
        oldest = (
            f"SELECT to_jsonb(t) FROM {table} t WHERE {key} = :tenant ORDER BY to_jsonb(t) ->> 'id' LIMIT 1"
        )
        row = superuser.scalar(text(oldest), {"tenant": of.view.id})
    fresh = {**row, **({"id": str(new_id())} if "id" in row and key != "id" else {})}
    import_row = text(
        f"INSERT INTO {table} OVERRIDING SYSTEM VALUE "
        f"SELECT * FROM jsonb_populate_record(NULL::{table}, CAST(:row AS jsonb))"
    )
    connection.execute(import_row, {"row": orjson.dumps(fresh).decode()})


@pytest.mark.parametrize(("table", "key"), REFERENCES)
def test_a_reference_cannot_point_into_another_tenant(
    neighbours: Neighbours, table: Table, key: ForeignKeyConstraint
) -> None:
    column, target = key.column_keys[-1], key.elements[0].column.table.fullname
    with neighbours.role("superuser") as connection:
        elsewhere: UUID | None = connection.scalar(
            text(f"SELECT id FROM {target} WHERE tenant_id = :them LIMIT 1"),
            {"them": neighbours.theirs.view.id},
        )
        assert elsewhere is not None
        one = f"SELECT ctid FROM {table.fullname} WHERE tenant_id = :us LIMIT 1"
        point = text(f"UPDATE {table.fullname} SET {column} = :elsewhere WHERE ctid = ({one})")
        with pytest.raises(IntegrityError, match="foreign key"):
            connection.execute(point, {"elsewhere": elsewhere, "us": neighbours.ours.view.id})


# --- what the application's role may not do at all


_CHANGES = ("UPDATE {} SET tenant_id = tenant_id", "TRUNCATE {}")


@pytest.mark.parametrize(
    ("table", "change"),
    [
        *((table, change) for table in HISTORY for change in (*_CHANGES, "DELETE FROM {}")),
        *(("core.outbox_event", change) for change in _CHANGES),  # it goes when it was delivered long ago
    ],
)
def test_history_is_never_changed(neighbours: Neighbours, table: str, change: str) -> None:
    with neighbours.app() as connection, pytest.raises(ProgrammingError, match="permission denied"):
        connection.exec_driver_sql(change.format(table))


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE core.own (id int)",
        "CREATE TABLE public.own (id int)",
        "CREATE SCHEMA own",
        "CREATE FUNCTION core.own() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "ALTER TABLE core.person DISABLE ROW LEVEL SECURITY",
        "ALTER TABLE core.person NO FORCE ROW LEVEL SECURITY",
        "DROP POLICY tenant ON core.person",
        "CREATE POLICY mine ON core.person USING (true)",
        "DROP TABLE core.person",
        "TRUNCATE core.person",
        "COPY core.person TO PROGRAM 'cat'",
        f"ALTER ROLE {policies.APP} BYPASSRLS",
        f"SET ROLE {policies.OWNER}",
        f"SET ROLE {policies.OPERATOR}",
        f"SET ROLE {policies.SEALER}",
        "INSERT INTO core.audit_seal SELECT * FROM core.audit_seal",
        "INSERT INTO core.audit_head SELECT * FROM core.audit_head",
        f"GRANT {policies.OWNER} TO {policies.APP}",
        "SELECT * FROM core.platform_entry",
        "SELECT * FROM core.alembic_version",
        "SELECT * FROM pg_authid",
    ],
)
def test_the_application_cannot_widen_what_it_may(neighbours: Neighbours, statement: str) -> None:
    with neighbours.app() as connection, pytest.raises(DBAPIError, match=r"permission denied|must be owner"):
        connection.exec_driver_sql(statement)


def test_switching_policies_off_for_a_session_gives_an_error_instead_of_rows(neighbours: Neighbours) -> None:
    with neighbours.app() as connection:
        connection.exec_driver_sql("SET LOCAL row_security = off")
        with pytest.raises(ProgrammingError, match="row-level security"):
            connection.exec_driver_sql("SELECT * FROM core.person")


def test_without_a_tenant_one_host_is_found_and_no_list_of_hosts(neighbours: Neighbours) -> None:
    look_up = text("SELECT code FROM core.tenant_at(:host)")
    with neighbours.role(policies.APP) as connection:
        found = connection.scalars(look_up, {"host": f"{neighbours.ours.view.code}.test"}).all()
        unknown = connection.scalars(look_up, {"host": "%"}).all()
        with pytest.raises(ProgrammingError, match="unrecognized configuration parameter"):
            connection.exec_driver_sql("SELECT * FROM core.tenant_host")
    assert (found, unknown) == ([neighbours.ours.view.code], [])


# --- the roles that cross tenants


@pytest.mark.parametrize("role", sorted(CROSSING))
def test_a_role_that_crosses_has_its_few_tables_and_no_more(neighbours: Neighbours, role: str) -> None:
    asked = text("""
        SELECT t, v FROM unnest(CAST(:tables AS text[])) t,
            unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']) v
        WHERE has_table_privilege(:role, t, v)
            OR v IN ('SELECT', 'INSERT', 'UPDATE', 'REFERENCES') AND has_any_column_privilege(:role, t, v)
    """)
    granted: dict[str, set[str]] = {}
    with neighbours.role("superuser") as connection:
        for table, verb in connection.execute(asked, {"tables": list(TABLES), "role": role}):
            granted.setdefault(table, set()).add(verb)
    assert granted == CROSSING[role]


def test_the_operator_sees_all_tenants_and_no_record_of_theirs(neighbours: Neighbours) -> None:
    with neighbours.role(policies.OPERATOR) as connection:
        tenants = set(connection.scalars(text("SELECT id FROM core.tenant")))
        with pytest.raises(ProgrammingError, match="permission denied"):
            connection.exec_driver_sql("SELECT * FROM core.person")
    assert {neighbours.ours.view.id, neighbours.theirs.view.id} <= tenants
