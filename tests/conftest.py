"""The suite's fixtures come from the kit that plugin authors use; a run ends by saying what the contract tried."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterator
from datetime import datetime
from itertools import count
from pathlib import Path

import pytest
from hypothesis import settings
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool
from tests.designs import plugin as designs

from gonghui.db.base import Base
from gonghui.i18n import DEFAULT_LOCALE, locale
from gonghui.lifecycle.onboarding import Declaration, onboard
from gonghui.plugin_host.registry import discover
from gonghui.settings import PACKAGED_TENANTS
from gonghui.testing import Federation, World
from gonghui.values import clock

#: Kept between runs, beside everything else that this repository makes.
os.environ.setdefault("GONGHUI_TEST_VAR", str(Path(__file__).parents[1] / "var" / "test"))

# A busy machine is slow, not wrong: no test fails by the time it takes.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")

#: Installed in every test process beside the real plugins, as a third party's would be.
assert not discover().rejected, discover().rejected
if designs.id not in discover().plugins:
    discover().add(designs)

pytest_plugins = ["gonghui.testing.fixtures"]

_DISTRICT = PACKAGED_TENANTS / "demo.toml"
_numbers = count(1)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """No test module keeps the day on which it was collected: at midnight it would be yesterday."""

    def refuse() -> datetime:
        raise RuntimeError("tests ask for the day while they run, not while they are collected")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clock, "now", refuse)
        return (yield)


@pytest.fixture(autouse=True)
def in_chinese() -> Iterator[None]:
    """Each test begins in the default language: a request of the one before may have left another."""
    with locale(DEFAULT_LOCALE):
        yield


@pytest.fixture(scope="session")
def new_district(world: World) -> Callable[[], Federation]:
    """Makes federations with the streets and communities that the sample registers name."""

    def make() -> Federation:
        declared, code = Declaration.read(_DISTRICT), f"district{next(_numbers)}"
        content = {**declared.content, "code": code, "hosts": [f"{code}.test"], "account": []}
        view = onboard(world.database, world.registry, Declaration(content, declared.profile))
        return Federation(world, view, {}, {})

    return make


@pytest.fixture(scope="session")
def table_texts(world: World) -> Iterator[Callable[[Federation], dict[str, list[str]]]]:
    """Gives every row that a federation has in any table, as text, as the superuser sees it."""
    database = world.database
    engine = create_engine(database.admin_url.set(database=database.name), poolclass=NullPool)

    def texts(federation: Federation) -> dict[str, list[str]]:
        with engine.connect() as connection:
            return {
                table.fullname: list(
                    connection.scalars(
                        text(f"SELECT t::text FROM {table.fullname} t WHERE tenant_id = :tenant"),
                        {"tenant": federation.view.id},
                    )
                )
                for table in Base.metadata.sorted_tables
                if "tenant_id" in table.columns
            }

    yield texts
    engine.dispose()


@pytest.fixture(scope="session")
def table_counts(world: World) -> Iterator[Callable[[Federation], dict[str, int]]]:
    """Gives the number of rows that a federation has in each table, as the superuser sees it."""
    database = world.database
    engine = create_engine(database.admin_url.set(database=database.name), poolclass=NullPool)
    tables = [table.fullname for table in Base.metadata.sorted_tables if "tenant_id" in table.columns]
    each = [f"SELECT '{name}', count(*) FROM {name} WHERE tenant_id = :tenant" for name in tables]

    def counts(federation: Federation) -> dict[str, int]:
        with engine.connect() as connection:
            counted = connection.execute(text(" UNION ALL ".join(each)), {"tenant": federation.view.id})
            return dict(map(tuple, counted))

    yield counts
    engine.dispose()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reports = [report for reports in terminalreporter.stats.values() for report in reports]
    said = [note for report in reports for note in getattr(report, "user_properties", ())]
    for name, line in dict.fromkeys(said):
        if name in ("contract", "contract of pages", "kill drill"):
            terminalreporter.write_line(line)
