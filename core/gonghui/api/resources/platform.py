"""The platform, for its operators: what is installed, and what could not be loaded."""

from __future__ import annotations

from typing import Any

from flask import current_app
from marshmallow import Schema, fields

from gonghui.api.operations import Blueprint, operation
from gonghui.db.unit_of_work import UnitOfWork

blueprint = Blueprint("platform", __name__, url_prefix="/api/v1/platform", description="The platform")

READ = "core.platform.read"


class InstalledOut(Schema):
    id = fields.String()
    name = fields.String()
    version = fields.String()
    sdk = fields.String(metadata={"description": "Versions of the SDK that it was written for"})
    requires = fields.Dict(keys=fields.String(), values=fields.String())


class RejectedOut(Schema):
    name = fields.String()
    reason = fields.String()


class InstallationOut(Schema):
    plugins = fields.List(fields.Nested(InstalledOut))
    rejected = fields.List(fields.Nested(RejectedOut))


@blueprint.route("/plugins", methods=["GET"])
@operation(READ)
@blueprint.response(200, InstallationOut)
def list_installed(_uow: UnitOfWork) -> dict[str, Any]:
    """Plugins of this installation, and those that were refused, each with the reason."""
    registry = current_app.extensions["gonghui"].registry
    return {"plugins": list(registry.plugins.values()), "rejected": registry.rejected}
