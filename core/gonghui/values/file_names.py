"""Names of files that people save: as a header tells them, in any script."""

from __future__ import annotations

import re
import unicodedata
from pathlib import PurePosixPath
from urllib.parse import quote

from werkzeug.http import dump_options_header

_NOT_IN_ASCII_NAME = re.compile(r"[^A-Za-z0-9_()-]+")


LONGEST = 150
"""Characters of a name that somebody gave a file."""


def plain_name(told: str, longest: int = LONGEST) -> str:
    """A name that came with a file, without the folders that some browsers tell and without anything invisible.

    A long one loses what stands before its ending.
    """
    last = PurePosixPath(told.replace("\\", "/")).name
    seen = "".join(" " if char.isspace() else char for char in unicodedata.normalize("NFC", last))
    line = " ".join("".join(char for char in seen if unicodedata.category(char)[0] != "C").split())
    stem, dot, ending = line.strip(". ").rpartition(".")
    return f"{stem[: max(longest - len(ending) - 1, 0)]}{dot}{ending[:longest]}"


def content_disposition(name: str, stand_in: str = "export") -> str:
    """The header that makes a browser save the file as `name`, with an ASCII name for old ones (RFC 6266).

    `stand_in` is what the ASCII name begins with where letters of `name` are lost.
    """
    stem, dot, suffix = name.rpartition(".")
    ascii_stem = _ascii(stem)
    if ascii_stem != stem:
        ascii_stem = "_".join(filter(None, (stand_in, ascii_stem.strip("_-"))))
    simple = f"{ascii_stem}{dot}{_ascii(suffix)}"
    options = {"filename": simple}
    if simple != name:
        options["filename*"] = f"UTF-8''{quote(name, safe='!#$&+-.^_`|~', errors='replace')}"
    return dump_options_header("attachment", options)


def _ascii(part: str) -> str:
    narrow = unicodedata.normalize("NFKD", part).encode("ascii", "ignore").decode("ascii")
    return _NOT_IN_ASCII_NAME.sub("_", narrow)
