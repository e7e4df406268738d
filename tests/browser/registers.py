"""The sample registers: which faults are planted in them, and which ones a page shows at which cells."""

from __future__ import annotations

import json
from pathlib import Path

from playwright.sync_api import Page, expect

SAMPLES = Path(__file__).resolve().parents[1] / "samples"
EXPECTED = json.loads((SAMPLES / "expected.json").read_text("utf-8"))
#: A job is asked after once a second, in milliseconds.
PATIENCE = 60_000


def planted(code: str) -> list[tuple[int, str, str]]:
    """Row, column and reason of every fault in a sample."""
    return sorted((each["row"], each["column"], each["fault"]) for each in EXPECTED[code]["faulty"])


def shown(page: Page) -> list[tuple[int, str, str]]:
    """Every fault on the page of a report: its row, the heading of the cell that is marked, and its code."""
    found = []
    for row in page.locator("table.faulty tbody tr").all():
        number = int(row.locator("td").first.inner_text())
        for field in row.locator(".field").all():
            expect(field.locator("input")).to_have_attribute("aria-invalid", "true")
            heading = field.locator("label").inner_text().rstrip("*")
            codes = field.locator("[data-code]").all()
            found += [(number, heading, str(code.get_attribute("data-code"))) for code in codes]
    return sorted(found)
