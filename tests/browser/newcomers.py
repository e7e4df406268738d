"""A federation that has just come on board with one administrator and no plugin, and the people of a story in it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Locator, Page
from tests.browser.conftest import ROOT, VAR
from tests.browser.hands import Hands
from tests.browser.visitor import PASSWORD, Visitor

from gonghui.i18n import Text, load_catalogues
from gonghui.values import clock

ADMINISTRATOR = "admin"
_EXAMPLE = ROOT / "tenants" / "longhua.toml"

for catalogue in (ROOT / "core" / "gonghui" / "locale", ROOT / "plugins" / "gonghui_organising" / "locale"):
    load_catalogues(catalogue)


def come_on_board(code: str, folder: Path) -> str:
    """Make a federation as its operator would, with the tree that the samples name; its host name."""
    host = f"{code}.localhost"
    file = folder / f"{code}.toml"
    file.write_text(_declared(code, host), encoding="utf-8")
    command = [str(Path(sys.executable).with_name("gonghui")), "tenant", "onboard", str(file)]
    subprocess.run(command, env={**os.environ, "GONGHUI_VAR": str(VAR)}, check=True, capture_output=True)
    return host


def _declared(code: str, host: str) -> str:
    streets = tomllib.loads(_EXAMPLE.read_text("utf-8"))["street"]
    lines = [
        f'code = "{code}"', 'name = "新区总工会"', 'profile = "district"',
        'jurisdiction = "nation/guangdong/shenzhen/longhua"', f'hosts = ["{host}"]', "demo = true",
    ]  # fmt: skip
    for street in streets:
        communities = ", ".join(f'"{name}"' for name in street["communities"])
        lines += ["[[street]]", f'name = "{street["name"]}"', f"communities = [{communities}]"]
    lines += [
        "[[account]]",
        f'login = "{ADMINISTRATOR}"',
        'name = "周示例"',
        'role = "administrator"',
        'at = ""',
    ]
    return "\n".join([*lines, f'password = "{PASSWORD}"'])


@dataclass(frozen=True)
class Slip:
    """What an administrator prints for somebody who is invited."""

    login: str
    code: str


@dataclass
class Person:
    """Somebody at a browser, with the hands they work it with. Things are called in Chinese, whatever the language."""

    visitor: Visitor
    hands: Hands
    #: Whether the pages that they come to are held to every check, each once; names of those that were.
    looks: bool = True
    looked: set[str] = field(default_factory=set)

    @property
    def page(self) -> Page:
        """The page that is open."""
        return self.visitor.page

    @property
    def content(self) -> Locator:
        """The page without what stands around it."""
        return self.page.locator("#content")

    def say(self, text: str, **params: object) -> str:
        """A text of the product in the language of this browser."""
        return Text(text, params).translated(self.visitor.language)

    def look(self, name: str) -> None:
        """Hold the page to every check, unless one like it has been already."""
        if self.looks and name not in self.looked:
            self.looked.add(name)
            self.visitor.look(name)

    def turn_to(self, title: str) -> None:
        """Follow a line of the navigation."""
        self._go(self.page.locator(".side").get_by_role("link", name=self.say(title), exact=True))

    def follow(self, title: str, within: Locator | None = None) -> None:
        """Follow a link of the page, the first that is called so."""
        self._go((within or self.content).get_by_role("link", name=self.say(title), exact=True).first)

    def open(self, name: str, table: str) -> None:
        """Follow a link of a table that is called by what somebody entered."""
        rows = self.content.get_by_role("table", name=self.say(table), exact=True)
        self._open_row(rows.get_by_role("link", name=name, exact=True).first)

    def open_first_row(self) -> None:
        """Open the first row of the list."""
        self._open_row(self.content.locator("tbody tr td.name a").first)

    def unfold(self, title: str) -> None:
        """Open a menu."""
        self.hands.press(self.content.locator("summary", has_text=self.say(title)))

    def search(self, text: str) -> None:
        """Look something up by the box in the head."""
        with self.page.expect_navigation():
            self.hands.search(self.page.locator("#search"), text)

    @property
    def today(self) -> str:
        """This day."""
        return clock.today().isoformat()

    def press(self, title: str, within: Locator | None = None) -> None:
        """Press a button that leads to another page."""
        self._go((within or self.content).get_by_role("button", name=self.say(title), exact=True).first)

    def fill(self, label: str, text: str, within: Locator | None = None) -> None:
        """Fill in the box with this label."""
        self.hands.fill(self._labelled(label, within), text)

    def choose(self, label: str, title: str, **params: object) -> None:
        """Take a choice of the box with this label."""
        self.hands.choose(self._labelled(label, None), self.say(title, **params))

    def upload(self, label: str, path: Path) -> None:
        """Take a file into the box with this label."""
        self.hands.upload(self._labelled(label, None), path)

    def sign_in(self, login: str, password: str = PASSWORD) -> None:
        """Come in by the page where one signs in, which is open."""
        self.fill("登录名", login)
        self.fill("密码", password)
        self.press("登录")
        self.page.wait_for_url("**/console**")
        self.visitor.login = login

    def _labelled(self, label: str, within: Locator | None) -> Locator:
        called, optional = re.escape(self.say(label)), re.escape(self.say("（选填）"))
        labelled = re.compile(rf"^\s*{called}\s*({optional})?\s*$")
        return (within or self.content).get_by_label(labelled).first

    def _open_row(self, link: Locator) -> None:
        with self.page.expect_navigation():
            self.hands.open_row(link)

    def _go(self, target: Locator) -> None:
        self.hands.reach(target)  # by the link past the navigation, which is a navigation itself
        with self.page.expect_navigation():
            self.hands.press(target)
