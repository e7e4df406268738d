"""Every page of the core as its readers see it, in both languages."""

from collections.abc import Callable

import pytest
from tests.browser.visitor import Visitor

PAGES = (
    ("district", "/console"),
    ("worker", "/console"),
    ("district", "/console/inbox"),
    ("worker", "/console/inbox"),
    ("district", "/console/figures?period=2024H1"),
    ("district", "/console/figures/organising.unions_founded?period=2024H1"),
    ("district", "/console/figures/organising.unions_founded?period=1999"),
    ("admin", "/console/messages"),
    ("district", "/console/organising/unions"),
    ("district", "/console/organising/members?sex=female"),
    ("district", "/console/organising/re-elections?view=overdue"),
    ("district", "/console/organising/unions/new"),
    ("district", "/console/organising/members/new"),
    ("east", "/console/organising/questionnaires/new"),
    ("admin", "/console/plugins"),
    ("admin", "/console/plugins/organising"),
    ("admin", "/console/plugins/organising/switch"),
    ("admin", "/console/plugins/organising/removal"),
    ("district", "/console/imports"),
    ("district", "/console/imports/new"),
    ("district", "/console/imports/new/organising.unions"),
    ("admin", "/console/parameters"),
    ("admin", "/console/parameters/organising.committee.members_from"),
    ("admin", "/console/parameters/organising.committee.seats"),
    ("admin", "/console/parameters/organising.committee.seats/decide"),
    ("admin", "/console/calendar?year=2025"),
    ("admin", "/console/calendar?year=2099"),
    ("auditor", "/console/trail"),
    ("auditor", "/console/trail/sample"),
    ("auditor", "/console/trail/sample?seed=5&size=5"),
    ("district", "/console/deadlines"),
    ("admin", "/console/deadlines?view=met"),
    ("admin", "/console/events"),
    ("district", "/nothing"),
    ("admin", "/console/org"),
    ("admin", "/console/org?q=街道"),
    ("admin", "/console/org/planned"),
    ("admin", "/console/people"),
    ("admin", "/console/people/invite"),
    ("admin", "/console/sessions"),
    ("admin", "/console/sessions?view=tokens"),
    ("admin", "/console/roles"),
    ("admin", "/console/roles?of=organising"),
    ("admin", "/console/roles/street_officer"),
    ("admin", "/console/roles/auditor/change"),
    ("district", "/console/quality"),
    ("district", "/console/quality?of=organising.member.without_phone"),
    ("district", "/console/quality?of=employers"),
    (None, "/welcome"),
    (None, "/sign-in"),
)


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize(("login", "path"), PAGES, ids=[f"{login} {path}" for login, path in PAGES])
def test_a_page_is_well_drawn(
    visitor: Callable[..., Visitor], login: str | None, path: str, language: str
) -> None:
    visitor(login, language=language).open(path)


def test_the_navigation_opens_on_a_phone_by_keyboard_and_without_a_script(
    visitor: Callable[..., Visitor],
) -> None:
    page = visitor("district").open("/console")
    page.set_viewport_size({"width": 390, "height": 844})
    page.get_by_text("菜单").press("Enter")
    page.locator(".phone-menu").get_by_role("link", name="通知").click()
    assert page.url.endswith("/console/inbox")


def test_a_folded_navigation_stays_folded(visitor: Callable[..., Visitor]) -> None:
    page = visitor("district").open("/console")
    page.locator(".side summary").click()
    page.wait_for_function("document.cookie.includes('navigation=folded')")
    page.goto("/console/inbox")
    assert not page.locator(".side nav").is_visible()
