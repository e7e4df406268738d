"""The sample registers: which faults are planted in them, and which ones a page shows at which cells."""

from __future__ import annotations

import json
from pathlib import Path

from playwright.sync_api import Page

SAMPLES = Path(__file__).resolve().parents[1] / "samples"
EXPECTED = json.loads((SAMPLES / "expected.json").read_text("utf-8"))
#: A job is asked after once a second, in milliseconds.
PATIENCE = 60_000


def planted(code: str) -> list[tuple[int, str, str]]:
    """Row, column and reason of every fault in a sample."""
    return sorted((each["row"], each["column"], each["fault"]) for each in EXPECTED[code]["faulty"])


def shown(page: Page) -> list[tuple[int, str, str]]:
    """Every fault on the page of a report: its row, the heading of the cell that is marked, and its code."""
    page.wait_for_load_state()  # the counts stand above the table, and show before it is there
    found = page.evaluate(_FAULTS)
    assert all(fault["is_marked"] and fault["sentence"] for fault in found)
    return sorted((fault["row"], fault["heading"], fault["code"]) for fault in found)


_FAULTS = """() => [...document.querySelectorAll("table.faulty tbody tr [data-code]")].map((fault) => {
  const field = fault.closest(".field");
  return {
    row: Number(fault.closest("tr").cells[0].textContent),
    heading: field.querySelector("label").textContent.trim().replace(/[*]$/, ""),
    is_marked: field.querySelector("input").getAttribute("aria-invalid") === "true",
    sentence: fault.textContent.trim(),
    code: fault.dataset.code,
  };
})"""
