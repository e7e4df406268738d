"""Texts in the caller's language: message ids are the Chinese texts, catalogues hold the English ones.

A `Text` is made where a rule is (without knowing the reader) and translated once, at the edge.
Catalogues are read from `.po` files as they are, so that no compiled copy can be out of date.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from babel.dates import format_date
from babel.messages.pofile import read_po

DEFAULT_LOCALE = "zh"
LOCALES = ("zh", "en")

_locale: ContextVar[str] = ContextVar("locale", default=DEFAULT_LOCALE)
#: English, and whatever comes later: message id to translation. Chinese needs none, its texts are the ids.
_catalogues: dict[str, dict[str, str]] = {code: {} for code in LOCALES if code != DEFAULT_LOCALE}
_BETWEEN = {"zh": "、", "en": ", "}
_REGION = {"zh": "zh_Hans_CN", "en": "en_GB"}


@dataclass(frozen=True)
class Text:
    """A sentence with its parameters, not yet in any language; `str()` gives it in that of whoever is served."""

    message: str
    params: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.translated(current_locale())

    def translated(self, locale: str) -> str:
        """The sentence in `locale`; parameters too: nested texts, lists, and days as one writes them in a text."""
        template = _catalogues.get(locale, {}).get(self.message, self.message)
        if not self.params:
            return template
        return template.format(**{name: _worded(value, locale) for name, value in self.params.items()})


def _(message: str, **params: Any) -> Text:
    """A text of the product, marked for translation: `message` is the Chinese text, `params` fill its `{names}`."""
    return Text(message, params)


def text_as_json(text: Text) -> dict[str, Any]:
    """A text as JSON that can be kept, so that each reader gets it in a language of their own."""
    return {"message": text.message, "params": {name: _kept(value) for name, value in text.params.items()}}


def text_from_json(kept: Mapping[str, Any]) -> Text:
    """The text that `text_as_json` kept."""
    return Text(kept["message"], {name: _read(value) for name, value in kept["params"].items()})


def current_locale() -> str:
    """The language of whoever is served now."""
    return _locale.get()


@contextmanager
def locale(code: str) -> Iterator[None]:
    """Serve in `code` for the length of the block."""
    token = _locale.set(code if code in LOCALES else DEFAULT_LOCALE)
    try:
        yield
    finally:
        _locale.reset(token)


def set_locale(code: str) -> None:
    """Serve in `code` until the context ends (a request)."""
    _locale.set(code if code in LOCALES else DEFAULT_LOCALE)


def load_catalogues(folder: Path) -> None:
    """Add the catalogues `<folder>/<locale>.po` to those in use; a text that has a translation keeps it."""
    for code, known in _catalogues.items():
        path = folder / f"{code}.po"
        if path.exists():
            with path.open("rb") as source:
                entries = [
                    entry for entry in read_po(source) if entry.id and entry.string and not entry.fuzzy
                ]
            known.update({str(e.id): str(e.string) for e in entries if str(e.id) not in known})


def _kept(value: Any) -> Any:
    if isinstance(value, Text):
        return text_as_json(value)
    if isinstance(value, date):
        return {"day": value.isoformat()}
    return [_kept(part) for part in value] if isinstance(value, list | tuple) else value


def _read(value: Any) -> Any:
    if isinstance(value, dict):
        return date.fromisoformat(value["day"]) if "day" in value else text_from_json(value)
    return [_read(part) for part in value] if isinstance(value, list) else value


def _worded(value: Any, locale: str) -> Any:
    if isinstance(value, Text):
        return value.translated(locale)
    if isinstance(value, list | tuple):
        return _BETWEEN[locale].join(str(_worded(part, locale)) for part in value)
    if isinstance(value, date) and not isinstance(value, datetime):
        return format_date(value, "long", _REGION[locale])
    return value
