"""Pages of the tree: the units level by level, of today or of another day, and a unit with what is known of it."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from flask import Blueprint, current_app, g, render_template, request
from sqlalchemy import and_, select

from gonghui.auth.accounts import Account, Role, RoleAssignment, in_force
from gonghui.auth.scope import reaches, require_whole, unit_within, visible
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.errors import FieldFault, Forbidden, invalid
from gonghui.i18n import _
from gonghui.lifecycle.reorganisation import Reorganisation, ReorganisationState
from gonghui.lifecycle.reorganising import settle
from gonghui.parties.persons import Person
from gonghui.records.counting import count_filed
from gonghui.records.record_types import READ as READ_RECORD
from gonghui.tenancy.org_history import edges_of, names_of
from gonghui.tenancy.org_levels import levels_below, search_units, units_above, units_on
from gonghui.tenancy.org_tree import OrgUnit
from gonghui.values import clock
from gonghui.values.ids import parse_id
from gonghui.web.navigation import list_path
from gonghui.web.page import page
from gonghui.web.words import edge_cause, reorganisation_kind, unit_kind

blueprint = Blueprint("org", __name__, template_folder="templates")
blueprint.add_app_template_global(unit_kind)
blueprint.add_app_template_global(edge_cause)
blueprint.add_app_template_global(reorganisation_kind)

READ, CREATE, REORGANISE = "core.org_unit.read", "core.org_unit.create", "core.org_unit.reorganise"
_MOST_BELOW, _MOST_FOUND, _MOST_OPEN = 100, 50, 40


@blueprint.get("/console/org")
@page(READ)
def show_tree(uow: UnitOfWork) -> str:
    """The tree that I see, from my units down; what is open and the day stand in the address."""
    settle(uow)
    on = asked_day()
    text = request.args.get("q", "").strip()
    sight = visible(uow.principal, READ, OrgUnit.__table__.c.id)
    if text:
        found = search_units(uow, text, sight, most=_MOST_FOUND)
        return render_template(
            "org/search.html", on=on, found=found, above=units_above(uow, [unit.path for unit in found])
        )
    roots = units_on(uow, _root_ids(uow), on)
    opened = _opened(roots)
    levels = levels_below(uow, opened, on, sight, most=_MOST_BELOW)
    return render_template(
        "org/tree.html", on=on, roots=roots, levels=levels, opened=opened, is_today=on == clock.today(),
        may_plan=may_reorganise(uow),
    )  # fmt: skip


@blueprint.get("/console/org/<uuid:org_unit_id>")
@page(READ)
def show_unit(uow: UnitOfWork, org_unit_id: UUID) -> str:
    """One unit: where it stands, what stands below it, who works there, what is filed there, its past and its plans."""
    settle(uow)
    unit = unit_within(uow, uow.principal, READ, org_unit_id)
    sight, today = visible(uow.principal, READ, OrgUnit.__table__.c.id), clock.today()
    above = [each for path, each in units_above(uow, [unit.path]).items() if path != unit.path]
    return render_template(
        "org/unit.html",
        unit=unit,
        above=[each for each in above if reaches(uow.principal, READ, each.path)],
        below=levels_below(uow, [unit.id], today, sight, most=_MOST_BELOW).get(unit.id, []),
        officers=officers_at(uow, unit),
        filed=_filed(uow, unit),
        edges=edges_of(uow, unit.id),
        former_names=names_of(uow, unit.id),
        planned=planned_for(uow, unit) if may_reorganise(uow) else [],
        may_add=reaches(uow.principal, CREATE, unit.path) and unit.valid_to is None,
        may_reorganise=may_reorganise(uow) and unit.valid_to is None,
    )


def asked_day() -> date:
    """The day that the address names; today without one. Raises `Invalid`."""
    named = request.args.get("on")
    try:
        return date.fromisoformat(named) if named else clock.today()
    except ValueError:
        raise invalid(FieldFault("/query/on", "no_day", _("日期写成 2024-06-30 的样子。"))) from None


def may_reorganise(uow: UnitOfWork) -> bool:
    """Whether the reader changes the tree, which is the whole federation's matter."""
    try:
        require_whole(uow.principal, REORGANISE)
    except Forbidden:
        return False
    return True


def planned_for(uow: UnitOfWork, unit: OrgUnit | None = None) -> list[Reorganisation]:
    """Changes that wait for their day; of one unit, those that name it."""
    waiting = select(Reorganisation).where(Reorganisation.state == ReorganisationState.PLANNED.value)
    rows = uow.session.scalars(waiting.order_by(Reorganisation.effective_on, Reorganisation.id)).all()
    return [row for row in rows if unit is None or str(unit.id) in str(row.content)]


def officers_at(uow: UnitOfWork, unit: OrgUnit) -> list[Any]:
    """Who holds a role at this very unit today."""
    return list(
        uow.session.execute(
            select(
                Account.id, Account.login, Person.name, Role.code, Role.name.label("role"), RoleAssignment.valid_to,
                RoleAssignment.deputy_for_id,
            )
            .join(Account, and_(Account.tenant_id == RoleAssignment.tenant_id, Account.id == RoleAssignment.account_id))
            .join(Role, and_(Role.tenant_id == RoleAssignment.tenant_id, Role.id == RoleAssignment.role_id))
            .outerjoin(Person, and_(Person.tenant_id == Account.tenant_id, Person.id == Account.person_id))
            .where(RoleAssignment.org_unit_id == unit.id, in_force(), Account.disabled_at.is_(None))
            .order_by(Role.name, Person.name, Account.login)
        )
    )  # fmt: skip


def _filed(uow: UnitOfWork, unit: OrgUnit) -> list[tuple[Any, str, int]]:
    """Records at the unit and below, by kind: those that the reader reads there."""
    registry = current_app.extensions["gonghui"].registry
    kinds = [
        kind
        for kind in registry.record_types(g.tenant.plugins_on)
        if kind.subtree and reaches(uow.principal, kind.permission(READ_RECORD), unit.path)
    ]
    counts = count_filed(uow, kinds, unit.path)
    return [(kind.title, list_path(kind), counts[kind.code]) for kind in kinds if counts[kind.code]]


def _root_ids(uow: UnitOfWork) -> list[UUID]:
    roots = uow.principal.roots(READ)
    return [unit.id for path, unit in units_above(uow, roots).items() if path in roots]


def _opened(roots: list[Any]) -> list[UUID]:
    """Which units show what is below them: those of the address, or the reader's own."""
    named = [
        found for text in request.args.getlist("open")[:_MOST_OPEN] if (found := parse_id(text)) is not None
    ]
    return named if "open" in request.args else [root.id for root in roots]
