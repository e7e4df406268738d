"""The pages of a record type, below `/console/<plugin>/<path>`: what `api.records` is for programs, for people."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import Blueprint

from gonghui.api import attachments as api_attachments
from gonghui.records.attachments.rules import AttachmentRules
from gonghui.records.print_forms import PrintForm
from gonghui.records.record_types import CHANGE, EXPORT, READ, REVEAL, Child, RecordType
from gonghui.records.workflow import CREATE, Transition
from gonghui.web.navigation import list_path
from gonghui.web.page import page
from gonghui.web.records import files, forms, printing, stepping
from gonghui.web.records.details import show_record
from gonghui.web.records.lists import export, show_list

_FORM = ("GET", "POST")


def pages_of(kind: RecordType) -> Blueprint:
    """The pages that follow from a record type."""
    return _Pages(kind).blueprint


class _Pages:
    """Adds views to a blueprint; each names its permission as the operation beside it does."""

    def __init__(self, kind: RecordType) -> None:
        self.kind = kind
        name = f"{kind.code.replace('.', '_')}_pages"
        self.blueprint = Blueprint(name, __name__, url_prefix=list_path(kind))
        self._one = f"/<uuid:{kind.parameter}>"
        self._add_reading()
        self._add_writing()
        for step in kind.workflow.transitions:
            if step.is_offered:
                self._add_step(step)
        for child in kind.children:
            if child.states:
                self._add_list(child)
        if kind.attachments is not None:
            self._add_files(kind.attachments)
        for form in kind.print_forms:
            self._add_print_form(form)

    def _add(
        self,
        rule: str,
        name: str,
        permission: str,
        view: Callable[..., Any],
        methods: tuple[str, ...] = ("GET",),
        **options: Any,
    ) -> None:
        """Register a view; the id of a record has the name of its kind in the path, and none in the view."""

        def adapted(uow: Any, **ids: UUID) -> Any:
            return view(uow, self.kind, *ids.values())

        guarded = page(permission, personal=self.kind.is_personal(permission), **options)(adapted)
        guarded.draws_again = methods == _FORM  # type: ignore[attr-defined]
        self.blueprint.add_url_rule(rule, name, guarded, methods=list(methods))

    def _add_reading(self) -> None:
        kind, read = self.kind, self.kind.permission(READ)
        self._add("", "list", read, show_list)
        self._add(self._one, "get", read, show_record)
        if EXPORT in kind.verbs:
            self._add("/export", "export", kind.permission(EXPORT), export)
        if kind.sealed:
            self._add(f"{self._one}/reveal", "reveal", kind.permission(REVEAL), files.reveal, ("POST",))

    def _add_writing(self) -> None:
        kind = self.kind
        if CREATE in kind.verbs:
            self._add("/new", "new", kind.permission(CREATE), forms.new_record, _FORM)
        if CHANGE in kind.verbs:
            change = kind.permission(CHANGE)
            self._add(f"{self._one}/edit", "edit", change, forms.change_record, _FORM)

    def _add_step(self, step: Transition) -> None:
        permission = self.kind.permission(step.name)

        def take(uow: Any, kind: RecordType, record_id: UUID) -> Any:
            return stepping.take_step(uow, kind, step, record_id)

        def take_in_bulk(uow: Any, kind: RecordType) -> Any:
            return stepping.take_in_bulk(uow, kind, step)

        self._add(f"{self._one}/{step.name}", f"step_{step.name}", permission, take, _FORM)
        if step.in_bulk:
            self._add(f"/bulk/{step.name}", f"bulk_{step.name}", permission, take_in_bulk, _FORM)

    def _add_list(self, child: Child) -> None:
        def put(uow: Any, kind: RecordType, record_id: UUID) -> Any:
            return forms.put_list(uow, kind, child, record_id)

        permission = child.permission or self.kind.permission(CHANGE)
        self._add(f"{self._one}/lists/{child.name}", f"put_{child.name}", permission, put, _FORM)

    def _add_print_form(self, form: PrintForm) -> None:
        def show(uow: Any, kind: RecordType, record_id: UUID) -> Any:
            return printing.show_form(uow, kind, form, record_id)

        self._add(f"{self._one}/print/{form.name}", f"print_{form.name}", self.kind.permission(READ), show)

    def _add_files(self, rules: AttachmentRules) -> None:
        kind = self.kind
        read, change = kind.permission(READ), kind.permission(CHANGE)
        every = f"{self._one}/attachments"
        one = f"{every}/<uuid:attachment_id>"

        def attach(uow: Any, kind: RecordType, record_id: UUID) -> Any:
            return files.attach(uow, kind, rules, record_id)

        largest = rules.largest_file + api_attachments.FORM
        self._add(every, "attach", change, attach, ("POST",), largest_body=largest)
        self._add(one, "attachment", read, files.download)
        self._add(f"{one}/remove", "detach", change, files.detach, ("POST",))
