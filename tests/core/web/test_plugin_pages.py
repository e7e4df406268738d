"""The pages of plugins: nothing is switched or removed before what follows was shown, and all of it can be undone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from gonghui.audit.entries import AuditEntry
from gonghui.plugin_host.failures import count_failure
from gonghui.tenancy.switches import positions
from gonghui.testing import Federation
from gonghui.testing.federation import World

HOME = "/console/plugins/designs"


@pytest.fixture
def admin(reader: Callable[..., Any], federation: Federation) -> Any:
    return reader(federation, "admin")


def _position(federation: Federation, plugin: str = "designs") -> Any:
    with federation.uow() as uow:
        return positions(uow)[plugin]


def test_switching_off_and_on_again_is_shown_first_done_and_undone(
    admin: Any, federation: Federation
) -> None:
    shown = admin.open(f"{HOME}/switch").text
    assert "停用后，它的页面" in shown
    done = admin.send(f"{HOME}/switch", at=f"{HOME}/switch", on="0")
    assert (done.status_code, done.headers["Location"]) == (303, f"{HOME}?done=off")
    assert not _position(federation).is_on
    after = admin.open(f"{HOME}?done=off").text
    assert "已停用，数据都保留着。" in after
    assert "撤销停用" in after
    assert admin.send(f"{HOME}/switch", at=f"{HOME}/switch", on="1").status_code == 303
    assert _position(federation).is_on


def test_what_comes_is_told_by_kind_before_switching_on(admin: Any) -> None:
    admin.send(f"{HOME}/switch", on="0")
    shown = admin.open(f"{HOME}/switch").text
    for kind in ("记录", "统计数字", "权限", "个人信息"):
        assert kind in shown


def test_a_plugin_that_is_stopped_says_why_and_can_be_resumed(admin: Any, federation: Federation) -> None:
    with federation.uow() as uow:
        for account in (federation.accounts["east"], federation.accounts["west"]) * 3:
            count_failure(uow, "designs", "health", "ValueError (rooms.py:3)", account)
    listed = admin.open("/console/plugins").text
    assert "平台已停用" in listed
    shown = admin.open(HOME).text
    assert "ValueError (rooms.py:3)" in shown
    assert "恢复启用…" in shown
    admin.send(f"{HOME}/switch", at=f"{HOME}/switch", on="1")
    assert _position(federation).stopped_reason is None


def test_uninstalling_asks_for_the_name_and_can_be_taken_back(
    admin: Any, federation: Federation, world: World
) -> None:
    admin.send(f"{HOME}/switch", on="0")
    refused = admin.send(f"{HOME}/removal", at=f"{HOME}/removal", name="别的")
    assert refused.status_code == 422
    assert "名称不一致" in refused.text
    assert _position(federation).purge_on is None
    name = str(world.registry.plugins["designs"].name)
    assert admin.send(f"{HOME}/removal", at=f"{HOME}/removal", name=name).status_code == 303
    assert _position(federation).purge_on is not None
    assert "撤回卸载" in admin.open(HOME).text
    admin.send(f"{HOME}/removal/cancel", at=HOME)
    assert _position(federation).purge_on is None


def test_a_plugin_that_is_on_is_not_uninstalled_and_nothing_of_it_stays_behind(
    admin: Any, federation: Federation, world: World
) -> None:
    name = str(world.registry.plugins["designs"].name)
    refused = admin.send(f"{HOME}/removal", at=f"{HOME}/removal", name=name)
    assert refused.status_code == 422
    assert "先停用，再卸载" in refused.text
    assert _position(federation).purge_on is None
    with federation.uow() as uow:
        wanted = select(AuditEntry.id).where(AuditEntry.action == "core.plugin.removal_requested")
        assert uow.session.scalars(wanted).all() == []
