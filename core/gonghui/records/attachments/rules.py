"""What a record type says of its attachments: which kinds of files, how large, how many, as which papers."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import Enum

from gonghui.i18n import Text, _
from gonghui.settings import settings

MIB = 1024 * 1024
_OFFICE = "application/vnd.openxmlformats-officedocument"


class FileKind(Enum):
    """Kinds of files that can be attached at all, each with its media type, the endings of its names, and its words."""

    PDF = ("application/pdf", (".pdf",), _("PDF 文件"))
    JPEG = ("image/jpeg", (".jpg", ".jpeg", ".jfif"), _("JPEG 图片"))
    PNG = ("image/png", (".png",), _("PNG 图片"))
    HEIC = ("image/heic", (".heic", ".heif"), _("HEIC 图片"))
    DOCX = (f"{_OFFICE}.wordprocessingml.document", (".docx",), _("Word 文档"))
    XLSX = (f"{_OFFICE}.spreadsheetml.sheet", (".xlsx",), _("Excel 工作簿"))

    def __init__(self, media_type: str, endings: tuple[str, ...], title: Text) -> None:
        self.media_type = media_type
        self.endings = endings
        self.title = title

    @property
    def is_photo(self) -> bool:
        """Whether it is a picture, which is made anew without whatever else its file holds."""
        return self in PHOTOS


PHOTOS = frozenset({FileKind.JPEG, FileKind.PNG, FileKind.HEIC})


@dataclass(frozen=True)
class AttachmentRules:
    """That records of a type take attachments, and which.

    `kinds` are the files that it takes, `largest` how many bytes one may have (never more than the installation
    allows), `most` how many a record may have. With `papers`, each attachment says which of them it is
    (`{"request": _("建会请示")}`). They are added and removed in `states` (those in which the record's content may be
    changed, unless they are given), by whoever may change the record; whoever may read it reads them. With a
    `published` record everybody reads them only where `published` says so, too. Each download is told in the trail
    where the record hides something (sealed values, or a sealed trail), is about a person, or `noted` is set.
    """

    kinds: Collection[FileKind] = tuple(FileKind)
    largest: int | None = None
    most: int = 20
    papers: Mapping[str, Text] = field(default_factory=dict)
    states: frozenset[str] = frozenset()
    published: bool = False
    noted: bool = False

    @property
    def largest_file(self) -> int:
        """Bytes that a file may have, here and now."""
        allowed = settings().attachment_largest
        return allowed if self.largest is None else min(self.largest, allowed)
