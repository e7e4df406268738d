"""Plugins whose manifests are wrong, each in one way; none has tables."""

from pathlib import Path
from typing import Any

from flask import Blueprint as PlainBlueprint

from gonghui.sdk import Blueprint, Plugin, Text, UnitOfWork, operation

_NOWHERE = Path(__file__).parent / "nothing"


def _plugin(plugin_id: str, **parts: Any) -> Plugin:
    return Plugin(plugin_id, Text(plugin_id), "1.0.0", _NOWHERE, **parts)


def _answers(_uow: UnitOfWork) -> dict[str, str]:
    """Say something."""
    return {"said": "样本"}


def _blueprint(name: str, prefix: str, path: str, permission: str | None) -> Any:
    kind = Blueprint if permission else PlainBlueprint
    blueprint = kind(name, __name__, url_prefix=prefix)
    view: Any = operation(permission)(_answers) if permission else _answers
    blueprint.add_url_rule(path, "answers", view, methods=["GET"])
    return blueprint


undeclared_route = _plugin(
    "undeclared_route",
    blueprints=[_blueprint("undeclared_route", "/api/v1/undeclared_route", "/open", None)],
)
borrowed_permission = _plugin(
    "borrowed_permission",
    blueprints=[
        _blueprint("borrowed_permission", "/api/v1/borrowed_permission", "", "organising.union.read")
    ],
)
route_elsewhere = _plugin(
    "route_elsewhere",
    permissions={"route_elsewhere.read": Text("查看")},
    blueprints=[_blueprint("route_elsewhere", "/api/v1/organising", "/mine", "route_elsewhere.read")],
)
name_clash = _plugin(
    "name_clash",
    permissions={"name_clash.read": Text("查看")},
    blueprints=[_blueprint("organising_members", "/api/v1/name_clash", "", "name_clash.read")],
)
wrong_sdk = _plugin("wrong_sdk", sdk=">=2,<3")
needs_nobody = _plugin("needs_nobody", requires={"nobody": ">=1"})
needs_newer = _plugin("needs_newer", requires={"organising": ">=99"})
left = _plugin("left", requires={"right": ">=1"})
right = _plugin("right", requires={"left": ">=1"})
core = _plugin("core")
other_name = _plugin("another_name")
not_a_plugin = object()
unreadable_version = Plugin("unreadable_version", Text("样本"), "one", _NOWHERE)
foreign_event = _plugin("foreign_event", events={"organising.union.founded": Text("样本")})
