"""Row-level security: the one place that writes a policy or a grant."""

from __future__ import annotations

from collections.abc import Iterable

OWNER, APP, OPERATOR = "gonghui_owner", "gonghui_app", "gonghui_operator"
RELAY, SEALER = "gonghui_relay", "gonghui_sealer"
#: Owns the function that writes staged rows (`core.insert_staged`). Nobody signs in as it.
LOADER = "gonghui_loader"

#: The scalar subselect is evaluated once a statement; a bare function call once a row.
CURRENT_TENANT = "(SELECT current_setting('app.tenant_id')::uuid)"

RECORD = "SELECT, INSERT, UPDATE, DELETE"
APPEND_ONLY = "SELECT, INSERT"
READ_ONLY = "SELECT"


def protect(table: str, *, key: str = "tenant_id", app: str | None = RECORD) -> list[str]:
    """Statements that close `schema.table` to all but its tenant and give the application its privileges.

    `key` is the column that holds the tenant. The operator's role crosses tenants by name elsewhere
    (`open_to_operator`), never by default.
    """
    statements = [
        *force(table),
        f"CREATE POLICY tenant ON {table} TO {APP} "
        f"USING ({key} = {CURRENT_TENANT}) WITH CHECK ({key} = {CURRENT_TENANT})",
    ]
    if app:
        statements.append(f"GRANT {app} ON {table} TO {APP}")
    return statements


def force(table: str) -> list[str]:
    """Statements that shut a table to everybody, its owner too, until a policy opens it."""
    return [f"ALTER TABLE {table} {verb} ROW LEVEL SECURITY" for verb in ("ENABLE", "FORCE")]


def open_to(role: str, table: str, privileges: str) -> list[str]:
    """Statements that let `role` cross tenants on `table`, and do nothing else there."""
    return [
        f"CREATE POLICY {role.removeprefix('gonghui_')} ON {table} TO {role} USING (true) WITH CHECK (true)",
        f"GRANT {privileges} ON {table} TO {role}",
    ]


def open_schema(schema: str, roles: Iterable[str]) -> list[str]:
    """Statements that let `roles` name the objects of a schema (not read them)."""
    return [f"GRANT USAGE ON SCHEMA {schema} TO {role}" for role in roles]
