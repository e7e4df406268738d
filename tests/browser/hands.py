"""How somebody works a page: by mouse, or by keyboard alone, where focus has to be seen at every stop."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

from playwright.sync_api import ElementHandle, FileChooser, Locator, Page, expect

#: More stops than any page has between two things; who needs more of them goes round in circles.
_MOST_STOPS = 250


class Hands(Protocol):
    """What one does to things on a page."""

    def reach(self, target: Locator) -> None:
        """Come to where it can be pressed or written into."""

    def press(self, target: Locator) -> None:
        """Press a button, follow a link, or unfold what is folded."""

    def fill(self, target: Locator, text: str) -> None:
        """Write over what stands in a box; a day as 2024-06-30."""

    def choose(self, target: Locator, title: str) -> None:
        """Take the choice that is called so."""

    def upload(self, target: Locator, path: Path) -> None:
        """Take a file from the disk."""

    def open_row(self, link: Locator) -> None:
        """Open a row of a list."""

    def search(self, box: Locator, text: str) -> None:
        """Look something up by the box in the head."""


class Mouse:
    """Clicks."""

    def reach(self, target: Locator) -> None:
        target.scroll_into_view_if_needed()

    def press(self, target: Locator) -> None:
        target.click()

    def fill(self, target: Locator, text: str) -> None:
        target.fill(text)

    def choose(self, target: Locator, title: str) -> None:
        target.select_option(label=title)

    def upload(self, target: Locator, path: Path) -> None:
        target.set_input_files(path)

    def open_row(self, link: Locator) -> None:
        link.click()

    def search(self, box: Locator, text: str) -> None:
        box.fill(text)
        box.press("Enter")


class Keys:
    """Tab, Enter, arrows and letters; never a click. Each stop on the way has to show where the focus is."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._faults: set[str] = set()
        self._wanted: Path | None = None
        # From the start: a chooser that opens before somebody listens is never told of.
        page.on("filechooser", self._take)

    @property
    def faults(self) -> list[str]:
        """Stops at which the focus could not be seen."""
        return sorted(self._faults)

    def press(self, target: Locator) -> None:
        self.reach(target)
        self._page.keyboard.press("Enter")

    def fill(self, target: Locator, text: str) -> None:
        self.reach(target)
        if target.get_attribute("type") == "date":
            self._page.keyboard.type(_typed_day(text))
        else:
            self._page.keyboard.press("Control+A")
            self._page.keyboard.type(text)
        expect(target).to_have_value(text)

    def choose(self, target: Locator, title: str) -> None:
        self.reach(target)
        for _ in range(target.locator("option").count()):
            if target.evaluate("(one) => one.selectedOptions[0]?.textContent.trim()") == title:
                return
            self._page.keyboard.press("ArrowDown")
        raise AssertionError(f"no choice is called {title}")

    def upload(self, target: Locator, path: Path) -> None:
        self._wanted = path
        self.reach(target)
        self._page.keyboard.press("Space")
        self._page.wait_for_function("(box) => box.files.length === 1", arg=target.element_handle())

    def open_row(self, link: Locator) -> None:
        """`j` from row to row, `k` back again, and Enter on the one that is meant."""
        goal = link.element_handle()
        for key in ("j", "j", "k", *["j"] * _MOST_STOPS):
            self._page.keyboard.press(key)
            stop = self._stop(goal)
            self._note(stop)
            if stop["is_here"] and key == "j":
                break
        expect(link).to_be_focused()
        self._page.keyboard.press("Enter")

    def search(self, box: Locator, text: str) -> None:
        """`/` leads to the box from anywhere that is not a box itself."""
        self._page.keyboard.press("/")
        expect(box).to_be_focused()
        self._note(self._stop(box.element_handle()))
        self._page.keyboard.press("Control+A")
        self._page.keyboard.type(text)
        self._page.keyboard.press("Enter")

    def try_dialog(self, key: str, dialog: Locator, came_from: Locator) -> None:
        """A dialog takes the focus, keeps it however often one tabs, and gives it back to where it came from."""
        self.reach(came_from)
        self._page.keyboard.press(key)
        expect(dialog).to_be_visible()
        for pressed in (*["Tab"] * 4, *["Shift+Tab"] * 4):
            assert dialog.evaluate("(one) => one.contains(document.activeElement)"), "the focus left a dialog"
            self._page.keyboard.press(pressed)
        self._page.keyboard.press("Escape")
        expect(dialog).to_be_hidden()
        expect(came_from).to_be_focused()

    def reach(self, target: Locator) -> None:
        """Go from stop to stop until the focus is on it, past the navigation where it is in the content."""
        goal = target.element_handle()
        for _ in range(_MOST_STOPS):
            stop = self._stop(goal)
            if stop["is_here"]:
                return
            self._page.keyboard.press(
                "Enter" if stop["skips"] else "Tab" if stop["is_before"] else "Shift+Tab"
            )
            self._note(self._stop(goal))
        raise AssertionError(f"the keyboard does not reach {target}")

    def _take(self, chooser: FileChooser) -> None:
        assert self._wanted is not None
        chooser.set_files(self._wanted)

    def _stop(self, goal: ElementHandle | None) -> dict[str, Any]:
        return dict(self._page.evaluate(_STOP, goal))

    def _note(self, stop: dict[str, Any]) -> None:
        if not stop["is_seen"]:
            self._faults.add(f"focus is not seen: {stop['is_at']}")


def _typed_day(text: str) -> str:
    """A day as the browser's own box wants its parts, in the order in which English puts them."""
    year, month, day = text.split("-")
    return f"{month}{day}{year}"


#: Where the focus is: whether there, before or after the goal, and whether it can be seen there.
_STOP = """(goal) => {
  const at = document.activeElement;
  const style = getComputedStyle(at);
  const box = at.getBoundingClientRect();
  const ringed = (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0) || style.boxShadow !== "none";
  const inWindow = box.width > 0 && box.height > 0
    && box.right > 0 && box.left < innerWidth && box.bottom > 0 && box.top < innerHeight;
  const isPage = at === document.body || at.id === "content";
  return {
    is_here: at === goal,
    is_before: at === document.body || at.contains(goal)
      || !!(at.compareDocumentPosition(goal) & Node.DOCUMENT_POSITION_FOLLOWING),
    skips: at.classList.contains("skip") && !!goal.closest("#content"),
    is_seen: isPage || (ringed && inWindow),
    is_at: at.outerHTML.slice(0, 160),
  };
}"""
