"""Schemas of record types: what comes in and goes out, made from the fields that a record type declares."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

from gonghui.api.contents import name_rules
from gonghui.api.paging import PageQuery
from gonghui.i18n import _
from gonghui.records.bulk_steps import MOST
from gonghui.records.fields import Bound, Kind, bind
from gonghui.records.listing import orders
from gonghui.records.record_types import Child, RecordType
from gonghui.records.workflow import CREATE, Comment, Transition
from gonghui.values.documents import DocumentKind
from gonghui.values.identifiers import USCC_LENGTH

FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2199, 12, 31)
LARGEST = 10_000_000
"""No count of people or things that a record holds is larger."""
LARGEST_FEN = 10**15
LONGEST_COMMENT = 2_000
_MOST_TEXTS = 50
_NUMBER = 40
_AMOUNT = re.compile(r"-?[0-9]{1,14}(?:\.[0-9]{1,2})?")
#: As Chinese input methods write figures.
_FULL_WIDTH = str.maketrans("０１２３４５６７８９．－", "0123456789.-")


class Yuan(fields.String):
    """An amount in yuan, as a decimal string outside and as fen inside."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        text = str(super()._deserialize(value, attr, data, **kwargs)).strip().translate(_FULL_WIDTH)
        try:
            fen = int(Decimal(text) * 100) if _AMOUNT.fullmatch(text) else None
        except InvalidOperation:
            fen = None
        if fen is None or abs(fen) > LARGEST_FEN:
            raise ValidationError(str(_("金额写成元，最多两位小数，例如 375000.00。")))
        return fen


class EmployerTold(Schema):
    """An employer by name, and by code where there is one."""

    name = fields.String(required=True, validate=name_rules(), metadata={"example": "深圳市示例电子有限公司"})
    uscc = fields.String(allow_none=True, validate=validate.Length(equal=USCC_LENGTH))


class PersonTold(Schema):
    """A person by name and document."""

    name = fields.String(required=True, validate=name_rules(50), metadata={"example": "陈示例"})
    document_kind = fields.String(
        load_default=DocumentKind.RESIDENT_ID.value, validate=validate.OneOf([k.value for k in DocumentKind])
    )
    id_number = fields.String(
        required=True,
        validate=name_rules(_NUMBER),
        metadata={"x-sample": "id_number", "description": "Sealed"},
    )
    phone = fields.String(allow_none=True, validate=name_rules(_NUMBER), metadata={"description": "Sealed"})


class RecordVersion(Schema):
    """A record, and the version of it that is meant."""

    id = fields.UUID(required=True)
    version = fields.Integer(required=True, strict=True, validate=validate.Range(1, 2**62))


class StepFault(Schema):
    pointer = fields.String()
    code = fields.String()
    detail = fields.String()


class StepOutcome(Schema):
    """What became of one record: its state and version now, or why it stays as it was."""

    id = fields.UUID()
    done = fields.Boolean()
    state = fields.String()
    version = fields.Integer()
    code = fields.String()
    detail = fields.String()
    errors = fields.List(fields.Nested(StepFault))


class StepOutcomes(Schema):
    results = fields.List(fields.Nested(StepOutcome))


@cache
def creation(kind: RecordType) -> type[Schema]:
    """The schema of a new record's content, made once for each kind."""
    subject = kind.subject if CREATE in kind.own else None
    content = _writable(kind.bound, is_new=True, subject=subject, by_others=kind.subtree)
    content |= _writable(kind.once, is_new=True, subject=None)
    content |= _lists(kind, {kind.workflow.initial, *kind.workflow.also_initial})
    for bounds in kind.joined.values():
        content |= _writable(bounds, is_new=True, subject=None)
    if kind.place is None:
        content["org_unit_id"] = fields.UUID(
            required=True,
            metadata={"x-sample": kind.place_sample, "description": "Where the record is filed"},
        )
    return _schema(kind, "New", content)


@cache
def alteration(kind: RecordType) -> type[Schema]:
    """What may be changed of a record; lists that are given are replaced as a whole."""
    content = _writable(kind.bound, is_new=False, subject=None) | _lists(kind, kind.workflow.changeable)
    for bounds in kind.joined.values():
        content |= _writable(bounds, is_new=False, subject=None)
    return _schema(kind, "Change", content)


@cache
def shown(kind: RecordType, *, listed: bool) -> type[Schema]:
    """The schema of a record as it is answered: what a list shows of it (`listed`), or all of it."""
    content: dict[str, Any] = {
        "id": fields.UUID(),
        "state": fields.String(validate=validate.OneOf(list(kind.workflow.states))),
        "org_unit_id": fields.UUID(),
        "org_unit_name": fields.String(),
        "version": fields.Integer(),
    }
    for bounds in (kind.bound, *kind.joined.values()):
        for bound in bounds:
            if bound.column is not None and bound.field.shown and (bound.field.listed or not listed):
                content |= _answer(bound)
    for one in kind.computed:
        if not one.exported_only and (one.listed or not listed):
            content[one.name] = _OUT[one.kind](allow_none=True)
    if not listed:
        content |= {"created_at": fields.DateTime(), "changed_at": fields.DateTime()}
        content |= {child.name: fields.List(fields.Nested(_row_out(kind, child))) for child in kind.children}
    return _schema(kind, "Listed" if listed else "Out", content)


@cache
def page(kind: RecordType) -> type[Schema]:
    """The schema of a page of records: `items`, `next`, and `count` where it was asked for."""
    listed = fields.List(fields.Nested(shown(kind, listed=True)))
    more = {"next": fields.String(allow_none=True), "count": fields.Integer()}
    return _schema(kind, "Page", {"items": listed, **more})


@cache
def selection(kind: RecordType, *, paged: bool) -> type[Schema]:
    """How a list is narrowed down, and with `paged`, which page of it."""
    content: dict[str, Any] = {
        "state": fields.String(validate=validate.OneOf(list(kind.workflow.states))),
        "org_unit_id": fields.UUID(metadata={"description": "Only records at this unit and below"}),
    }
    for bounds in (kind.bound, *kind.joined.values()):
        for bound in bounds:
            if bound.field.filtered:
                content |= _filters(bound)
    if kind.search:
        words = "Begins with: " + ", ".join(kind.search)
        content["q"] = fields.String(validate=validate.Length(max=100), metadata={"description": words})
    if not paged:
        formats = validate.OneOf(["xlsx", "csv"])
        return _schema(
            kind, "Export", content | {"format": fields.String(load_default="xlsx", validate=formats)}
        )
    words = "By name where `q` looks for something and the list can be had so, else the newest first"
    content["sort"] = fields.String(validate=validate.OneOf(orders(kind)), metadata={"description": words})
    made: type[Schema] = type(schema_name(kind, "Query"), (PageQuery,), content)
    return made


@cache
def answers(kind: RecordType, transition: Transition) -> type[Schema]:
    """The schema of what a transition asks: its fields, the day of effect, the comment."""
    content = _writable(bind(transition.asks, kind.table), is_new=True, subject=None)
    content["effective_on"] = fields.Date(
        allow_none=True, validate=_DAYS, metadata={"description": "Day of effect; today"}
    )
    if transition.comment is not Comment.NONE:
        required = transition.comment is Comment.REQUIRED
        content["comment"] = fields.String(
            required=required,
            allow_none=not required,
            validate=_REASON if required else validate.Length(max=LONGEST_COMMENT),
            metadata={"example": "缺少会议决议"},
        )
    return _schema(kind, _title(transition.name), content)


@cache
def steps_in_bulk(kind: RecordType, transition: Transition) -> type[Schema]:
    """Many records for one step, each by the version that is meant, and what the step asks, once for all."""
    asked = answers(kind, transition)
    is_asked = any(field.required for field in asked().fields.values())
    one = f"POST /api/v1/{kind.plugin}/{kind.path}/{{{kind.parameter}}}/{transition.name}"
    content = {
        "records": fields.List(
            fields.Nested(RecordVersion),
            required=True,
            validate=validate.Length(1, MOST),
            # The contract kit makes the record that it makes for the step by itself.
            metadata={"x-sample": one},
        ),
        "answers": fields.Nested(asked, required=is_asked),
        "all_or_nothing": fields.Boolean(load_default=False),
    }
    return _schema(kind, "Bulk" + _title(transition.name), content)


@cache
def rows(kind: RecordType, child: Child) -> type[Schema]:
    """A list of a record, put by itself."""
    row = fields.List(
        fields.Nested(_row_in(kind, child)),
        required=True,
        validate=validate.Length(max=child.most),
        metadata={"example": []},
    )
    return _schema(kind, f"{child.name.title()}List", {child.name: row})


@cache
def opening(kind: RecordType) -> type[Schema]:
    """Which masked value is to be opened, and why."""
    names = list(kind.sealed)
    content = {
        "field": fields.String(required=True, validate=validate.OneOf(names)),
        "reason": fields.String(required=True, validate=_LONG_REASON, metadata={"example": "核对本人电话"}),
    }
    return _schema(kind, "Opening", content)


def _schema(kind: RecordType, suffix: str, content: Mapping[str, Any]) -> type[Schema]:
    made: type[Schema] = type(schema_name(kind, suffix), (Schema,), dict(content))
    return made


def _title(name: str) -> str:
    return "".join(part.title() for part in re.split(r"[-_]", name))


def schema_name(kind: RecordType, suffix: str) -> str:
    """What a schema of a record type is called in the OpenAPI document."""
    return "".join(part.title() for part in re.split(r"[._]", kind.code)) + suffix


def _lists(kind: RecordType, states: Collection[str]) -> dict[str, Any]:
    """Lists that may come with the content of a record in one of `states`."""
    content: dict[str, Any] = {}
    for child in kind.children:
        row = _row_in(kind, child)
        if child.states and child.states.isdisjoint(states):
            continue
        if child.one is not None:
            content[child.one] = fields.Nested(row)
        else:
            content[child.name] = fields.List(fields.Nested(row), validate=validate.Length(max=child.most))
    return content


@cache
def _row_in(kind: RecordType, child: Child) -> type[Schema]:
    content = _writable(child.bound, is_new=child.write is not None, subject=None)
    if child.write is None:
        content["id"] = fields.UUID(metadata={"description": "Of a row that is there already"})
    return _schema(kind, f"{child.name.title()}RowIn", content)


@cache
def _row_out(kind: RecordType, child: Child) -> type[Schema]:
    content: dict[str, Any] = {"id": fields.UUID()}
    for bound in child.bound:
        if bound.field.shown:
            content |= _answer(bound)
    return _schema(kind, f"{child.name.title()}RowOut", content)


# --- single fields


def _writable(
    bounds: Iterable[Bound], *, is_new: bool, subject: str | None, by_others: bool = False
) -> dict[str, Any]:
    """Fields that may be sent. Whoever enters their own record need not say who they are; an officer does."""
    content: dict[str, Any] = {}
    for bound in bounds:
        if bound.field.settable and (is_new or not bound.field.fixed):
            is_subject = subject is not None and bound.column is not None and bound.column.name == subject
            # The contract kit sends it although it is not required, where others than the subject enter it.
            about = {"x-send": True} if (is_subject and by_others) or (bound.field.sent and is_new) else {}
            required = is_new and bound.field.required and not is_subject
            content[bound.name] = _field(bound, required=required, about=about)
    return content


def _field(bound: Bound, *, required: bool, about: Mapping[str, Any]) -> Any:
    field = bound.field
    metadata: dict[str, Any] = dict(about)
    if field.example is not None:
        metadata["example"] = field.example
    if field.sample is not None:
        metadata["x-sample"] = field.sample
    metadata["description"] = field.title.translated("en")
    may_be_null = bound.may_be_null and not field.required
    options: dict[str, Any] = {"allow_none": may_be_null, "required": required, "metadata": metadata}
    return _IN.get(bound.kind, _plain)(bound, options)


def _plain(bound: Bound, options: dict[str, Any]) -> Any:
    return _OUT[bound.kind](**options)


def _text(bound: Bound, options: dict[str, Any]) -> Any:
    return fields.String(validate=name_rules(bound.field.longest), **options)


def _choice(bound: Bound, options: dict[str, Any]) -> Any:
    return fields.String(validate=validate.OneOf(list(bound.field.choices or ())), **options)


def _texts(bound: Bound, options: dict[str, Any]) -> Any:
    listed = fields.String(validate=name_rules(bound.field.longest))
    return fields.List(listed, validate=validate.Length(max=_MOST_TEXTS), **options)


def _range(bound: Bound, largest: int) -> Any:
    least = bound.field.least if bound.field.least is not None else 0
    return validate.Range(least, bound.field.most if bound.field.most is not None else largest)


def _answer(bound: Bound) -> dict[str, Any]:
    """How a field is shown; a reference also by the name of what it leads to."""
    column: Any = bound.column
    name = column.name if bound.target is not None and column is not None else bound.name
    about: dict[str, Any] = {"description": "Masked"} if bound.is_sealed else {}
    shown = fields.String if bound.is_sealed else _OUT[bound.kind]
    content: dict[str, Any] = {name: shown(allow_none=True, metadata=about)}
    if bound.label is not None:
        content[f"{name.removesuffix('_id')}_name"] = fields.String(allow_none=True)
    return content


def _filters(bound: Bound) -> dict[str, Any]:
    if bound.kind in (Kind.DATE, Kind.INTEGER, Kind.MONEY):
        made = {f"{bound.name}_{end}": _OUT[bound.kind]() for end in ("from", "to")}
        return {name: Yuan() if bound.kind is Kind.MONEY else field for name, field in made.items()}
    if bound.kind is Kind.CHOICE:
        return {bound.name: fields.String(validate=validate.OneOf(list(bound.field.choices or ())))}
    if bound.kind is Kind.TEXTS:  # records whose list holds this text
        return {bound.name: fields.String()}
    return {bound.name: _OUT[bound.kind]()}


_DAYS = validate.Range(FIRST_DAY, LAST_DAY)
_MOMENTS = validate.Range(*(datetime.combine(day, time(), UTC) for day in (FIRST_DAY, LAST_DAY)))
_REASON = validate.And(validate.Length(min=2, max=LONGEST_COMMENT), validate.Regexp(r"(?:\s*\S){2}"))
#: Four characters that say something; blanks are none.
_LONG_REASON = validate.And(validate.Length(min=4, max=500), validate.Regexp(r"(?:\s*\S){4}"))
_OUT: dict[Kind, Any] = {
    Kind.TEXT: fields.String,
    Kind.CHOICE: fields.String,
    Kind.INTEGER: fields.Integer,
    Kind.MONEY: fields.String,
    Kind.DATE: fields.Date,
    Kind.TIME: fields.AwareDateTime,
    Kind.BOOLEAN: fields.Boolean,
    Kind.SENSITIVE: fields.String,
    Kind.REFERENCE: fields.UUID,
    Kind.PERSON: fields.UUID,
    Kind.EMPLOYER: fields.UUID,
    Kind.TEXTS: lambda **options: fields.List(fields.String(), **options),
}
_IN: Mapping[Kind, Callable[[Bound, dict[str, Any]], Any]] = {
    Kind.TEXT: _text,
    Kind.SENSITIVE: _text,
    Kind.CHOICE: _choice,
    Kind.TEXTS: _texts,
    Kind.INTEGER: lambda bound, options: fields.Integer(
        strict=True, validate=_range(bound, LARGEST), **options
    ),
    Kind.MONEY: lambda bound, options: Yuan(validate=_range(bound, LARGEST_FEN), **options),
    Kind.DATE: lambda bound, options: fields.Date(
        validate=validate.Range(bound.field.earliest or FIRST_DAY, LAST_DAY), **options
    ),
    Kind.TIME: lambda _bound, options: fields.AwareDateTime(validate=_MOMENTS, **options),
    Kind.PERSON: lambda _bound, options: fields.Nested(PersonTold, **options),
    Kind.EMPLOYER: lambda _bound, options: fields.Nested(EmployerTold, **options),
}
