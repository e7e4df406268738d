"""What was typed into a form, and the faults of it by field."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from flask import request

from gonghui.errors import DomainError, FieldFault, invalid
from gonghui.i18n import Text, _

#: A fault as the macro `faults` shows it: the field's name, or none, and a sentence.
Fault = tuple[str | None, Text | str]


def typed(name: str) -> str:
    """A field as it was typed, without spaces around it."""
    return request.form.get(name, "").strip()


def typed_day(name: str) -> date | None:
    """A day; None where nothing was typed. Raises `Invalid`."""
    text = typed(name)
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise invalid(FieldFault(f"/{name}", "no_day", _("日期写成 2024-06-30 的样子。"))) from None


def required(name: str, sentence: Text, *, most: int = 200) -> str:
    """A field that must not be empty. Raises `Invalid` with `sentence`."""
    text = " ".join(typed(name).split())
    if not text:
        raise invalid(FieldFault(f"/{name}", "required", sentence))
    if len(text) > most:
        raise invalid(FieldFault(f"/{name}", "too_long", _("最多 {n} 个字。", n=most)))
    return text


def faults_of(error: DomainError, fields: Iterable[str]) -> list[Fault]:
    """The faults of an error, each at the field of the form that it is about."""
    known = set(fields)
    if not error.faults:
        return [(None, error.detail)]
    named = ((fault.pointer.strip("/").split("/")[0], fault.detail) for fault in error.faults)
    return [(name if name in known else None, detail) for name, detail in named]
