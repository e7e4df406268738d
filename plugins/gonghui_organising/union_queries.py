"""Reading unions: lists and details as rows, each in one statement."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, func, literal, literal_column, or_, select, tuple_

from gonghui.sdk import (
    Employer,
    OrgUnit,
    UnitOfWork,
    masked,
    name_holds,
    not_found,
    under,
    unit_within,
    visible,
)
from gonghui_organising.founding import READ
from gonghui_organising.union import CommitteeTerm, CoveredUnit, GrassrootsUnion, UnionPaper

_UNION: Any = GrassrootsUnion.__table__.c
_LISTED = (
    "id", "name", "kind", "state", "uscc", "chair_name", "headcount", "members", "founded_on", "org_unit_id", "version",
)  # fmt: skip
_PLAIN = [
    column.name
    for column in GrassrootsUnion.__table__.columns
    if column.name not in ("tenant_id", "name_key", "run_id")
]


def list_rows(uow: UnitOfWork, query: dict[str, Any], after: tuple[Any, ...] | None) -> list[dict[str, Any]]:
    """A page of unions that the principal sees, one row more than asked so that the caller knows of a next one."""
    page = _filtered(uow, _LIST, query)
    order = _order(query["sort"])
    if after is not None:
        keys = tuple_(*(column for column, _descending in order))
        bound = tuple_(*(literal(value) for value in after))
        page = page.where(keys < bound if order[0][1] else keys > bound)
    ordered = page.order_by(*(column.desc() if descending else column for column, descending in order))
    found = uow.session.connection().execute(ordered.limit(query["limit"] + 1))
    names = tuple(found.keys())
    return [dict(zip(names, row, strict=True)) for row in found.all()]


def export_rows(uow: UnitOfWork, query: dict[str, Any], permission: str) -> Iterator[dict[str, Any]]:
    """Every union of the list that `permission` reaches, as they come from the database."""
    employer, covered, unit, upper = (
        table.__table__.alias() for table in (Employer, CoveredUnit, OrgUnit, OrgUnit)
    )
    mine = (covered.c.tenant_id == _UNION.tenant_id, covered.c.union_id == _UNION.id)
    joined = covered.join(
        employer, and_(employer.c.tenant_id == covered.c.tenant_id, employer.c.id == covered.c.employer_id)
    )
    firms = [
        select(func.string_agg(column, "、"))
        .select_from(joined)
        .where(*mine)
        .correlate(GrassrootsUnion.__table__)
        for column in (employer.c.name, employer.c.uscc)
    ]
    above = (
        select(upper.c.name)
        .select_from(
            unit.join(upper, and_(upper.c.tenant_id == unit.c.tenant_id, upper.c.id == unit.c.parent_id))
        )
        .where(unit.c.tenant_id == _UNION.tenant_id, unit.c.id == _UNION.org_unit_id)
        .correlate(GrassrootsUnion.__table__)
    )
    more = [
        _UNION[name]
        for name in ("women_staff", "women_members", "migrant_members", "industry", "approval_no")
    ]
    names = ("employer_names", "employer_codes")
    more += [firm.scalar_subquery().label(name) for firm, name in zip(firms, names, strict=True)]
    everyone = _filtered(uow, _LIST.add_columns(*more, above.scalar_subquery().label("upper_name")), query)
    everyone = everyone.where(visible(uow.principal, permission, _UNION.org_unit_id))
    ordered = everyone.order_by(_UNION.id).execution_options(yield_per=1_000)
    return (dict(row) for row in uow.session.connection().execute(ordered).mappings())


def count_rows(uow: UnitOfWork, query: dict[str, Any]) -> int:
    """How many unions the whole list has."""
    return uow.session.scalar(_filtered(uow, select(func.count()).select_from(GrassrootsUnion), query)) or 0


def sort_values(row: dict[str, Any], sort: str) -> tuple[Any, ...]:
    """What a cursor keeps of the last row of a page."""
    return (row["name_key"], row["id"]) if sort == "name" else (row["id"],)


def read_row(uow: UnitOfWork, union_id: UUID) -> dict[str, Any]:
    """One union with its parts. Raises `NotFound` for one that is not there or not to be seen."""
    seen = visible(uow.principal, READ, _UNION.org_unit_id)
    found = uow.session.connection().execute(_DETAIL.where(_UNION.id == union_id, seen)).one_or_none()
    if found is None:
        raise not_found()
    row = dict(found._mapping)
    row["contact_phone"] = masked(uow, _UNION.contact_phone, union_id, row["contact_phone"])
    return row


def _filtered(uow: UnitOfWork, statement: Select[Any], query: dict[str, Any]) -> Select[Any]:
    wanted = [visible(uow.principal, READ, _UNION.org_unit_id)]
    wanted += [_UNION[name] == query[name] for name in ("state", "kind") if name in query]
    if "org_unit_id" in query:
        unit = unit_within(uow, uow.principal, READ, query["org_unit_id"])
        wanted.append(_UNION.org_unit_id.in_(select(OrgUnit.id).where(under([unit.path]))))
    if query.get("q"):
        text = query["q"].strip()
        wanted.append(or_(name_holds(_UNION.name, _UNION.name_key, text), _UNION.uscc == text))
    return statement.where(and_(*wanted))


def _order(sort: str) -> list[tuple[Any, bool]]:
    return [(_UNION.name_key, False), (_UNION.id, False)] if sort == "name" else [(_UNION.id, True)]


def _ends_on() -> Any:
    term = CommitteeTerm.__table__.c
    latest = select(func.max(term.ends_on)).where(
        term.tenant_id == _UNION.tenant_id, term.union_id == _UNION.id
    )
    return latest.correlate(GrassrootsUnion.__table__).scalar_subquery().label("term_ends_on")


def _parts(label: str, entry: Any, table: Any, joined: Any = None) -> Any:
    """Rows of a child table as a JSON list."""
    child = table.c
    rows = select(func.coalesce(func.jsonb_agg(entry), literal_column("'[]'::jsonb")))
    source = rows.select_from(joined if joined is not None else table)
    owned = source.where(child.tenant_id == _UNION.tenant_id, child.union_id == _UNION.id)
    return owned.correlate(GrassrootsUnion.__table__).scalar_subquery().label(label)


def _employers() -> Any:
    covered, employer = CoveredUnit.__table__, Employer.__table__
    entry = func.jsonb_build_object("id", employer.c.id, "name", employer.c.name, "uscc", employer.c.uscc)
    on = and_(employer.c.tenant_id == covered.c.tenant_id, employer.c.id == covered.c.employer_id)
    return _parts("employers", entry, covered, covered.join(employer, on))


def _committee() -> Any:
    term: Any = CommitteeTerm.__table__.c
    entry = func.jsonb_build_object(
        "started_on", term.started_on, "years", term.years, "ends_on", term.ends_on, "seats", term.seats
    )
    return _parts("committees", entry, CommitteeTerm.__table__)


def _papers() -> Any:
    paper: Any = UnionPaper.__table__.c
    entry = func.jsonb_build_object("kind", paper.kind, "number", paper.number, "dated_on", paper.dated_on)
    return _parts("papers", entry, UnionPaper.__table__)


# What stays the same from one request to the next is made once.
_LIST = select(*(_UNION[name] for name in _LISTED), _UNION.name_key, _ends_on())
_DETAIL = select(*(_UNION[name] for name in _PLAIN), _employers(), _committee(), _papers())
