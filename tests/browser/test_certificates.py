"""What is handed out on paper, as it is seen before it is printed."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect
from tests.browser.visitor import Visitor


@pytest.mark.parametrize(
    ("records", "form", "words"),
    [("members", "会员证", "中国工会会员证"), ("unions", "建会批复", "的批复")],
)
def test_a_paper_that_is_handed_out_is_well_drawn_and_printed_alone(
    visitor: Callable[..., Visitor], records: str, form: str, words: str
) -> None:
    officer = visitor("district")
    page = officer.page
    page.goto(f"/console/organising/{records}?state={'active' if records == 'members' else 'approved'}")
    page.locator("tbody td.name a").first.click()
    page.locator("summary", has_text="打印").press("Enter")
    page.get_by_role("link", name=form).press("Enter")
    page.wait_for_url("**/print/*")
    officer.look(f"/console/organising/{records}/…/print")
    page.emulate_media(media="print")
    expect(page.get_by_role("button", name="打印")).to_be_hidden()
    expect(page.locator(".paper")).to_contain_text(words)
