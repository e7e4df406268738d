"""Somebody who fills in the forms of pages: opens one, reads what its boxes hold, types, and sends it."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

from werkzeug.test import TestResponse

from gonghui.testing.federation import Asker

HTML = {"Accept": "text/html,application/xhtml+xml"}


class Boxes(HTMLParser):
    """What the boxes of the content's forms hold, by their names."""

    def __init__(self, markup: str) -> None:
        super().__init__(convert_charrefs=True)
        self.values: dict[str, str] = {}
        self.choices: dict[str, list[str]] = {}
        self._in_content = False
        self._select: str | None = None
        self._area: str | None = None
        self.feed(markup)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {key: value or "" for key, value in attrs}
        self._in_content |= tag == "main"
        if not self._in_content:
            return
        if tag == "input" and given.get("type") != "checkbox" and "name" in given:
            self.values[given["name"]] = given.get("value", "")
        elif tag == "select":
            self._select = given["name"]
            self.values[self._select], self.choices[self._select] = "", []
        elif tag == "textarea":
            self._area = given["name"]
            self.values[self._area] = ""
        elif tag == "option" and self._select is not None:
            self.choices[self._select].append(given["value"])
            if "selected" in given or len(self.choices[self._select]) == 1:
                self.values[self._select] = given["value"]

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self._select = None
        if tag == "textarea":
            self._area = None
        if tag == "main":
            self._in_content = False

    def handle_data(self, data: str) -> None:
        if self._area is not None:
            self.values[self._area] += data


class Filler:
    """Works with the pages of one federation as somebody."""

    def __init__(self, asker: Asker) -> None:
        self._asker = asker

    def open(self, path: str, **query: Any) -> TestResponse:
        return self._asker.get(path, headers=HTML, query_string=query or None)

    def send(self, path: str, typed: dict[str, Any] | None = None, *, to: str | None = None) -> TestResponse:
        """Open a form, type into its boxes, send it."""
        boxes = Boxes(self.open(path).text)
        return self.post(to or path, {**boxes.values, **(typed or {})})

    def post(self, path: str, form: dict[str, Any]) -> TestResponse:
        return self._asker("POST", path, data=form, headers=HTML)
