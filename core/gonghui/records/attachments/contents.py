"""What a file is: by its content and never by its name, which must agree with it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from io import SEEK_END
from pathlib import PurePosixPath
from typing import BinaryIO
from zipfile import is_zipfile

import puremagic

from gonghui.errors import FieldFault, Invalid, TooLarge, invalid
from gonghui.i18n import Text, _
from gonghui.records.attachments.office import NotOffice, office_kind
from gonghui.records.attachments.photos import cleaned
from gonghui.records.attachments.rules import MIB, AttachmentRules, FileKind
from gonghui.values.file_names import plain_name

_HEAD = 64 * 1024
_PDF_END, _PDF_TAIL = b"%%EOF", 1024
_BY_ENDING = {ending: kind for kind in FileKind for ending in kind.endings}
_ZIP = b"PK\x03\x04"
_OFFICE_FAULTS = {
    "macros": _("文件含有宏或控件，不能上传。请另存为不含宏的文件。"),
    "bomb": _("文件解压后过大，不能上传。"),
    "encrypted": _("文件已加密，请去掉打开密码后再上传。"),
}
_NAMELESS = "file"


@dataclass(frozen=True)
class Content:
    """A file as it is kept: what is in it, what it is, how long, and its digest."""

    name: str
    stream: BinaryIO
    kind: FileKind
    size: int
    sha256: str


def accepted(file: BinaryIO, told_name: str, rules: AttachmentRules) -> Content:
    """A file that was sent, as it is kept: its name cleaned, a photo made anew.

    Raises `TooLarge`; `Invalid` where it is empty, broken, not what its name says, or of a kind that is not taken.
    """
    size = _size_of(file)
    if size > rules.largest_file:
        raise too_large(rules)
    if not size:
        raise _fault("empty_file", _("文件是空的。"))
    told = plain_name(told_name)
    kind = _kind_of(file, size, told)
    name = _agreed_name(told, kind)
    if kind not in rules.kinds:
        allowed = [one.title for one in FileKind if one in rules.kinds]
        raise _fault(
            "kind_refused", _("这里不收{kind}，可以上传：{allowed}。", kind=kind.title, allowed=allowed)
        )
    if kind.is_photo:
        file.seek(0)
        file, made = cleaned(file, kind)
        if made is not kind:
            name, kind = f"{PurePosixPath(name).stem}{made.endings[0]}", made
        size = _size_of(file)
        if size > rules.largest_file:
            raise too_large(rules)
    file.seek(0)
    digest = hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]
    file.seek(0)
    return Content(name, file, kind, size, digest)


def too_large(rules: AttachmentRules) -> TooLarge:
    """The error for a file of more bytes than a record type, or the installation, allows."""
    limit = round(rules.largest_file / MIB, 1)
    message = _("文件太大，每个最多 {n} MB。", n=int(limit) if limit == int(limit) else limit)
    return TooLarge("file_too_large", message, extra={"largest": rules.largest_file})


def _size_of(file: BinaryIO) -> int:
    size = file.seek(0, SEEK_END)
    file.seek(0)
    return size


def _kind_of(file: BinaryIO, size: int, name: str) -> FileKind:
    """The kind of a file, by its first bytes and by what else its kind asks for. Raises `Invalid`."""
    head = file.read(_HEAD)
    if head.startswith(_ZIP):
        try:
            return office_kind(file)
        except NotOffice as fault:
            if fault.code in _OFFICE_FAULTS:
                raise _fault(fault.code, _OFFICE_FAULTS[fault.code]) from None
            raise _unknown(name, ".zip") from None
    guesses = _guesses(head)
    kind = next((_BY_ENDING[ending] for ending in guesses if ending in _BY_ENDING), None)
    if kind is None or not (kind.is_photo or kind is FileKind.PDF):
        raise _unknown(name, next(iter(guesses), None))
    if kind is FileKind.PDF:
        _refuse_strange_pdf(file, head, size)
    return kind


def _guesses(head: bytes) -> list[str]:
    """Endings that a file of these first bytes would have, the surest first."""
    try:
        return [each.extension for each in puremagic.magic_string(head)]
    except (puremagic.PureError, ValueError):
        return []


def _unknown(name: str, looks_like: str | None) -> Invalid:
    if looks_like is None:
        message = _("认不出“{name}”的内容。可以上传 PDF、图片、Word 或 Excel 文件。", name=name)
    else:
        message = _(
            "“{name}”的内容是 {ending} 文件，不能上传。可以上传 PDF、图片、Word 或 Excel 文件。",
            name=name,
            ending=looks_like,
        )
    return _fault("kind_unknown", message)


def _refuse_strange_pdf(file: BinaryIO, head: bytes, size: int) -> None:
    """A PDF begins and ends as one, and is not a second file at the same time."""
    file.seek(max(size - _PDF_TAIL, 0))
    tail = file.read()
    if not head.startswith(b"%PDF-") or _PDF_END not in tail or is_zipfile(file):
        raise _fault("pdf_broken", _("PDF 文件已损坏或夹带其他内容，请重新导出后再上传。"))


def _agreed_name(name: str, kind: FileKind) -> str:
    """The name, where it says what the content is; one without an ending gets that of the content."""
    path = PurePosixPath(name)
    ending = path.suffix.lower()
    if not name or not ending:
        return f"{name or _NAMELESS}{kind.endings[0]}"
    if ending not in kind.endings:
        message = _(
            "文件名以 {ending} 结尾，内容却是{kind}。请检查是否选错了文件。", ending=ending, kind=kind.title
        )
        raise _fault("name_disagrees", message)
    return name


def _fault(code: str, message: Text) -> Invalid:
    return invalid(FieldFault("/file", code, message))
