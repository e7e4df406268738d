"""Operations of record types: list, read, create, change, a POST for each transition, lists, pickers, export."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

import orjson
from flask import Response
from marshmallow import Schema, fields, validate

from gonghui.api import attachments
from gonghui.api import record_schemas as schemas
from gonghui.api.exports import export_or_job, file_response
from gonghui.api.idempotency import idempotent
from gonghui.api.jobs import JobOut, accepted
from gonghui.api.operations import Blueprint, operation
from gonghui.api.paging import decode_cursor, page_response
from gonghui.api.versions import expected_version, record_response, versioned
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.jobs.table import Job
from gonghui.records import listing, pickers, steps, writing
from gonghui.records.attachments import keeping
from gonghui.records.attachments.rules import AttachmentRules
from gonghui.records.bulk_steps import take_steps
from gonghui.records.fields import Bound, Kind, bind
from gonghui.records.record_types import CHANGE, EXPORT, READ, REVEAL, Child, RecordType
from gonghui.records.reveal import reveal_field
from gonghui.records.sight import found, require
from gonghui.records.statements import NAME_KEY
from gonghui.records.transitions import history
from gonghui.records.workflow import CREATE, Transition

View = Callable[..., Any]


class StepOut(Schema):
    """A step of a record. One that was written down after the day it took effect is a correction."""

    name = fields.String()
    from_state = fields.String(allow_none=True)
    to_state = fields.String()
    effective_on = fields.Date()
    recorded_at = fields.DateTime()
    is_late = fields.Boolean(metadata={"description": "Written down later than the day of effect"})
    account_id = fields.UUID(allow_none=True)
    comment = fields.String(allow_none=True)


class PickQuery(Schema):
    q = fields.String(load_default="", validate=validate.Length(max=100))


class Choice(Schema):
    id = fields.UUID()
    label = fields.String()


class OpenedOut(Schema):
    field = fields.String()
    value = fields.String(allow_none=True)


def blueprint_of(kind: RecordType) -> Blueprint:
    """The operations that follow from a record type, below `/api/v1/<plugin>/<path>`."""
    blueprint = Blueprint(
        kind.code.replace(".", "_"),
        __name__,
        url_prefix=f"/api/v1/{kind.plugin}/{kind.path}",
        description=kind.title.translated("en"),
    )
    one = f"/<uuid:{kind.parameter}>"
    _add_reading(blueprint, kind, one)
    _add_writing(blueprint, kind, one)
    for transition in kind.workflow.transitions:
        if transition.is_offered:
            _add_step(blueprint, kind, transition, one)
            if transition.in_bulk:
                _add_bulk_step(blueprint, kind, transition)
    for child in kind.children:
        if child.states:
            _add_list(blueprint, kind, child, one)
    _add_pickers(blueprint, kind)
    if kind.sealed:
        _add_reveal(blueprint, kind, one)
    if kind.attachments is not None:
        _add_attachments(blueprint, kind, kind.attachments, f"{one}/attachments")
    return blueprint


def _operation(kind: RecordType, verb: str, **options: Any) -> Any:
    permission = kind.permission(verb)
    return operation(permission, personal=kind.is_personal(permission), **options)


def _add(blueprint: Blueprint, rule: str, method: str, view: View, name: str, *decorators: Any) -> None:
    """Register a view under a name; `decorators` come from the outermost inwards.

    The id of a record has the name of its kind in the path, and none in the view.
    """

    @wraps(view)
    def adapted(*args: Any, **ids: Any) -> Any:
        return view(*args, *ids.values())

    adapted.__name__ = name
    decorated: Any = adapted
    for decorate in reversed((blueprint.route(rule, methods=[method]), *decorators)):
        decorated = decorate(decorated)


def _add_reading(blueprint: Blueprint, kind: RecordType, one: str) -> None:
    def list_records(uow: UnitOfWork, query: dict[str, Any]) -> Response:
        sort, limit = listing.sort_of(kind, query), query["limit"]
        after = decode_cursor(query.get("cursor"), listing.sort_parsers(sort))
        rows = listing.list_rows(uow, kind, query, after)
        following = listing.sort_values(rows[limit - 1], sort) if len(rows) > limit else None
        for row in rows:
            row.pop(NAME_KEY, None)
        count = listing.count_rows(uow, kind, query) if query["count"] else None
        return page_response(rows[:limit], following, count)

    def get_record(uow: UnitOfWork, record_id: UUID) -> Response:
        row = listing.read_row(uow, kind, record_id)
        return record_response(row, row["version"])

    def get_history(uow: UnitOfWork, record_id: UUID) -> list[Any]:
        # Who sees it only because it is published does not learn who wrote what about it.
        require(uow, kind, found(uow, kind, record_id), kind.permission(READ))
        return history(uow, record_id)

    reading, plural = _operation(kind, READ), _plural(kind)
    list_records.__doc__ = f"{plural} that I see."
    get_record.__doc__ = (
        f"One of the {plural.lower()}, with the rows that belong to it; sensitive values are masked."
    )
    get_history.__doc__ = "The steps of a record in the order in which they were written down."
    asked = blueprint.arguments(schemas.selection(kind, paged=True), location="query")
    _add(
        blueprint,
        "",
        "GET",
        list_records,
        "list",
        reading,
        asked,
        blueprint.response(200, schemas.page(kind)),
    )
    detail = blueprint.response(200, schemas.shown(kind, listed=False))
    _add(blueprint, one, "GET", get_record, "get", reading, detail)
    steps_out = blueprint.response(200, StepOut(many=True))
    _add(blueprint, f"{one}/history", "GET", get_history, "history", reading, steps_out)
    if EXPORT in kind.verbs:
        _add_export(blueprint, kind)


def _add_export(blueprint: Blueprint, kind: RecordType) -> None:
    def export_records(uow: UnitOfWork, query: dict[str, Any]) -> Response:
        made = export_or_job(uow, kind, query)
        return accepted(made) if isinstance(made, Job) else file_response(made)

    export_records.__doc__ = (
        "The list as a file, masked, with who took it and when; it is put on record."
        "\n\nA long one is a job (202)."
    )
    asked = blueprint.arguments(schemas.selection(kind, paged=False), location="query")
    file = blueprint.response(200, content_type="application/octet-stream")
    job = blueprint.alt_response(202, schema=JobOut)
    _add(blueprint, "/export", "GET", export_records, "export", _operation(kind, EXPORT), asked, file, job)


def _add_writing(blueprint: Blueprint, kind: RecordType, one: str) -> None:
    def create_record(uow: UnitOfWork, body: dict[str, Any]) -> Response:
        record = writing.create(uow, kind, body)
        response = answer(uow, kind, record.id, 201)
        response.headers["Location"] = f"{blueprint.url_prefix}/{record.id}"
        return response

    def change_record(uow: UnitOfWork, body: dict[str, Any], record_id: UUID) -> Response:
        writing.change(uow, kind, record_id, expected_version(), body)
        return answer(uow, kind, record_id)

    create_record.__doc__ = f"Enter one of the {_plural(kind).lower()}."
    change_record.__doc__ = "Change what a record says, in the states that allow it."
    shown = schemas.shown(kind, listed=False)
    if CREATE in kind.verbs:
        body = blueprint.arguments(schemas.creation(kind))
        made = blueprint.response(201, shown)
        _add(blueprint, "", "POST", create_record, "create", _operation(kind, CREATE), idempotent, body, made)
    if CHANGE in kind.verbs:
        body = blueprint.arguments(schemas.alteration(kind))
        changed = blueprint.response(200, shown)
        _add(
            blueprint,
            one,
            "PATCH",
            change_record,
            "change",
            _operation(kind, CHANGE),
            versioned,
            body,
            changed,
        )


def _add_step(blueprint: Blueprint, kind: RecordType, transition: Transition, one: str) -> None:
    def take(uow: UnitOfWork, body: dict[str, Any], record_id: UUID) -> Response:
        record = steps.take_step(uow, kind, record_id, expected_version(), transition.name, body)
        return answer(uow, kind, record.id)

    take.__doc__ = f"{transition.title.translated('en')}: {transition.step.replace('->', '→')}."
    _add(
        blueprint,
        f"{one}/{transition.name}",
        "POST",
        take,
        transition.name.replace("-", "_"),
        _operation(kind, transition.name),
        versioned,
        idempotent,
        blueprint.arguments(schemas.answers(kind, transition)),
        blueprint.response(200, schemas.shown(kind, listed=False)),
    )


def _add_bulk_step(blueprint: Blueprint, kind: RecordType, transition: Transition) -> None:
    def take(uow: UnitOfWork, body: dict[str, Any]) -> Response:
        versions = [(one["id"], one["version"]) for one in body["records"]]
        outcomes = take_steps(
            uow,
            kind,
            transition.name,
            versions,
            body.get("answers", {}),
            all_or_nothing=body["all_or_nothing"],
        )
        results = {"results": [outcome.as_json for outcome in outcomes]}
        return Response(orjson.dumps(results), content_type="application/json")

    take.__doc__ = (
        f"{transition.title.translated('en')}, for many records: each is done, or refused with the reason."
    )
    _add(
        blueprint,
        f"/bulk/{transition.name}",
        "POST",
        take,
        f"bulk_{transition.name.replace('-', '_')}",
        _operation(kind, transition.name),
        idempotent,
        blueprint.arguments(schemas.steps_in_bulk(kind, transition)),
        blueprint.response(200, schemas.StepOutcomes),
    )


def _add_list(blueprint: Blueprint, kind: RecordType, child: Child, one: str) -> None:
    permission = child.permission or kind.permission(CHANGE)

    def put(uow: UnitOfWork, body: dict[str, Any], record_id: UUID) -> Response:
        writing.put_list(uow, kind, child, record_id, expected_version(), body[child.name])
        return answer(uow, kind, record_id)

    put.__doc__ = f"Put the list {child.name} of a record by itself."
    _add(
        blueprint,
        f"{one}/{child.name.replace('_', '-')}",
        "PUT",
        put,
        f"put_{child.name}",
        operation(permission, personal=kind.is_personal(permission)),
        versioned,
        blueprint.arguments(schemas.rows(kind, child)),
        blueprint.response(200, schemas.shown(kind, listed=False)),
    )


def _add_pickers(blueprint: Blueprint, kind: RecordType) -> None:
    """What may be chosen for the references of a new record and its rows, and for those that a step asks for."""
    written = (*kind.bound, *(bound for child in kind.children for bound in child.bound))
    verbs = {bound.name: (bound, CREATE) for bound in written if bound.field.settable}
    for transition in kind.workflow.transitions:
        for bound in bind(transition.asks, kind.table):
            verbs.setdefault(bound.name, (bound, transition.name))
    for bound, verb in verbs.values():
        if bound.kind is Kind.REFERENCE:
            _add_picker(blueprint, kind, bound, verb)


def _add_picker(blueprint: Blueprint, kind: RecordType, bound: Bound, verb: str) -> None:
    permission = kind.permission(verb)

    def pick(uow: UnitOfWork, query: dict[str, str]) -> Response:
        offered = pickers.pick(uow, bound, permission, query["q"])
        return Response(orjson.dumps(offered), content_type="application/json")

    pick.__doc__ = f"What may be chosen for {bound.name}."
    asked = blueprint.arguments(PickQuery, location="query")
    offered = blueprint.response(200, Choice(many=True))
    rule, may = f"/choices/{bound.name.replace('_', '-')}", _operation(kind, verb)
    _add(blueprint, rule, "GET", pick, f"pick_{bound.name}", may, asked, offered)


def _add_reveal(blueprint: Blueprint, kind: RecordType, one: str) -> None:
    def open_value(uow: UnitOfWork, body: dict[str, str], record_id: UUID) -> Response:
        value = reveal_field(uow, kind, record_id, body["field"], body["reason"])
        return Response(
            orjson.dumps({"field": body["field"], "value": value}), content_type="application/json"
        )

    open_value.__doc__ = "Open a masked value, with the reason; it is put on record."
    body, opened = blueprint.arguments(schemas.opening(kind)), blueprint.response(200, OpenedOut)
    _add(blueprint, f"{one}/reveal", "POST", open_value, "reveal", _operation(kind, REVEAL), body, opened)


def _add_attachments(blueprint: Blueprint, kind: RecordType, rules: AttachmentRules, every: str) -> None:
    def add(uow: UnitOfWork, form: dict[str, Any], record_id: UUID) -> Response:
        row = attachments.add(uow, kind, form, record_id)
        response = Response(orjson.dumps(attachments.shown(row)), 201, content_type="application/json")
        response.headers["Location"] = f"{blueprint.url_prefix}/{record_id}/attachments/{row.id}"
        return response

    def list_attachments(uow: UnitOfWork, record_id: UUID) -> Response:
        rows, with_account = keeping.listed(uow, kind, record_id)
        shown = [attachments.shown(row, with_account=with_account) for row in rows]
        return Response(orjson.dumps(shown), content_type="application/json")

    def download(uow: UnitOfWork, record_id: UUID, attachment_id: UUID) -> Response:
        return attachments.download(uow, keeping.read(uow, kind, record_id, attachment_id))

    def link(uow: UnitOfWork, record_id: UUID, attachment_id: UUID) -> Response:
        told = attachments.link(uow, keeping.read(uow, kind, record_id, attachment_id))
        return Response(orjson.dumps(told), content_type="application/json")

    def remove(uow: UnitOfWork, record_id: UUID, attachment_id: UUID) -> None:
        keeping.detach(uow, kind, record_id, attachment_id)

    add.__doc__ = (
        "Add a file to a record, in the states that allow it; a photo is made anew without its metadata."
    )
    list_attachments.__doc__ = "The files of a record, in the order in which they were added."
    download.__doc__ = "A file of a record."
    link.__doc__ = "An address of a file that needs no sign-in and is good for some minutes."
    remove.__doc__ = "Take a file off a record, in the states that allow it."
    one = f"{every}/<uuid:attachment_id>"
    reading, changing = _operation(kind, READ), _operation(kind, CHANGE)
    largest = _operation(kind, CHANGE, largest_body=rules.largest_file + attachments.FORM)
    form = blueprint.arguments(attachments.new_attachment(kind, rules), location="multipart")
    out = attachments.AttachmentOut
    _add(blueprint, every, "POST", add, "attach", largest, form, blueprint.response(201, out))
    _add(
        blueprint,
        every,
        "GET",
        list_attachments,
        "attachments",
        reading,
        blueprint.response(200, out(many=True)),
    )
    file = blueprint.response(200, content_type="application/octet-stream")
    _add(blueprint, one, "GET", download, "attachment", reading, file)
    linked = blueprint.response(200, attachments.LinkOut)
    _add(blueprint, f"{one}/link", "GET", link, "attachment_link", reading, linked)
    _add(blueprint, one, "DELETE", remove, "detach", changing, blueprint.response(204))


def answer(uow: UnitOfWork, kind: RecordType, record_id: UUID, status: int = 200) -> Response:
    """A record as it is after what was done, with its version."""
    uow.session.flush()
    row = listing.read_row(uow, kind, record_id, is_written=True)
    return record_response(row, row["version"], status)


def _plural(kind: RecordType) -> str:
    return kind.path.replace("-", " ").capitalize()
