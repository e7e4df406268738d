"""What PostgreSQL knows of tables: whether each is closed to all but its tenant, and every key led by it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, create_engine, text
from sqlalchemy.pool import NullPool

from gonghui.db import policies
from gonghui.db.database import Database

TENANT = "tenant_id"
#: The policy `tenant` as PostgreSQL says it back: the setting is read once a statement.
CURRENT = "( SELECT (current_setting('app.tenant_id'::text))::uuid AS current_setting)"

TABLES = """
SELECT n.nspname || '.' || c.relname AS name, c.relrowsecurity, c.relforcerowsecurity, o.rolname AS owner, c.relkind
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_roles o ON o.oid = c.relowner
WHERE c.relkind IN ('r', 'p', 'm', 'v', 'f') AND n.nspname = ANY(:schemas) AND c.relname <> 'alembic_version'
"""
_POLICIES = """
SELECT schemaname || '.' || tablename AS name, policyname, permissive, roles, cmd, qual, with_check
FROM pg_policies WHERE schemaname = ANY(:schemas)
"""
_UNIQUE = """
SELECT n.nspname || '.' || t.relname AS name, i.relname AS index_name, x.indisprimary,
       ARRAY(SELECT pg_get_indexdef(i.oid, k, false) FROM generate_series(1, x.indnkeyatts) k) AS columns
FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid
JOIN pg_namespace n ON n.oid = t.relnamespace
WHERE x.indisunique AND n.nspname = ANY(:schemas) AND t.relname <> 'alembic_version'
"""
_REFERENCES = """
SELECT n.nspname || '.' || t.relname || '.' || c.conname AS name,
       ARRAY(SELECT a.attname::text FROM unnest(c.conkey) WITH ORDINALITY k(n, o)
             JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.n ORDER BY k.o) AS columns,
       ARRAY(SELECT a.attname::text FROM unnest(c.confkey) WITH ORDINALITY k(n, o)
             JOIN pg_attribute a ON a.attrelid = c.confrelid AND a.attnum = k.n ORDER BY k.o) AS targets
FROM pg_constraint c JOIN pg_namespace n ON n.oid = c.connamespace JOIN pg_class t ON t.oid = c.conrelid
WHERE c.contype = 'f' AND n.nspname = ANY(:schemas)
"""


@dataclass
class Catalogue:
    """Tables of some schemas, by `schema.table`, with their policies and keys."""

    kinds: dict[str, str] = field(default_factory=dict)
    security: dict[str, tuple[bool, bool]] = field(default_factory=dict)
    owners: dict[str, str] = field(default_factory=dict)
    policies: dict[str, dict[str, Any]] = field(default_factory=dict)
    unique: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    primary: dict[str, list[str]] = field(default_factory=dict)
    references: dict[str, tuple[list[str], list[str]]] = field(default_factory=dict)

    def unknown_kinds(self) -> set[str]:
        """What is neither table nor anything else that has rules here: a view, a partitioned or foreign table."""
        return {name for name, kind in self.kinds.items() if kind != "r"}

    def open_tables(self) -> set[str]:
        """Tables that row-level security does not shut to everybody, their owner too."""
        return {name for name, (enabled, forced) in self.security.items() if not (enabled and forced)}

    def without_policy(self) -> set[str]:
        """Tables whose policy `tenant` is missing or lets through more than the rows of the tenant."""
        return {name for name in self.security if not self._is_closed_to_others(name)}

    def further_policies(self) -> dict[str, set[str]]:
        """Policies beside `tenant`."""
        return {
            name: more for name in self.security if (more := set(self.policies.get(name, ())) - {"tenant"})
        }

    def primary_keys_astray(self) -> set[str]:
        """Tables whose primary key no tenant leads."""
        return {name for name in self.security if self.primary.get(name, [""])[0] != TENANT}

    def unique_astray(self) -> set[str]:
        """Unique indexes that no tenant leads."""
        return {
            f"{table}.{index}"
            for table, indexes in self.unique.items()
            for index, columns in indexes.items()
            if columns[0] != TENANT
        }

    def references_astray(self) -> set[str]:
        """References that do not take their tenant along."""
        return {
            name
            for name, (columns, targets) in self.references.items()
            if not (len(columns) > 1 and columns[0] == targets[0] == TENANT)
        }

    def foreign_owned(self) -> set[str]:
        """Tables that do not belong to the owner role."""
        return {name for name, owner in self.owners.items() if owner != policies.OWNER}

    def _is_closed_to_others(self, table: str) -> bool:
        policy = self.policies.get(table, {}).get("tenant")
        if policy is None:
            return False
        key = "id" if table == "core.tenant" else TENANT
        held = (policy.cmd, policy.permissive, list(policy.roles), policy.qual, policy.with_check)
        wanted = f"({key} = {CURRENT})"
        return held == ("ALL", "PERMISSIVE", [policies.APP], wanted, wanted)


def read_catalogue(database: Database, schemas: Iterable[str]) -> Catalogue:
    """The catalogue of some schemas, as the superuser sees it."""
    engine = create_engine(database.admin_url.set(database=database.name), poolclass=NullPool)
    with engine.connect() as connection:
        return _read(connection, {"schemas": list(schemas)})


def table_faults(catalogue: Catalogue) -> Iterator[str]:
    """What is wrong with the tables of a plugin, which has no reason for an exception."""
    found = {
        "is neither table nor known kind": catalogue.unknown_kinds(),
        "is not shut by row-level security, or not forced on its owner": catalogue.open_tables(),
        "lacks the policy that `protect` writes": catalogue.without_policy(),
        "has a primary key that tenant_id does not lead": catalogue.primary_keys_astray(),
        "is unique without its tenant: begin with tenant_id": catalogue.unique_astray(),
        "refers to something without its tenant: use `ref`": catalogue.references_astray(),
        "does not belong to the owner role": catalogue.foreign_owned(),
        "has a policy beside that of the tenant": set(catalogue.further_policies()),
    }
    for fault, names in found.items():
        yield from (f"{name} {fault}" for name in sorted(names))


def _read(connection: Connection, schemas: dict[str, list[str]]) -> Catalogue:
    found = Catalogue()
    for row in connection.execute(text(TABLES), schemas):
        found.kinds[row.name] = row.relkind
        found.security[row.name] = (row.relrowsecurity, row.relforcerowsecurity)
        found.owners[row.name] = row.owner
    for row in connection.execute(text(_POLICIES), schemas):
        found.policies.setdefault(row.name, {})[row.policyname] = row
    for row in connection.execute(text(_UNIQUE), schemas):
        found.unique.setdefault(row.name, {})[row.index_name] = row.columns
        if row.indisprimary:
            found.primary[row.name] = row.columns
    for row in connection.execute(text(_REFERENCES), schemas):
        found.references[row.name] = (row.columns, row.targets)
    return found
