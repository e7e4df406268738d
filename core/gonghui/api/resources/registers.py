"""Registers that can be read in, and the federation's own words for their columns."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import orjson
from flask import Response
from marshmallow import Schema, fields, validate
from sqlalchemy import select

from gonghui.api.operations import Blueprint, operation
from gonghui.auth.scope import require_whole
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.errors import not_found
from gonghui.plugin_host.registers import USE, register_to_import, registers_on
from gonghui.records.registers.synonyms import ColumnSynonym, list_synonyms, teach

blueprint = Blueprint(
    "registers", __name__, url_prefix="/api/v1/registers", description="Registers that can be read in"
)

MOST_MAPPED = 200


class ColumnOut(Schema):
    key = fields.String()
    heading = fields.String()
    synonyms = fields.List(fields.String())
    required = fields.Boolean()
    sensitive = fields.String(allow_none=True)


class RegisterOut(Schema):
    code = fields.String()
    title = fields.String()
    columns = fields.List(fields.Nested(ColumnOut))


class HeadingMapping(Schema):
    mapping = fields.Dict(
        keys=fields.String(validate=[validate.Length(1, 200), validate.Regexp(r"\s*\S")]),
        values=fields.String(validate=validate.Length(max=100)),
        required=True,
        validate=validate.Length(1, MOST_MAPPED),
        metadata={
            "x-sample": "mapping",
            "description": "Column keys by heading; an empty key passes a heading over",
        },
    )


class SynonymOut(Schema):
    id = fields.UUID()
    heading = fields.String()
    key = fields.String()


@blueprint.route("", methods=["GET"])
@operation(USE)
@blueprint.response(200, RegisterOut(many=True))
def list_registers(uow: UnitOfWork) -> Response:
    """Registers that I may read in, and the columns that they may have."""
    mine = [r for r in registers_on(uow).values() if uow.principal.holds(r.permission)]
    content = [
        {"code": r.code, "title": str(r.title), "columns": [_column(column) for column in r.columns]}
        for r in sorted(mine, key=lambda register: register.code)
    ]
    return Response(orjson.dumps(content), content_type="application/json")


@blueprint.route("/<string:register_code>/synonyms", methods=["GET"])
@operation(USE)
@blueprint.response(200, SynonymOut(many=True))
def get_synonyms(uow: UnitOfWork, register_code: str) -> list[ColumnSynonym]:
    """The federation's own words for a register's columns."""
    return list_synonyms(uow, register_to_import(uow, register_code).code)


@blueprint.route("/<string:register_code>/synonyms", methods=["PUT"])
@operation(USE, of_whole=True)
@blueprint.arguments(HeadingMapping)
@blueprint.response(200, SynonymOut(many=True))
def put_synonyms(uow: UnitOfWork, body: dict[str, Any], register_code: str) -> list[ColumnSynonym]:
    """Teach what headings mean, for the whole federation; those not named keep their meaning."""
    register = register_to_import(uow, register_code)
    require_whole(uow.principal, register.permission)
    return teach(uow, register.code, register.columns, body["mapping"])


@blueprint.route("/<string:register_code>/synonyms/<uuid:synonym_id>", methods=["DELETE"])
@operation(USE, of_whole=True)
@blueprint.response(204)
def delete_synonym(uow: UnitOfWork, register_code: str, synonym_id: UUID) -> None:
    """Forget what a heading means."""
    register = register_to_import(uow, register_code)
    require_whole(uow.principal, register.permission)
    wanted = (ColumnSynonym.id == synonym_id, ColumnSynonym.register == register.code)
    found = uow.session.scalars(select(ColumnSynonym).where(*wanted)).one_or_none()
    if found is None:
        raise not_found()
    uow.note("core.column_synonym.forgotten")
    uow.session.delete(found)


def _column(column: Any) -> dict[str, Any]:
    return {
        "key": column.key,
        "heading": column.heading,
        "synonyms": list(column.synonyms),
        "required": column.required,
        "sensitive": column.sensitive,
    }
