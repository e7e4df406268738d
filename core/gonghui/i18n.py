"""Texts in the caller's language: message ids are the Chinese texts, catalogues hold the English ones.

A `Text` is made where a rule is (without knowing the reader) and translated once, at the edge.
Catalogues are read from `.po` files as they are, so that no compiled copy can be out of date.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations

DEFAULT_LOCALE = "zh"
LOCALES = ("zh", "en")

_locale: ContextVar[str] = ContextVar("locale", default=DEFAULT_LOCALE)
_catalogues: dict[str, Translations] = {}


@dataclass(frozen=True)
class Text:
    """A sentence with its parameters, not yet in any language."""

    message: str
    params: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.translated(current_locale())

    def translated(self, locale: str) -> str:
        """The sentence in `locale`; nested texts are translated too."""
        catalogue = _catalogues.get(locale)
        template = catalogue.gettext(self.message) if catalogue else self.message
        if not self.params:
            return template
        return template.format(
            **{k: v.translated(locale) if isinstance(v, Text) else v for k, v in self.params.items()}
        )


def _(message: str, **params: Any) -> Text:
    """Mark a text of the product for translation."""
    return Text(message, params)


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
    """Add the catalogues `<folder>/<locale>.po` to those in use."""
    for path in sorted(folder.glob("*.po")):
        compiled = io.BytesIO()
        with path.open("rb") as source:
            write_mo(compiled, read_po(source, locale=path.stem))
        compiled.seek(0)
        fresh = Translations(compiled)
        known = _catalogues.get(path.stem)
        if known is None:
            _catalogues[path.stem] = fresh
        else:
            known.merge(fresh)
