"""Questionnaires over HTTP beyond their record: copying one, sending sheets in, and what the sheets say together."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import orjson
from flask import Response
from marshmallow import Schema, fields, validate

from gonghui.sdk import Blueprint, UnitOfWork, idempotent, name_rules, operation
from gonghui_organising import questionnaire, sheet_results, sheet_taking
from gonghui_organising.questionnaire import COLLECT, RESULTS, questionnaires
from gonghui_organising.sheet_taking import FILL, Outcome

blueprint = Blueprint(
    "organising_questionnaires",
    __name__,
    url_prefix="/api/v1/organising",
    description="Organising: questionnaires",
)
MOST_SHEETS = 100
_MOST_ANSWERS = 300


class SheetIn(Schema):
    """A sheet as a phone kept it."""

    sheet_key = fields.UUID(
        required=True,
        metadata={
            "example": "0d0f7d3a-6c1e-4f59-9b0a-2b6f5f0c9a11",
            "description": "Made by whoever fills the sheet; sent twice, it counts once",
        },
    )
    edition = fields.String(
        required=True,
        validate=name_rules(64),
        metadata={"x-sample": "open edition", "description": "Of the questions, as the questionnaire told"},
    )
    filled_at = fields.AwareDateTime(required=True, metadata={"x-sample": "filled at"})
    answers = fields.Dict(
        keys=fields.String(validate=validate.Length(max=40)),
        values=fields.Raw(allow_none=True),
        required=True,
        validate=validate.Length(max=_MOST_ANSWERS),
        metadata={
            "example": {},
            "description": "By question id: a choice, a list of choices, a number or a text",
        },
    )


class CollectedSheet(SheetIn):
    respondent = fields.String(
        allow_none=True,
        validate=validate.Length(max=100),
        metadata={"description": "Who answered; only of a questionnaire that says it names them"},
    )


class Sheets(Schema):
    org_unit_id = fields.UUID(
        required=True, metadata={"x-sample": "org_unit_id", "description": "Where they were collected"}
    )
    sheets = fields.List(
        fields.Nested(CollectedSheet),
        required=True,
        validate=validate.Length(1, MOST_SHEETS),
        metadata={
            "example": [
                {
                    "sheet_key": "0d0f7d3a-6c1e-4f59-9b0a-2b6f5f0c9a12",
                    "edition": "0000000000000000",
                    "filled_at": "2024-06-28T10:00:00+08:00",
                    "answers": {},
                }
            ]
        },
    )


class OwnSheet(SheetIn):
    questionnaire_id = fields.UUID(required=True, metadata={"x-sample": "open questionnaire"})


class SheetFault(Schema):
    pointer = fields.String()
    code = fields.String()
    detail = fields.String()


class SheetOutcome(Schema):
    sheet_key = fields.UUID()
    outcome = fields.String(validate=validate.OneOf(["taken", "known", "refused"]))
    errors = fields.List(fields.Nested(SheetFault))


class SheetOutcomes(Schema):
    taken = fields.Integer()
    known = fields.Integer()
    refused = fields.Integer()
    sheets = fields.List(fields.Nested(SheetOutcome), metadata={"description": "In the order they were sent"})


class ResultsQuery(Schema):
    by_street = fields.Boolean(load_default=False)


class ChoiceCount(Schema):
    choice = fields.String()
    count = fields.Integer(allow_none=True, metadata={"description": "Null where it is too small to show"})


class QuestionResult(Schema):
    question_id = fields.UUID()
    number = fields.Integer()
    answered = fields.Integer(allow_none=True)
    choices = fields.List(fields.Nested(ChoiceCount))
    average = fields.String(metadata={"description": "Of a question for a number"})
    texts = fields.List(fields.String(), metadata={"description": "In the order of their letters"})


class StreetResult(Schema):
    street_id = fields.UUID(allow_none=True)
    street_name = fields.String(allow_none=True)
    sheets = fields.Integer(allow_none=True)
    questions = fields.List(fields.Nested(QuestionResult))


class ResultsOut(Schema):
    questionnaire_id = fields.UUID()
    edition = fields.String(allow_none=True)
    is_named = fields.Boolean()
    smallest_cell = fields.Integer(metadata={"description": "Smaller counts are hidden"})
    sheets = fields.Integer(allow_none=True)
    questions = fields.List(fields.Nested(QuestionResult))
    streets = fields.List(fields.Nested(StreetResult))


class CopyOut(Schema):
    id = fields.UUID()


@blueprint.route("/questionnaires/<uuid:questionnaire_id>/copy", methods=["POST"])
@operation(questionnaires.permission("create"))
@idempotent
@blueprint.response(201, CopyOut)
def copy_questionnaire(uow: UnitOfWork, questionnaire_id: UUID) -> Response:
    """A new draft with the same questions, which may be changed there."""
    made = questionnaire.copy(uow, questionnaire_id)
    response = _json({"id": made.id}, 201)
    response.headers["Location"] = f"/api/v1/organising/questionnaires/{made.id}"
    return response


# No Idempotency-Key: its memory would keep for an account what a sheet that is nobody's says. A sheet's key does it.
@blueprint.route("/questionnaires/<uuid:questionnaire_id>/sheets", methods=["POST"])
@operation(COLLECT)
@blueprint.arguments(Sheets)
@blueprint.response(200, SheetOutcomes)
def send_sheets(uow: UnitOfWork, body: dict[str, Any], questionnaire_id: UUID) -> Response:
    """Send sheets that were collected, perhaps long ago and perhaps for the second time; each has its own answer."""
    outcomes = sheet_taking.take_collected(uow, questionnaire_id, body["org_unit_id"], body["sheets"])
    numbers = {kind: sum(one.outcome == kind for one in outcomes) for kind in ("taken", "known", "refused")}
    return _json({**numbers, "sheets": [_outcome(one) for one in outcomes]})


@blueprint.route("/answer-sheets", methods=["POST"])
@operation(FILL, personal=True)
@blueprint.arguments(OwnSheet)
@blueprint.response(200, SheetOutcome)
def send_own_sheet(uow: UnitOfWork, body: dict[str, Any]) -> Response:
    """Send the sheet that I filled; whoever is signed in may."""
    return _json(_outcome(sheet_taking.take_own(uow, body["questionnaire_id"], body)))


@blueprint.route("/questionnaires/<uuid:questionnaire_id>/results", methods=["GET"])
@operation(RESULTS)
@blueprint.arguments(ResultsQuery, location="query")
@blueprint.response(200, ResultsOut)
def get_results(uow: UnitOfWork, query: dict[str, Any], questionnaire_id: UUID) -> Response:
    """What the sheets say together; small counts are hidden, and nobody's answers are shown."""
    return _json(sheet_results.results(uow, questionnaire_id, by_street=query["by_street"]))


def _outcome(one: Outcome) -> dict[str, Any]:
    errors = [{"pointer": f.pointer, "code": f.code, "detail": str(f.detail)} for f in one.faults]
    return {"sheet_key": one.sheet_key, "outcome": one.outcome, "errors": errors}


def _json(content: Any, status: int = 200) -> Response:
    return Response(orjson.dumps(content), status, content_type="application/json")
