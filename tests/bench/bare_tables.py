"""The bare counterpart's tables: Gonghui's own, copied without policies, in a schema and for a role of their own."""

from __future__ import annotations

import re
import secrets

from sqlalchemy import Connection, create_engine

from gonghui.db.database import Database

_ROLE = "bench_bare"
_TABLES = (
    "core.org_unit", "core.employer", "core.record_transition", "organising.grassroots_union",
    "organising.covered_unit", "organising.committee_term", "organising.union_paper",
)  # fmt: skip
_KEYS = """
SELECT conrelid::regclass::text, pg_get_constraintdef(oid) FROM pg_constraint
WHERE contype = 'f' AND conrelid = ANY(%(tables)s::regclass[]) AND confrelid = ANY(%(tables)s::regclass[])
"""


def copy_tables(database: Database) -> str:
    """Copy columns, indexes, checks, foreign keys among them, and all rows; the URL by which `bare` reaches them."""
    password = secrets.token_urlsafe(24)
    admin = create_engine(database.admin_url.set(database=database.name), isolation_level="AUTOCOMMIT")
    try:
        with admin.connect() as connection:
            _make_role(connection, database.name, password)
            connection.exec_driver_sql(f"CREATE SCHEMA bare AUTHORIZATION {_ROLE}")
            for table in _TABLES:
                _copy(connection, table)
            _add_foreign_keys(connection)
            connection.exec_driver_sql("VACUUM ANALYZE")
    finally:
        admin.dispose()
    url = database.admin_url.set(
        drivername="postgresql", database=database.name, username=_ROLE, password=password
    )
    return url.render_as_string(hide_password=False)


def _make_role(connection: Connection, database: str, password: str) -> None:
    known = connection.exec_driver_sql("SELECT 1 FROM pg_roles WHERE rolname = %s", (_ROLE,)).scalar()
    verb = "ALTER" if known else "CREATE"
    connection.exec_driver_sql(f"{verb} ROLE {_ROLE} LOGIN NOSUPERUSER PASSWORD '{password}'")
    connection.exec_driver_sql(f'GRANT CONNECT ON DATABASE "{database}" TO {_ROLE}')


def _copy(connection: Connection, table: str) -> None:
    copy = _copy_of(table)
    connection.exec_driver_sql(f"CREATE TABLE {copy} (LIKE {table} INCLUDING ALL)")
    connection.exec_driver_sql(f"ALTER TABLE {copy} OWNER TO {_ROLE}")
    connection.exec_driver_sql(f"INSERT INTO {copy} SELECT * FROM {table}")


def _add_foreign_keys(connection: Connection) -> None:
    for table, key in connection.exec_driver_sql(_KEYS, {"tables": list(_TABLES)}).all():
        own = re.sub(r"REFERENCES \w+\.", "REFERENCES bare.", key)
        connection.exec_driver_sql(f"ALTER TABLE {_copy_of(table)} ADD {own}")


def _copy_of(table: str) -> str:
    return f"bare.{table.split('.')[1]}"
