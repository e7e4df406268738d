"""Every page of the core as its readers see it, in both languages."""

import re
from collections.abc import Callable

import pyotp
import pytest
from tests.browser.visitor import PASSWORD, Visitor

PAGES = (
    ("district", "/console"),
    ("worker", "/console"),
    ("district", "/console?all=1"),
    ("admin", "/console"),
    ("xintian", "/console"),
    ("district", "/console/search"),
    ("district", "/console/search?q=深圳"),
    ("district", "/console/search?q=00000000"),
    ("district", "/console/me/security"),
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
    ("district", "/console/organising/questionnaires/new"),
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
    ("district", "/console/quality/employers/judged"),
    ("district", "/console/quality?of=phones"),
    ("district", "/console/quality/merges"),
    (None, "/welcome"),
    (None, "/sign-in"),
)


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize(("login", "path"), PAGES, ids=[f"{login} {path}" for login, path in PAGES])
def test_a_page_is_well_drawn(
    visitor: Callable[..., Visitor], login: str | None, path: str, language: str
) -> None:
    visitor(login, language=language).open(path)


@pytest.mark.parametrize(
    ("at", "below"),
    [
        ("/console/people", ("", "/hand-over", "/deputy", "/code", "/close", "/second-factor")),
        ("/console/org?q=街道", ("", "/new", "/rename", "/move", "/merge", "/split", "/close")),
    ],
)
def test_the_pages_of_one_account_and_of_one_unit_are_well_drawn(
    visitor: Callable[..., Visitor], at: str, below: tuple[str, ...]
) -> None:
    one = visitor("admin")
    one.page.goto(at)
    first = one.page.locator("tbody td.name a", has_text=re.compile("钱示例|观湖")).get_attribute("href")
    for path in below:
        one.page.goto(f"{first}{path}")
        one.look(f"{at.partition('?')[0]}/…{path}")


def test_columns_of_a_list_are_chosen_by_keyboard_and_without_a_script(
    visitor: Callable[..., Visitor],
) -> None:
    one = visitor("district", fresh=True, scripts=False)
    page = one.page
    page.goto("/console/organising/unions")
    head = page.locator("thead th")
    assert "职工人数" in head.all_inner_texts()
    page.locator("summary", has_text="选择列").press("Enter")
    page.get_by_label("职工人数").press("Space")
    page.get_by_role("button", name="按此显示").press("Enter")
    page.wait_for_url("**/console/organising/unions")
    assert "职工人数" not in head.all_inner_texts()
    page.goto("/console/organising/unions?state=approved")
    assert "职工人数" not in head.all_inner_texts()
    page.locator("summary", has_text="选择列").press("Enter")
    page.get_by_role("button", name="恢复默认").press("Enter")
    page.wait_for_url("**/console/organising/unions?state=approved")
    assert "职工人数" in head.all_inner_texts()


def test_the_choice_of_columns_is_well_drawn(visitor: Callable[..., Visitor]) -> None:
    one = visitor("district")
    one.page.goto("/console/organising/unions")
    one.page.locator("summary", has_text="选择列").click()
    one.look("/console/organising/unions, columns to choose")


def test_the_navigation_opens_on_a_phone_by_keyboard_and_without_a_script(
    visitor: Callable[..., Visitor],
) -> None:
    page = visitor("district").open("/console")
    page.set_viewport_size({"width": 390, "height": 844})
    page.get_by_text("菜单").press("Enter")
    page.locator(".phone-menu").get_by_role("link", name="通知").click()
    assert page.url.endswith("/console/inbox")


def test_a_folded_navigation_stays_folded(visitor: Callable[..., Visitor]) -> None:
    page = visitor("district", fresh=True).open("/console")
    page.locator(".side summary").click()
    page.wait_for_function("document.cookie.includes('navigation=folded')")
    page.goto("/console/inbox")
    assert not page.locator(".side nav").is_visible()


def test_lists_are_walked_and_opened_by_keys_and_the_keys_are_told(visitor: Callable[..., Visitor]) -> None:
    page = visitor("district").open("/console/search?q=深圳")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    row = page.locator("tbody tr.at")
    name, target = row.locator("a").inner_text(), row.locator("a").get_attribute("href")
    assert name == page.locator("tbody tr a").first.inner_text()
    page.keyboard.press("?")
    assert page.locator("#keys").is_visible()
    page.keyboard.press("Escape")
    assert not page.locator("#keys").is_visible()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{target}")
    page.keyboard.press("/")
    page.keyboard.type("王")
    page.keyboard.press("Enter")
    page.wait_for_url("**/console/search?**")
    assert page.get_by_role("heading", name="人员").is_visible()


def test_a_phone_is_set_up_and_asked_for_at_the_next_sign_in(visitor: Callable[..., Visitor]) -> None:
    owner = visitor("organiser", fresh=True)
    page = owner.open("/console/me/security")
    page.get_by_role("button", name="设置两步验证").click()
    phone = pyotp.TOTP(page.locator(".secret").inner_text())
    owner.look("/console/me/security, a phone to set up")
    page.fill("#code", phone.now())
    page.get_by_role("button", name="启用").click()
    owner.look("recovery codes")
    code, another = page.locator(".codes code").all_inner_texts()[:2]
    again = visitor(None)
    again.page.goto("/sign-in")
    again.page.fill("#login", "organiser")
    again.page.fill("#password", PASSWORD)
    again.page.press("#password", "Enter")
    again.page.wait_for_url("**/sign-in/code")
    again.look("/sign-in/code")
    again.page.fill("#code", code)
    again.page.press("#code", "Enter")
    again.page.wait_for_url("**/console**")
    again.page.goto("/console/me/security")
    again.page.fill("#code", another)
    again.page.get_by_role("button", name="停用两步验证").click()
    assert again.page.get_by_role("button", name="设置两步验证").is_visible()
