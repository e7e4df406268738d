"""Work that goes to somebody else for some days or for good: within reach, for days that are held, and once."""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from gonghui.auth.role_giving import given_now
from gonghui.testing import Federation
from gonghui.values import clock


@pytest.fixture
def page_of(federation: Federation) -> Callable[[str], str]:
    """The address of somebody's page."""
    return lambda login: f"/console/people/{federation.accounts[login]}"


def test_a_deputy_who_was_appointed_already_is_not_appointed_twice(
    federation: Federation, asked: Callable[..., Any], page_of: Callable[[str], str]
) -> None:
    federation.add_officer("stand.in", "auditor", "district")
    path = page_of("east") + "/deputy"
    held = re.findall(r'name="roles" value="([^"]+)"', asked("admin", path).text)
    last = clock.today() + timedelta(days=3)
    form = {"to": "stand.in", "roles": held, "valid_to": last.isoformat()}
    assert asked("admin", path, form).status_code == 303
    again = asked("admin", path, form)
    assert again.status_code == 409
    assert "已有这个角色" in again.text
    assert asked("admin", page_of("stand.in")).text.count("代理 样east") == 1
    later = {"valid_from": (last + timedelta(days=1)).isoformat()}
    later["valid_to"] = later["valid_from"]
    assert asked("admin", path, {**form, **later}).status_code == 303


@pytest.mark.parametrize("act", ["hand-over", "deputy"])
def test_a_form_that_was_sent_twice_at_once_gives_a_role_once(
    federation: Federation, asked: Callable[..., Any], page_of: Callable[[str], str], act: str
) -> None:
    federation.add_officer("stand.in", "auditor", "district")
    held = re.findall(r'name="roles" value="([^"]+)"', asked("admin", page_of("east") + "/deputy").text)
    form = {"to": "stand.in", "roles": held}
    form |= {"valid_to": clock.today().isoformat()} if act == "deputy" else {}
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _n: asked("admin", f"{page_of('east')}/{act}", form), range(4)))
    with federation.uow() as uow:
        given = given_now(uow, federation.accounts["stand.in"])
    assert [row.org_unit_id for row in given].count(federation.units["east"]) == 1


def test_a_deputy_holds_no_role_before_the_absent_and_hands_none_on(
    federation: Federation, asked: Callable[..., Any], page_of: Callable[[str], str]
) -> None:
    federation.add_officer("stand.in", "auditor", "district")
    begins = clock.today() + timedelta(days=10)
    given = {"role": "community_officer", "unit": "河畔社区工联会", "valid_from": begins.isoformat()}
    assert asked("admin", page_of("garden") + "/roles", given).status_code == 303
    path = page_of("garden") + "/deputy"
    with federation.uow() as uow:
        (ahead,) = (row for row in given_now(uow, federation.accounts["garden"]) if row.valid_from == begins)
    form = {"to": "stand.in", "roles": [str(ahead.id)]}
    early = {**form, "valid_to": (begins - timedelta(days=1)).isoformat()}
    assert asked("admin", path, early).status_code == 422
    assert asked("admin", path, {**form, "valid_to": begins.isoformat()}).status_code == 303
    with federation.uow() as uow:
        (stands_in,) = (
            row for row in given_now(uow, federation.accounts["stand.in"]) if row.deputy_for_id is not None
        )
        assert (stands_in.valid_from, stands_in.valid_to) == (begins, begins)
    further = {"to": "west", "roles": [str(stands_in.id)], "valid_to": begins.isoformat()}
    assert asked("admin", page_of("stand.in") + "/deputy", further).status_code == 422


@pytest.mark.parametrize("act", ["hand-over", "deputy"])
def test_whoever_is_out_of_reach_is_as_unknown_as_nobody(
    federation: Federation, asked: Callable[..., Any], page_of: Callable[[str], str], act: str
) -> None:
    federation.add_officer("keeper", "keeper", "east", ["core.role.grant"])
    form = {"valid_to": clock.today().isoformat()}
    for login in ("west", "admin", "nobody"):
        refused = asked("keeper", f"{page_of('garden')}/{act}", {**form, "to": login})
        assert refused.status_code == 422
        assert "没有这个登录名" in refused.text
