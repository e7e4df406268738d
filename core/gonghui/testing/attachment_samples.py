"""Samples of attachments for the contract kit: a small file of each kind, and one that a record has."""

from __future__ import annotations

import re
from io import BytesIO
from uuid import UUID
from zipfile import ZipFile

from PIL import Image
from werkzeug.datastructures import FileStorage

from gonghui.db.unit_of_work import UnitOfWork
from gonghui.records.attachments.keeping import OBJECTS, store_of
from gonghui.records.attachments.rules import FileKind
from gonghui.records.attachments.table import Attachment
from gonghui.records.record_types import RECORD_TYPES, RecordType
from gonghui.values.ids import new_id

PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"
_PICTURES = {FileKind.JPEG: "JPEG", FileKind.PNG: "PNG"}
_MAIN = {FileKind.DOCX: "wordprocessingml.document", FileKind.XLSX: "spreadsheetml.sheet"}


def sample_file(kind: FileKind) -> bytes:
    """A file of a kind, as small as it can be. Raises `KeyError` for HEIC, which nothing here can write."""
    if kind is FileKind.PDF:
        return PDF
    made = BytesIO()
    if kind in _PICTURES:
        Image.new("RGB", (4, 3), "red").save(made, _PICTURES[kind])
    else:
        main = f"application/vnd.openxmlformats-officedocument.{_MAIN[kind]}.main+xml"
        with ZipFile(made, "w") as archive:
            archive.writestr("[Content_Types].xml", f'<Types><Override ContentType="{main}"/></Types>')
    return made.getvalue()


def sample_files() -> dict[str, FileStorage]:
    """Files for the fields of forms that ask for one, by what the forms call it (`file .pdf`)."""
    kinds = [kind for kind in FileKind if kind is not FileKind.HEIC]
    return {
        f"file {kind.endings[0]}": FileStorage(BytesIO(sample_file(kind)), f"sample{kind.endings[0]}", "file")
        for kind in kinds
    }


def kind_at(path: str) -> RecordType | None:
    """The record type to whose attachments a path leads."""
    kinds = (kind for kind in RECORD_TYPES.values() if kind.attachments is not None)
    at = re.sub(r"^/(?:api/v1|console)/", "", path)
    return next((k for k in kinds if at.startswith(f"{k.plugin}/{k.path}/{{{k.parameter}}}/")), None)


def attached(uow: UnitOfWork, kind: RecordType, record_id: UUID) -> UUID:
    """A file of a record, in whatever state that is."""
    attachment_id = new_id()
    name = f"{OBJECTS}{kind.plugin}/{attachment_id}"
    store_of(uow).put(name, BytesIO(PDF), size=len(PDF), media_type="application/pdf")
    uow.add(
        Attachment(
            id=attachment_id,
            record_type=kind.table.fullname,
            record_id=record_id,
            name="sample.pdf",
            media_type="application/pdf",
            size=len(PDF),
            sha256=str(attachment_id),
            object_name=name,
        )
    )
    return attachment_id
