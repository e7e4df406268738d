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
from playwright.sync_api import Browser, StorageState, sync_playwright
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
def kept() -> dict[str, StorageState]:
    """What the browsers of those who are signed in keep, by login: nobody signs in twice."""
    return {}


@pytest.fixture
def visitor(
    server: str, chromium: Browser, visits: Visits, kept: dict[str, StorageState]
) -> Iterator[Callable[..., Visitor]]:
    """Makes people who come with a browser of their own: `visitor("district")`, signed in, `visitor(None)` not.

    `fresh=True` signs in anew, for a story that ends the session or changes what the browser keeps.
    """
    opened: list[Visitor] = []

    def come(login: str | None, *, fresh: bool = False, **options: Any) -> Visitor:
        state = None if fresh or login is None else kept.get(login)
        one = Visitor(chromium, server, visits, login=login, state=state, **options)
        opened.append(one)
        if login is not None and state is None:
            one.sign_in(login)
            if not fresh:
                kept[login] = one.state()
        return one

    yield come
    for one in opened:
        one.leave()


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
