"""What holds for every page: accessible, nothing cut off or to be scrolled sideways, one language, at every width."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, field
from functools import cache

from deploy.assets import INSTALLED
from playwright.sync_api import Page

#: Widths at which people look at pages: the officer's machine, a small window, a phone; and 200 % of the first.
WIDTHS = {"1366": (1366, 768), "1024": (1024, 768), "390": (390, 844), "200%": (683, 384)}
_AXE = INSTALLED / "node_modules" / "axe-core" / "axe.min.js"
#: Latin words that stand on Chinese pages: names of standards and of files, and what the field itself writes so.
ALLOWED = frozenset(
    {
        "API",
        "CSV",
        "English",
        "Excel",
        "HEIC",
        "JPEG",
        "JSON",
        "KB",
        "MB",
        "OpenAPI",
        "PDF",
        "PNG",
        "TOTP",
        "VR",
        "Word",
        "csv",
        "json",
        "pdf",
        "xlsx",
    }
)
_WHOLE = {"captureBeyondViewport": True, "optimizeForSpeed": True}
_LATIN = re.compile(r"[A-Za-z][A-Za-z0-9_-]+")
_HAN = re.compile(r"[\u4e00-\u9fff]+")


@dataclass
class Visits:
    """Pictures of the pages that were looked at, by name and width; a page is looked at once in each language."""

    pictures: dict[tuple[str, str], bytes] = field(default_factory=dict)


def look_at(page: Page, name: str, language: str, visits: Visits) -> list[str]:
    """Every fault of the page that is shown, at every width."""
    faults = [*_axe_faults(page), *_words_of_another_language(page, language)]
    debugger = page.context.new_cdp_session(page)
    for width, (across, down) in WIDTHS.items():
        page.set_viewport_size({"width": across, "height": down})
        faults += [f"{width}: {fault}" for fault in page.evaluate(_GEOMETRY)]
        # By the debugger, which squeezes a picture less: that is a third of the time that a look takes.
        taken = debugger.send("Page.captureScreenshot", _WHOLE)
        visits.pictures[f"{name} {language}", width] = base64.b64decode(taken["data"])
    debugger.detach()
    page.set_viewport_size({"width": 1366, "height": 768})
    return faults


def _axe_faults(page: Page) -> list[str]:
    """What axe finds serious or critical. By the debugger, because the page's policy lets no script in."""
    page.evaluate(_axe())
    found = page.evaluate(
        "() => axe.run(document, {resultTypes: ['violations'], selectors: false, preload: false})"
    )
    return [
        f"{each['impact']}: {each['help']}: {node['html'][:160]}"
        for each in found["violations"]
        if each["impact"] in ("serious", "critical")
        for node in each["nodes"]
    ]


def _words_of_another_language(page: Page, language: str) -> list[str]:
    """Latin words on a Chinese page; Chinese ones on an English page outside what records say (`lang`, `data-said`)."""
    text = page.evaluate(_TEXT)
    if language != "zh":
        strange = sorted(set(_HAN.findall(text)) - {"中文"})
        return [f"Chinese words: {' '.join(strange)}"] if strange else []
    strange = sorted(set(_LATIN.findall(text)) - ALLOWED)
    return [f"Latin words: {' '.join(strange)}"] if strange else []


@cache
def _axe() -> str:
    return _AXE.read_text(encoding="utf-8")


#: The page's text without what is marked as another language or as data that somebody typed.
_TEXT = """() => {
  const copy = document.body.cloneNode(true);
  copy.querySelectorAll("[lang], [data-said], script, style").forEach((part) => part.remove());
  return copy.textContent;
}"""

#: Wider than the window, text that is cut off without saying so, and targets that lie upon one another.
_GEOMETRY = """() => {
  const faults = [];
  const root = document.documentElement;
  if (root.scrollWidth > root.clientWidth) {
    const wide = [...document.querySelectorAll("body *")]
      .filter((e) => e.getBoundingClientRect().right > root.clientWidth + 1)
      .slice(-1)[0];
    faults.push(`scrolls sideways (${root.scrollWidth} > ${root.clientWidth}): ${wide?.outerHTML.slice(0, 120)}`);
  }
  const named = (e) => e.title || e.closest("[title]") || e.querySelector("[title]");
  for (const element of document.querySelectorAll("body *")) {
    const style = getComputedStyle(element);
    if (element.closest(".unseen, svg, select, option, [hidden]") || style.visibility === "hidden") continue;
    if (!element.clientWidth || !element.textContent.trim()) continue;
    const hides = ["hidden", "clip"];
    const cutX = hides.includes(style.overflowX) && element.scrollWidth > element.clientWidth + 1;
    const cutY = hides.includes(style.overflowY) && element.scrollHeight > element.clientHeight + 1;
    if ((cutX || cutY) && !named(element)) faults.push(`cut off: ${element.outerHTML.slice(0, 120)}`);
    if (parseFloat(style.fontSize) < 12) faults.push(`smaller than 12 px: ${element.outerHTML.slice(0, 80)}`);
  }
  for (const frame of document.querySelectorAll(".table-frame")) {
    if (window.innerWidth >= 1024 && frame.scrollWidth > frame.clientWidth + 1) {
      faults.push(`a table scrolls sideways: ${frame.getAttribute("aria-label")}`);
    }
  }
  return faults;
}"""
