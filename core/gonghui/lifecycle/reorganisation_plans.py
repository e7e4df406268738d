"""What a reorganisation would do to the tree: worked out and checked, and nothing changed yet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, select

from gonghui.db.unit_of_work import UnitOfWork
from gonghui.errors import Conflict, FieldFault, invalid
from gonghui.i18n import _
from gonghui.lifecycle.reorganisation import Change, Close, Merge, Move, Rename, Split
from gonghui.tenancy.org_history import OrgUnitName, ever_above
from gonghui.tenancy.org_tree import EdgeCause, OrgEdge, OrgUnit, OrgUnitKind, may_stand, new_unit, under

_EDGE: Any = OrgEdge.__table__.c


@dataclass(frozen=True)
class Shift:
    """Units that stand under one parent, which will stand under `parent` from the day on (it may be the same).

    Those that follow their parent are moved with it, also where they came to it after the day.
    """

    units: tuple[OrgUnit, ...]
    parent: OrgUnit
    cause: EdgeCause
    follows: bool = False


@dataclass(frozen=True)
class Plan:
    """What is to be done, in this order: set up, shift, close, rename."""

    action: str
    touched: ColumnElement[bool]
    founded: OrgUnit | None = None
    shifts: tuple[Shift, ...] = ()
    closed: tuple[OrgUnit, ...] = ()
    successor: OrgUnit | None = None
    renamed: tuple[OrgUnit, str] | None = None

    @property
    def units(self) -> list[OrgUnit]:
        """Units of which it says something, each once; those that come along below them are not listed."""
        shifted = (unit for shift in self.shifts for unit in shift.units)
        named = (self.founded, self.successor, self.renamed and self.renamed[0])
        found = (*shifted, *self.closed, *(unit for unit in named if unit is not None))
        return list({unit.id: unit for unit in found}.values())


def plan_of(uow: UnitOfWork, change: Change, day: date) -> Plan:
    """The plan of a change that takes effect on a day. Raises `Invalid`, `Conflict` where the tree forbids it."""
    plan: Plan = _PLANS[type(change)](uow, change, day)
    _refuse_earlier_than_changed(uow, plan, day)
    _refuse_circle(uow, plan, day)
    return plan


def _plan_move(uow: UnitOfWork, change: Move, day: date) -> Plan:
    units = _units(uow, [change.unit_id, change.parent_id])
    unit = _open(units, change.unit_id, "/org_unit_id")
    parent = _open(units, change.parent_id, "/parent_id")
    if unit.parent_id is None:
        raise Conflict("root_stays", _("区总工会本身不能移动、合并、拆分或撤销。"))
    if parent.id == unit.parent_id:
        raise invalid(FieldFault("/parent_id", "already_there", _("它已经在所选的上级之下。")))
    _refuse_misplaced(unit.kind, parent, "/parent_id")
    return Plan("core.org_unit.moved", under([unit.path]), shifts=(Shift((unit,), parent, EdgeCause.MOVED),))


def _plan_merge(uow: UnitOfWork, change: Merge, day: date) -> Plan:
    ids = list(dict.fromkeys(change.unit_ids))
    if len(ids) < 2:
        raise invalid(FieldFault("/unit_ids", "too_few_units", _("合并至少要选两个组织。")))
    found = _units(uow, ids)
    units = [_open(found, unit_id, f"/unit_ids/{place}") for place, unit_id in enumerate(ids)]
    if any(unit.parent_id is None for unit in units):
        raise Conflict("root_stays", _("区总工会本身不能移动、合并、拆分或撤销。"))
    if len({unit.kind for unit in units}) > 1:
        raise invalid(FieldFault("/unit_ids", "kinds_differ", _("只能合并同一级的组织。")))
    founded = None if change.into_id else _new_successor(uow, change, units, day)
    successor = founded or _one_of(units, change.into_id)
    merged = tuple(unit for unit in units if unit is not successor)
    _refuse_left_since(uow, merged, day)
    children = _children(uow, merged)
    below = [
        Shift(tuple(c), successor, EdgeCause.MERGED, follows=True)
        for u in merged
        if (c := children.get(u.id))
    ]
    return Plan(
        "core.org_unit.merged",
        under([unit.path for unit in merged]),
        founded=founded,
        # The children first: what then is left below a merged unit goes with it.
        shifts=(*below, *(Shift((unit,), successor, EdgeCause.MERGED) for unit in merged)),
        closed=merged,
        successor=successor,
    )


def _plan_split(uow: UnitOfWork, change: Split, day: date) -> Plan:
    units = _units(uow, [change.unit_id, *change.child_ids])
    unit = _open(units, change.unit_id, "/org_unit_id")
    if unit.parent_id is None:
        raise Conflict("root_stays", _("区总工会本身不能移动、合并、拆分或撤销。"))
    children = []
    for place, child_id in enumerate(dict.fromkeys(change.child_ids)):
        child = _open(units, child_id, f"/child_ids/{place}")
        if child.parent_id != unit.id:
            fault = FieldFault(
                f"/child_ids/{place}", "no_child", _("“{name}”不是它的直接下级。", name=child.name)
            )
            raise invalid(fault)
        children.append(child)
    if not children:
        raise invalid(FieldFault("/child_ids", "too_few_units", _("请选择要分出去的下级组织。")))
    above = _units(uow, [unit.parent_id])[unit.parent_id]
    founded = new_unit(above, OrgUnitKind(unit.kind), change.name.strip(), valid_from=day)
    return Plan(
        "core.org_unit.split",
        under([child.path for child in children]),
        founded=founded,
        shifts=(Shift(tuple(children), founded, EdgeCause.SPLIT, follows=True),),
    )


def _plan_rename(uow: UnitOfWork, change: Rename, day: date) -> Plan:
    unit = _open(_units(uow, [change.unit_id]), change.unit_id, "/org_unit_id")
    name = change.name.strip()
    if name == unit.name:
        raise invalid(FieldFault("/name", "same_name", _("新名称与现在的名称相同。")))
    former = select(OrgUnitName.valid_to).where(OrgUnitName.unit_id == unit.id)
    last = uow.session.scalar(former.order_by(OrgUnitName.valid_to.desc()).limit(1))
    if last is not None and last >= day:
        raise _changed_since(unit.name, last)
    return Plan("core.org_unit.renamed", OrgUnit.__table__.c.id == unit.id, renamed=(unit, name))


def _plan_close(uow: UnitOfWork, change: Close, day: date) -> Plan:
    unit = _open(_units(uow, [change.unit_id]), change.unit_id, "/org_unit_id")
    if unit.parent_id is None:
        raise Conflict("root_stays", _("区总工会本身不能移动、合并、拆分或撤销。"))
    still = _EDGE.valid_to.is_(None) | (_EDGE.valid_to >= day)
    child = OrgUnit.__table__.c
    open_then = child.valid_to.is_(None) | (child.valid_to >= day)
    below = select(child.name).join(OrgEdge.__table__, _EDGE.unit_id == child.id)
    name = uow.session.scalar(below.where(_EDGE.parent_id == unit.id, still, open_then).limit(1))
    if name is not None:
        raise Conflict("units_below", _("“{name}”还在它之下，请先把下级组织移走、合并或撤销。", name=name))
    parent = _units(uow, [unit.parent_id])[unit.parent_id]
    return Plan(
        "core.org_unit.closed",
        OrgUnit.__table__.c.id == unit.id,
        shifts=(Shift((unit,), parent, EdgeCause.CLOSED),),
        closed=(unit,),
    )


_PLANS: dict[type[Change], Any] = {
    Move: _plan_move,
    Merge: _plan_merge,
    Split: _plan_split,
    Rename: _plan_rename,
    Close: _plan_close,
}


def _units(uow: UnitOfWork, ids: Iterable[UUID]) -> dict[UUID, OrgUnit]:
    return {unit.id: unit for unit in uow.session.scalars(select(OrgUnit).where(OrgUnit.id.in_(set(ids))))}


def _children(uow: UnitOfWork, units: Sequence[OrgUnit]) -> dict[UUID, list[OrgUnit]]:
    """Open units right below each of `units`; what is closed stays where it stands, and goes with it."""
    wanted = (OrgUnit.parent_id.in_([unit.id for unit in units]), OrgUnit.valid_to.is_(None))
    found: dict[UUID, list[OrgUnit]] = {}
    for child in uow.session.scalars(select(OrgUnit).where(*wanted).order_by(OrgUnit.id)):
        if child.parent_id is not None:
            found.setdefault(child.parent_id, []).append(child)
    return found


def _open(units: dict[UUID, OrgUnit], unit_id: UUID, pointer: str) -> OrgUnit:
    """The unit, which is there and not closed."""
    unit = units.get(unit_id)
    if unit is None:
        raise invalid(FieldFault(pointer, "unknown_unit", _("没有这个组织。")))
    if unit.valid_to is not None:
        raise invalid(FieldFault(pointer, "unit_closed", _("“{name}”已撤销。", name=unit.name)))
    return unit


def _refuse_misplaced(kind: str, parent: OrgUnit, pointer: str) -> None:
    if not may_stand(kind, parent):
        raise invalid(FieldFault(pointer, "kind_misplaced", _("这一级组织不能设在所选的上级之下。")))


def _one_of(units: Sequence[OrgUnit], into_id: UUID | None) -> OrgUnit:
    for unit in units:
        if unit.id == into_id:
            return unit
    raise invalid(FieldFault("/into_id", "not_among_them", _("合并后的组织应是所选组织之一，或者新设一个。")))


def _new_successor(uow: UnitOfWork, change: Merge, units: Sequence[OrgUnit], day: date) -> OrgUnit:
    """A new unit, of the kind of those that are merged, below the parent they share or the one that is named."""
    if not (change.name or "").strip():
        raise invalid(FieldFault("/name", "required", _("请选择合并到哪一个组织，或者填写新组织的名称。")))
    parents = {unit.parent_id for unit in units}
    parent_id = change.parent_id or (parents.pop() if len(parents) == 1 else None)
    if parent_id is None:
        raise invalid(FieldFault("/parent_id", "required", _("所选组织的上级不同，请指明新组织设在哪里。")))
    if any(unit.id == parent_id for unit in units):
        raise invalid(FieldFault("/parent_id", "in_circle", _("一个组织不能设在自己或自己的下级之下。")))
    parent = _open(_units(uow, [parent_id]), parent_id, "/parent_id")
    _refuse_misplaced(units[0].kind, parent, "/parent_id")
    return new_unit(parent, OrgUnitKind(units[0].kind), str(change.name).strip(), valid_from=day)


def _refuse_left_since(uow: UnitOfWork, merged: Sequence[OrgUnit], day: date) -> None:
    """Refuse where a unit left one of those to be merged on or after the day: it would have stood under nobody."""
    wanted = (_EDGE.parent_id.in_([unit.id for unit in merged]), _EDGE.valid_to >= day)
    left = select(OrgUnit.name, _EDGE.valid_to).join(OrgEdge.__table__, _EDGE.unit_id == OrgUnit.id)
    row = uow.session.execute(left.where(*wanted).order_by(_EDGE.valid_to.desc()).limit(1)).first()
    if row is not None:
        raise _changed_since(row.name, row.valid_to)


def _refuse_earlier_than_changed(uow: UnitOfWork, plan: Plan, day: date) -> None:
    """Refuse a day before the last change of a unit that gets a new edge: edges are written forwards only.

    A unit that has never changed may have been set up here later than it was in fact: it stood where it first stood.
    """
    ids = [unit.id for shift in plan.shifts if not shift.follows for unit in shift.units]
    if not ids:
        return
    later = (_EDGE.unit_id.in_(ids), _EDGE.valid_to.is_(None), _EDGE.valid_from > day, ~_EDGE.is_first)
    found = select(OrgUnit.name, _EDGE.valid_from).join(OrgEdge.__table__, _EDGE.unit_id == OrgUnit.id)
    row = uow.session.execute(found.where(*later).order_by(_EDGE.valid_from.desc()).limit(1)).first()
    if row is not None:
        raise _changed_since(row.name, row.valid_from)


def _changed_since(name: str, day: date) -> Conflict:
    detail = _("“{name}”在 {day} 已有变动，生效日期不能更早。", name=name, day=day)
    return Conflict("changed_since", detail, extra={"day": day.isoformat()})


def _refuse_circle(uow: UnitOfWork, plan: Plan, day: date) -> None:
    """Refuse where the parent-to-be stands, on any day concerned, below a unit that is to stand under it."""
    if not plan.shifts:
        return
    parent = plan.shifts[0].parent  # of all of them
    moved = {unit.id for shift in plan.shifts for unit in shift.units}
    in_place = (_EDGE.unit_id.in_(moved), _EDGE.is_first, _EDGE.valid_from == day, _EDGE.valid_to.is_(None))
    # A first edge that is changed in place holds for the days before the unit was set up, too.
    since = None if uow.session.scalar(select(_EDGE.id).where(*in_place).limit(1)) is not None else day
    start = parent.parent_id if parent is plan.founded else parent.id
    if start is not None and moved & ever_above(uow, start, since):
        fault = FieldFault("/parent_id", "in_circle", _("一个组织不能设在自己或自己的下级之下。"))
        raise invalid(fault)
