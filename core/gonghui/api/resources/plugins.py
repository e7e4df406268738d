"""Plugins of this federation: what is installed, how each stands, what it brings, and the switch."""

from __future__ import annotations

from typing import Any

from flask import Response
from marshmallow import Schema, fields, validate

from gonghui.api.operations import Blueprint, operation
from gonghui.api.plugins_here import exported, plugin_here, registry_here
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.lifecycle.plugin_preview import preview
from gonghui.lifecycle.plugin_removal import cancel_removal, request_removal
from gonghui.plugin_host.failures import failures_of
from gonghui.plugin_host.previews import (
    LEAVING,
    OFF,
    ON,
    STOPPED,
    UNPLANNED,
    all_standing,
)
from gonghui.plugin_host.switching import put_in_plan, switch_off, switch_on
from gonghui.settings import settings

blueprint = Blueprint("plugins", __name__, url_prefix="/api/v1/plugins", description="Plugin switches")

READ, SWITCH = "core.plugin.read", "core.plugin.switch"
PLAN, UNINSTALL, EXPORT = "core.plugin.plan", "core.plugin.uninstall", "core.plugin.export"


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


class HealthOut(Schema):
    is_well = fields.Boolean()
    sentence = fields.String()


class PreviewOut(PluginOut):
    requires = fields.List(fields.Nested(PluginOut))
    required_by = fields.List(fields.Nested(PluginOut))
    brings = fields.Nested(Brings)
    personal_data = fields.List(
        fields.Nested(Coded), metadata={"description": "Tables with personal data, in words"}
    )
    health = fields.Nested(
        HealthOut, allow_none=True, metadata={"description": "How the plugin says that it fares"}
    )
    rows = fields.List(fields.Nested(RowsOut), metadata={"description": "What the plugin holds here"})


class Position(Schema):
    on = fields.Boolean(required=True, metadata={"example": True})
    with_dependents = fields.Boolean(
        load_default=False, metadata={"description": "Switch off what requires it, too", "example": False}
    )


class Switched(PluginOut):
    changed = fields.List(fields.String(), metadata={"description": "Ids of the plugins that were switched"})


class Planned(Schema):
    planned = fields.Boolean(required=True, metadata={"example": True})


class Removal(Schema):
    days = fields.Integer(
        load_default=None,
        validate=validate.Range(0, 3650),
        metadata={"description": "Days until the rows go; without it, those of the installation"},
    )


class FailureOut(Schema):
    at = fields.DateTime()
    place = fields.String()
    error = fields.String()


@blueprint.route("", methods=["GET"])
@operation(READ)
@blueprint.response(200, PluginOut(many=True))
def list_plugins(uow: UnitOfWork) -> list[dict[str, Any]]:
    """Installed plugins and how each stands here."""
    return all_standing(uow, registry_here())


@blueprint.route("/<string:plugin_id>", methods=["GET"])
@operation(READ)
@blueprint.response(200, PreviewOut)
def get_plugin(uow: UnitOfWork, plugin_id: str) -> dict[str, Any]:
    """What switching the plugin on brings, what it needs, what needs it, and what it holds here."""
    return preview(uow, registry_here(), plugin_here(plugin_id))


@blueprint.route("/<string:plugin_id>", methods=["PUT"])
@operation(SWITCH, of_whole=True)
@blueprint.arguments(Position)
@blueprint.response(200, Switched)
def put_plugin(uow: UnitOfWork, body: dict[str, bool], plugin_id: str) -> dict[str, Any]:
    """Switch a plugin on, with what it requires, or off; its data stays."""
    plugin = plugin_here(plugin_id)
    changed = (
        switch_on(uow, registry_here(), plugin)
        if body["on"]
        else switch_off(uow, registry_here(), plugin, with_dependents=body["with_dependents"])
    )
    return {**_standing(uow, plugin_id), "changed": [each.id for each in changed]}


@blueprint.route("/<string:plugin_id>/failures", methods=["GET"])
@operation(READ)
@blueprint.response(200, FailureOut(many=True))
def list_failures(uow: UnitOfWork, plugin_id: str) -> list[Any]:
    """What went wrong in calls into the plugin here, the latest first."""
    return failures_of(uow, plugin_here(plugin_id).id)


@blueprint.route("/<string:plugin_id>/plan", methods=["PUT"])
@operation(PLAN, of_whole=True)
@blueprint.arguments(Planned)
@blueprint.response(200, Switched)
def put_plan(uow: UnitOfWork, body: dict[str, bool], plugin_id: str) -> dict[str, Any]:
    """Take a plugin into this federation's plan or out of it. For operators."""
    changed = put_in_plan(uow, registry_here(), plugin_here(plugin_id), planned=body["planned"])
    return {**_standing(uow, plugin_id), "changed": [each.id for each in changed]}


@blueprint.route("/<string:plugin_id>/removal", methods=["POST"])
@operation(UNINSTALL, of_whole=True)
@blueprint.arguments(Removal)
@blueprint.response(200, PluginOut)
def post_removal(uow: UnitOfWork, body: dict[str, Any], plugin_id: str) -> dict[str, Any]:
    """Uninstall a plugin here: its rows go after some days, until when it can be taken back."""
    days = settings().plugin_grace_days if body["days"] is None else body["days"]
    request_removal(uow, plugin_here(plugin_id), days, others=registry_here().plugins.values())
    return _standing(uow, plugin_id)


@blueprint.route("/<string:plugin_id>/removal", methods=["DELETE"])
@operation(UNINSTALL, of_whole=True)
@blueprint.response(200, PluginOut)
def delete_removal(uow: UnitOfWork, plugin_id: str) -> dict[str, Any]:
    """Take the uninstalling back: everything stays."""
    cancel_removal(uow, plugin_here(plugin_id))
    return _standing(uow, plugin_id)


@blueprint.route("/<string:plugin_id>/export", methods=["POST"])
@operation(EXPORT, of_whole=True)
@blueprint.response(200, content_type="application/zip")
def export_plugin(uow: UnitOfWork, plugin_id: str) -> Response:
    """Everything that the plugin holds here, as a zip of JSON lines; sealed values are masked. For operators.

    It holds what no role sees in lists, such as who likes whom.
    """
    return exported(uow, plugin_here(plugin_id))


def _standing(uow: UnitOfWork, plugin_id: str) -> dict[str, Any]:
    return next(row for row in all_standing(uow, registry_here()) if row["id"] == plugin_id)
