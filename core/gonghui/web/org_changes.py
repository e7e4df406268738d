"""Forms that change the tree: set up, move, merge, split, rename, close; each says first what it touches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from flask import Blueprint, redirect, render_template, request
from sqlalchemy import select
from werkzeug.wrappers import Response

from gonghui.auth.scope import require_whole, unit_within
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.errors import DomainError, FieldFault, Invalid, invalid
from gonghui.i18n import Text, _
from gonghui.lifecycle.reorganisation import Change, Close, Merge, Move, Rename, Split
from gonghui.lifecycle.reorganising import BACKDATE, Outcome, cancel, preview, reorganise, settle
from gonghui.records.record_types import RECORD_TYPES
from gonghui.tenancy.org_tree import MAY_STAND_UNDER, OrgUnit, OrgUnitKind, set_up_unit
from gonghui.values import clock
from gonghui.values.ids import parse_id
from gonghui.web.form_answers import Fault, faults_of, required, typed, typed_day
from gonghui.web.org import CREATE, REORGANISE, planned_for
from gonghui.web.page import page, to
from gonghui.web.words import unit_kind

blueprint = Blueprint("org_changes", __name__, template_folder="templates")

CHANGES = ("move", "merge", "split", "rename", "close")
_FIELDS = ("parent_id", "unit_ids", "into_id", "name", "child_ids", "effective_on", "decision")
_MOST_CHOICES = 300


@blueprint.get("/console/org/<uuid:org_unit_id>/new")
@page(CREATE)
def show_new(uow: UnitOfWork, org_unit_id: UUID) -> str:
    """The form by which a unit is set up below another."""
    return _new_form(unit_within(uow, uow.principal, CREATE, org_unit_id))


@blueprint.post("/console/org/<uuid:org_unit_id>/new")
@page(CREATE)
def do_new(uow: UnitOfWork, org_unit_id: UUID) -> Response | tuple[str, int]:
    """Set a unit up; a day before today needs the permission to back-date."""
    parent = unit_within(uow, uow.principal, CREATE, org_unit_id)
    try:
        name, day = required("name", _("填写新组织的名称。")), typed_day("effective_on")
        kind = _kind_below(parent)
        if day is not None and day > clock.today():
            raise invalid(FieldFault("/effective_on", "in_future", _("设立日期不能晚于今天。")))
        if day is not None and day < clock.today():
            require_whole(uow.principal, BACKDATE)
        unit = set_up_unit(uow, parent, kind, name, valid_from=day)
    except Invalid as error:
        return _new_form(parent, faults_of(error, ("name", "kind", "effective_on"))), error.status
    return redirect(to(f"/console/org/{unit.id}"), 303)


@blueprint.get("/console/org/<uuid:org_unit_id>/<any(move, merge, split, rename, close):change>")
@page(REORGANISE, of_whole=True)
def show_change(uow: UnitOfWork, org_unit_id: UUID, change: str) -> str:
    """The form of a change."""
    settle(uow)
    return _form(uow, unit_within(uow, uow.principal, REORGANISE, org_unit_id), change)


@blueprint.post("/console/org/<uuid:org_unit_id>/<any(move, merge, split, rename, close):change>")
@page(REORGANISE, of_whole=True)
def do_change(uow: UnitOfWork, org_unit_id: UUID, change: str) -> Response | str | tuple[str, int]:
    """First say what the change touches; once that is confirmed, do it or plan it for its day."""
    unit = unit_within(uow, uow.principal, REORGANISE, org_unit_id)
    try:
        asked, day = _asked(unit, change), typed_day("effective_on")
        if "confirmed" not in request.form:
            return _form(uow, unit, change, outcome=preview(uow, asked, day))
        reorganise(uow, asked, effective_on=day, decision=typed("decision")[:500] or None)
    except DomainError as error:
        uow.undo()
        unit = unit_within(uow, uow.principal, REORGANISE, org_unit_id)
        return _form(uow, unit, change, faults=faults_of(error, _FIELDS)), error.status
    return redirect(to(f"/console/org/{unit.id}"), 303)


@blueprint.get("/console/org/planned")
@page(REORGANISE, of_whole=True)
def show_planned(uow: UnitOfWork) -> str:
    """Changes that wait for their day."""
    settle(uow)
    rows = planned_for(uow)
    ids = {found for row in rows for text in _ids_in(row.content) if (found := parse_id(text)) is not None}
    units = uow.session.scalars(select(OrgUnit).where(OrgUnit.id.in_(ids))) if ids else ()
    names = {str(unit.id): unit.name for unit in units}
    return render_template("org/planned.html", rows=rows, names=names)


@blueprint.post("/console/org/planned/<uuid:reorganisation_id>/withdraw")
@page(REORGANISE, of_whole=True)
def do_withdraw(uow: UnitOfWork, reorganisation_id: UUID) -> Response:
    """Give up a change that is still planned."""
    cancel(uow, reorganisation_id)
    return redirect(to("/console/org/planned"), 303)


def _kind_below(parent: OrgUnit) -> OrgUnitKind:
    try:
        kind = OrgUnitKind(typed("kind"))
    except ValueError:
        raise invalid(FieldFault("/kind", "unknown_kind", _("选择组织的级别。"))) from None
    if parent.kind not in MAY_STAND_UNDER[kind]:
        raise invalid(FieldFault("/kind", "kind_misplaced", _("这一级组织不能设在所选的上级之下。")))
    return kind


def _new_form(parent: OrgUnit, faults: Sequence[Fault] = ()) -> str:
    kinds = [kind for kind, above in MAY_STAND_UNDER.items() if parent.kind in above]
    choices = [(kind.value, unit_kind(kind.value)) for kind in kinds]
    return render_template("org/new.html", parent=parent, kinds=choices, faults=faults, at=dict(faults))


def _form(
    uow: UnitOfWork,
    unit: OrgUnit,
    change: str,
    *,
    outcome: Outcome | None = None,
    faults: Sequence[Fault] = (),
) -> str:
    return render_template(
        "org/change.html",
        unit=unit,
        change=change,
        title=_TITLES[change],
        parents=_parents(uow, unit) if change == "move" else (),
        siblings=_others(uow, unit, unit.parent_id, unit.kind) if change == "merge" else (),
        children=_others(uow, unit, unit.id) if change == "split" else (),
        outcome=outcome,
        touched=_touched(outcome),
        faults=faults,
        at=dict(faults),
        chosen=request.form.getlist("unit_ids") + request.form.getlist("child_ids"),
        today=clock.today(),
    )


def _asked(unit: OrgUnit, change: str) -> Change:
    """The change that the form describes. Raises `Invalid`."""
    if change == "move":
        return Move(unit.id, _unit_id("parent_id", _("选择新的上级。")))
    if change == "merge":
        others = _unit_ids("unit_ids", _("选择要合并的组织。"))
        if typed("into") == "new":
            return Merge(
                (unit.id, *others), None, required("name", _("填写合并后新组织的名称。")), unit.parent_id
            )
        return Merge((unit.id, *others), unit.id)
    if change == "split":
        name = required("name", _("填写分设出来的组织的名称。"))
        return Split(unit.id, name, _unit_ids("child_ids", _("选择要分出去的下级组织。")))
    if change == "rename":
        return Rename(unit.id, required("name", _("填写新名称。")))
    return Close(unit.id)


def _unit_id(name: str, sentence: Text) -> UUID:
    found = parse_id(typed(name))
    if found is None:
        raise invalid(FieldFault(f"/{name}", "required", sentence))
    return found


def _unit_ids(name: str, sentence: Text) -> tuple[UUID, ...]:
    found = [parse_id(text) for text in request.form.getlist(name)]
    ids = tuple(each for each in found if each is not None)
    if not ids:
        raise invalid(FieldFault(f"/{name}", "required", sentence))
    return ids


def _parents(uow: UnitOfWork, unit: OrgUnit) -> list[tuple[UUID, str]]:
    """Open units under which the unit may stand, but for its own parent and what is below itself."""
    kinds = [kind.value for kind in MAY_STAND_UNDER[OrgUnitKind(unit.kind)]]
    wanted = (
        OrgUnit.kind.in_(kinds), OrgUnit.valid_to.is_(None), OrgUnit.id != unit.parent_id,
        ~OrgUnit.path.bool_op("^@")(unit.path),
    )  # fmt: skip
    rows = uow.session.scalars(select(OrgUnit).where(*wanted).order_by(OrgUnit.name).limit(_MOST_CHOICES))
    return [(each.id, each.name) for each in rows]


def _others(uow: UnitOfWork, unit: OrgUnit, parent_id: UUID | None, kind: str | None = None) -> list[OrgUnit]:
    """Open units below `parent_id`, of one kind or of any, apart from the unit itself."""
    wanted = [OrgUnit.parent_id == parent_id, OrgUnit.valid_to.is_(None), OrgUnit.id != unit.id]
    if kind is not None:
        wanted.append(OrgUnit.kind == kind)
    found = select(OrgUnit).where(*wanted).order_by(OrgUnit.name)
    return list(uow.session.scalars(found.limit(_MOST_CHOICES)))


def _touched(outcome: Outcome | None) -> list[tuple[Text, int]]:
    """Numbers of records that a change touches, by what they are called."""
    if outcome is None:
        return []
    return [
        (RECORD_TYPES[table].title if table in RECORD_TYPES else _("其他记录"), number)
        for table, number in outcome.effects.records.items()
    ]


def _ids_in(content: dict[str, Any]) -> list[str]:
    return [
        text for value in content.values() for text in (value if isinstance(value, list) else [value]) if text
    ]


_TITLES = {
    "move": _("划转到另一上级"),
    "merge": _("与别的组织合并"),
    "split": _("分设"),
    "rename": _("更名"),
    "close": _("撤销"),
}
