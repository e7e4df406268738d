"""The catalogue of the migrated database: every table closed, every key led by its tenant, models and tables alike."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from alembic import command
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from gonghui.db import migrations, policies
from gonghui.db.database import Database, database_at
from gonghui.db.migrations import CORE, Component, behind, difference, migrate, new_revision
from gonghui.plugin_host.registry import discover
from gonghui.testing import World
from gonghui.testing.catalogue import TABLES, Catalogue, read_catalogue
from gonghui.testing.database import cloned_database, worker_name
from gonghui.testing.places import var_of_tests

COMPONENTS = [CORE, *(plugin.component for plugin in discover().plugins.values())]

#: Tables that no tenant leads, each with its reason. One that is no longer there fails the test.
WITHOUT_TENANT = {
    "core.tenant": "its own id is the tenant",
    "core.tenant_host": "a host name means one tenant over the whole platform, so the host is its key",
    "core.platform_entry": "the operator's own trail, closed to the application",
    "core.operator_key": "keys of operators, who belong to no tenant; closed to the application",
}
#: Unique indexes that no tenant leads, each with its reason.
UNIQUE_WITHOUT_TENANT = {
    "core.tenant.pk_tenant": "its own id is the tenant",
    "core.tenant.uq_tenant_code": "codes name tenants over the whole platform",
    "core.tenant_host.pk_tenant_host": "a host name means one tenant over the whole platform",
    "core.platform_entry.pk_platform_entry": "the operator's own trail",
    "core.operator_key.pk_operator_key": "keys of operators, who belong to no tenant",
    "core.operator_key.uq_operator_key_secret_hash": "one key means one operator over the whole platform",
}
#: Policies beside `tenant`, which closes every table to all but its own.
FURTHER_POLICIES = {
    "core.tenant": {"operator", "look_up"},
    "core.tenant_host": {"operator", "look_up"},
    "core.plugin_switch": {"look_up"},
    "core.platform_entry": {"operator", "entering", "sealer"},
    "core.audit_entry": {"sealer", "watch"},
    "core.audit_seal": {"sealer", "watch"},
    "core.audit_head": {"sealer", "watch"},
    "core.audit_progress": {"sealer", "watch"},
    "core.operator_key": {"operator", "look_up"},
    "core.tenant_key": {"operator"},
    "core.audit_payload": {"eraser"},
    "core.parameter_override": {"eraser"},
    "core.outbox_event": {"relay", "watch"},
    "core.event_delivery": {"relay", "watch"},
}
#: Foreign keys that a single column makes, each with its reason.
PLAIN_REFERENCES = {"core.tenant_host.fk_tenant_host_tenant_id": "it points to the tenant itself"}


@pytest.fixture(scope="module")
def catalogue(world: World) -> Catalogue:
    return read_catalogue(world.database, [component.schema for component in COMPONENTS])


def test_every_table_is_a_table(catalogue: Catalogue) -> None:
    assert catalogue.unknown_kinds() == set()  # any other kind needs a test of its own


def test_every_component_has_tables(catalogue: Catalogue) -> None:
    assert {name.split(".")[0] for name in catalogue.security} == {c.schema for c in COMPONENTS}


def test_every_table_is_closed_to_its_owner_too(catalogue: Catalogue) -> None:
    assert catalogue.open_tables() == set()


def test_every_table_has_the_tenants_policy_and_no_other_that_is_not_listed(catalogue: Catalogue) -> None:
    assert catalogue.without_policy() == {"core.platform_entry", "core.operator_key"}
    assert catalogue.further_policies() == FURTHER_POLICIES


def test_no_further_policy_opens_a_table_to_the_application(catalogue: Catalogue) -> None:
    opened = {
        (table, name): set(policy.roles)
        for table, found in catalogue.policies.items()
        for name, policy in found.items()
        if name != "tenant"
    }
    assert set().union(*opened.values()) == {
        policies.OWNER,
        policies.OPERATOR,
        policies.RELAY,
        policies.SEALER,
    }


def test_every_primary_key_is_led_by_the_tenant(catalogue: Catalogue) -> None:
    assert catalogue.primary_keys_astray() == set(WITHOUT_TENANT)


def test_every_unique_index_is_led_by_the_tenant(catalogue: Catalogue) -> None:
    assert catalogue.unique_astray() == set(UNIQUE_WITHOUT_TENANT)


def test_every_reference_takes_its_tenant_along(catalogue: Catalogue) -> None:
    assert catalogue.references_astray() == set(PLAIN_REFERENCES)


def test_every_exception_is_of_a_table_that_is_there(catalogue: Catalogue) -> None:
    listed = {*WITHOUT_TENANT, *FURTHER_POLICIES, *(name.rsplit(".", 1)[0] for name in UNIQUE_WITHOUT_TENANT)}
    assert listed <= set(catalogue.security)


def test_every_table_belongs_to_the_owner_role(catalogue: Catalogue) -> None:
    assert catalogue.foreign_owned() == set()


def test_a_function_that_runs_as_its_owner_takes_nothing_of_the_callers_for_what_it_means(
    world: World,
) -> None:
    open_ones = text(
        "SELECT p.oid::regprocedure::text FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace "
        "WHERE n.nspname = ANY (:schemas) AND p.prosecdef "
        "AND NOT coalesce(p.proconfig, '{}') @> ARRAY['search_path=pg_catalog, pg_temp']"
    )
    with create_engine(world.database.url(policies.OWNER), poolclass=NullPool).connect() as connection:
        schemas = [component.schema for component in COMPONENTS]
        assert list(connection.scalars(open_ones, {"schemas": schemas})) == []


@pytest.mark.parametrize("component", COMPONENTS, ids=lambda component: component.schema)
def test_models_and_migrations_say_the_same(world: World, component: Component) -> None:
    assert difference(world.database, component) == []


# --- revisions


@pytest.fixture
def throw_away(world: World) -> Iterator[Database]:
    """A migrated database of this test's own."""
    with cloned_database(var_of_tests(), world.registry, f"{worker_name()}_revisions") as database:
        yield database


def test_where_models_and_tables_agree_no_revision_is_written(world: World) -> None:
    for component in COMPONENTS:
        known = sorted(component.folder.iterdir())
        assert new_revision(world.database, component, "nothing") is None
        assert sorted(component.folder.iterdir()) == known


def test_a_model_without_its_revision_is_told(throw_away: Database) -> None:
    _as_owner(throw_away, "ALTER TABLE core.person DROP COLUMN name_key")
    found = difference(throw_away, CORE)
    assert ("add_column", "name_key") in {
        (step[0], step[3].name) for step in found if step[0] == "add_column"
    }


@pytest.mark.parametrize("component", COMPONENTS[::-1], ids=lambda component: component.schema)
def test_revisions_go_down_and_up_again(throw_away: Database, component: Component) -> None:
    for above in reversed(COMPONENTS):
        _down_to_nothing(throw_away, above)
        if above is component:
            break
    assert behind(throw_away, [component])
    assert _tables_of(throw_away, component) == []
    migrate(throw_away, COMPONENTS)
    assert not behind(throw_away, COMPONENTS)
    assert [difference(throw_away, each) for each in COMPONENTS] == [[] for _ in COMPONENTS]


def test_migrating_again_changes_nothing(throw_away: Database) -> None:
    assert not behind(throw_away, COMPONENTS)
    migrate(throw_away, COMPONENTS)
    assert not behind(throw_away, COMPONENTS)


def test_an_empty_database_is_brought_to_what_the_models_say(world: World) -> None:
    template = world.database
    database = database_at(template.admin_url, var_of_tests(), f"{worker_name()}_empty")
    try:
        assert database.create() is True
        assert database.create() is False
        migrate(database, COMPONENTS)
        assert [difference(database, each) for each in COMPONENTS] == [[] for _ in COMPONENTS]
    finally:
        database.dispose()
        admin = create_engine(template.admin_url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
        with admin.connect() as connection:
            connection.exec_driver_sql(f'DROP DATABASE IF EXISTS "{database.name}" WITH (FORCE)')


def test_a_database_whose_creation_was_cut_short_is_closed_to_other_roles(throw_away: Database) -> None:
    everybody = "SELECT has_database_privilege('public', current_database(), 'CONNECT, TEMPORARY')"
    admin = create_engine(throw_away.admin_url.set(database=throw_away.name), poolclass=NullPool)
    with admin.begin() as connection:
        connection.exec_driver_sql(f'GRANT ALL ON DATABASE "{throw_away.name}" TO PUBLIC')
    throw_away.create()
    with admin.connect() as connection:
        assert connection.scalar(text(everybody)) is False


def _as_owner(database: Database, statement: str) -> None:
    with create_engine(database.url(policies.OWNER), poolclass=NullPool).begin() as connection:
        connection.exec_driver_sql(statement)


def _down_to_nothing(database: Database, component: Component) -> None:
    with create_engine(database.url(policies.OWNER), poolclass=NullPool).connect() as connection:
        command.downgrade(migrations._config(component, connection), "base")
        connection.commit()


def _tables_of(database: Database, component: Component) -> list[str]:
    with create_engine(database.url(policies.OWNER), poolclass=NullPool).connect() as connection:
        return list(connection.scalars(text(TABLES), {"schemas": [component.schema]}))
