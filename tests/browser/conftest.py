"""A real server over a small made-up district, a real browser, and the checks that every page visited has to pass."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, sync_playwright
from tests.browser.browsers import Browsers
from tests.browser.checks import Visits
from tests.browser.contact_sheet import write_sheet
from tests.browser.visitor import Visitor

ROOT = Path(__file__).resolve().parents[2]
VAR = ROOT / "var" / "browser"
_ARGUMENTS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
_PATIENCE = 180


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """Address of a demonstration of its own, with new data each time."""
    shutil.rmtree(VAR, ignore_errors=True)
    port = _free_port()
    environment = {
        **os.environ, "GONGHUI_VAR": str(VAR), "GONGHUI_PORT": str(port), "GONGHUI_DEMO_SCALE": "small",
    }  # fmt: skip
    command = [str(Path(sys.executable).with_name("gonghui")), "demo"]
    process = subprocess.Popen(command, env=environment, cwd=ROOT, stdout=subprocess.DEVNULL)
    try:
        _wait_for(f"http://127.0.0.1:{port}/healthz", process)
        yield f"http://localhost:{port}"
    finally:
        process.terminate()
        process.wait(60)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, driven by Playwright."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=list(_ARGUMENTS))
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def visits() -> Iterator[Visits]:
    """What was looked at in this run; the contact sheet shows all of it."""
    seen = Visits()
    yield seen
    write_sheet(ROOT / "var" / "contact-sheet", seen.pictures)


@pytest.fixture(scope="session")
def browsers(server: str, chromium: Browser) -> Browsers:
    """The browsers of this run's people."""
    return Browsers(chromium, server)


@pytest.fixture
def visitor(browsers: Browsers, visits: Visits) -> Iterator[Callable[..., Visitor]]:
    """Makes people who come to their browser: `visitor("district")`, signed in, `visitor(None)` not.

    `fresh=True` signs in anew, for a story that ends the session or changes what the browser keeps.
    """
    opened: list[Visitor] = []
    of_this_test: list[BrowserContext] = []

    def come(
        login: str | None,
        *,
        fresh: bool = False,
        language: str = "zh",
        host: str = "localhost",
        **options: Any,
    ) -> Visitor:
        known = browsers.signed_in
        if fresh or login is None:
            context = browsers.made(language, host=host, **options)
            of_this_test.append(context)
        else:
            context = browsers.of(login, language, host=host, **options)
        one = Visitor(context, visits, login=login, language=language)
        opened.append(one)
        if login is not None and (fresh or (login, host) not in known):
            one.sign_in(login)
            if not fresh:
                known[login, host] = one.state()
        return one

    yield come
    for one in opened:
        one.leave()
    for context in of_this_test:
        context.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(address: str, process: subprocess.Popen[bytes]) -> None:
    limit = time.monotonic() + _PATIENCE
    while time.monotonic() < limit:
        if process.poll() is not None:
            pytest.fail(f"the demonstration ended with {process.returncode}")
        with suppress(OSError), urllib.request.urlopen(address, timeout=2):
            return
        time.sleep(0.2)
    pytest.fail("the demonstration did not answer")
