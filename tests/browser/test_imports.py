"""Both samples through the wizard, in a browser: every fault at its cell, one put right in place, the good rows in."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect
from tests.browser.registers import PATIENCE, SAMPLES, planted, shown
from tests.browser.visitor import Visitor


def send(officer: Visitor, register: str, file: str, *, looks: bool = True) -> Page:
    """Upload a sample, confirm its columns as they were recognised, and wait until it is checked."""
    page = officer.page
    page.goto(f"/console/imports/new/organising.{register}")
    page.set_input_files("#file", SAMPLES / file)
    page.get_by_role("button", name="上传").click()
    if looks:
        officer.look(f"/console/imports {register}: columns")
    page.get_by_role("button", name="检查").click()
    expect(page.locator("#counts")).to_be_visible(timeout=PATIENCE)
    return page


def test_both_samples_come_in_with_their_faults_at_the_cells(visitor: Callable[..., Visitor]) -> None:
    officer = visitor("district")
    page = send(officer, "unions", "unions.xlsx")
    assert shown(page) == planted("unions")
    officer.look("/console/imports unions: checked")
    wrong = page.locator("#row-21")
    wrong.locator("input[name=cell-term_years]").fill("5")
    wrong.get_by_role("button").click()
    expect(page.locator("#row-21")).to_contain_text("已改好")
    expect(page.locator("#counts")).to_contain_text("347")
    page.get_by_role("button", name="导入", exact=True).click()
    expect(page.locator(".notice-green")).to_contain_text("新增工会 347 个", timeout=PATIENCE)
    officer.look("/console/imports unions: applied")

    page = send(officer, "members", "members.xlsx")
    assert shown(page) == planted("members")
    officer.look("/console/imports members: checked")
    page.get_by_role("button", name="导入", exact=True).click()
    expect(page.locator(".notice-green")).to_contain_text("新增会员 4,963 人", timeout=PATIENCE)
    page.goto("/console/imports")
    officer.look("/console/imports")
    expect(page.locator("tbody tr").first).to_contain_text("会员名册")


def test_without_a_script_a_cell_is_put_right_on_a_page_of_its_own(visitor: Callable[..., Visitor]) -> None:
    page = send(visitor("district", scripts=False), "unions", "unions.xlsx", looks=False)
    wrong = page.locator("#row-21")
    wrong.locator("input[name=cell-term_years]").fill("four")
    wrong.get_by_role("button").click()
    assert re.search(r"/rows/21$", page.url)
    page.locator("input[name=cell-term_years]").fill("5")
    page.get_by_role("button", name="改正").click()
    expect(page.locator("#row-21")).to_have_count(0)
    page.get_by_role("button", name="放弃，不导入").click()
    expect(page.locator(".notice")).to_contain_text("没有写入任何记录")
