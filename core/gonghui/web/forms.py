"""What was sent in a form, read by a schema of the API, and what is wrong with it, said at the fields."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import request
from marshmallow import Schema, ValidationError

from gonghui.api.problems import flatten
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.errors import DomainError, FieldFault, Forbidden, NotFound, invalid
from gonghui.i18n import Text

#: Pairs of a field (none: of the whole) and a sentence that says how to mend it, as the macro `faults` takes them.
Faults = list[tuple[str | None, str]]


def sent(schema: Schema) -> dict[str, Any]:
    """The fields of a schema as the form holds them; one that was left empty was not sent. Raises `Invalid`."""
    return _read(schema, request.form)


def asked(schema: Schema) -> dict[str, Any]:
    """The same of a form that asks by the address. Raises `Invalid`."""
    return _read(schema, request.args)


def _read(schema: Schema, source: Mapping[str, str]) -> dict[str, Any]:
    told = {name: value for name, value in source.items() if name in schema.fields and value.strip()}
    try:
        return dict(schema.load(told))
    except ValidationError as error:
        found = flatten(error.messages, "")
        raise invalid(
            *(FieldFault(each["pointer"], each["code"], each["detail"]) for each in found)
        ) from None


def refused(uow: UnitOfWork, error: DomainError, labels: Mapping[str, Text] | None = None) -> Faults:
    """What a form was refused for, to be said on its page; what was begun is undone.

    `labels` are the names of the fields. Raises the error again where no page can be mended: the record is not there,
    or the permission is not held.
    """
    if isinstance(error, (Forbidden, NotFound)):
        raise error
    uow.session.rollback()
    uow.kept.clear()
    uow.pending_notes.clear()
    uow.current_note = None
    if not error.faults:
        return [(None, str(error.detail))]
    return [_said(fault, labels or {}) for fault in error.faults]


def _said(fault: FieldFault, labels: Mapping[str, Text]) -> tuple[str | None, str]:
    name = fault.pointer.strip("/").split("/")[0]
    if name not in labels:
        return None, str(fault.detail)
    return name, f"{labels[name]}{'：' if _is_chinese(labels[name]) else ': '}{fault.detail}"


def _is_chinese(label: Text) -> bool:
    return str(label) == label.message
