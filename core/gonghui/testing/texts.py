"""Texts of a package: each has an English one that says as much, in its own catalogue."""

from __future__ import annotations

import re
import string
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from gonghui.tenancy.parameters import Parameters

_METHODS = [("**.py", "python"), ("**/templates/**.html", "jinja2.ext:babel_extract")]
_HAN = re.compile(r"[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]")


def texts_of(package: Path) -> dict[str, str]:
    """Every marked text of a package, and those of its figures of law, with where it stands."""
    found = extract_from_dir(str(package), _METHODS, keywords={"_": None})
    marked = {
        str(message): f"{package.name}/{name}:{line}" for name, line, message, _comments, _context in found
    }
    return {**marked, **_texts_of_figures(package / "parameters.toml")}


def _texts_of_figures(pack: Path) -> dict[str, str]:
    """How a pack calls its figures and says their values."""
    if not pack.exists():
        return {}
    figures = Parameters()
    figures.add_pack(pack)
    where = f"{pack.parent.name}/{pack.name}"
    return {text: f"{where}: {code}" for code in figures.codes() for text in figures.wording(code).texts()}


def catalogue_of(package: Path) -> Catalog:
    """The package's English catalogue. Raises `FileNotFoundError`."""
    with (package / "locale" / "en.po").open("rb") as source:
        return read_po(source, abort_invalid=True)


def english_of(package: Path) -> dict[str, str]:
    """English texts by message id."""
    return {str(entry.id): str(entry.string) for entry in catalogue_of(package) if entry.id}


def untranslated(package: Path) -> Iterator[str]:
    """Texts without an English one."""
    english = english_of(package)
    for text, where in texts_of(package).items():
        if not english.get(text):
            yield f"{where}: {text} has no English text in locale/en.po"


def stale(package: Path) -> Iterator[str]:
    """Entries that no text needs any more, or that somebody was not sure of."""
    catalogue, known = catalogue_of(package), texts_of(package)
    yield from (f"{text} is translated and nowhere said" for text in english_of(package) if text not in known)
    yield from (f"{entry.id} is marked as uncertain" for entry in catalogue if entry.id and entry.fuzzy)
    yield from (f"{text} is commented out" for text in catalogue.obsolete)


def unlike(package: Path) -> Iterator[str]:
    """Translations with other placeholders than their text, or with Chinese in them."""
    for text, english in english_of(package).items():
        if _placeholders(text) != _placeholders(english):
            yield f"{text} and {english} have different placeholders"
        if is_chinese(english):
            yield f"{english} is no English text"


def is_chinese(text: str) -> bool:
    """Whether there is Chinese in a text, be it punctuation."""
    return bool(_HAN.search(text))


def text_faults(package: Path) -> Iterator[str]:
    """What is wrong with the English texts of a package."""
    if not texts_of(package):
        return
    if not (package / "locale" / "en.po").exists():
        yield f"{package.name} has no locale/en.po"
        return
    yield from untranslated(package)
    yield from stale(package)
    yield from unlike(package)


def _placeholders(message: str) -> list[str]:
    return sorted(name for _text, name, _spec, _conversion in string.Formatter().parse(message) if name)
