"""Plugins whose hooks misbehave while the platform runs."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from sqlalchemy import func, select

from gonghui.sdk import Blueprint, Card, OrgUnit, Plugin, RoleTemplate, Text, UnitOfWork, hookimpl, operation

_NOWHERE = Path(__file__).parent / "nothing"


def _plugin(plugin_id: str, dashboard: Any) -> Plugin:
    permission = f"{plugin_id}.card.read"
    hooks = SimpleNamespace(dashboard=hookimpl(dashboard))
    return Plugin(
        plugin_id,
        Text(plugin_id),
        "1.0.0",
        _NOWHERE,
        permissions={permission: Text("查看")},
        hooks=hooks,
        provides={f"{plugin_id}.numbers": lambda uow, keys: dict.fromkeys(keys, len(dashboard(uow)))},
    )


def _raises(uow: UnitOfWork) -> list[Card]:
    raise RuntimeError("示例：出错")


def _loops(uow: UnitOfWork) -> list[Card]:
    number = 0
    while True:
        try:
            number += 1
        except Exception:  # noqa: BLE001 - as somebody writes who wants to go on whatever happens
            continue


def _sleeps(uow: UnitOfWork) -> list[Card]:
    uow.session.execute(select(func.pg_sleep(60)))
    return []


def _writes(uow: UnitOfWork) -> list[Card]:
    unit = uow.session.scalars(select(OrgUnit).limit(1)).one()
    unit.name = "改名"
    return []


def _ends_the_transaction(uow: UnitOfWork) -> list[Card]:
    uow.session.rollback()
    return []


def _answers_nonsense(uow: UnitOfWork) -> Any:
    return 42


def _rename_a_unit(uow: UnitOfWork) -> dict[str, str]:
    """Write what is the core's."""
    uow.session.scalars(select(OrgUnit).limit(1)).one().name = "改名"
    return {"said": "样本"}


def _meddling() -> Plugin:
    """A plugin whose own operation writes a table of the core."""
    permission = "meddles.unit.rename"
    blueprint = Blueprint("meddles", __name__, url_prefix="/api/v1/meddles")
    view: Any = operation(permission)(_rename_a_unit)
    blueprint.add_url_rule("/rename", "rename", view, methods=["POST"])
    return Plugin(
        "meddles",
        Text("meddles"),
        "1.0.0",
        _NOWHERE,
        permissions={permission: Text("改名")},
        roles=(RoleTemplate("district_officer", "区总工会干部", (permission,)),),
        blueprints=(blueprint,),
    )


meddles = _meddling()
raises = _plugin("raises", _raises)
loops = _plugin("loops", _loops)
sleeps = _plugin("sleeps", _sleeps)
writes = _plugin("writes", _writes)
ends = _plugin("ends", _ends_the_transaction)
nonsense = _plugin("nonsense", _answers_nonsense)
