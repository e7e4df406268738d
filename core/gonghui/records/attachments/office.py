"""Office files: a zip is looked into before it is believed to be a document or a workbook, and has no macros."""

from __future__ import annotations

import re
from typing import BinaryIO
from zipfile import BadZipFile, ZipFile, ZipInfo

from gonghui.records.attachments.rules import MIB, FileKind

_TYPES = "[Content_Types].xml"
_LARGEST_TYPES = MIB
_MOST_ENTRIES = 10_000
_LARGEST_UNPACKED = 1024 * MIB
_MOST_RATIO = 200
"""A sheet of equal numbers is packed 1 to 100; a bomb, 1 to 1,000."""
_SMALL = 10 * MIB
_DECLARED = re.compile(rb"""ContentType\s*=\s*["']([^"']+)["']""")
_MAIN = {
    b"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml": FileKind.DOCX,
    b"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml": FileKind.XLSX,
}
_ACTIVE_TYPE = re.compile(rb"macroenabled|vbaproject|macrosheet|activex", re.IGNORECASE)
_ACTIVE_PART = re.compile(r"vbaproject|macrosheets/|activex/", re.IGNORECASE)


class NotOffice(ValueError):
    """The zip is neither a document nor a workbook, or one that nobody should open; `code` says which."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def office_kind(file: BinaryIO) -> FileKind:
    """Whether a zip is a document or a workbook, by what it declares of its parts; nothing else is unpacked.

    Raises `NotOffice` with `not_office`, `bomb` (it would grow beyond measure), `encrypted` or `macros`.
    """
    try:
        with ZipFile(file) as archive:
            entries = archive.infolist()
            _refuse_bomb(entries)
            declared = _declared(archive, entries)
    except (BadZipFile, KeyError, NotImplementedError, OSError, RuntimeError, ValueError) as error:
        if isinstance(error, NotOffice):
            raise
        raise NotOffice("not_office") from None
    if any(map(_ACTIVE_TYPE.search, declared)) or any(_ACTIVE_PART.search(e.filename) for e in entries):
        raise NotOffice("macros")
    found = {_MAIN[one] for one in declared if one in _MAIN}
    if len(found) != 1:
        raise NotOffice("not_office")
    return found.pop()


def _refuse_bomb(entries: list[ZipInfo]) -> None:
    unpacked, packed = sum(e.file_size for e in entries), sum(e.compress_size for e in entries)
    grows = unpacked > _SMALL and unpacked > packed * _MOST_RATIO
    if len(entries) > _MOST_ENTRIES or unpacked > _LARGEST_UNPACKED or grows:
        raise NotOffice("bomb")
    if any(entry.flag_bits & 0x1 for entry in entries):
        raise NotOffice("encrypted")


def _declared(archive: ZipFile, entries: list[ZipInfo]) -> list[bytes]:
    """The content types that the file declares for its parts; two lists, or none, are no list."""
    if [entry.filename for entry in entries].count(_TYPES) != 1:
        raise NotOffice("not_office")
    with archive.open(_TYPES) as part:
        content = part.read(_LARGEST_TYPES + 1)
    if len(content) > _LARGEST_TYPES:
        raise NotOffice("bomb")
    return _DECLARED.findall(content)
