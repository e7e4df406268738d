"""Somebody at a browser: signs in, goes from page to page, and looks at each as closely as `checks` says."""

from __future__ import annotations

from playwright.sync_api import BrowserContext, Page, StorageState
from tests.browser.checks import Visits, look_at

PASSWORD = "gonghui-demo-2026"


class Visitor:
    """A window of one person's browser, at one federation."""

    def __init__(
        self, context: BrowserContext, visits: Visits, *, login: str | None = None, language: str = "zh"
    ) -> None:
        self._context = context
        self._visits = visits
        self.language = language
        self.login = login or "nobody"
        self.page: Page = context.new_page()
        self._errors: list[str] = []
        self.page.on("pageerror", lambda error: self._errors.append(str(error)))
        self.page.on("console", self._note)

    def sign_in(self, login: str, password: str = PASSWORD) -> None:
        """Come in by the page where one signs in."""
        self.page.goto("/sign-in")
        self.page.fill("#login", login)
        self.page.fill("#password", password)
        self.page.press("#password", "Enter")
        self.page.wait_for_url("**/console**")

    def open(self, path: str) -> Page:
        """Go to a page and look at it."""
        self.page.goto(path)
        self.look(path)
        return self.page

    def look(self, name: str) -> None:
        """Hold the page that is shown to every check, at every width; the sheet shows it by login and `name`."""
        faults = look_at(self.page, f"{self.login} {name}", self.language, self._visits)
        assert [*faults, *self._errors] == [], "\n".join([name, *faults, *self._errors])

    def state(self) -> StorageState:
        """What this browser keeps, for another one of the same person."""
        return self._context.storage_state()

    def leave(self) -> None:
        """Close the window."""
        self.page.close()

    def _note(self, message: object) -> None:
        kind, text = getattr(message, "type", ""), getattr(message, "text", "")
        # A page that answers 404 or 403 is an error for the browser's console, and a page like others for its reader.
        if kind == "error" and "Failed to load resource" not in text:
            self._errors.append(text)
