"""What goes in and out of the operations on imports."""

from __future__ import annotations

from flask_smorest.fields import Upload
from marshmallow import Schema, fields, validate

from gonghui.api.paging import MOST, PageQuery
from gonghui.records.registers.runs import RunState
from gonghui.records.registers.sheets import MAX_CELL_TEXT

STATES = [state.value for state in RunState]
MOST_LINES = 10**9


class NewImport(Schema):
    register = fields.String(required=True, metadata={"x-sample": "register"})
    file = Upload(required=True, metadata={"x-sample": "file"})
    mapping = fields.String(
        metadata={
            "description": "JSON: column keys by heading; kept for every file to come, by a street for this file"
        }
    )


class RunQuery(PageQuery):
    register = fields.String()
    state = fields.String(validate=validate.OneOf(STATES))


class RunOut(Schema):
    id = fields.UUID()
    org_unit_id = fields.UUID()
    account_id = fields.UUID(allow_none=True)
    register = fields.String()
    title = fields.String()
    file_name = fields.String()
    state = fields.String(validate=validate.OneOf(STATES))
    stale = fields.Boolean(metadata={"description": "Failed because it was not read within ten minutes"})
    error = fields.String(allow_none=True)
    sheet = fields.String(allow_none=True)
    headings = fields.Dict(metadata={"description": "Headings by column key"})
    ignored = fields.List(fields.String(), metadata={"description": "Headings that mean no column"})
    rows = fields.Integer()
    good = fields.Integer()
    faulty = fields.Integer()
    known = fields.Integer()
    created = fields.Integer()
    made = fields.Dict()
    waiting = fields.Integer(metadata={"description": "Faulty rows that wait to be put right; not in lists"})
    started_at = fields.DateTime()
    applied_at = fields.DateTime(allow_none=True)
    undone_at = fields.DateTime(allow_none=True)


class RunPage(Schema):
    items = fields.List(fields.Nested(RunOut))
    next = fields.String(allow_none=True)


class FaultQuery(Schema):
    after = fields.Integer(load_default=0, validate=validate.Range(0, MOST_LINES))
    limit = fields.Integer(load_default=50, validate=validate.Range(1, MOST))


class FaultOut(Schema):
    sheet = fields.String()
    row = fields.Integer()
    column = fields.String()
    code = fields.String()
    message = fields.String()


class FaultPage(Schema):
    items = fields.List(fields.Nested(FaultOut))
    next = fields.Integer(allow_none=True, metadata={"description": "`after` for the next rows"})


class CellOut(Schema):
    key = fields.String()
    heading = fields.String()
    text = fields.String()
    masked = fields.Boolean()


class RowOut(Schema):
    sheet = fields.String()
    number = fields.Integer()
    cells = fields.List(fields.Nested(CellOut))
    faults = fields.List(fields.Nested(FaultOut))


class RowChange(Schema):
    cells = fields.Dict(
        keys=fields.String(),
        values=fields.String(validate=validate.Length(max=MAX_CELL_TEXT)),
        required=True,
        validate=validate.Length(min=1),
        metadata={"x-sample": "cells", "description": "New texts by column key"},
    )


class RowFaults(Schema):
    faults = fields.List(fields.Nested(FaultOut))


class Decision(Schema):
    faulty = fields.String(
        required=True,
        validate=validate.OneOf(["skip", "refuse"]),
        metadata={"example": "skip", "description": "refuse: one faulty row keeps the whole file out"},
    )
