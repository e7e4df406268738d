"""The files of a record on its page: added, saved by the reader, taken off; and a masked value opened with a reason."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from flask import Response as FlaskResponse
from flask import redirect, request
from marshmallow import ValidationError
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from gonghui.api import attachments
from gonghui.api import record_schemas as schemas
from gonghui.api.problems import flatten
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.errors import DomainError, Forbidden, NotFound
from gonghui.i18n import Text, _
from gonghui.records.attachments import keeping
from gonghui.records.attachments.rules import MIB, AttachmentRules, FileKind
from gonghui.records.bulk_steps import undone_alone
from gonghui.records.record_types import RecordType
from gonghui.records.reveal import reveal_field
from gonghui.web.page import to
from gonghui.web.records.details import record_path, show_record
from gonghui.web.records.faults import Fault
from gonghui.web.records.forms import Answer


def attach(uow: UnitOfWork, kind: RecordType, rules: AttachmentRules, record_id: UUID) -> Answer:
    """Add the file of the form."""
    schema = attachments.new_attachment(kind, rules)()

    def do() -> Answer:
        sent = [(name, value) for name, value in request.form.items() if name in schema.fields]
        form = schema.load(MultiDict([*sent, *request.files.items()]))
        attachments.add(uow, kind, form, record_id)
        return _back(kind, record_id)

    return _or_faults(uow, kind, record_id, do)


def download(uow: UnitOfWork, kind: RecordType, record_id: UUID, attachment_id: UUID) -> FlaskResponse:
    """A file, to be saved."""
    return attachments.download(uow, keeping.read(uow, kind, record_id, attachment_id))


def detach(uow: UnitOfWork, kind: RecordType, record_id: UUID, attachment_id: UUID) -> Answer:
    """Take a file off."""

    def do() -> Answer:
        keeping.detach(uow, kind, record_id, attachment_id)
        return _back(kind, record_id)

    return _or_faults(uow, kind, record_id, do)


def reveal(uow: UnitOfWork, kind: RecordType, record_id: UUID) -> Answer:
    """The record with one of its masked values open."""

    def do() -> Answer:
        told = {name: request.form.get(name, "") for name in ("field", "reason")}
        asked = schemas.opening(kind)().load(told)
        value = reveal_field(uow, kind, record_id, asked["field"], asked["reason"])
        return show_record(uow, kind, record_id, opened={"name": asked["field"], "value": value})

    return _or_faults(uow, kind, record_id, do)


def file_size(size: int) -> str:
    """A size as people read it."""
    return f"{size / MIB:.1f} MB" if size >= MIB else f"{max(1, size // 1024)} KB"


def file_help(rules: AttachmentRules) -> Text:
    """What may be uploaded."""
    kinds = [one.title for one in FileKind if one in rules.kinds]
    return _("可以上传{kinds}，每个最多 {n} MB。", kinds=kinds, n=round(rules.largest_file / MIB))


def _back(kind: RecordType, record_id: UUID) -> Response:
    return redirect(to(record_path(kind, record_id), done="saved"), 303)


def _or_faults(uow: UnitOfWork, kind: RecordType, record_id: UUID, do: Callable[[], Answer]) -> Answer:
    """What came of it, or the record's page with what is wrong."""
    problems: list[Fault]
    try:
        with undone_alone(uow):
            return do()
    except ValidationError as error:
        problems, status = [(None, each["detail"]) for each in flatten(error.messages, "")], 422
    except (Forbidden, NotFound):
        raise
    except DomainError as error:
        status = error.status
        problems = [(None, str(f.detail)) for f in error.faults] or [(None, str(error.detail))]
    return show_record(uow, kind, record_id, problems=problems), status
