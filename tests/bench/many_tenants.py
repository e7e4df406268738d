"""Latency of the list when the installation has a thousand tenants, beside one with a single tenant."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import URL, Connection, Table, create_engine, text
from tests.bench import servers
from tests.bench.district import District, make_district
from tests.bench.figures import Figure, paired, say
from tests.bench.load import by_python, request

from gonghui.db.base import TenantTable
from gonghui.testing.database import cloned_database
from gonghui.testing.federation import World

TENANTS, UNIONS_EACH = 1_000, 10
_CLIENTS, _REQUESTS = 2, TENANTS
_PATH = "/api/v1/organising/unions?limit=50"
#: What a tenant's onboarding and work leave behind is not read by a list.
_NOT_COPIED = ("core.audit_entry", "core.idempotency_key")


def measure(world: World, var: Path) -> Figure:
    """p95 with a thousand tenants beside p95 with one, each on a database and a server process of its own."""
    say(f"latency: one tenant, and {TENANTS}")
    with _installation(world, var, 1) as one, _installation(world, var, TENANTS) as many:
        p95(*one), p95(*many)
        return paired(
            f"p95 of the list at {TENANTS} tenants, beside 1 tenant",
            "ms",
            lambda: p95(*many),
            lambda: p95(*one),
            by="python",
        )


def p95(port: int, requests: list[bytes]) -> float:
    """p95 in milliseconds of as many requests for every installation, over all of its hosts in turn."""
    load = iter(requests * (_REQUESTS // len(requests)))
    return by_python(port, load, clients=_CLIENTS).p95


@contextmanager
def _installation(world: World, var: Path, tenants: int) -> Iterator[tuple[int, list[bytes]]]:
    """A server with `tenants` tenants, and a list request for the host of each."""
    with cloned_database(var, world.registry, f"bench_{tenants}_tenants") as database:
        model = make_district(World(database, world.registry, world.app), UNIONS_EACH)
        hosts = [model.host, *_multiply(database.admin_url.set(database=database.name), model, tenants - 1)]
        with servers.gonghui(database, var) as port:
            yield port, [request("GET", _PATH, host=host, token=model.token) for host in hosts]


def _multiply(url: URL, model: District, copies: int) -> list[str]:
    """Copy the model tenant, rows and token alike, `copies` times; their hosts.

    Done as a superuser in one transaction: keys lead with the tenant, so a row's id can stay what it is.
    """
    admin = create_engine(url)
    try:
        with admin.begin() as connection:
            connection.execute(text("SET LOCAL session_replication_role = replica"))
            hosts = list(connection.scalars(_TENANTS, {"copies": copies, "model": model.tenant_id}))
            for table in _tables():
                _copy_rows(connection, table, model)
        with admin.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
            connection.execute(text("VACUUM ANALYZE"))
        return hosts
    finally:
        admin.dispose()


_TENANTS = text(
    "WITH made AS ("
    "INSERT INTO core.tenant (id, code, name, jurisdiction, is_demo, created_at) "
    "SELECT gen_random_uuid(), 'copy' || n, name || n, jurisdiction, is_demo, created_at "
    "FROM core.tenant CROSS JOIN generate_series(1, :copies) AS n WHERE id = :model RETURNING id, code) "
    "INSERT INTO core.tenant_host (host, tenant_id) SELECT code || '.test', id FROM made RETURNING host"
)


def _tables() -> Iterator[Table]:
    for mapper in TenantTable.registry.mappers:
        table = mapper.local_table
        if (
            isinstance(table, Table)
            and issubclass(mapper.class_, TenantTable)
            and table.fullname not in _NOT_COPIED
        ):
            yield table


def _copy_rows(connection: Connection, table: Table, model: District) -> None:
    names = [column.name for column in table.columns if column.name != "tenant_id"]
    columns, copied = ", ".join(names), ", ".join(f"m.{name}" for name in names)
    connection.execute(
        text(
            f"INSERT INTO {table.fullname} (tenant_id, {columns}) "
            f"SELECT t.id, {copied} FROM {table.fullname} m CROSS JOIN core.tenant t "
            "WHERE m.tenant_id = :model AND t.id <> :model"
        ),
        {"model": model.tenant_id},
    )
