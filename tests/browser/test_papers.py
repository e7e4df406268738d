"""Forms on paper as they are seen before they are printed, and what a printer gets of them."""

from collections.abc import Callable

from playwright.sync_api import expect
from tests.browser.visitor import Visitor


def test_an_application_is_well_drawn_and_printed_without_what_stands_around_it(
    visitor: Callable[..., Visitor],
) -> None:
    officer = visitor("district")
    page = officer.page
    page.goto("/console/organising/members?state=active")
    page.locator("tbody td.name a").first.click()
    page.locator("summary", has_text="打印").click()
    page.get_by_role("link", name="入会申请书").click()
    officer.look("/console/organising/members/…/print/application")
    page.emulate_media(media="print")
    expect(page.get_by_role("button", name="打印")).to_be_hidden()
    expect(page.locator(".paper")).to_contain_text("我自愿加入中国工会")
    page.emulate_media(media="screen")
    page.get_by_role("link", name="上传为“入会申请书”").click()
    expect(page.locator("#paper")).to_have_value("application")
