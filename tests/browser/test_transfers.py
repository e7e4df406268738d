"""A membership goes from one union to another: asked for by the one, found on the desk of the other, sent back."""

import re
from collections.abc import Callable

from playwright.sync_api import expect
from tests.browser.visitor import Visitor


def test_a_transfer_is_asked_for_waits_at_the_other_union_and_is_sent_back(
    visitor: Callable[..., Visitor],
) -> None:
    district, asker = visitor("district"), visitor("xintian")
    other = _another_union(district)
    page = asker.page
    page.goto("/console/organising/members?state=active")
    page.locator("tbody td.name a").first.click()
    page.locator("summary", has_text="办理").click()
    page.get_by_role("link", name="申请转接").click()
    asker.look("/console/organising/members/…/transfer")
    page.locator("#to_union").fill("没有的工会")
    page.locator("#to_union").press("Enter")
    expect(page.locator("#to_union")).to_have_attribute("aria-invalid", "true")
    asker.look("/console/organising/members/…/transfer, to a union that there is not")
    page.locator("#to_union").fill(other)
    page.locator("#to_union").press("Enter")
    page.wait_for_url("**done=transfer**")
    asker.look("/console/organising/members/…, on the way")

    district.open("/console/organising/transfers")
    district.page.locator("tbody td.name a").first.click()
    district.look("/console/organising/transfers/…")
    expect(district.page.locator("main")).not_to_contain_text(re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-"))
    district.page.locator("summary", has_text="办理").click()
    district.page.get_by_role("link", name="退回").click()
    district.page.locator("#comment").fill("已不在本单位工作")
    district.page.get_by_role("button", name="退回").click()
    district.page.wait_for_url("**done=refuse**")
    district.look("/console/organising/transfers/…, sent back")

    page.reload()
    expect(page.get_by_text("在册").first).to_be_visible()


def _another_union(district: Visitor) -> str:
    """The full name of a union elsewhere."""
    district.page.goto("/console/organising/unions")
    row = district.page.locator("tbody tr", has_not_text="新田").first
    return row.locator("td.name a").inner_text()
