"""An installation of the kill drill's own: a database that survives its processes, one federation, one account."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from gonghui.app import create_app
from gonghui.db.database import database_at
from gonghui.db.embedded import running
from gonghui.db.embedded.ports import is_free
from gonghui.db.migrations import CORE, migrate
from gonghui.parties.employers import new_employer
from gonghui.plugin_host.manifest import Plugin
from gonghui.plugin_host.registry import discover
from gonghui.tenancy.keys import ensure_keys
from gonghui.testing import World

EMPLOYER = "深圳市样本电子有限公司"


@dataclass(frozen=True)
class Installed:
    """Where everything is."""

    environment: dict[str, str]
    superuser_url: str
    database_port: int
    tenant_id: UUID
    host: str
    unit_id: UUID
    secret: str


def _port_of_its_own() -> int:
    """A free port that no other embedded server chooses meanwhile: a killed one comes back to it."""
    return next(port for port in range(20_000 + os.getpid() % 8_000, 29_000) if is_free(port))


@contextmanager
def installed(var: Path, plugin: Plugin) -> Iterator[Installed]:
    """Set up an installation with a plugin under `var`."""
    registry = discover()
    if plugin.id not in registry.plugins:
        registry.add(plugin)
    with running(var, port=_port_of_its_own()) as server:
        database = database_at(server.url(), var, "drill")
        database.create()
        migrate(database, [CORE, *(each.component for each in registry.plugins.values())])
        ensure_keys(database)
        federation = World(database, registry, create_app(database, registry)).federation(
            plugins=(plugin.id,)
        )
        with federation.uow() as uow:  # known before, or the first clients would enter it at the same time
            uow.add(new_employer(EMPLOYER))
        secret = federation.client("garden").secret
        database.dispose()
        yield Installed(
            {
                "GONGHUI_VAR": str(var),
                "GONGHUI_DATABASE_URL": f"postgresql+psycopg://127.0.0.1:{server.port}/postgres",
                "GONGHUI_DATABASE_NAME": "drill",
                "GONGHUI_DELIVERY_LEASE_SECONDS": "3",
                "GONGHUI_DELIVERY_BACKOFF_SECONDS": "0.2",
                "GONGHUI_DELIVERY_ATTEMPTS": "100",
            },
            server.url("drill"),
            server.port,
            federation.view.id,
            f"{federation.view.code}.test",
            federation.units["garden"],
            str(secret),
        )
