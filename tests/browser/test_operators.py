"""Operators' pages in a browser: signed in by key and reason, and drawn as well as the console's."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.browser.conftest import VAR
from tests.browser.visitor import Visitor


@pytest.fixture(scope="module")
def operator_key(server: str) -> str:
    """A key as the command line gives it out."""
    environment = {**os.environ, "GONGHUI_VAR": str(VAR)}
    command = [str(Path(sys.executable).with_name("gonghui")), "operator", "key", "值班"]
    made = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return made.stdout.strip()


@pytest.mark.parametrize("language", ["zh", "en"])
def test_an_operator_signs_in_and_sees_how_the_platform_fares(
    visitor: Callable[..., Visitor], operator_key: str, language: str
) -> None:
    one = visitor(None, language=language)
    page = one.open("/operator/sign-in")
    page.locator("#key").fill(operator_key)
    page.locator("#reason").fill("处理故障 17")
    page.locator("button.primary").click()
    page.wait_for_url("**/operator")
    for path in (
        "/operator",
        "/operator/tenants",
        "/operator/plugins",
        "/operator/plan",
        "/operator/plan/organising",
    ):
        one.open(path)
