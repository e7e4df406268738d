"""Plugins of this federation: what is installed, how each stands, what it brings, and the switch."""

from __future__ import annotations

from typing import Any

from flask import current_app
from marshmallow import Schema, fields, validate

from gonghui.api.operations import Blueprint, operation
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.errors import not_found
from gonghui.lifecycle.plugin_preview import preview
from gonghui.plugin_host.failures import failures_of
from gonghui.plugin_host.manifest import Plugin
from gonghui.plugin_host.previews import (
    LEAVING,
    OFF,
    ON,
    STOPPED,
    UNPLANNED,
    all_standing,
)
from gonghui.plugin_host.registry import Registry
from gonghui.plugin_host.switching import switch_off, switch_on

blueprint = Blueprint("plugins", __name__, url_prefix="/api/v1/plugins", description="Plugin switches")

READ, SWITCH = "core.plugin.read", "core.plugin.switch"


class PluginOut(Schema):
    id = fields.String()
    name = fields.String()
    version = fields.String()
    on = fields.Boolean()
    state = fields.String(validate=validate.OneOf([ON, OFF, STOPPED, UNPLANNED, LEAVING]))
    reason = fields.String(allow_none=True, metadata={"description": "Why the platform stopped it"})
    purge_on = fields.Date(allow_none=True, metadata={"description": "When its data may be deleted"})


class Coded(Schema):
    code = fields.String()
    title = fields.String()


class BroughtRole(Coded):
    permissions = fields.List(fields.String())


class BroughtSchedule(Coded):
    at = fields.String(metadata={"description": "Hour in Asia/Shanghai"})
    weekday = fields.Integer(allow_none=True, metadata={"description": "0 is Monday"})
    day = fields.Integer(allow_none=True)


class Brings(Schema):
    permissions = fields.List(fields.Nested(Coded))
    roles = fields.List(fields.Nested(BroughtRole))
    record_types = fields.List(fields.Nested(Coded))
    registers = fields.List(fields.Nested(Coded))
    deadlines = fields.List(fields.Nested(Coded))
    figures = fields.List(fields.Nested(Coded))
    events = fields.List(fields.Nested(Coded))
    reacts_to = fields.List(fields.Nested(Coded))
    answers = fields.List(fields.Nested(Coded))
    schedules = fields.List(fields.Nested(BroughtSchedule))


class RowsOut(Coded):
    rows = fields.Integer()


class PreviewOut(PluginOut):
    requires = fields.List(fields.Nested(PluginOut))
    required_by = fields.List(fields.Nested(PluginOut))
    brings = fields.Nested(Brings)
    personal_data = fields.List(
        fields.Nested(Coded), metadata={"description": "Tables with personal data, in words"}
    )
    rows = fields.List(fields.Nested(RowsOut), metadata={"description": "What the plugin holds here"})


class Position(Schema):
    on = fields.Boolean(required=True, metadata={"example": True})
    with_dependents = fields.Boolean(
        load_default=False, metadata={"description": "Switch off what requires it, too", "example": False}
    )


class Switched(PluginOut):
    changed = fields.List(fields.String(), metadata={"description": "Ids of the plugins that were switched"})


class FailureOut(Schema):
    at = fields.DateTime()
    place = fields.String()
    error = fields.String()


@blueprint.route("", methods=["GET"])
@operation(READ)
@blueprint.response(200, PluginOut(many=True))
def list_plugins(uow: UnitOfWork) -> list[dict[str, Any]]:
    """Installed plugins and how each stands here."""
    return all_standing(uow, _registry())


@blueprint.route("/<string:plugin_id>", methods=["GET"])
@operation(READ)
@blueprint.response(200, PreviewOut)
def get_plugin(uow: UnitOfWork, plugin_id: str) -> dict[str, Any]:
    """What switching the plugin on brings, what it needs, what needs it, and what it holds here."""
    return preview(uow, _registry(), _plugin(plugin_id))


@blueprint.route("/<string:plugin_id>", methods=["PUT"])
@operation(SWITCH, of_whole=True)
@blueprint.arguments(Position)
@blueprint.response(200, Switched)
def put_plugin(uow: UnitOfWork, body: dict[str, bool], plugin_id: str) -> dict[str, Any]:
    """Switch a plugin on, with what it requires, or off; its data stays."""
    plugin = _plugin(plugin_id)
    changed = (
        switch_on(uow, _registry(), plugin)
        if body["on"]
        else switch_off(uow, _registry(), plugin, with_dependents=body["with_dependents"])
    )
    stands = next(row for row in all_standing(uow, _registry()) if row["id"] == plugin_id)
    return {**stands, "changed": [each.id for each in changed]}


@blueprint.route("/<string:plugin_id>/failures", methods=["GET"])
@operation(READ)
@blueprint.response(200, FailureOut(many=True))
def list_failures(uow: UnitOfWork, plugin_id: str) -> list[Any]:
    """What went wrong in calls into the plugin here, the latest first."""
    return failures_of(uow, _plugin(plugin_id).id)


def _registry() -> Registry:
    registry: Registry = current_app.extensions["gonghui"].registry
    return registry


def _plugin(plugin_id: str) -> Plugin:
    found = _registry().plugins.get(plugin_id)
    if found is None:
        raise not_found()
    return found
