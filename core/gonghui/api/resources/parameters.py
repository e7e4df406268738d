"""Figures of law and local rule over HTTP: which bind here, on what ground, and what a change would mean."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

import orjson
from flask import Response, current_app, g
from marshmallow import Schema, fields, validate

from gonghui.api.idempotency import idempotent
from gonghui.api.operations import Blueprint, operation
from gonghui.api.paging import PageQuery, decode_cursor, encode_cursor, page_response
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.errors import Conflict, not_found
from gonghui.i18n import _
from gonghui.reporting.consequences import Consequence, count_consequences, list_consequences
from gonghui.reporting.parameter_json import codes_here, effective_json, figure_as_json, history_json
from gonghui.tenancy.parameter_changes import check_value, decide_figure, withdraw_figure
from gonghui.tenancy.parameters import (
    BY_TENANT,
    OF_TENANT,
    Parameter,
    ParameterMissing,
    changes_ahead,
    figure,
)
from gonghui.values import clock

blueprint = Blueprint(
    "parameters", __name__, url_prefix="/api/v1/parameters", description="Dated figures of law and local rule"
)

READ, CHANGE = "core.parameter.read", "core.parameter.change"
_TEXT = [validate.Length(1, 1_000), validate.Regexp(r"\s*\S")]


class FigureOfLaw(Schema):
    code = fields.String()
    value = fields.Raw(allow_none=True)
    unit = fields.String(allow_none=True)
    version = fields.String(allow_none=True, metadata={"description": "What a record keeps"})
    jurisdiction = fields.String(
        allow_none=True, metadata={"description": "Where it comes from; `tenant`: this federation decided it"}
    )
    basis = fields.String(allow_none=True)
    confidence = fields.String(allow_none=True)
    effective_from = fields.Date(allow_none=True)
    effective_to = fields.Date(allow_none=True)


class Coming(FigureOfLaw):
    from_ = fields.Date(data_key="from")


class ParameterOut(FigureOfLaw):
    is_own = fields.Boolean()
    coming = fields.List(fields.Nested(Coming))


class ParameterPage(Schema):
    items = fields.List(fields.Nested(ParameterOut))
    next = fields.String(allow_none=True)


class PastFigure(FigureOfLaw):
    """Those of the federation's own say who decided and withdrew them."""

    id = fields.UUID()
    reason = fields.String()
    decided_by = fields.String()
    decided_at = fields.DateTime()
    withdrawn_at = fields.DateTime(allow_none=True)
    withdrawn_by = fields.String(allow_none=True)
    withdrawn_for = fields.String(allow_none=True)


class ParameterDetail(ParameterOut):
    history = fields.List(fields.Nested(PastFigure))


class FigureDecision(Schema):
    value = fields.Raw(required=True, metadata={"x-sample": "parameter_value", "type": "integer"})
    effective_from = fields.Date(required=True, metadata={"example": "2030-01-01"})
    effective_to = fields.Date(allow_none=True, load_default=None)
    basis = fields.String(required=True, validate=_TEXT, metadata={"example": "示工发〔2029〕3号第二条"})
    reason = fields.String(required=True, validate=_TEXT, metadata={"example": "本区另有规定"})


class Withdrawal(Schema):
    reason = fields.String(required=True, validate=_TEXT, metadata={"example": "规定已废止"})


class WhatIfQuery(PageQuery):
    on = fields.Date(
        metadata={
            "description": "The figure that binds on this day; without it, the next that is known to come"
        }
    )


class WhatIf(Schema):
    value = fields.Raw(required=True, metadata={"x-sample": "parameter_value", "type": "integer"})


class ConsequenceOut(Schema):
    title = fields.String()
    gains = fields.Integer()
    loses = fields.Integer()


class AffectedOut(Schema):
    id = fields.UUID()
    label = fields.String()
    org_unit_id = fields.UUID()
    change = fields.String(validate=validate.OneOf(["gains", "loses"]))
    consequence = fields.String()


class WhatIfOut(Schema):
    now = fields.Nested(FigureOfLaw)
    then = fields.Nested(FigureOfLaw, allow_none=True)
    consequences = fields.List(fields.Nested(ConsequenceOut))
    items = fields.List(fields.Nested(AffectedOut))
    next = fields.String(allow_none=True)


@blueprint.route("", methods=["GET"])
@operation(READ)
@blueprint.arguments(PageQuery, location="query")
@blueprint.response(200, ParameterPage)
def list_parameters(uow: UnitOfWork, query: dict[str, Any]) -> Response:
    """Figures by code: the one that binds today, and changes that are known to come."""
    after = decode_cursor(query.get("cursor"), (str,))
    codes = [code for code in codes_here(g.tenant.plugins_on) if after is None or code > after[0]]
    limit = query["limit"]
    page = [effective_json(uow, code) for code in codes[:limit]]
    return page_response(page, (codes[limit - 1],) if len(codes) > limit else None)


@blueprint.route("/<string:parameter_code>", methods=["GET"])
@operation(READ)
@blueprint.response(200, ParameterDetail)
def get_parameter(uow: UnitOfWork, parameter_code: str) -> Response:
    """One figure with everything that bound here before, and what the federation decided itself."""
    return _json(_detail(uow, _known(parameter_code)))


@blueprint.route("/<string:parameter_code>", methods=["PUT"])
@operation(CHANGE, of_whole=True)
@blueprint.arguments(FigureDecision)
@blueprint.response(200, ParameterDetail)
def put_parameter(uow: UnitOfWork, body: dict[str, Any], parameter_code: str) -> Response:
    """Let a figure of the federation's own bind from a day on; sending the same again changes nothing."""
    decide_figure(uow, _known(parameter_code), body.pop("value"), **body)
    return _json(_detail(uow, parameter_code))


@blueprint.route("/<string:parameter_code>/overrides/<uuid:override_id>/withdraw", methods=["POST"])
@operation(CHANGE, of_whole=True)
@idempotent
@blueprint.arguments(Withdrawal)
@blueprint.response(200, ParameterDetail)
def withdraw_override(
    uow: UnitOfWork, body: dict[str, Any], parameter_code: str, override_id: UUID
) -> Response:
    """Let a figure of the federation's own bind no longer; records that were decided under it keep it."""
    withdraw_figure(uow, _known(parameter_code), override_id, body["reason"])
    return _json(_detail(uow, parameter_code))


@blueprint.route("/<string:parameter_code>/what-if", methods=["GET"])
@operation(READ)
@blueprint.arguments(WhatIfQuery, location="query")
@blueprint.response(200, WhatIfOut)
def get_what_if(uow: UnitOfWork, query: dict[str, Any], parameter_code: str) -> Response:
    """Who of those I see gains and who loses by the change that is known to come."""
    now = _in_force(uow, _known(parameter_code))
    if "on" in query:
        then = _in_force(uow, parameter_code, query["on"])
    else:
        then = next((found for _day, found in changes_ahead(uow, parameter_code)), now)
    return _json(_told(uow, now, then, query))


@blueprint.route("/<string:parameter_code>/what-if", methods=["POST"])
@operation(READ)
@blueprint.arguments(PageQuery, location="query")
@blueprint.arguments(WhatIf)
@blueprint.response(200, WhatIfOut)
def ask_what_if(
    uow: UnitOfWork, query: dict[str, Any], body: dict[str, Any], parameter_code: str
) -> Response:
    """Who of those I see would gain and who would lose by a figure that I think of; nothing is changed."""
    now = _in_force(uow, _known(parameter_code))
    check_value(uow, parameter_code, body["value"])
    thought = replace(
        now,
        value=body["value"],
        jurisdiction=OF_TENANT,
        effective_from=clock.today(),
        effective_to=None,
        basis="",
        confidence=BY_TENANT,
    )
    return _json(_told(uow, now, thought, query))


def _known(code: str) -> str:
    if code not in codes_here(g.tenant.plugins_on):
        raise not_found()
    return code


def _in_force(uow: UnitOfWork, code: str, on: Any = None) -> Parameter:
    try:
        return figure(uow, code, on)
    except ParameterMissing:
        raise Conflict("no_figure_in_force", _("这一天没有生效的数值，无法比较。")) from None


def _detail(uow: UnitOfWork, code: str) -> dict[str, Any]:
    return effective_json(uow, code) | {"history": history_json(uow, code)}


def _consequences(code: str) -> list[Consequence]:
    registry = current_app.extensions["gonghui"].registry
    return [each for each in registry.consequences(g.tenant.plugins_on) if each.parameter == code]


def _told(uow: UnitOfWork, now: Parameter, then: Parameter, query: dict[str, Any]) -> dict[str, Any]:
    concerned = _consequences(now.code)
    after: Any = decode_cursor(query.get("cursor"), (int, UUID))
    limit = query["limit"]
    rows = list_consequences(uow, concerned, now, then, after=after, limit=limit + 1)
    items = [
        {
            "id": row.id,
            "label": row.label,
            "org_unit_id": row.org_unit_id,
            "change": row.change,
            "consequence": str(concerned[row.place].title),
        }
        for row in rows[:limit]
    ]
    last = rows[limit - 1] if len(rows) > limit else None
    return {
        "now": figure_as_json(now),
        "then": figure_as_json(then),
        "consequences": [
            {"title": str(told.consequence.title), "gains": told.gains, "loses": told.loses}
            for told in count_consequences(uow, concerned, now, then)
        ],
        "items": items,
        "next": encode_cursor((last.place, str(last.id))) if last else None,
    }


def _json(content: dict[str, Any]) -> Response:
    return Response(orjson.dumps(content), content_type="application/json")
