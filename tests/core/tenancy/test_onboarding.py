"""Onboarding: a declared federation is made once, finished when it was cut short, and never made twice."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.pool import NullPool

from gonghui.db.base import Base
from gonghui.lifecycle import onboarding
from gonghui.lifecycle.onboarding import Declaration, DeclarationError, onboard
from gonghui.settings import PACKAGED_TENANTS
from gonghui.testing import World

DISTRICT = PACKAGED_TENANTS / "district.toml"


def declaration(code: str, **changed: Any) -> Declaration:
    content = {
        "code": code,
        "name": f"{code}区总工会",
        "jurisdiction": "nation/guangdong/shenzhen",
        "hosts": [f"{code}.test", f"WWW.{code}.test"],
        "plugins": ["organising"],
        "street": [{"name": "东街道总工会", "communities": ["花园社区工联会"]}],
        "enterprise": [{"name": "样本一厂", "under": "花园社区工联会"}],
        "account": [{"login": "east", "name": "张示例", "role": "street_officer", "at": "东街道总工会"}],
    }
    return Declaration.of(content | changed, DISTRICT)


def everything(world: World) -> dict[str, list[str]]:
    """Every row of the database as the superuser sees it."""
    admin = world.database.admin_url.set(database=world.database.name)
    with create_engine(admin, poolclass=NullPool).connect() as connection:
        return {table.fullname: _rows(connection, table.fullname) for table in Base.metadata.sorted_tables}


def _rows(connection: Connection, table: str) -> list[str]:
    return list(connection.scalars(text(f"SELECT t::text FROM {table} t ORDER BY 1")))


def told(world: World, tenant_id: Any) -> list[str]:
    """Actions on a tenant in the platform's own trail."""
    with world.database.operator() as session:
        found = text("SELECT action FROM core.platform_entry WHERE tenant_id = :id ORDER BY number")
        return list(session.scalars(found, {"id": tenant_id}))


def test_a_declared_federation_is_there_with_tree_roles_accounts_and_plugins(world: World) -> None:
    view = onboard(world.database, world.registry, declaration("onboard1"))
    assert (view.code, view.is_demo, view.plugins_on) == ("onboard1", False, {"organising"})
    with world.database.unit_of_work(onboarding.operator_principal(view.id)) as uow:
        names = uow.session.scalars(text("SELECT name FROM core.org_unit ORDER BY path")).all()
        east = onboarding.account_principal(uow, "east")
    assert names == ["onboard1区总工会", "东街道总工会", "花园社区工联会", "样本一厂"]
    assert [grant.role for grant in east.grants] == ["street_officer"]
    assert "organising.union.approve" in east.grants[0].permissions
    assert told(world, view.id) == ["tenant.created"]


def test_every_declared_host_leads_to_it(world: World) -> None:
    onboard(world.database, world.registry, declaration("onboard2"))
    for host in ("onboard2.test", "www.onboard2.test"):
        answer = world.app.test_client().get("/api/v1/me", headers={"Host": host})
        assert answer.status_code == 401


def test_onboarding_twice_changes_nothing(world: World) -> None:
    first = onboard(world.database, world.registry, declaration("onboard3"))
    before = everything(world)
    assert onboard(world.database, world.registry, declaration("onboard3")) == first
    assert everything(world) == before


@pytest.mark.parametrize("step", ["_tree", "_roles", "_accounts"])
def test_onboarding_that_was_cut_short_is_finished(
    world: World, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    code = f"cut{step.replace('_', '-')}"
    with monkeypatch.context() as patch:
        patch.setattr(onboarding, step, _interrupt)
        with pytest.raises(KeyboardInterrupt):
            onboard(world.database, world.registry, declaration(code))
    view = onboard(world.database, world.registry, declaration(code))
    with world.database.unit_of_work(onboarding.operator_principal(view.id)) as uow:
        assert uow.session.scalar(text("SELECT count(*) FROM core.org_unit")) == 4
        assert uow.session.scalar(text("SELECT count(*) FROM core.role")) == 7
        assert len(onboarding.account_principal(uow, "east").grants) == 1
    assert view.plugins_on == {"organising"}
    assert told(world, view.id).count("tenant.created") == 1


def _interrupt(*_args: object) -> None:
    raise KeyboardInterrupt


def test_two_tenants_do_not_share_a_host(world: World) -> None:
    onboard(world.database, world.registry, declaration("onboard4"))
    with pytest.raises(Exception, match="pk_tenant_host"):
        onboard(world.database, world.registry, declaration("onboard5", hosts=["ONBOARD4.test"]))
    answer = world.app.test_client().get("/sign-in", headers={"Host": "onboard4.test"})
    assert "onboard4区总工会" in answer.text


@pytest.mark.parametrize(
    "content",
    ["", "code = 'x'", "nonsense", "profile = 'district'\ncode = 'x'", "profile = 'unheard_of'\ncode = 'x'"],
)
def test_a_file_that_declares_no_tenant_is_told(tmp_path: Path, content: str) -> None:
    path = tmp_path / "tenant.toml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(DeclarationError, match=r"tenant\.toml"):
        Declaration.read(path)
