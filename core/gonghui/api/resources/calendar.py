"""The working-day calendar over HTTP: when a limit is due, and what the federation says of its days."""

from __future__ import annotations

from datetime import date
from typing import Any

import orjson
from flask import Response
from marshmallow import Schema, fields, validate
from sqlalchemy import select

from gonghui.api.contents import name_rules
from gonghui.api.operations import Blueprint, operation
from gonghui.api.paging import PageQuery, decode_cursor, page_response
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.errors import FieldFault, invalid
from gonghui.i18n import Text, _
from gonghui.records.calendar_changes import (
    put_override,
    remove_override,
    vouch_for_year,
    withdraw_year,
)
from gonghui.tenancy.holidays import HolidayOverride, HolidayYear, calendar_of
from gonghui.values.time_limits import LimitRefused, answer, check_start, limit_of

blueprint = Blueprint(
    "calendar", __name__, url_prefix="/api/v1/calendar", description="Working days and time limits"
)

READ, CHANGE = "core.calendar.read", "core.calendar.change"


class DueQuery(Schema):
    start = fields.Date(required=True, metadata={"example": "2024-02-01"})
    days = fields.Integer(metadata={"example": 15, "description": "Exactly one of the four"})
    working_days = fields.Integer()
    months = fields.Integer()
    years = fields.Integer()


class DueOut(Schema):
    start = fields.Date()
    length = fields.Integer()
    unit = fields.String()
    due_on = fields.Date()
    is_provisional = fields.Boolean()
    explanation = fields.String()


class OverrideQuery(PageQuery):
    year = fields.Integer(validate=validate.Range(1900, 2199))


class NewOverride(Schema):
    is_working = fields.Boolean(required=True, metadata={"example": False})
    name = fields.String(required=True, validate=name_rules(50), metadata={"example": "示例节"})
    reason = fields.String(required=True, validate=name_rules(500), metadata={"example": "示例通知"})


class OverrideOut(Schema):
    day = fields.Date()
    is_working = fields.Boolean()
    name = fields.String()
    reason = fields.String()


class OverridePage(Schema):
    items = fields.List(fields.Nested(OverrideOut))
    next = fields.String(allow_none=True)


class NewYear(Schema):
    basis = fields.String(required=True, validate=name_rules(500), metadata={"example": "示例通知"})


class YearOut(Schema):
    year = fields.Integer()
    basis = fields.String()


@blueprint.route("/due", methods=["GET"])
@operation(READ)
@blueprint.arguments(DueQuery, location="query")
@blueprint.response(200, DueOut)
def get_due(uow: UnitOfWork, query: dict[str, Any]) -> Response:
    """The last day of a time limit by the Civil Code, and why it is that day."""
    start = query.pop("start")
    try:
        limit = limit_of(query)
    except LimitRefused as refused:
        raise _refused("/query", refused.sentence) from None
    try:
        content = answer(start, limit, calendar_of(uow))
    except LimitRefused as refused:
        raise _refused("/query/start", refused.sentence) from None
    return Response(orjson.dumps(content), content_type="application/json")


@blueprint.route("/overrides", methods=["GET"])
@operation(READ)
@blueprint.arguments(OverrideQuery, location="query")
@blueprint.response(200, OverridePage)
def list_overrides(uow: UnitOfWork, query: dict[str, Any]) -> Response:
    """Days of which this federation says something of its own."""
    row: Any = HolidayOverride.__table__.c
    wanted = []
    if "year" in query:
        wanted.append(row.day.between(date(query["year"], 1, 1), date(query["year"], 12, 31)))
    after = decode_cursor(query.get("cursor"), (date.fromisoformat,))
    if after is not None:
        wanted.append(row.day > after[0])
    limit = query["limit"]
    columns = (row.day, row.is_working, row.name, row.reason)
    page = select(*columns).where(*wanted).order_by(row.day).limit(limit + 1)
    items = [dict(each._mapping) for each in uow.session.execute(page)]
    return page_response(items[:limit], (items[limit - 1]["day"],) if len(items) > limit else None)


@blueprint.route("/overrides/<string:day>", methods=["PUT"])
@operation(CHANGE, of_whole=True)
@blueprint.arguments(NewOverride)
@blueprint.response(200, OverrideOut)
def put_one(uow: UnitOfWork, body: dict[str, Any], day: str) -> HolidayOverride:
    """Say what a day is here; open deadlines that hang on it are computed anew."""
    return put_override(uow, _day(day), **body)


@blueprint.route("/overrides/<string:day>", methods=["DELETE"])
@operation(CHANGE, of_whole=True)
@blueprint.response(204)
def delete_one(uow: UnitOfWork, day: str) -> None:
    """Let a day be again what was announced."""
    remove_override(uow, _day(day))


@blueprint.route("/years", methods=["GET"])
@operation(READ)
@blueprint.response(200, YearOut(many=True))
def list_years(uow: UnitOfWork) -> list[HolidayYear]:
    """Years whose days this federation has entered itself, because the installed data do not know them."""
    return list(uow.session.scalars(select(HolidayYear).order_by(HolidayYear.year)))


@blueprint.route("/years/<int:year>", methods=["PUT"])
@operation(CHANGE, of_whole=True)
@blueprint.arguments(NewYear)
@blueprint.response(200, YearOut)
def put_year(uow: UnitOfWork, body: dict[str, Any], year: int) -> HolidayYear:
    """Say that all days of a year are entered; its dates are no longer provisional."""
    return vouch_for_year(uow, _year(year), body["basis"])


@blueprint.route("/years/<int:year>", methods=["DELETE"])
@operation(CHANGE, of_whole=True)
@blueprint.response(204)
def delete_year(uow: UnitOfWork, year: int) -> None:
    """Take back that all days of a year are entered."""
    withdraw_year(uow, _year(year))


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise _refused("/path/day", _("此项应为日期，例如 2024-06-30。")) from None


def _year(year: int) -> int:
    try:
        check_start(date(min(max(year, 1), 9999), 1, 1))
    except LimitRefused as refused:
        raise _refused("/path/year", refused.sentence) from None
    return year


def _refused(pointer: str, sentence: Text) -> Exception:
    return invalid(FieldFault(pointer, "date_refused", sentence))
