"""Migrations: one version table per component, core first, under one lock, never at web start."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.pool import NullPool
from sqlalchemy.schema import SchemaItem

from gonghui.db import policies
from gonghui.db.base import Base
from gonghui.db.database import Database
from gonghui.db.revision_directives import complete
from gonghui.db.sensitive import SealedType

_LOCK = 7215002
_VERSIONS = "alembic_version"


@dataclass(frozen=True)
class Component:
    """Core or a plugin: the schema it owns and the folder of its revisions."""

    schema: str
    folder: Path


CORE = Component("core", Path(__file__).parent / "revisions")


def migrate(database: Database, components: Iterable[Component]) -> dict[str, str]:
    """Bring every component to its newest revision, as the owner of the tables.

    A plugin whose revision fails stays at the one before, and the others go on: its schema and the reason come back.
    Raises what a revision of the core raises.
    """
    failed: dict[str, str] = {}
    engine = create_engine(database.url(policies.OWNER), poolclass=NullPool)
    with engine.connect() as lock:
        lock.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": _LOCK})
        lock.commit()
        for component in components:
            try:
                # A connection of its own: what a revision sets for its session ends with it.
                with engine.connect() as connection:
                    _upgrade(connection, component)
            except BaseException as error:  # a plugin's revision may raise what it likes
                if component.schema == CORE.schema or isinstance(error, KeyboardInterrupt):
                    raise
                failed[component.schema] = f"its migration failed: {type(error).__name__}: {error}"
    return failed


def _upgrade(connection: Connection, component: Component) -> None:
    connection.execute(text("SET lock_timeout = '10s'"))
    connection.commit()
    _prepare_schema(connection, component.schema)
    command.upgrade(_config(component, connection), "head")
    if component.schema != CORE.schema:
        # Whoever serves has to know whether the tables are those that it expects.
        connection.execute(text(f'GRANT SELECT ON "{component.schema}".{_VERSIONS} TO {policies.APP}'))
    connection.commit()


def behind(
    database: Database, components: Iterable[Component], *, role: str = policies.OWNER
) -> dict[str, str]:
    """Components whose tables are not those of their newest revision, by schema, each with what is wrong."""
    engine = create_engine(database.url(role))
    found: dict[str, str] = {}
    try:
        with engine.connect() as connection:
            for component in components:
                fault = _fault_of_tables(connection, component)
                if fault is not None:
                    found[component.schema] = fault
    finally:
        engine.dispose()
    return found


def _fault_of_tables(connection: Connection, component: Component) -> str | None:
    try:
        at, wanted = _revision(connection, component), newest_revision(component)
    except Exception as error:  # noqa: BLE001 - a revision is code of the plugin, and may raise what it likes
        connection.rollback()
        return f"its revisions cannot be read: {type(error).__name__}: {error}"
    return None if at == wanted else f"its tables stand at {at or 'nothing'} instead of {wanted}"


def _revision(connection: Connection, component: Component) -> str | None:
    return MigrationContext.configure(connection, opts=_options(component.schema)).get_current_revision()


def newest_revision(component: Component) -> str | None:
    """The revision to which `migrate` brings a component, by its files alone."""
    return ScriptDirectory.from_config(_config(component, None)).get_current_head()


def new_revision(database: Database, component: Component, message: str) -> Path | None:
    """Write the revision that brings the tables of `component` to what its models say; None where they do."""
    component.folder.mkdir(exist_ok=True)
    engine = create_engine(database.url(policies.OWNER))
    try:
        with engine.connect() as connection:
            config = _config(component, connection)
            known = list(ScriptDirectory.from_config(config).walk_revisions())
            written: Any = command.revision(
                config,
                message=message,
                autogenerate=True,
                rev_id=f"{component.schema}_{len(known) + 1:04d}",
                process_revision_directives=complete,
            )
    finally:
        engine.dispose()
    return Path(written.path) if written else None


def difference(database: Database, component: Component) -> list[Any]:
    """What the models of `component` say and its tables do not; empty when they agree."""
    engine = create_engine(database.url(policies.OWNER))
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts=_options(component.schema))
        found: list[Any] = compare_metadata(context, Base.metadata)
    engine.dispose()
    return found


def _prepare_schema(connection: Connection, schema: str) -> None:
    connection.execute(text(f'CREATE SCHEMA IF NOT EXISTS "{schema}"'))
    for statement in policies.open_schema(schema, (policies.APP, policies.OPERATOR)):
        connection.execute(text(statement))
    connection.commit()


def _config(component: Component, connection: Connection | None) -> Config:
    config = Config(cmd_opts=Namespace(quiet=True))  # it says nothing by itself
    config.set_main_option(
        "script_location", str(Path(__file__).parent / "alembic_environment").replace("%", "%%")
    )
    config.set_main_option("version_locations", str(component.folder).replace("%", "%%"))
    config.set_main_option("path_separator", "newline")
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    config.attributes["connection"] = connection
    config.attributes["options"] = _options(component.schema)
    return config


def _options(schema: str) -> dict[str, Any]:
    """Alembic's view of one component: its own schema and nothing else."""

    def include_name(name: str | None, kind: str, parents: Any) -> bool:
        if kind == "schema":
            return name == schema
        return not (kind == "table" and name == _VERSIONS)

    def include_object(item: SchemaItem, _name: str | None, kind: str, _reflected: bool, _to: Any) -> bool:
        return kind != "table" or getattr(item, "schema", None) == schema

    def render_item(kind: str, item: Any, _context: Any) -> str | bool:
        """A revision outlives our classes, so it names what the database has: sealed values are bytes."""
        return "sa.LargeBinary()" if kind == "type" and isinstance(item, SealedType) else False

    return {
        "render_item": render_item,
        "target_metadata": Base.metadata,
        "version_table": _VERSIONS,
        "version_table_schema": schema,
        "include_schemas": True,
        "include_name": include_name,
        "include_object": include_object,
        "compare_type": True,
        "compare_server_default": True,
        "transaction_per_migration": True,
    }
