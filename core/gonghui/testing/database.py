"""Databases for tests: one migrated template for each state of the migrations, cloned for each process."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import create_engine, text

from gonghui.db.database import Database, database_at
from gonghui.db.embedded import running
from gonghui.db.migrations import CORE, Component, migrate
from gonghui.plugin_host.registry import Registry

_LOCK = 7215003


@contextmanager
def cloned_database(var: Path, registry: Registry, name: str) -> Iterator[Database]:
    """A fresh, migrated database called `name` on the embedded server under `var`; dropped at the end.

    The server runs without fsync: its data is not worth keeping.
    """
    components = [CORE, *(plugin.component for plugin in registry.plugins.values())]
    with running(var, durable=False) as server:
        template = _template(server.url(), var, components)
        database = database_at(server.url(), var, name, pool_size=12)
        admin = create_engine(server.url(), isolation_level="AUTOCOMMIT")
        try:
            with admin.connect() as connection:
                connection.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": _LOCK})
                connection.exec_driver_sql(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
                connection.exec_driver_sql(
                    f'CREATE DATABASE "{name}" TEMPLATE "{template}" OWNER gonghui_owner'
                )
                connection.execute(text("SELECT pg_advisory_unlock(:lock)"), {"lock": _LOCK})
            database.create()
            yield database
        finally:
            database.dispose()
            with admin.connect() as connection:
                connection.exec_driver_sql(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
            admin.dispose()


def _template(admin_url: str, var: Path, components: list[Component]) -> str:
    """The migrated template for the present revisions, made by whoever comes first."""
    name = f"template_{_fingerprint(components)}"
    template = database_at(admin_url, var, name)
    admin = create_engine(admin_url, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": _LOCK})
        done = connection.scalar(
            text("SELECT 1 FROM pg_database WHERE datname = :name AND datistemplate"), {"name": name}
        )
        if not done:
            connection.exec_driver_sql(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
            template.create()
            migrate(template, components)
            template.dispose()
            connection.exec_driver_sql(f'ALTER DATABASE "{name}" IS_TEMPLATE true')
        connection.execute(text("SELECT pg_advisory_unlock(:lock)"), {"lock": _LOCK})
    admin.dispose()
    return name


def _fingerprint(components: list[Component]) -> str:
    whole = hashlib.sha256()
    folder = Path(__file__).parent.parent / "db"
    for path in [
        folder / "policies.py",
        folder / "migrations.py",
        *(p for c in components for p in sorted(c.folder.glob("*.py"))),
    ]:
        whole.update(path.read_bytes())
    return whole.hexdigest()[:12]


def worker_name() -> str:
    """A database name of this test process's own."""
    return f"test_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}_{os.getpid()}"
