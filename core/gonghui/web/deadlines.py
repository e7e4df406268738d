"""The watch list of deadlines as a page: the most urgent first, what is late, and how many there are by unit."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from flask import Blueprint, current_app, g, render_template, request

from gonghui.api.paging import decode_cursor, encode_cursor
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.records.deadline_lists import READ, Wanted, count_by_unit, list_deadlines
from gonghui.records.deadline_rules import DeadlineRule
from gonghui.tenancy.org_tree import OrgUnit
from gonghui.values import clock
from gonghui.web.navigation import list_path
from gonghui.web.page import page
from gonghui.web.shell import shell
from gonghui.web.units import unit_in_view

blueprint = Blueprint("deadlines_pages", __name__, template_folder="templates")

_AT_ONCE = 50
#: What counts as due soon.
SOON = 30
#: Views by the word in the address: the state that is asked for, and within how many days it is due.
_VIEWS: dict[str, tuple[str, int | None]] = {
    "": ("open", None),
    "overdue": ("overdue", None),
    "soon": ("open", SOON),
    "met": ("met", None),
}


@blueprint.get("/console/deadlines")
@page(READ)
def show_deadlines(uow: UnitOfWork) -> str:
    """Deadlines of the records that one sees, and their numbers by unit."""
    rules = current_app.extensions["gonghui"].registry.deadline_rules(g.tenant.plugins_on)
    mine = [rule for rule in rules if uow.principal.holds(rule.permission)]
    view = request.args.get("view", "")
    state, within = _VIEWS.get(view, _VIEWS[""])
    code = request.args.get("rule")
    rule = code if code in {each.code for each in mine} else None
    unit = unit_in_view(uow)
    wanted = Wanted(clock.today(), state, within, rule, unit.path if unit is not None else None)
    after = decode_cursor(request.args.get("cursor"), (date.fromisoformat, UUID))
    rows = list_deadlines(uow, rules, wanted, after=after, limit=_AT_ONCE + 1)
    last = rows[_AT_ONCE - 1] if len(rows) > _AT_ONCE else None
    return render_template(
        "deadlines/list.html",
        rows=rows[:_AT_ONCE],
        view=view if view in _VIEWS else "",
        rules=mine,
        numbers=_numbers(uow, rules, unit, rule),
        soon=SOON,
        record_paths=_record_paths(),
        is_first=after is None,
        next_cursor=encode_cursor((last["due_on"], last["id"])) if last else None,
    )


def _numbers(
    uow: UnitOfWork, rules: list[DeadlineRule], unit: OrgUnit | None, rule: str | None
) -> dict[str, Any] | None:
    """Numbers of the unit in view, or of the reader's only own; None where there are several to choose from."""
    own = shell(uow).units.own
    centre = unit or (own[0] if len(own) == 1 else None)
    if centre is None:
        return None
    found = count_by_unit(uow, rules, centre, clock.today(), SOON, rule)
    of_units = [each for each in found["units"] if each["open"]]
    every = [found["own"], *of_units]
    total = {name: sum(each[name] for each in every) for name in ("open", "due_soon", "overdue")}
    return {"unit": centre, "total": total, "units": of_units[:_AT_ONCE]}


def _record_paths() -> dict[str, str]:
    """Where the records of each type are shown, as far as there are pages."""
    pages = current_app.extensions["gonghui_pages"]
    kinds = current_app.extensions["gonghui"].registry.record_types(g.tenant.plugins_on)
    return {kind.code: list_path(kind) for kind in kinds if list_path(kind) in pages}
