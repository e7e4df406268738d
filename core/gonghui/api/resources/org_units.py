"""The tree of org units over HTTP."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response
from marshmallow import Schema, fields, validate
from sqlalchemy import select

from gonghui.api.contents import name_rules
from gonghui.api.idempotency import idempotent
from gonghui.api.operations import Blueprint, operation
from gonghui.api.paging import PageQuery, decode_cursor, page_response
from gonghui.auth.scope import unit_within, visible
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.tenancy.org_tree import OrgUnit, OrgUnitKind, new_unit, under

blueprint = Blueprint(
    "org_units", __name__, url_prefix="/api/v1/org-units", description="The tree of org units"
)

READ, CREATE = "core.org_unit.read", "core.org_unit.create"
_KINDS = [kind.value for kind in OrgUnitKind]


class Unit(Schema):
    id = fields.UUID()
    parent_id = fields.UUID(allow_none=True)
    kind = fields.String(validate=validate.OneOf(_KINDS))
    name = fields.String()


class UnitPage(Schema):
    items = fields.List(fields.Nested(Unit))
    next = fields.String(allow_none=True)


class UnitQuery(PageQuery):
    kind = fields.String(validate=validate.OneOf(_KINDS))
    under = fields.UUID(metadata={"description": "Only this unit and those below it"})


class NewUnit(Schema):
    parent_id = fields.UUID(required=True, metadata={"x-sample": "org_unit_id"})
    kind = fields.String(
        required=True, validate=validate.OneOf(_KINDS), metadata={"example": "park_federation"}
    )
    name = fields.String(
        required=True,
        validate=name_rules(),
        metadata={"example": "示例园区工联会"},
    )


@blueprint.route("", methods=["GET"])
@operation(READ)
@blueprint.arguments(UnitQuery, location="query")
@blueprint.response(200, UnitPage)
def list_units(uow: UnitOfWork, query: dict[str, Any]) -> Response:
    """Units that I see, from the top down."""
    table = OrgUnit.__table__.c
    wanted = [visible(uow.principal, READ, table.id)]
    if "kind" in query:
        wanted.append(table.kind == query["kind"])
    if "under" in query:
        wanted.append(under([unit_within(uow, uow.principal, READ, query["under"]).path]))
    after = decode_cursor(query.get("cursor"), (str,))
    if after is not None:
        wanted.append(table.path > after[0])
    limit = query["limit"]
    rows = uow.session.execute(
        select(table.id, table.parent_id, table.kind, table.name, table.path)
        .where(*wanted)
        .order_by(table.path)
        .limit(limit + 1)
    ).all()
    items = [{"id": r.id, "parent_id": r.parent_id, "kind": r.kind, "name": r.name} for r in rows[:limit]]
    return page_response(items, (rows[limit - 1].path,) if len(rows) > limit else None)


@blueprint.route("", methods=["POST"])
@operation(CREATE)
@idempotent
@blueprint.arguments(NewUnit)
@blueprint.response(201, Unit)
def create_unit(uow: UnitOfWork, body: dict[str, Any]) -> OrgUnit:
    """Set up a unit below one that I may extend."""
    parent = unit_within(uow, uow.principal, CREATE, body["parent_id"])
    uow.note("core.org_unit.created")
    unit = new_unit(parent, OrgUnitKind(body["kind"]), body["name"].strip())
    uow.add(unit)
    uow.session.flush()
    return unit


@blueprint.route("/<uuid:org_unit_id>", methods=["GET"])
@operation(READ)
@blueprint.response(200, Unit)
def get_unit(uow: UnitOfWork, org_unit_id: UUID) -> OrgUnit:
    """One unit."""
    return unit_within(uow, uow.principal, READ, org_unit_id)
