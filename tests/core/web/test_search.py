"""Search: what one may see and nothing besides, in groups, by names and by numbers that stay masked."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from sqlalchemy import select
from tests.designs.dispute import dispute
from tests.designs.samples import dispute_at

from gonghui.parties.persons import Person
from gonghui.tenancy.keys import opened
from gonghui.tenancy.org_tree import OrgUnit, OrgUnitKind, new_unit
from gonghui.testing import Federation, World
from gonghui.testing.queries import counted_statements
from gonghui.values.masks import mask
from gonghui_organising.union_samples import founding_values

FOUND = r"data-said><a [^>]*>样本社区第"
_HTML = {"Accept": "text/html"}


@pytest.fixture
def search(browser: Any, federation: Federation, with_password: Callable[..., None]) -> Callable[..., str]:
    """The page of results that somebody gets."""
    readers: dict[str, Any] = {}

    def ask(login: str, text: str, more: str = "") -> str:
        if login not in readers:
            with_password(federation, login)
            readers[login] = type(browser)(federation)
            readers[login].sign_in(login)
        answer = readers[login].get(f"/console/search?q={quote(text)}{more}", headers=_HTML)
        assert answer.status_code == 200
        return str(answer.text)

    return ask


def claimant(federation: Federation) -> dict[str, str]:
    """Somebody about whom there is a case at the garden: name, number, and the case."""
    with federation.uow() as uow:
        case = uow.session.get_one(
            dispute.model, (uow.tenant_id, dispute_at()(uow, federation.units["garden"]))
        )
        person = uow.session.scalars(select(Person).where(Person.id == case.claimant_id)).one()
        return {"name": person.name, "number": str(opened(uow, person, "id_number")), "case": str(case.id)}


def test_a_person_is_found_by_name_and_by_numbers_and_shown_masked(
    search: Callable[..., str], federation: Federation
) -> None:
    known = claimant(federation)
    reader = _reader(federation)
    for text in (known["name"], known["number"], known["number"].lower(), known["number"][-4:]):
        page = search(reader, text)
        assert known["case"] in page
        assert mask("id_number", known["number"]) in page
        assert known["number"] not in page or text.upper() == known["number"]


def test_nobody_finds_a_person_about_whom_they_may_read_nothing(
    search: Callable[..., str], federation: Federation
) -> None:
    known = claimant(federation)
    for login in ("west", "worker"):
        for text in (known["number"], known["number"][-4:], known["name"]):
            page = search(login, text)
            assert known["case"] not in page
            assert "没有找到" in page


def test_units_and_records_are_found_by_a_part_of_their_name(
    search: Callable[..., str], federation: Federation
) -> None:
    values = founding_values(federation.units["firm"])
    made = federation.client("firm").post("/api/v1/organising/unions", values)
    page = search("east", values["name"][5:13])
    assert f"/console/organising/unions/{made.json['id']}" in page
    assert str(made.json["id"]) not in search("west", values["name"][5:13])
    units = search("east", "社区工联会")
    assert "花园社区工联会" in units
    assert "河畔社区工联会" not in units


def test_a_group_has_more_and_shows_it_by_itself(search: Callable[..., str], federation: Federation) -> None:
    communities(federation, 8)
    few = search("east", "样本社区")
    assert "in=units" in few
    assert len(re.findall(FOUND, few)) == 6
    assert len(re.findall(FOUND, search("east", "样本社区", "&in=units"))) == 8


def test_a_search_asks_once_for_each_group(
    search: Callable[..., str], federation: Federation, world: World
) -> None:
    def statements(text: str) -> int:
        with counted_statements(world.database.engine("gonghui_app")) as sent:
            search("district", text)
        return len(sent)

    statements("样本社区")
    few = statements("样本社区")
    communities(federation, 8)
    assert statements("样本社区") == few


def communities(federation: Federation, number: int) -> None:
    """Further communities of the east."""
    with federation.uow() as uow:
        above = uow.session.get_one(OrgUnit, (uow.tenant_id, federation.units["east"]))
        uow.note("core.org_unit.created")
        uow.add(*(new_unit(above, OrgUnitKind.COMMUNITY_FEDERATION, f"样本社区第{n}") for n in range(number)))


def _reader(federation: Federation) -> str:
    """The lowest officer who may read cases at the garden."""
    for login in ("garden", "east", "district", "admin"):
        with federation.uow(login) as uow:
            if uow.principal.holds(dispute.permission("read")):
                return login
    federation.add_officer("mediator", "mediator", "garden", [dispute.permission("read")])
    return "mediator"
