"""Switching plugins: with what they require, under nothing that requires them, within the plan, and seen at once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from gonghui.audit.entries import AuditEntry
from gonghui.auth.accounts import Role
from gonghui.errors import Conflict
from gonghui.i18n import Text
from gonghui.lifecycle.plugin_preview import preview
from gonghui.parties.persons import new_person
from gonghui.plugin_host.failures import failures_of
from gonghui.plugin_host.manifest import Plugin
from gonghui.plugin_host.registry import Registry, discover
from gonghui.plugin_host.switching import put_in_plan, switch_off, switch_on
from gonghui.sdk import Unavailable, UnitOfWork, ask, daily
from gonghui.tenancy.org_tree import OrgUnit
from gonghui.tenancy.switches import plugins_on
from gonghui.testing import Federation, World
from gonghui.testing.queries import counted_statements


def names_of(uow: UnitOfWork, keys: list[Any]) -> dict[Any, str]:
    """Names of units, as the plugin `base` tells them."""
    found = uow.session.execute(select(OrgUnit.id, OrgUnit.name).where(OrgUnit.id.in_(keys)))
    return {row.id: row.name for row in found}


def broken(uow: UnitOfWork, keys: list[Any]) -> dict[Any, str]:
    uow.add(new_person("样本"))
    return {}


def inspect_all(uow: UnitOfWork) -> None:
    """Look at every room."""


def a_plugin(tmp_path: Path, plugin_id: str, **parts: Any) -> Plugin:
    return Plugin(plugin_id, Text(f"插件{plugin_id}"), "1.0.0", tmp_path, **parts)


@pytest.fixture
def registry(world: World, tmp_path: Path) -> Iterator[Registry]:
    """The registry of this process with three plugins more: `top` requires `middle`, which requires `base`."""
    own = discover()
    added = [
        a_plugin(
            tmp_path,
            "base",
            provides={"base.names": names_of, "base.broken": broken},
            schedules=[daily(inspect_all)],
        ),
        a_plugin(tmp_path, "middle", requires={"base": ">=1"}),
        a_plugin(tmp_path, "top", requires={"middle": ">=1,<2"}),
    ]
    for plugin in added:
        own.add(plugin)
    yield own
    for plugin in reversed(added):
        own.refuse(plugin.id, "the test is over")
    del own.rejected[:]


@pytest.fixture
def bare(world: World) -> Federation:
    """A federation that has no plugin on."""
    return world.federation(plugins=())


def ids(plugins: list[Plugin]) -> list[str]:
    return [plugin.id for plugin in plugins]


def test_on_pulls_in_what_is_required_and_off_is_refused_beneath_it(
    registry: Registry, bare: Federation
) -> None:
    with bare.uow() as uow:
        assert ids(switch_on(uow, registry, registry.plugins["top"])) == ["base", "middle", "top"]
        assert ids(switch_on(uow, registry, registry.plugins["top"])) == []
        with pytest.raises(Conflict, match="plugin_required") as refused:
            switch_off(uow, registry, registry.plugins["base"])
        assert str(refused.value.detail) == "这些已启用的插件需要它：插件top、插件middle。请一并停用。"
        assert plugins_on(uow) == {"base", "middle", "top"}
        assert ids(switch_off(uow, registry, registry.plugins["base"], with_dependents=True)) == [
            "top",
            "middle",
            "base",
        ]
        assert plugins_on(uow) == frozenset()


def test_the_same_over_http_says_what_was_switched(registry: Registry, bare: Federation) -> None:
    admin = bare.client("admin")
    switched = admin("PUT", "/api/v1/plugins/middle", json={"on": True})
    assert (switched.status_code, switched.json["changed"]) == (200, ["base", "middle"])
    refused = admin("PUT", "/api/v1/plugins/base", json={"on": False})
    assert (refused.status_code, refused.json["code"]) == (409, "plugin_required")
    assert refused.json["required_by"] == ["middle"]
    both = admin("PUT", "/api/v1/plugins/base", json={"on": False, "with_dependents": True})
    assert both.json["changed"] == ["middle", "base"]
    assert bare.client("district")("PUT", "/api/v1/plugins/base", json={"on": True}).status_code == 403


def test_out_of_the_plan_nothing_is_on_and_it_comes_back_as_it_stood(
    registry: Registry, bare: Federation
) -> None:
    with bare.uow() as uow:
        switch_on(uow, registry, registry.plugins["top"])
    with bare.uow() as uow:
        assert ids(put_in_plan(uow, registry, registry.plugins["middle"], planned=False)) == ["top", "middle"]
        assert plugins_on(uow) == {"base"}
    stands = {row["id"]: row for row in bare.client("admin").get("/api/v1/plugins").json}
    assert {name: stands[name]["state"] for name in ("base", "middle", "top")} == {
        "base": "on",
        "middle": "not_planned",
        "top": "not_planned",
    }
    refused = bare.client("admin")("PUT", "/api/v1/plugins/top", json={"on": True})
    assert (refused.status_code, refused.json["code"]) == (409, "plugin_not_planned")
    assert refused.json["detail"] == "本工会的方案不包括：插件middle、插件top。请与平台联系。"
    with bare.uow() as uow:
        assert ids(put_in_plan(uow, registry, registry.plugins["top"], planned=True)) == ["middle", "top"]
        assert plugins_on(uow) == {"base", "middle", "top"}


def test_a_preview_tells_what_comes_what_it_needs_and_what_needs_it(
    registry: Registry, bare: Federation
) -> None:
    with bare.uow() as uow:
        told = preview(uow, registry, registry.plugins["middle"])
        of_base = preview(uow, registry, registry.plugins["base"])
    assert [each["id"] for each in told["requires"]] == ["base"]
    assert [each["id"] for each in told["required_by"]] == ["top"]
    assert of_base["brings"]["schedules"] == [
        {"code": "inspect_all", "title": "Look at every room.", "at": "03:00", "weekday": None, "day": None}
    ]
    organising = bare.client("admin").get("/api/v1/plugins/organising").json["brings"]
    assert {"code": "organising.union", "title": "基层工会"} in organising["record_types"]
    assert any(role["code"] == "street_officer" for role in organising["roles"])
    assert bare.client("admin").get("/api/v1/plugins/nobody").status_code == 404


def test_a_preview_tells_whose_data_a_plugin_holds_how_much_and_how_it_fares(federation: Federation) -> None:
    told = federation.client("admin").get("/api/v1/plugins/designs").json
    assert told["health"] == {"is_well": True, "sentence": "样本正常。"}
    assert any("联系电话" in each["title"] for each in told["personal_data"])
    assert told["rows"] == []
    with federation.uow() as uow:
        discover().plugins["designs"].samples["room_id"](uow, federation.units["garden"])
    rows = federation.client("admin").get("/api/v1/plugins/designs").json["rows"]
    assert {"code": "designs.nursing_room", "title": "爱心妈妈小屋", "rows": 1} in rows


def test_roles_get_the_permissions_when_a_plugin_is_switched_on(bare: Federation) -> None:
    role = select(Role.permissions).where(Role.code == "street_officer")
    with bare.uow() as uow:
        before = uow.session.scalars(role).one()
        switch_on(uow, discover(), discover().plugins["organising"])
        after = uow.session.scalars(role).one()
    assert "organising.union.read" in set(after) - set(before)


def test_a_question_is_answered_for_many_keys_in_one_statement(registry: Registry, bare: Federation) -> None:
    keys = list(bare.units.values())
    with bare.uow() as uow:
        switch_on(uow, registry, registry.plugins["base"])
    with bare.uow("district") as uow:
        ask(uow, "base.names", keys[:1])
        with counted_statements(uow.session.connection().engine) as few:
            assert len(ask(uow, "base.names", keys[:1])) == 1
        with counted_statements(uow.session.connection().engine) as many:
            assert len(ask(uow, "base.names", keys)) == len(keys)
    assert len(few) == len(many)


@pytest.mark.parametrize("name", ["base.names", "base.nothing", "nobody.names"])
def test_a_question_that_nobody_answers_is_unavailable(
    registry: Registry, bare: Federation, name: str
) -> None:
    with bare.uow() as uow, pytest.raises(Unavailable):
        ask(uow, name, [1])


def test_whoever_fails_to_answer_is_counted_and_writes_nothing(registry: Registry, bare: Federation) -> None:
    with bare.uow() as uow:
        switch_on(uow, registry, registry.plugins["base"])
    with bare.uow() as uow:
        with pytest.raises(Unavailable, match="unavailable"):
            ask(uow, "base.broken", [1])
        assert uow.session.scalar(select(func.count()).select_from(OrgUnit)) == len(bare.units)
    with bare.uow() as uow:
        (failure,) = failures_of(uow, "base")
        assert failure.error.startswith("Overstepped: base may only read here")
        done = select(AuditEntry.action).where(AuditEntry.action == "core.plugin.enabled")
        assert set(uow.session.scalars(done)) == {"core.plugin.enabled"}
