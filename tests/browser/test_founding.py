"""A union is founded by hand: its officer drafts, the street returns it with a comment, the district approves."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page
from tests.browser.visitor import Visitor

UNIONS = "/console/organising/unions"
FIRM = "深圳市示例精工有限公司"
PAPERS = ("request", "member_roster", "preparatory_group_notice", "minutes", "attendance", "ballot_count")
MORE_PAPERS = ("result_report", "chair_id", "employer_licence")


def press(page: Page, name: str) -> None:
    """Press a button or follow a link of the content, and wait for the page behind it."""
    with page.expect_navigation():
        page.locator("#content").get_by_text(name, exact=True).first.click()


def draft(page: Page) -> None:
    page.fill("#name", f"{FIRM}工会委员会")
    page.select_option("#kind", "independent")
    for name, text in (("headcount", "48"), ("members", "40"), ("preparatory_group_size", "3")):
        page.fill(f"#{name}", text)
    page.fill("#employer_informed_on", "2024-05-06")
    page.select_option("#near_relatives_excluded", "true")
    page.fill("[id='employers.0.name']", FIRM)
    for name, text in (("started_on", "2024-06-12"), ("years", "5"), ("seats", "3")):
        page.fill(f"[id='committee.{name}']", text)
    for at, paper in enumerate(PAPERS):
        if at:
            page.locator("#papers button").click()
            page.wait_for_load_state()
        page.select_option(f"[id='papers.{at}.kind']", paper)


def test_a_union_is_founded_by_officers_of_three_levels(visitor: Callable[..., Visitor]) -> None:
    officer = visitor("organiser")
    page = officer.open(f"{UNIONS}/new")
    press(page, "保存")
    officer.look("a form with faults")
    draft(page)
    press(page, "保存")
    at = page.url.partition("?")[0]
    officer.look("a founding in draft")

    page.goto(f"{at}/submit")
    press(page, "报送")
    assert "主席" in page.locator("#content").inner_text()
    officer.look("a step that something stands in the way of")

    page.goto(f"{at}/edit")
    page.fill("#chair_name", "样示例")
    for number, paper in enumerate(MORE_PAPERS, len(PAPERS)):
        page.locator("#papers button").click()
        page.wait_for_load_state()
        page.select_option(f"[id='papers.{number}.kind']", paper)
    press(page, "保存")
    press(page, "报送")
    press(page, "报送")
    assert "现在是“已报送”" in page.locator("#content").inner_text()

    street = visitor("guanhu")
    desk = street.open(f"{UNIONS}?view=mine")
    desk.get_by_role("link", name=f"{FIRM}工会委员会").first.click()
    desk.goto(f"{at}/return")
    desk.fill("#comment", "会议记录缺少签名页，请补齐后再报。")
    press(desk, "退回补正")
    street.look("a founding that was returned")

    page.goto(at)
    assert "会议记录缺少签名页" in page.locator("#content").inner_text()
    page.goto(f"{at}/edit")
    page.fill("#members", "41")
    press(page, "保存")
    press(page, "报送")
    press(page, "报送")

    district = visitor("district")
    desk = district.page
    desk.goto(at)
    district.look("a founding that waits for approval")
    press(desk, "批准")
    desk.fill("#approval_no", "示工复〔2026〕8号")
    desk.fill("#term_years", "5")
    district.look("the form of an approval")
    desk.locator("#content .form-actions button").click()
    desk.wait_for_url("**done=approve")
    assert "现在是“已批准”" in desk.locator("#content").inner_text()
    district.look("a founding that was approved")
