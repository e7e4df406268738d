"""Loading plugins: one that is broken is set aside with its reason, and leaves no trace in the process."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.orm import configure_mappers

from gonghui.app import create_app
from gonghui.db.base import Base
from gonghui.db.migrations import Component, behind, migrate
from gonghui.i18n import Text
from gonghui.plugin_host.loading import load
from gonghui.plugin_host.manifest import Plugin
from gonghui.plugin_host.registry import GROUP, Registry
from gonghui.testing import World


def entry(name: str, value: str) -> EntryPoint:
    """An entry point whose module is imported as if for the first time."""
    sys.modules.pop(f"tests.hostile.{value.split(':', maxsplit=1)[0]}", None)
    return EntryPoint(name, f"tests.hostile.{value}", GROUP)


@pytest.fixture
def registry(world: World) -> Iterator[Registry]:
    """A registry with the plugins of this process, to which others may come."""
    own = Registry()
    for plugin in world.registry.plugins.values():
        own.add(plugin)
    tables = set(Base.metadata.tables)
    yield own
    assert set(Base.metadata.tables) == tables
    configure_mappers()


BROKEN = {
    "raises_at_import": ("raises_at_import:plugin", "RuntimeError: 示例：导入时出错"),
    "cannot_be_mapped": ("cannot_be_mapped:plugin", "Nowhere"),
    "foreign_table": ("foreign_table:plugin", "must stand in its own schema: core.stowaway"),
    "exits": ("exits:plugin", "SystemExit: 示例：退出"),
    "nowhere": ("nowhere:plugin", "No module named 'tests.hostile.nowhere'"),
    "undeclared_route": ("manifests:undeclared_route", "/api/v1/undeclared_route/open names no permission"),
    "borrowed_permission": (
        "manifests:borrowed_permission",
        "asks for 'organising.union.read', which borrowed_permission does not declare",
    ),
    "route_elsewhere": ("manifests:route_elsewhere", "is not a path of route_elsewhere"),
    "name_clash": ("manifests:name_clash", "must be named 'name_clash' or begin with 'name_clash_'"),
    "wrong_sdk": ("manifests:wrong_sdk", "it is written for the SDK >=2,<3; this one is"),
    "needs_nobody": ("manifests:needs_nobody", "it requires the plugin nobody (>=1), which is not installed"),
    "needs_newer": ("manifests:needs_newer", "it requires organising >=99; installed is"),
    "core": ("manifests:core", "'core' is no id for a plugin"),
    "other_name": ("manifests:other_name", "entry point 'other_name' holds the plugin 'another_name'"),
    "not_a_plugin": ("manifests:not_a_plugin", "is not a Plugin"),
    "unreadable_version": ("manifests:unreadable_version", "Invalid version: 'one'"),
    "missing_eraser": (
        "missing_eraser:plugin",
        "nothing erases a person's data in missing_eraser.note.illness",
    ),
    "foreign_event": ("manifests:foreign_event", "events of foreign_event must begin with its id"),
    "organising": ("manifests:right", "a plugin of this id is installed already"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_plugin_is_refused_with_a_reason_and_the_others_go_on(registry: Registry, name: str) -> None:
    value, reason = BROKEN[name]
    before = dict(registry.plugins)
    load(registry, [entry(name, value), entry("raises", "hooks:raises")])
    assert list(registry.plugins) == [*before, "raises"]
    assert [reason in each.reason for each in registry.rejected] == [True], registry.rejected
    assert registry.rejected[0].name.split(" ")[0] == name


def test_two_that_require_one_another_are_both_refused(registry: Registry) -> None:
    load(registry, [entry("left", "manifests:left"), entry("right", "manifests:right")])
    assert sorted(each.name for each in registry.rejected) == ["left", "right"]
    assert all("in a circle" in each.reason for each in registry.rejected)


def test_what_is_required_comes_first_whatever_the_names(tmp_path: Path) -> None:
    registry = Registry()
    zebra = Plugin("zebra", Text("样本"), "1.2.0", tmp_path)
    ant = Plugin("ant", Text("样本"), "1.0.0", tmp_path, requires={"zebra": ">=1.1,<2"})
    entries = [_Ready(ant), _Ready(zebra)]
    load(registry, entries)  # type: ignore[arg-type]
    assert list(registry.plugins) == ["zebra", "ant"]
    registry.refuse("zebra", "示例")
    assert registry.plugins == {}
    assert [each.name for each in registry.rejected] == ["zebra", "ant"]


def test_the_application_starts_beside_every_broken_plugin(world: World, registry: Registry) -> None:
    load(registry, [entry(name, value) for name, (value, _reason) in BROKEN.items()])
    assert len(registry.rejected) == len(BROKEN)
    app = create_app(world.database, registry, is_demo_server=False)
    federation = World(world.database, registry, app).federation()
    assert federation.client("east").get("/api/v1/organising/unions").status_code == 200
    for name in set(BROKEN) - set(world.registry.plugins) - {"core"}:
        assert federation.client("admin").get(f"/api/v1/{name}").status_code == 404


def test_a_broken_plugin_that_is_the_first_to_import_the_core_takes_none_of_it_along() -> None:
    """In a process of its own: here the core has long been imported."""
    script = (
        "from importlib.metadata import EntryPoint, entry_points\n"
        "from gonghui.plugin_host.loading import load\n"
        "from gonghui.plugin_host.registry import GROUP, Registry\n"
        "registry = Registry()\n"
        "broken = EntryPoint('a_broken_one', 'tests.hostile.raises_at_import:plugin', GROUP)\n"
        "load(registry, [broken, *entry_points(group=GROUP)])\n"
        "print([each.name for each in registry.rejected], list(registry.plugins))\n"
    )
    root = Path(__file__).parents[3]
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=root, text=True, capture_output=True, check=True
    )
    assert done.stdout.strip().splitlines()[-1] == "['a_broken_one'] ['organising']"


def test_a_bad_migration_keeps_its_plugin_out_and_no_other(
    world: World, registry: Registry, tmp_path: Path
) -> None:
    folder = tmp_path / "migrations"
    folder.mkdir()
    (folder / "halfway_0001.py").write_text(
        'revision = "halfway_0001"\ndown_revision = None\n\n\n'
        "def upgrade():\n    from alembic import op\n\n"
        '    op.execute("CREATE TABLE halfway.begun (id int)")\n    op.execute("CREATE TABLE")\n'
    )
    halfway = Plugin("halfway", Text("样本"), "1.0.0", tmp_path)
    registry.add(halfway)
    failed = migrate(world.database, [plugin.component for plugin in registry.plugins.values()])
    try:
        assert list(failed) == ["halfway"]
        assert "its migration failed: ProgrammingError" in failed["halfway"]
        create_app(world.database, registry, is_demo_server=False)
        assert [each.name for each in registry.rejected] == ["halfway"]
        assert registry.rejected[0].reason == "its tables stand at nothing instead of halfway_0001"
        assert "organising" in registry.plugins
        assert not behind(world.database, [p.component for p in registry.plugins.values()])
        assert _tables_in(world, "halfway") == []
    finally:
        _drop(world, halfway.component)


def _tables_in(world: World, schema: str) -> list[str]:
    with world.database.engine("gonghui_owner").connect() as connection:
        wanted = text("SELECT tablename::text FROM pg_tables WHERE schemaname = :schema")
        return list(connection.scalars(wanted, {"schema": schema}))


def _drop(world: World, component: Component) -> None:
    with world.database.engine("gonghui_owner").begin() as connection:
        connection.execute(text(f"DROP SCHEMA {component.schema} CASCADE"))


class _Ready:
    """An entry point whose plugin is there already."""

    def __init__(self, plugin: Plugin) -> None:
        self.name, self.value, self._plugin = plugin.id, f"tests.hostile.ready:{plugin.id}", plugin
        self.module = "tests.hostile.ready"

    def load(self) -> Plugin:
        return self._plugin
