"""The watch list of deadlines over HTTP, and how many there are by unit."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import orjson
from flask import Response, current_app, g
from marshmallow import Schema, fields, validate

from gonghui.api.operations import Blueprint, operation
from gonghui.api.paging import PageQuery, decode_cursor, page_response
from gonghui.auth.scope import unit_within
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.errors import FieldFault, invalid
from gonghui.i18n import _
from gonghui.records.deadline_lists import READ, STATES, Wanted, count_by_unit, list_deadlines
from gonghui.records.deadline_rules import DeadlineRule
from gonghui.values import clock

blueprint = Blueprint(
    "deadlines", __name__, url_prefix="/api/v1/deadlines", description="Deadlines of records"
)

_TEN_YEARS = 3_660


class DeadlineQuery(PageQuery):
    state = fields.String(load_default="open", validate=validate.OneOf(STATES))
    within = fields.Integer(
        validate=validate.Range(0, _TEN_YEARS), metadata={"description": "Due in so many days at the latest"}
    )
    rule = fields.String(metadata={"description": "Code of one rule"})
    org_unit_id = fields.UUID(metadata={"description": "Only this unit and those below it"})


class DeadlineOut(Schema):
    id = fields.UUID()
    record_type = fields.String()
    record_id = fields.UUID()
    rule = fields.String()
    rule_title = fields.String()
    org_unit_id = fields.UUID()
    org_unit_name = fields.String()
    starts_on = fields.Date()
    due_on = fields.Date()
    days_left = fields.Integer(allow_none=True)
    warning = fields.Integer(
        allow_none=True, metadata={"description": "The nearest mark of the rule that was reached, in days"}
    )
    is_overdue = fields.Boolean()
    is_suspended = fields.Boolean()
    is_late = fields.Boolean()
    is_provisional = fields.Boolean()
    explanation = fields.String()
    basis = fields.String()
    state = fields.String()
    met_on = fields.Date(allow_none=True)


class DeadlinePage(Schema):
    items = fields.List(fields.Nested(DeadlineOut))
    next = fields.String(allow_none=True)


class SummaryQuery(Schema):
    org_unit_id = fields.UUID(required=True, metadata={"x-sample": "org_unit_id"})
    rule = fields.String(metadata={"description": "Code of one rule"})
    within = fields.Integer(
        load_default=30, validate=validate.Range(0, _TEN_YEARS), metadata={"description": "What is due soon"}
    )


class Numbers(Schema):
    open = fields.Integer()
    due_soon = fields.Integer()
    overdue = fields.Integer()


class UnitNumbers(Numbers):
    org_unit_id = fields.UUID()
    name = fields.String()


class SummaryOut(Schema):
    org_unit_id = fields.UUID()
    within = fields.Integer()
    own = fields.Nested(Numbers)
    units = fields.List(fields.Nested(UnitNumbers))


@blueprint.route("", methods=["GET"])
@operation(READ)
@blueprint.arguments(DeadlineQuery, location="query")
@blueprint.response(200, DeadlinePage)
def get_deadlines(uow: UnitOfWork, query: dict[str, Any]) -> Response:
    """Deadlines of the records that I see, the most urgent first."""
    rules = _rules(uow, query)
    path = (
        unit_within(uow, uow.principal, READ, query["org_unit_id"]).path if "org_unit_id" in query else None
    )
    wanted = Wanted(clock.today(), query["state"], query.get("within"), query.get("rule"), path)
    limit, after = query["limit"], decode_cursor(query.get("cursor"), (date.fromisoformat, UUID))
    items = list_deadlines(uow, rules, wanted, after=after, limit=limit + 1)
    last = items[limit - 1] if len(items) > limit else None
    return page_response(items[:limit], (last["due_on"], last["id"]) if last else None)


@blueprint.route("/summary", methods=["GET"])
@operation(READ)
@blueprint.arguments(SummaryQuery, location="query")
@blueprint.response(200, SummaryOut)
def get_summary(uow: UnitOfWork, query: dict[str, Any]) -> Response:
    """How many open deadlines a unit and each of its direct children have, with all below them."""
    unit = unit_within(uow, uow.principal, READ, query["org_unit_id"])
    rules = _rules(uow, query)
    content = count_by_unit(uow, rules, unit, clock.today(), query["within"], query.get("rule"))
    return Response(orjson.dumps(content), content_type="application/json")


def _rules(uow: UnitOfWork, query: dict[str, Any]) -> list[DeadlineRule]:
    """Rules of the plugins that are on. Raises `Invalid` where the query names another one."""
    rules: list[DeadlineRule] = current_app.extensions["gonghui"].registry.deadline_rules(g.tenant.plugins_on)
    if "rule" in query and query["rule"] not in {rule.code for rule in rules}:
        known = sorted(rule.code for rule in rules if uow.principal.holds(rule.permission))
        message = _("没有这样的期限规则。现有：{known}。", known=known)
        raise invalid(FieldFault("/query/rule", "unknown_rule", message))
    return rules
