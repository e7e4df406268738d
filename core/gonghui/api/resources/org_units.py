"""The tree of org units over HTTP: the present one, and the one of a day."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import orjson
from flask import Response
from marshmallow import Schema, fields, validate
from sqlalchemy import select

from gonghui.api.contents import name_rules
from gonghui.api.idempotency import idempotent
from gonghui.api.operations import Blueprint, operation
from gonghui.api.paging import PageQuery, decode_cursor, page_response
from gonghui.auth.scope import unit_within, visible
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.lifecycle.reorganising import settle
from gonghui.tenancy.org_history import edges_of, names_of, tree_on
from gonghui.tenancy.org_tree import EdgeCause, OrgUnit, OrgUnitKind, set_up_unit, under
from gonghui.values import clock

blueprint = Blueprint(
    "org_units", __name__, url_prefix="/api/v1/org-units", description="The tree of org units"
)

READ, CREATE = "core.org_unit.read", "core.org_unit.create"
_KINDS = [kind.value for kind in OrgUnitKind]
_LISTED = ("id", "parent_id", "kind", "name", "valid_from", "valid_to", "successor_id")


class Unit(Schema):
    id = fields.UUID()
    parent_id = fields.UUID(allow_none=True)
    kind = fields.String(validate=validate.OneOf(_KINDS))
    name = fields.String()
    valid_from = fields.Date()
    valid_to = fields.Date(
        allow_none=True, metadata={"description": "Last day of a unit that was merged or closed"}
    )
    successor_id = fields.UUID(allow_none=True, metadata={"description": "The unit into which it was merged"})


class UnitPage(Schema):
    items = fields.List(fields.Nested(Unit))
    next = fields.String(allow_none=True)


class UnitQuery(PageQuery):
    kind = fields.String(validate=validate.OneOf(_KINDS))
    under = fields.UUID(metadata={"description": "Only this unit and those below it"})
    open = fields.Boolean(
        metadata={"description": "Only units that are not closed (true), or closed (false)"}
    )


class TreeQuery(PageQuery):
    on = fields.Date(metadata={"description": "The day; today without it"})
    kind = fields.String(validate=validate.OneOf(_KINDS))


class EdgeOut(Schema):
    parent_id = fields.UUID(allow_none=True)
    parent_name = fields.String(allow_none=True, metadata={"description": "As it was called then"})
    valid_from = fields.Date()
    valid_to = fields.Date(allow_none=True)
    cause = fields.String(validate=validate.OneOf([cause.value for cause in EdgeCause]))
    decision = fields.String(allow_none=True)


class FormerName(Schema):
    name = fields.String()
    valid_from = fields.Date()
    valid_to = fields.Date()
    decision = fields.String(allow_none=True, metadata={"description": "By which it ended"})


class History(Unit):
    edges = fields.List(fields.Nested(EdgeOut))
    former_names = fields.List(fields.Nested(FormerName))


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
    if "open" in query:
        wanted.append(table.valid_to.is_(None) if query["open"] else table.valid_to.is_not(None))
    if "under" in query:
        wanted.append(under([unit_within(uow, uow.principal, READ, query["under"]).path]))
    after = decode_cursor(query.get("cursor"), (str,))
    if after is not None:
        wanted.append(table.path > after[0])
    limit = query["limit"]
    rows = uow.session.execute(
        select(*(table[name] for name in _LISTED), table.path)
        .where(*wanted)
        .order_by(table.path)
        .limit(limit + 1)
    ).all()
    return page_response(
        [_unit(row) for row in rows[:limit]], (rows[limit - 1].path,) if len(rows) > limit else None
    )


@blueprint.route("", methods=["POST"])
@operation(CREATE)
@idempotent
@blueprint.arguments(NewUnit)
@blueprint.response(201, Unit)
def create_unit(uow: UnitOfWork, body: dict[str, Any]) -> OrgUnit:
    """Set up a unit below one that I may extend."""
    parent = unit_within(uow, uow.principal, CREATE, body["parent_id"])
    return set_up_unit(uow, parent, OrgUnitKind(body["kind"]), body["name"].strip())


@blueprint.route("/tree", methods=["GET"])
@operation(READ)
@blueprint.arguments(TreeQuery, location="query")
@blueprint.response(200, UnitPage)
def get_tree(uow: UnitOfWork, query: dict[str, Any]) -> Response:
    """Units that I see today, each with the parent and the name that it had on a day.

    A unit that was set up later stands where it was first set; its `valid_from` tells.
    """
    settle(uow)
    table = OrgUnit.__table__.c
    wanted = [visible(uow.principal, READ, table.id)]
    if "kind" in query:
        wanted.append(table.kind == query["kind"])
    after = decode_cursor(query.get("cursor"), (UUID,))
    limit = query["limit"]
    rows = tree_on(
        uow,
        query.get("on") or clock.today(),
        *wanted,
        after=after[0] if after else None,
        limit=limit + 1,
    )
    return page_response(
        [_unit(row) for row in rows[:limit]], (rows[limit - 1].id,) if len(rows) > limit else None
    )


@blueprint.route("/<uuid:org_unit_id>", methods=["GET"])
@operation(READ)
@blueprint.response(200, Unit)
def get_unit(uow: UnitOfWork, org_unit_id: UUID) -> OrgUnit:
    """One unit."""
    return unit_within(uow, uow.principal, READ, org_unit_id)


@blueprint.route("/<uuid:org_unit_id>/history", methods=["GET"])
@operation(READ)
@blueprint.response(200, History)
def get_history(uow: UnitOfWork, org_unit_id: UUID) -> Response:
    """Under whom a unit stood and what it was called, from its first day on."""
    settle(uow)
    unit = unit_within(uow, uow.principal, READ, org_unit_id)
    content = _unit(unit) | {
        "edges": [dict(row._mapping) for row in edges_of(uow, unit.id)],
        "former_names": [
            {name: getattr(former, name) for name in ("name", "valid_from", "valid_to", "decision")}
            for former in names_of(uow, unit.id)
        ],
    }
    return Response(orjson.dumps(content), content_type="application/json")


def _unit(row: Any) -> dict[str, Any]:
    return {name: getattr(row, name) for name in _LISTED}
