"""Operations on the attachments of records: add a file, list, download, link to it, remove it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from flask import Response
from flask_smorest.fields import Upload as UploadField
from marshmallow import Schema, fields, validate
from werkzeug.datastructures import FileStorage

from gonghui.api.exports import saved
from gonghui.api.record_schemas import schema_name
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.errors import FieldFault, invalid
from gonghui.i18n import _
from gonghui.objects.port import ObjectStream
from gonghui.records.attachments import keeping
from gonghui.records.attachments.keeping import Upload
from gonghui.records.attachments.rules import AttachmentRules
from gonghui.records.attachments.table import Attachment
from gonghui.records.record_types import RecordType
from gonghui.settings import settings
from gonghui.values import clock

FORM = 256 * 1024
"""Bytes of a form around its file."""


class AttachmentOut(Schema):
    id = fields.UUID()
    paper = fields.String(allow_none=True)
    name = fields.String()
    media_type = fields.String()
    size = fields.Integer(metadata={"description": "In bytes"})
    sha256 = fields.String()
    uploaded_at = fields.DateTime()
    account_id = fields.UUID(allow_none=True, metadata={"description": "Who added it"})


class LinkOut(Schema):
    url = fields.String(metadata={"description": "With host, or a path at this host"})
    expires_at = fields.DateTime()


def new_attachment(kind: RecordType, rules: AttachmentRules) -> type[Schema]:
    """The form by which a file is added to a record."""
    sample = f"file {next(iter(rules.kinds)).endings[0]}"  # the contract kit has one of each kind
    content: dict[str, Any] = {"file": UploadField(required=True, metadata={"x-sample": sample})}
    if rules.papers:
        papers = validate.OneOf(list(rules.papers))
        content["paper"] = fields.String(required=True, validate=papers)
    made: type[Schema] = type(schema_name(kind, "NewAttachment"), (Schema,), content)
    return made


def add(uow: UnitOfWork, kind: RecordType, form: dict[str, Any], record_id: UUID) -> Attachment:
    """Add the file of a form to a record."""
    file = form["file"]
    if not isinstance(file, FileStorage):
        raise invalid(FieldFault("/file", "no_file", _("这里要附上文件。")))
    upload = Upload(file.stream, file.filename or "", form.get("paper"))  # type: ignore[arg-type]
    return keeping.attach(uow, kind, record_id, upload)


def shown(row: Attachment, *, with_account: bool = True) -> dict[str, Any]:
    """A row as it is answered."""
    names = ("id", "paper", "name", "media_type", "size", "sha256", "uploaded_at")
    account_id = row.account_id if with_account else None
    return {name: getattr(row, name) for name in names} | {"account_id": account_id}


def download(uow: UnitOfWork, row: Attachment) -> Response:
    """The file, to be saved and never to be shown: nothing in it runs, whatever a browser takes it for."""
    return file_response(keeping.opened(uow, row), row)


def file_response(stream: ObjectStream, row: Attachment) -> Response:
    """An object's content under the name and as the kind of file that its attachment says; it is closed with it."""
    headers = {"Content-Security-Policy": "default-src 'none'; sandbox"}
    return saved(stream, row.size, row.name, row.media_type, stand_in="attachment", **headers)


def link(uow: UnitOfWork, row: Attachment) -> dict[str, Any]:
    """An address that needs no sign-in, tells of nobody, and is good for some minutes."""
    expires_in = timedelta(seconds=settings().attachment_link_seconds)
    url = keeping.link(uow, row, expires_in)
    return {"url": url, "expires_at": clock.now() + expires_in}
