"""Browsers of those who visit pages: one for each person and language, kept for a run with what it has loaded."""

from __future__ import annotations

from playwright.sync_api import Browser, BrowserContext, StorageState

_LOCALES = {"zh": "zh-CN", "en": "en-GB"}


class Browsers:
    """Makes browsers, and remembers those of people who are signed in: nobody signs in twice."""

    def __init__(self, chromium: Browser, server: str) -> None:
        self._chromium = chromium
        self._server = server
        self._kept: dict[tuple[str, str, str, bool], BrowserContext] = {}
        #: What a browser keeps of somebody who is signed in, by login and host.
        self.signed_in: dict[tuple[str, str], StorageState] = {}

    def of(
        self, login: str, language: str, *, host: str = "localhost", scripts: bool = True
    ) -> BrowserContext:
        """The browser of somebody, signed in if they have been."""
        key = (login, language, host, scripts)
        if key not in self._kept:
            state = self.signed_in.get((login, host))
            self._kept[key] = self.made(language, host=host, scripts=scripts, state=state)
        return self._kept[key]

    def made(
        self,
        language: str,
        *,
        host: str = "localhost",
        scripts: bool = True,
        state: StorageState | None = None,
    ) -> BrowserContext:
        """A browser that knows nothing but `state`."""
        return self._chromium.new_context(
            base_url=self._server.replace("localhost", host),
            locale=_LOCALES[language],
            viewport={"width": 1366, "height": 768},
            storage_state=state,
            java_script_enabled=scripts,
        )
