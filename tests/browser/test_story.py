"""A newcomer's story, on a federation that has just come on board: in Chinese, in English, and by keyboard alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.browser import story
from tests.browser.hands import Hands, Keys, Mouse
from tests.browser.newcomers import ADMINISTRATOR, Person, come_on_board
from tests.browser.visitor import Visitor

Arrivals = Callable[..., Person]


@pytest.fixture
def arrivals(visitor: Callable[..., Visitor], tmp_path: Path, server: str) -> Arrivals:
    """People who come to a fresh federation, one after the other, each at the page where one signs in."""
    hosts: dict[str, str] = {}

    def arrive(code: str, *, by_keys: bool = False, language: str = "zh") -> Person:
        host = hosts.get(code) or hosts.setdefault(code, come_on_board(code, tmp_path))
        one = visitor(None, host=host, language=language)
        hands: Hands = Keys(one.page) if by_keys else Mouse()
        one.page.goto("/sign-in")
        return Person(one, hands)

    return arrive


def test_a_newcomer_brings_a_federation_in_and_founds_a_union(arrivals: Arrivals) -> None:
    admin = arrivals("story")
    admin.look("/sign-in, for whoever comes first")
    admin.sign_in(ADMINISTRATOR)
    story.switch_organising_on(admin)
    story.bring_in(admin, story.UNIONS)
    story.bring_in(admin, story.MEMBERS)

    officers = [(arrivals("story"), *office) for office in story.OFFICES]
    for officer, role, unit, name in officers:
        slip = story.invite(admin, role, unit, name)
        officer.looks = officer is officers[0][0]
        story.arrive(officer, slip)
        officer.looks = True
    community, street, district = (officer for officer, *_office in officers)

    story.draft_a_founding(community)
    story.submit_once_it_is_whole(community)
    story.open_from_notices(street)
    story.give_back(street)
    story.open_from_notices(community)
    story.correct(community)
    story.approve(district)
    story.open_from_notices(community)
    story.register_seal(community)

    story.see_overdue_re_elections(street)
    story.open_an_id_number(street)
    story.find_the_opening(admin)


def test_a_newcomer_who_reads_english_does_the_same(arrivals: Arrivals) -> None:
    admin = arrivals("english", language="en")
    admin.sign_in(ADMINISTRATOR)
    story.switch_organising_on(admin)
    story.bring_in(admin, story.UNIONS)

    officers = [(arrivals("english", language="en"), *office) for office in story.OFFICES[:2]]
    for officer, role, unit, name in officers:
        story.arrive(officer, story.invite(admin, role, unit, name))
        officer.looks = False
    community, street = (officer for officer, *_office in officers)
    story.draft_a_founding(community)
    story.submit_once_it_is_whole(community)
    street.looks = True
    story.approve(street)
    story.see_overdue_re_elections(street)


def test_a_newcomer_needs_no_mouse(arrivals: Arrivals) -> None:
    admin = arrivals("keys", by_keys=True)
    everybody = [admin]
    admin.looks = False
    admin.sign_in(ADMINISTRATOR)
    story.switch_organising_on(admin)
    story.bring_in(admin, story.UNIONS)
    story.bring_in(admin, story.MEMBERS)
    for role, unit, name in story.OFFICES:
        officer = arrivals("keys", by_keys=True)
        officer.looks = False
        story.arrive(officer, story.invite(admin, role, unit, name))
        everybody.append(officer)
    story.read_the_keys(admin)

    _admin, community, street, district = everybody
    story.draft_a_founding(community)
    story.submit_once_it_is_whole(community)
    story.open_from_notices(street)
    story.give_back(street)
    story.open_from_notices(community)
    story.correct(community)
    story.approve(district)
    story.see_overdue_re_elections(street)
    story.open_an_id_number(street)
    story.find_the_opening(admin)
    assert {fault for one in everybody if isinstance(one.hands, Keys) for fault in one.hands.faults} == set()
