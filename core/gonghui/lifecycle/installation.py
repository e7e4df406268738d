"""An installation as somebody at its terminal finds it: database up, migrated, and a way to act at a tenant."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Any

import click

from gonghui.audit import recorder  # noqa: F401 - a unit of work refuses to open without its recorder
from gonghui.db.database import Database, database_at
from gonghui.db.embedded import running
from gonghui.db.migrations import CORE, behind, migrate
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.db.writers import written_by
from gonghui.errors import NotFound
from gonghui.events import deliveries  # noqa: F401 - what is published is written down
from gonghui.i18n import _
from gonghui.lifecycle.onboarding import (
    Declaration,
    account_principal,
    note_platform,
    onboard,
    operator_principal,
)
from gonghui.plugin_host.registry import Registry, discover
from gonghui.settings import Settings
from gonghui.tenancy.keys import ensure_keys
from gonghui.tenancy.switches import plugin_off
from gonghui.tenancy.tenants import tenant_with_code

#: Declared tenants of the demonstration, and whether their plugins fill them with made-up records.
DEMO_TENANTS = (("demo.toml", True), ("longhua.toml", False))


class Installation:
    """Database and plugins, for as long as the block of `opened` lasts."""

    def __init__(self, database: Database, registry: Registry, server_url: str) -> None:
        self.database = database
        self.registry = registry
        self.server_url = server_url

    @contextmanager
    def acting(
        self, tenant: str, login: str | None, *, command: str, plugin: str | None = None
    ) -> Iterator[UnitOfWork]:
        """A unit of work at a tenant: as the operator, or as an account for which the operator acts.

        Entering a tenant is an entry in the platform's own trail. Raises `NotFound`, also where `plugin` is off.
        """
        view = tenant_with_code(self.database, tenant)
        if plugin is not None and plugin not in view.plugins_on:
            raise plugin_off(plugin)
        note_platform(self.database, "tenant.entered", command, view.id, acting_as=login)
        with self.database.unit_of_work(operator_principal(view.id)) as uow:
            if login is not None:
                try:
                    uow.become(account_principal(uow, login))
                except LookupError:
                    raise NotFound(
                        "unknown_account", _("没有登录名为 {login} 的账号。", login=login)
                    ) from None
            yield uow


@contextmanager
def opened(settings: Settings, *, announce: Callable[[str], None] | None = None) -> Iterator[Installation]:
    """The installation that the settings name; without a database of its own, the embedded one is started.

    A fresh embedded database is prepared with the demonstration's tenants; an existing one is left as it is.
    """
    if settings.database_url is not None:
        with _prepared(settings, settings.database_url) as installation:
            yield installation
        return
    if announce is not None and not (settings.var / "postgres").exists():
        announce(str(_("{var} 里还没有数据：正在新建演示数据库。", var=settings.var.resolve())))
    with running(settings.var) as server, _prepared(settings, server.url()) as installation:
        prepare_demo(installation, settings.tenants, settings.demo_scale)
        yield installation


@contextmanager
def migrated(settings: Settings) -> Iterator[Installation]:
    """The database with its tables as the revisions have them, and nothing done to its rows: for writing a revision."""
    if settings.database_url is not None:
        with _prepared(settings, settings.database_url, with_keys=False) as installation:
            yield installation
        return
    with (
        running(settings.var) as server,
        _prepared(settings, server.url(), with_keys=False) as installation,
    ):
        yield installation


def prepare_demo(installation: Installation, folder: Path, scale: str) -> None:
    """Make the demonstration's tenants where they are missing."""
    for name, with_demo in DEMO_TENANTS:
        path = folder / name
        if path.exists():
            declaration = Declaration.read(path)
            demo_scale = scale if with_demo else None
            onboard(installation.database, installation.registry, declaration, demo_scale=demo_scale)


@contextmanager
def _prepared(settings: Settings, url: str, *, with_keys: bool = True) -> Iterator[Installation]:
    database = database_at(
        url,
        settings.var,
        settings.database_name,
        pool_size=settings.pool_size,
        timeout_ms=settings.statement_timeout_ms,
    )
    try:
        database.create()
        registry = discover()
        components = [CORE, *(plugin.component for plugin in registry.plugins.values())]
        if behind(database, components):
            for schema, reason in migrate(database, components).items():
                registry.refuse(schema, reason)
            if with_keys:
                ensure_keys(database)
        yield Installation(database, registry, url)
    finally:
        database.dispose()


def at_tenant(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a click command the options `--tenant` and `--as`, and a unit of work as its first argument.

    A command below the name of a plugin runs only where the plugin is on.
    """

    @click.option("--tenant", required=True, help="Code of the tenant.")
    @click.option(
        "--as", "login", help="Act for this account; without it, as the operator. Both are recorded."
    )
    @wraps(command)
    def wrapper(*, tenant: str, login: str | None, **options: Any) -> Any:
        context = click.get_current_context()
        group = context.command_path.split()[1:2]
        with context.obj() as installation:
            plugin = group[0] if group and group[0] in installation.registry.plugins else None
            path = context.command_path
            with (
                installation.acting(tenant, login, command=path, plugin=plugin) as uow,
                written_by(uow, plugin),
            ):
                return command(uow, **options)

    return wrapper
