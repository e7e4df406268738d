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
        self.own_words: list[str] = []
        self.links: dict[str, str] = {}
        self.rows = 0
        self._open: list[str] = []
        self._ids: set[str] = set()
        self._link: str | None = None
        self._marked_at: int | None = None
        self.feed(markup)
        self.close()
        self.faults += [f"<{tag}> is never closed" for tag in self._open]

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    @property
    def own_text(self) -> str:
        """The text without what is marked as another language, or as data that somebody typed."""
        return " ".join(" ".join(self.own_words).split())

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
        marked = ("lang" in given and tag != "html") or "data-said" in given
        if tag not in _VOID:
            self._open.append(tag)
            if marked and self._marked_at is None:
                self._marked_at = len(self._open)
        self._say(*(given[key] or "" for key in ("aria-label", "title") if key in given))

    def _say(self, *words: str) -> None:
        self.words += words
        if self._marked_at is None:
            self.own_words += words

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open.pop() != tag:
            self.faults.append(f"</{tag}> closes nothing, or not what is open")
        if self._marked_at is not None and len(self._open) < self._marked_at:
            self._marked_at = None
        if tag == "a":
            self._link = None

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] not in ("script", "style"):
            self._say(data)
        if self._link is not None:
            self.links[data.strip()] = self._link
