"""Two of a kind side by side: employers decided on and taken back, somebody merged and taken apart, by keyboard."""

from collections.abc import Callable

from playwright.sync_api import expect
from tests.browser.visitor import Visitor


def test_employers_are_decided_on_one_after_the_other_and_taken_back(
    visitor: Callable[..., Visitor],
) -> None:
    officer = visitor("district")
    page = officer.page
    page.goto("/console/quality?of=employers")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url("**/console/quality/employers/*")
    officer.look("/console/quality/employers/…")
    page.get_by_role("button", name="是同一个", exact=True).press("Enter")
    page.wait_for_url("**done=**")
    officer.look("/console/quality/employers/…, the next pair")
    page.get_by_role("button", name="撤销判断").press("Enter")
    expect(page.get_by_text("等待判断")).to_be_visible()


def test_somebody_who_was_entered_twice_becomes_one_and_two_again(visitor: Callable[..., Visitor]) -> None:
    officer = visitor("district")
    page = officer.page
    page.goto("/console/quality?of=phones")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url("**/console/quality/persons/*/*")
    officer.look("/console/quality/persons/…")
    page.get_by_role("button", name="合并为一人").press("Enter")
    expect(page.locator("#reason")).to_have_attribute("aria-invalid", "true")
    officer.look("/console/quality/persons/…, without a reason")
    page.locator("#reason").fill("身份证复印件与档案一致")
    page.locator("#reason").press("Enter")
    page.wait_for_url("**/console/quality/merges?done=*")
    officer.look("/console/quality/merges, merged")
    page.get_by_role("button", name="撤销合并").first.press("Enter")
    expect(page.get_by_text("两边恢复原样")).to_be_visible()
