"""One installation's database: an engine per role and the ways to open a transaction on it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

import orjson
from sqlalchemy import URL, Connection, Engine, create_engine, make_url, text
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from gonghui.db import policies
from gonghui.db.ciphers import MasterKeys
from gonghui.db.roles import ROLES, make_roles, refuse_powerful_role, role_passwords
from gonghui.db.unit_of_work import TenantSession, UnitOfWork, guard
from gonghui.values.principal import Principal

#: Functions of the database that run a statement which they are given as a text.
_CLOSE_RUNNERS = """
DO $$
DECLARE
    name regprocedure;
BEGIN
    FOR name IN
        SELECT p.oid FROM pg_catalog.pg_proc p
        WHERE p.pronamespace = 'pg_catalog'::regnamespace
            AND (p.proname IN ('ts_stat', 'ts_rewrite') OR starts_with(p.proname::text, 'query_to_xml'))
    LOOP
        EXECUTE 'REVOKE ALL ON FUNCTION ' || name || ' FROM PUBLIC';
    END LOOP;
END
$$
"""


class OperatorSession(Session):
    """A session of the platform's operator, across tenants, on the few tables opened to it by name."""


class Database:
    """Engines by role. One per process; a unit of work is the only way for a request or a task to reach it."""

    def __init__(
        self,
        admin_url: URL | str,
        name: str,
        passwords: dict[str, str],
        master: MasterKeys,
        *,
        pool_size: int = 8,
        timeout_ms: int = 15_000,
    ) -> None:
        self.admin_url = make_url(admin_url)
        self.name = name
        self.master = master
        self._passwords = passwords
        self._pool_size = pool_size
        self._timeout_ms = timeout_ms
        self._engines: dict[str, Engine] = {}

    def url(self, role: str) -> URL:
        """Address of the database for `role`."""
        return self.admin_url.set(database=self.name, username=role, password=self._passwords[role])

    def engine(self, role: str) -> Engine:
        """The engine of `role`, made on first use."""
        if role not in self._engines:
            engine = create_engine(
                self.url(role),
                pool_size=self._pool_size,
                max_overflow=0,
                pool_pre_ping=False,
                hide_parameters=True,
                json_serializer=lambda value: orjson.dumps(value).decode(),
                json_deserializer=orjson.loads,
                connect_args={"options": f"-c statement_timeout={self._timeout_ms} -c lock_timeout=5000"},
            )
            if role == policies.APP:
                refuse_powerful_role(engine)
                guard(engine)
            self._engines[role] = engine
        return self._engines[role]

    def begin(self, principal: Principal, *, request_id: str = "") -> UnitOfWork:
        """A unit of work that the caller commits and closes (a request spans several functions)."""
        session = TenantSession(self.engine(policies.APP), expire_on_commit=False)
        return UnitOfWork(session, principal, self, request_id=request_id)

    @contextmanager
    def unit_of_work(self, principal: Principal, *, request_id: str = "") -> Iterator[UnitOfWork]:
        """A transaction as the application's role: leaving the block commits it, an exception undoes it."""
        uow = self.begin(principal, request_id=request_id)
        try:
            yield uow
            uow.commit()
        finally:
            uow.close()

    @contextmanager
    def operator(self) -> Iterator[OperatorSession]:
        """A transaction as the platform's operator."""
        with (
            OperatorSession(self.engine(policies.OPERATOR), expire_on_commit=False) as session,
            session.begin(),
        ):
            yield session

    @contextmanager
    def sealer(self) -> Iterator[Connection]:
        """A transaction as whoever seals the trail, across tenants, on entries and seals alone."""
        with self.engine(policies.SEALER).begin() as connection:
            yield connection

    @contextmanager
    def relay(self) -> Iterator[Connection]:
        """A transaction as the relay, across tenants, on events and their deliveries alone."""
        with self.engine(policies.RELAY).begin() as connection:
            yield connection

    @contextmanager
    def public(self) -> Iterator[Connection]:
        """A connection as the application's role without a tenant: it can call the host look-up, nothing else."""
        with self.engine(policies.APP).connect() as connection:
            # No transaction: one question, one round trip.
            yield connection.execution_options(isolation_level="AUTOCOMMIT")

    def create(self) -> bool:
        """Make roles and database where they are missing, closed to all other roles; True when it is new."""
        admin = create_engine(self.admin_url, isolation_level="AUTOCOMMIT")
        try:
            with admin.connect() as connection:
                with admin.execution_options(isolation_level="READ COMMITTED").begin() as setup:
                    make_roles(setup, self._passwords)
                known = text("SELECT 1 FROM pg_database WHERE datname = :n")
                is_new = connection.scalar(known, {"n": self.name}) is None
                if is_new:
                    connection.exec_driver_sql(f'CREATE DATABASE "{self.name}" OWNER {policies.OWNER}')
            self._close_to_others()
            return is_new
        finally:
            admin.dispose()

    def _close_to_others(self) -> None:
        """Let nobody in but our roles; done again each time, because a creation may have been cut short."""
        inside = create_engine(self.admin_url.set(database=self.name), poolclass=NullPool)
        with inside.begin() as connection:
            connection.exec_driver_sql("REVOKE ALL ON SCHEMA public FROM PUBLIC")
            connection.exec_driver_sql(f'REVOKE ALL ON DATABASE "{self.name}" FROM PUBLIC')
            for role in (policies.APP, policies.OPERATOR, policies.RELAY, policies.SEALER):
                connection.exec_driver_sql(f'GRANT CONNECT ON DATABASE "{self.name}" TO {role}')
            # A text that such a function is given is run without the unit of work having read it.
            connection.exec_driver_sql(_CLOSE_RUNNERS)
            # COPY is refused on a table under a policy: bulk rows go through a temporary one.
            connection.exec_driver_sql(f'GRANT TEMPORARY ON DATABASE "{self.name}" TO {policies.APP}')

    def dispose(self) -> None:
        """Close every connection."""
        for engine in self._engines.values():
            engine.dispose()
        self._engines.clear()


def database_at(
    admin_url: URL | str,
    var: Path,
    name: str,
    *,
    pool_size: int = 8,
    timeout_ms: int = 15_000,
    only: Collection[str] = ROLES,
) -> Database:
    """The database `name` on the server at `admin_url`; passwords of the roles in `only` and keys are under `var`."""
    passwords = {role: word for role, word in role_passwords(var / "secrets").items() if role in only}
    master = MasterKeys.at(master_key_file(var))
    return Database(admin_url, name, passwords, master, pool_size=pool_size, timeout_ms=timeout_ms)


def master_key_file(var: Path) -> Path:
    """Where an installation keeps its master keys; whoever backs the database up keeps this apart from it."""
    return var / "secrets" / "master-keys.json"
