"""Search over what one may see: people, units, employers, and records of every kind, each in a group of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, current_app, g, render_template, request
from sqlalchemy import or_, select

from gonghui.auth.scope import visible
from gonghui.db.lookups import name_holds
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.i18n import Text, _
from gonghui.parties.employers import Employer
from gonghui.records.fields import Kind
from gonghui.records.listing import list_rows
from gonghui.records.person_search import find_people
from gonghui.records.record_types import READ, RecordType
from gonghui.records.statements import statement_of
from gonghui.tenancy.org_tree import OrgUnit
from gonghui.web.navigation import record_path
from gonghui.web.page import SIGNED_IN, page, to

blueprint = Blueprint("search", __name__, template_folder="templates")

READ_UNITS = "core.org_unit.read"
#: How many of each group show beside the others, and how many by themselves.
_FEW, _MANY = 6, 100


@dataclass(frozen=True)
class Hit:
    """Something that was found: its name, what tells it from others of that name, and its page where it has one."""

    name: str
    about: str
    path: str | None


@dataclass(frozen=True)
class Group:
    """What was found of one sort."""

    code: str
    title: Text | str
    hits: list[Hit]
    has_more: bool


@blueprint.get("/console/search")
@page(SIGNED_IN)
def show_search(uow: UnitOfWork) -> str:
    """What fits the text, grouped; one group by itself where the address names it."""
    text, only = request.args.get("q", "").strip(), request.args.get("in")
    limit = _MANY if only else _FEW
    groups = []
    for code, title, find in _searches(uow) if text else ():
        if only in (None, code):
            found = list(find(text, limit + 1))
            groups.append(Group(code, title, found[:limit], len(found) > limit))
    return render_template(
        "search.html", text=text, only=only, most=_MANY, groups=[group for group in groups if group.hits]
    )


Find = Callable[[str, int], Iterator[Hit]]


def _searches(uow: UnitOfWork) -> Iterator[tuple[str, Text | str, Find]]:
    """Every group that the reader may find something in; each asks the database once."""
    kinds = current_app.extensions["gonghui"].registry.record_types(g.tenant.plugins_on)
    yield "people", _("人员"), lambda text, most: _people(uow, kinds, text, most)
    if uow.principal.holds(READ_UNITS):
        yield "units", _("组织"), lambda text, most: _units(uow, text, most)
    if any(_names_employers(kind) and uow.principal.holds(kind.permission(READ)) for kind in kinds):
        yield "employers", _("用人单位"), lambda text, most: _employers(uow, text, most)
    for kind in kinds:
        if _is_searched(kind) and (
            uow.principal.holds(kind.permission(READ)) or kind.personal or kind.published
        ):
            yield kind.code, kind.title, lambda text, most, kind=kind: _records(uow, kind, text, most)  # type: ignore[misc]


def _names_employers(kind: RecordType) -> bool:
    return any(bound.kind is Kind.EMPLOYER for bound in kind.bound)


def _is_searched(kind: RecordType) -> bool:
    """Whether a kind is searched by more than the names of people, which are found among them already."""
    return bool(set(kind.search) - statement_of(kind, "list").of_persons)


def _people(uow: UnitOfWork, kinds: Sequence[RecordType], text: str, most: int) -> Iterator[Hit]:
    for row in find_people(uow, kinds, text, most):
        parts = (row["kind"].title, row["unit"], row["state"], row["id_number"], row["phone"])
        yield Hit(row["name"], _told(parts), to(record_path(row["kind"], row["id"])))


def _units(uow: UnitOfWork, text: str, most: int) -> Iterator[Hit]:
    unit, above = OrgUnit.__table__.c, OrgUnit.__table__.alias("above")
    found = (
        select(unit.id, unit.name, above.c.name.label("above"))
        .outerjoin(above, above.c.id == unit.parent_id)
        .where(unit.name.contains(text, autoescape=True), visible(uow.principal, READ_UNITS, unit.id))
        .order_by(unit.path)
        .limit(most)
    )
    for row in uow.session.execute(found):
        yield Hit(row.name, row.above or "", to("/console", unit=row.id))


def _employers(uow: UnitOfWork, text: str, most: int) -> Iterator[Hit]:
    row = Employer.__table__.c
    fits = or_(name_holds(row.name, row.name_key, text), row.uscc == text.upper())
    found = select(row.name, row.uscc).where(row.merged_into_id.is_(None), fits)
    for employer in uow.session.execute(found.order_by(row.name_key, row.id).limit(most)):
        yield Hit(employer.name, employer.uscc or "", None)


def _records(uow: UnitOfWork, kind: RecordType, text: str, most: int) -> Iterator[Hit]:
    for row in list_rows(uow, kind, {"q": text, "limit": most - 1}, None):
        name = row.get("name") or row.get("title") or row.get(kind.search[0]) or kind.title
        about = _told((row["org_unit_name"], kind.workflow.states[row["state"]]))
        yield Hit(str(name), about, to(record_path(kind, row["id"])))


def _told(parts: Sequence[Any]) -> str:
    return " · ".join(str(part) for part in parts if part)
