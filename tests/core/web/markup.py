"""Reads a page as strictly as it should be written."""

from __future__ import annotations

from html.parser import HTMLParser

_VOID = frozenset({"input", "link", "meta", "br", "hr", "img"})


class Page(HTMLParser):
    """The text, links and faults of a page."""

    def __init__(self, markup: str) -> None:
        super().__init__(convert_charrefs=True)
        self.faults: list[str] = []
        self.words: list[str] = []
        self.links: dict[str, str] = {}
        self.rows = 0
        self._open: list[str] = []
        self._ids: set[str] = set()
        self._link: str | None = None
        self.feed(markup)
        self.close()
        self.faults += [f"<{tag}> is never closed" for tag in self._open]

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if len(given) < len(attrs):
            self.faults.append(f"<{tag}> has an attribute twice")
        if (name := given.get("id")) is not None:
            if name in self._ids:
                self.faults.append(f"the id {name} is there twice")
            self._ids.add(name)
        if "style" in given or any(key.startswith("on") for key in given):
            self.faults.append(f"<{tag}> holds a style or a script, which the page's policy forbids")
        if tag == "th" and "scope" not in given:
            self.faults.append("<th> without scope")
        self.rows += tag == "tr" and "tbody" in self._open
        self._link = given.get("href") if tag == "a" else self._link
        self.words += [given[key] or "" for key in ("aria-label", "title") if key in given]
        if tag not in _VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open.pop() != tag:
            self.faults.append(f"</{tag}> closes nothing, or not what is open")
        if tag == "a":
            self._link = None

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] not in ("script", "style"):
            self.words.append(data)
        if self._link is not None:
            self.links[data.strip()] = self._link
