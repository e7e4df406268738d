"""Database roles: who they are, how they are made, and the refusal to run as one that is too strong."""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path

from sqlalchemy import Connection, Engine, text

from gonghui.db.policies import APP, LOADER, OPERATOR, OWNER, RELAY, SEALER

ROLES = (OWNER, APP, OPERATOR, RELAY, SEALER)
"""Roles that sign in."""

# The loader may do what the application may, and set aside the triggers of foreign keys, for which its function
# answers. The owner of the tables, which inherits nothing, makes that function its.
_LOADING = (
    f"GRANT {APP} TO {LOADER}",
    f"GRANT {LOADER} TO {OWNER}",
    f"GRANT SET ON PARAMETER session_replication_role TO {LOADER}",
)


class TooPowerful(RuntimeError):
    """The role at hand could step around row-level security."""


def role_passwords(folder: Path) -> dict[str, str]:
    """Passwords of the roles of this installation, made on first use and kept in `folder`."""
    path = folder / "roles.json"
    known: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
    missing = [role for role in ROLES if role not in known]
    if missing:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        known |= {role: secrets.token_urlsafe(24) for role in missing}
        fresh = path.with_suffix(".new")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump(known, file)
        fresh.replace(path)
    return known


def make_roles(connection: Connection, passwords: dict[str, str]) -> None:
    """Make or renew the roles, as a superuser; none may cross row-level security or make objects at will."""
    # Concurrent set-ups of two databases in one cluster meet here; the lock ends with the transaction.
    connection.execute(text("SELECT pg_advisory_xact_lock(7215001)"))
    for role in ROLES:
        password = passwords[role].replace("'", "''")
        _make_role(connection, role, f"NOINHERIT LOGIN PASSWORD '{password}'")
    _make_role(connection, LOADER, "INHERIT NOLOGIN")
    for statement in _LOADING:
        connection.exec_driver_sql(statement)


def _make_role(connection: Connection, role: str, rights: str) -> None:
    exists = connection.scalar(text("SELECT 1 FROM pg_roles WHERE rolname = :role"), {"role": role})
    verb = "ALTER" if exists else "CREATE"
    connection.exec_driver_sql(f"{verb} ROLE {role} NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE {rights}")


def refuse_powerful_role(engine: Engine) -> None:
    """Raise `TooPowerful` unless the engine's role is bound by every policy.

    A superuser, a role with BYPASSRLS, or one that owns tables would read every tenant.
    """
    with engine.connect() as connection:
        role, strong = connection.execute(
            text("SELECT rolname, rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user")
        ).one()
        owns = connection.scalar(
            text(
                "SELECT EXISTS (SELECT 1 FROM pg_class WHERE relkind IN ('r', 'p') "
                "AND pg_has_role(current_user, relowner, 'USAGE'))"
            )
        )
        connection.rollback()
    if strong or owns:
        raise TooPowerful(f"the role {role} can step around row-level security; requests run as {APP}")
