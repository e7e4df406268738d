"""Plugins of this federation: what is installed, what is on, and the switch."""

from __future__ import annotations

from typing import Any

from flask import current_app, g
from marshmallow import Schema, fields

from gonghui.api.operations import Blueprint, operation
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.errors import not_found
from gonghui.plugin_host.switching import switch_plugin

blueprint = Blueprint("plugins", __name__, url_prefix="/api/v1/plugins", description="Plugin switches")

READ, SWITCH = "core.plugin.read", "core.plugin.switch"


class PluginOut(Schema):
    id = fields.String()
    name = fields.String()
    version = fields.String()
    on = fields.Boolean()


class Position(Schema):
    on = fields.Boolean(required=True, metadata={"example": True})


@blueprint.route("", methods=["GET"])
@operation(READ)
@blueprint.response(200, PluginOut(many=True))
def list_plugins(_uow: UnitOfWork) -> list[dict[str, Any]]:
    """Installed plugins and whether each is on here."""
    platform = current_app.extensions["gonghui"]
    return [
        {"id": p.id, "name": str(p.name), "version": p.version, "on": p.id in g.tenant.plugins_on}
        for p in platform.registry.plugins.values()
    ]


@blueprint.route("/<string:plugin_id>", methods=["PUT"])
@operation(SWITCH, of_whole=True)
@blueprint.arguments(Position)
@blueprint.response(200, PluginOut)
def put_plugin(uow: UnitOfWork, body: dict[str, bool], plugin_id: str) -> dict[str, Any]:
    """Switch a plugin on or off for this federation; its data stays."""
    platform = current_app.extensions["gonghui"]
    plugin = platform.registry.plugins.get(plugin_id)
    if plugin is None:
        raise not_found()
    switch_plugin(uow, plugin, on=body["on"])
    return {"id": plugin.id, "name": str(plugin.name), "version": plugin.version, "on": body["on"]}
