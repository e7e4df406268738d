"""Forms on paper that follow from a record, as pages to be printed: black on white, without the console's frame."""

from __future__ import annotations

from uuid import UUID

from flask import render_template

from gonghui.db.unit_of_work import UnitOfWork
from gonghui.errors import not_found
from gonghui.records import listing
from gonghui.records.print_forms import PrintForm
from gonghui.records.record_types import RecordType
from gonghui.records.sight import found
from gonghui.web.records.details import record_path
from gonghui.web.records.values import values_of


def show_form(uow: UnitOfWork, kind: RecordType, form: PrintForm, record_id: UUID) -> str:
    """A form with what is known filled in, and blanks where a hand writes."""
    row = listing.read_row(uow, kind, record_id)
    record = found(uow, kind, record_id)
    if not form.is_offered(record.state):
        raise not_found()
    values = {value.key: value for value in values_of(kind, listed=False)}

    def said(name: str) -> str:
        value = values[name]
        return "" if value.is_sealed else value.text(row) or ""

    told = form.told(uow, record) if form.told is not None else {}
    return render_template(
        form.template, kind=kind, form=form, row=row, said=said, path=record_path(kind, record_id), **told
    )
