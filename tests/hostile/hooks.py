"""Plugins whose hooks misbehave while the platform runs."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from sqlalchemy import String, cast, func, literal, select

from gonghui.sdk import (
    Blueprint,
    Card,
    Indicator,
    OrgUnit,
    Period,
    Plugin,
    RoleTemplate,
    Text,
    UnitOfWork,
    hookimpl,
    operation,
)

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


def _many_queries(uow: UnitOfWork) -> list[Card]:
    while True:
        uow.session.execute(select(func.pg_sleep(0.01)))


class _Lazy(str):
    """A text that runs code when it is read."""

    def __str__(self) -> str:
        raise RuntimeError("示例：读时出错")


def _lazy(uow: UnitOfWork) -> list[Card]:
    return [Card(Text("样本"), _Lazy("1"), "/console/lazy", "lazy.card.read")]


def _astray(uow: UnitOfWork) -> list[Card]:
    return [Card(Text("样本"), "1", "/console/organising/unions", "astray.card.read")]


def _untitled(uow: UnitOfWork) -> list[Card]:
    return [Card(Text("{n} 个样本", {"m": 1}), "1", "/console/untitled", "untitled.card.read")]


def _exits(uow: UnitOfWork) -> list[Card]:
    raise SystemExit("示例：退出")


def _notes(uow: UnitOfWork) -> list[Card]:
    uow.note("core.person.erased")
    return []


def _dividing() -> Plugin:
    """A plugin whose figure the database refuses."""
    permission = "divides.thing.read"

    def source(_period: Period) -> Any:
        unit = OrgUnit.__table__.c
        broken = literal(1) / (func.length(unit.name) * 0)
        columns = (unit.id, cast(unit.id, String).label("key"), unit.name.label("label"))
        more = (literal("").label("breakdown"), unit.id.label("org_unit_id"), unit.valid_from.label("on"))
        return select(*columns, *more).where(broken > 0)

    figure = Indicator(
        "divides.things", Text("样本"), Text("个"), "sum", permission, source, {}, Text("样本")
    )
    roles = (RoleTemplate("district_officer", "区总工会干部", (permission,)),)
    permissions = {permission: Text("查看")}
    return Plugin(
        "divides",
        Text("divides"),
        "1.0.0",
        _NOWHERE,
        permissions=permissions,
        roles=roles,
        indicators=(figure,),
    )


divides = _dividing()
queries = _plugin("queries", _many_queries)
lazy = _plugin("lazy", _lazy)
astray = _plugin("astray", _astray)
untitled = _plugin("untitled", _untitled)
exits = _plugin("exits", _exits)
notes = _plugin("notes", _notes)
raises = _plugin("raises", _raises)
loops = _plugin("loops", _loops)
sleeps = _plugin("sleeps", _sleeps)
writes = _plugin("writes", _writes)
ends = _plugin("ends", _ends_the_transaction)
nonsense = _plugin("nonsense", _answers_nonsense)
