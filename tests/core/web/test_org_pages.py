"""The tree on pages: looked at level by level and on other days, and changed after a look at what is touched."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from gonghui.db import policies
from gonghui.tenancy.org_tree import OrgUnit, OrgUnitKind, new_unit
from gonghui.testing import Federation
from gonghui.testing.queries import counted_statements
from gonghui.values import clock


def unit(federation: Federation, name: str) -> OrgUnit:
    with federation.uow() as uow:
        found = uow.session.get(OrgUnit, (uow.tenant_id, federation.units[name]))
        assert found is not None
        uow.session.expunge(found)
    return found


def test_the_tree_opens_level_by_level(federation: Federation, asked: Callable[..., Any]) -> None:
    first = asked("district", "/console/org").text
    assert "东街道总工会" in first
    assert "花园社区工联会" not in first
    root, east = federation.units["district"], federation.units["east"]
    assert "花园社区工联会" in asked("district", f"/console/org?open={root}&open={east}").text


def test_an_officer_sees_the_tree_from_the_own_unit_down(
    federation: Federation, asked: Callable[..., Any]
) -> None:
    page = asked("west", f"/console/org?open={federation.units['east']}").text
    assert "河畔社区工联会" in page
    assert "花园社区工联会" not in page
    assert asked("west", f"/console/org/{federation.units['garden']}").status_code == 404


def test_a_unit_is_found_by_a_part_of_its_name(asked: Callable[..., Any]) -> None:
    assert "花园社区工联会" in asked("district", "/console/org?q=花园").text
    assert "没有名称里有" in asked("west", "/console/org?q=花园").text


def test_a_unit_shows_its_officers_and_units(federation: Federation, asked: Callable[..., Any]) -> None:
    page = asked("district", f"/console/org/{federation.units['east']}").text
    assert "样east" in page
    assert "街道工会干部" in page
    assert "花园社区工联会" in page


def test_a_change_is_looked_at_first_and_changes_nothing_by_that(
    federation: Federation, asked: Callable[..., Any]
) -> None:
    path = f"/console/org/{federation.units['garden']}/move"
    seen = asked("admin", path, {"parent_id": str(federation.units["west"])})
    assert seen.status_code == 200
    assert "组织 2 个（含其下级）" in seen.text
    assert unit(federation, "garden").parent_id == federation.units["east"]
    done = asked("admin", path, {"parent_id": str(federation.units["west"]), "confirmed": "1"})
    assert done.status_code == 303
    assert unit(federation, "garden").parent_id == federation.units["west"]


def test_a_refused_change_says_why_at_its_field(federation: Federation, asked: Callable[..., Any]) -> None:
    path = f"/console/org/{federation.units['garden']}/rename"
    refused = asked("admin", path, {"name": "花园社区工联会", "confirmed": "1"})
    assert refused.status_code == 422
    assert 'href="#name"' in refused.text
    assert "新名称与现在的名称相同" in refused.text
    assert asked("east", path, {"name": "新名"}).status_code == 403


def test_a_change_for_a_day_to_come_waits_and_can_be_withdrawn(
    federation: Federation, asked: Callable[..., Any]
) -> None:
    garden = federation.units["garden"]
    day = clock.today() + timedelta(days=10)
    form = {
        "name": "新花园工联会",
        "effective_on": day.isoformat(),
        "decision": "示工〔2026〕9号",
        "confirmed": "1",
    }
    assert asked("admin", f"/console/org/{garden}/rename", form).status_code == 303
    assert "新花园工联会" in asked("admin", f"/console/org/{garden}").text
    planned = asked("admin", "/console/org/planned").text
    assert "示工〔2026〕9号" in planned
    withdraw = planned.split('action="/console/org/planned/')[1].split('"')[0]
    assert asked("admin", f"/console/org/planned/{withdraw}", {}).status_code == 303
    assert "没有计划中的调整" in asked("admin", "/console/org/planned").text


def test_another_day_shows_where_units_stood(federation: Federation, asked: Callable[..., Any]) -> None:
    garden, today = federation.units["garden"], clock.today()
    form = {"parent_id": str(federation.units["west"]), "confirmed": "1"}
    assert asked("admin", f"/console/org/{garden}/move", form).status_code == 303
    eve = today - timedelta(days=1)
    opened = f"open={federation.units['district']}&open={federation.units['east']}"
    assert "花园社区工联会" not in asked("admin", f"/console/org?{opened}").text
    assert asked("admin", f"/console/org?{opened}&on=昨天").status_code == 422
    assert asked("admin", f"/console/org?{opened}&on={eve}").status_code == 200


def test_a_unit_is_set_up_below_another(federation: Federation, asked: Callable[..., Any]) -> None:
    path = f"/console/org/{federation.units['garden']}/new"
    made = asked("east", path, {"name": "新园区工联会", "kind": "park_federation"})
    assert made.status_code == 303
    assert "新园区工联会" in asked("east", made.headers["Location"]).text
    wrong = asked("east", path, {"name": "", "kind": "street_federation"})
    assert wrong.status_code == 422
    tomorrow = (clock.today() + timedelta(days=1)).isoformat()
    late = asked("east", path, {"name": "明天工联会", "kind": "park_federation", "effective_on": tomorrow})
    assert "设立日期不能晚于今天" in late.text
    early = asked(
        "east", path, {"name": "昨天工联会", "kind": "park_federation", "effective_on": "2020-01-01"}
    )
    assert early.status_code == 403


def test_the_tree_takes_as_many_statements_for_many_units_as_for_few(
    federation: Federation, asked: Callable[..., Any]
) -> None:
    garden = federation.units["garden"]
    opened = (federation.units["district"], federation.units["east"], garden)
    path = "/console/org?" + "&".join(f"open={each}" for each in opened)
    engine = federation.world.database.engine(policies.APP)
    asked("district", path)
    with counted_statements(engine) as few:
        asked("district", path)
    with federation.uow() as uow:
        place = uow.session.get_one(OrgUnit, (uow.tenant_id, garden))
        uow.add(*(new_unit(place, OrgUnitKind.PARK_FEDERATION, f"园区{n}工联会") for n in range(30)))
    with counted_statements(engine) as many:
        assert "园区29工联会" in asked("district", path).text
    assert len(many) == len(few)
