"""Roles on pages: read as a matrix, changed, copied, and looked through without a trace but in the trail."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

import gonghui
from gonghui.auth.accounts import Role
from gonghui.auth.permissions import PERMISSIONS
from gonghui.testing import Federation, World
from gonghui.testing.operations import operations

NEW = "core.quality.read"


def permissions_of(federation: Federation, code: str) -> set[str]:
    with federation.uow() as uow:
        return set(uow.session.scalars(select(Role).where(Role.code == code)).one().permissions)


def set_permissions(federation: Federation, code: str, permissions: set[str]) -> None:
    with federation.uow() as uow:
        uow.session.scalars(select(Role).where(Role.code == code)).one().permissions = sorted(permissions)


def test_every_permission_of_the_core_is_said_in_words(world: World) -> None:
    asked = {o.permission for o in operations(world.app) if o.permission and o.permission.startswith("core.")}
    profile = tomllib.loads(
        (Path(gonghui.__file__).parent / "tenants/district.toml").read_text(encoding="utf-8")
    )
    given = {permission for role in profile["role"] for permission in role["permissions"]}
    assert (asked | given) - {"core.self.use"} == set(PERMISSIONS)


def test_the_matrix_says_in_words_what_each_role_permits(asked: Callable[..., Any]) -> None:
    page = asked("district", "/console/roles").text
    assert "划转、合并、分设、更名和撤销组织" in page
    assert "批准建会" in asked("district", "/console/roles?of=organising").text
    assert "core.org_unit" not in page
    assert asked("garden", "/console/roles").status_code == 403


def test_a_role_shows_what_it_permits_and_who_holds_it(asked: Callable[..., Any]) -> None:
    page = asked("admin", "/console/roles/street_officer").text
    assert "批准建会" in page
    assert "样east" in page
    assert "样east" not in asked("east", "/console/roles/street_officer").text.split("<main")[1]
    assert asked("admin", "/console/roles/nothing").status_code == 404


def test_a_change_holds_at_once_and_what_is_left_out_is_not_proposed_again(
    federation: Federation, asked: Callable[..., Any]
) -> None:
    held = permissions_of(federation, "street_officer")
    form = {"permissions": sorted(held - {NEW, "core.figure.read"})}
    assert asked("admin", "/console/roles/street_officer/change", form).status_code == 303
    assert permissions_of(federation, "street_officer") == held - {NEW, "core.figure.read"}
    assert "新增的权限" not in asked("admin", "/console/roles/street_officer").text
    assert asked("east", "/console/figures").status_code == 403
    assert asked("admin", "/console/roles/street_officer/change", {}).status_code == 422
    assert asked("east", "/console/roles/street_officer/change", form).status_code == 403


@pytest.mark.parametrize(("answer", "is_held"), [("take", True), ("decline", False)])
def test_what_is_new_for_a_role_is_taken_or_left_with_one_click(
    federation: Federation, asked: Callable[..., Any], answer: str, is_held: bool
) -> None:
    set_permissions(federation, "district_officer", permissions_of(federation, "district_officer") - {NEW})
    assert "角色" in asked("admin", "/console/roles").text
    assert "查看数据质量" in asked("admin", "/console/roles/district_officer").text.split("<aside")[0]
    assert asked("admin", "/console/roles/district_officer/news", {"answer": answer}).status_code == 303
    assert (NEW in permissions_of(federation, "district_officer")) is is_held
    assert "新增的权限" not in asked("admin", "/console/roles/district_officer").text


def test_an_administrator_does_not_lose_the_right_to_give_roles(
    federation: Federation, asked: Callable[..., Any]
) -> None:
    form = {"permissions": ["core.org_unit.read"]}
    assert asked("admin", "/console/roles/administrator/change", form).status_code == 409
    assert "core.role.grant" in permissions_of(federation, "administrator")


def test_a_copy_permits_the_same_and_has_a_name_of_its_own(
    federation: Federation, asked: Callable[..., Any]
) -> None:
    made = asked("admin", "/console/roles/street_officer/copy", {"name": "街道经办人"})
    assert made.status_code == 303
    code = made.headers["Location"].split("/")[3]
    assert permissions_of(federation, code) == permissions_of(federation, "street_officer")
    assert "街道经办人" in asked("admin", "/console/roles").text
    assert asked("admin", "/console/roles/street_officer/copy", {"name": "街道经办人"}).status_code == 422


# --- seeing as a role


@pytest.fixture
def seeing(browser: Any, federation: Federation, with_password: Callable[..., None]) -> Any:
    """A browser in which the administrator looks at pages as an officer of the east street."""
    with_password(federation, "admin")
    visitor = type(browser)(federation)
    visitor.sign_in("admin")
    form = {"csrf_token": visitor.csrf("/console"), "unit": "东街道总工会"}
    assert visitor.post("/console/roles/street_officer/see-as", data=form).status_code == 303
    return visitor


def test_every_page_is_marked_and_shows_what_the_role_sees(seeing: Any, federation: Federation) -> None:
    page = seeing.get("/console").text
    assert "正在以“街道工会干部”在“东街道总工会”的身份查看" in page
    assert "人员与权限" not in page.split("<main")[0]
    assert "正在以" in seeing.get("/console/people", headers={"Accept": "text/html"}).text
    assert seeing.get(f"/console/org/{federation.units['garden']}").status_code == 200
    assert seeing.get(f"/console/org/{federation.units['west']}").status_code == 404
    assert seeing.get("/api/v1/organising/unions").status_code == 200


def test_nothing_is_written_while_seeing_as_a_role(seeing: Any, federation: Federation) -> None:
    form = {"csrf_token": seeing.csrf("/console"), "name": "新园区工联会", "kind": "park_federation"}
    refused = seeing.post(
        f"/console/org/{federation.units['garden']}/new", data=form, headers={"Accept": "text/html"}
    )
    assert refused.status_code == 403
    assert "只能看，不能办理" in refused.text
    exported = seeing.get("/api/v1/organising/unions/export?format=csv")
    assert (exported.status_code, exported.json["code"]) == (403, "only_seeing")


def test_seeing_ends_and_is_in_the_trail(seeing: Any, federation: Federation) -> None:
    form = {"csrf_token": seeing.csrf("/console")}
    assert seeing.post("/console/see-as/end", data=form).status_code == 303
    assert "正在以" not in seeing.get("/console").text
    assert seeing.get("/console/people").status_code == 200
    entries = federation.client("admin").get("/api/v1/audit?limit=100").text
    assert "core.role.seen_as" in entries
    assert "core.role.seen_as_ended" in entries


def test_seeing_ends_by_itself_once_the_right_to_give_the_role_is_gone(
    seeing: Any, federation: Federation
) -> None:
    set_permissions(federation, "administrator", {"core.org_unit.read"})
    assert "正在以" not in seeing.get("/console").text
    assert seeing.get(f"/console/org/{federation.units['west']}").status_code == 200


def test_nobody_sees_as_a_role_where_they_give_none(
    federation: Federation, asked: Callable[..., Any]
) -> None:
    federation.add_officer("keeper", "keeper", "east", ["core.role.grant"])
    assert asked("keeper", "/console/roles/auditor/see-as", {"unit": "西街道总工会"}).status_code == 422
    assert asked("district", "/console/roles/auditor/see-as", {"unit": "西街道总工会"}).status_code == 403


def test_no_role_gets_what_operators_of_the_platform_may(
    federation: Federation, asked: Callable[..., Any]
) -> None:
    form = {"permissions": ["core.org_unit.read", "core.plugin.plan", "core.platform.read", "aid.made.up"]}
    assert asked("admin", "/console/roles/auditor/change", form).status_code == 303
    assert permissions_of(federation, "auditor") == {"core.org_unit.read"}
