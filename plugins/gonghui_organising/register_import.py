"""Takes a register of unions over: the good rows go in at once, the others are named, known ones stay as they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO
from uuid import UUID

from sqlalchemy import select

from gonghui.sdk import (
    Employer,
    Fault,
    ImportReport,
    OrgUnit,
    OrgUnitKind,
    RecordTransition,
    Register,
    UnitOfWork,
    _,
    clock,
    figure,
    find_employers,
    here,
    insert_many,
    new_id,
    new_unit,
    read_register,
    sort_key,
    visible,
)
from gonghui_organising.register import COLUMNS, NOT_KEPT, CheckedRegister, UnionRow, check_register
from gonghui_organising.union import CommitteeTerm, CoveredUnit, GrassrootsUnion, UnionState, term_end

IMPORT = "organising.union.import"

#: States in which a union holds its code.
HOLDING = (UnionState.SUBMITTED.value, UnionState.APPROVED.value)
_AREA = OrgUnitKind.COMMUNITY_FEDERATION


def import_unions(uow: UnitOfWork, source: Path | BinaryIO, *, dry_run: bool = False) -> ImportReport:
    """Read a register, check every row, and put the good ones in (not on a dry run).

    A union is known by its name and employer, so a second run changes nothing. Raises `Invalid` for a
    file that cannot be read at all.
    """
    register = read_register(source, COLUMNS)
    streets, areas = places(uow)
    checked = check_register(
        register,
        streets=set(streets),
        communities={name: street for street, name in areas},
        today=clock.today(),
        terms=figure(uow, "organising.committee.term_years").value,
        demo_numbers=here(uow).is_demo,
    )
    known = _known(uow, checked.good)
    fresh = [row for row in checked.good if (row.name, row.employer_name) not in known]
    fresh, clashes = _apart_from_taken_codes(uow, register, fresh)
    made: Counter[str] = Counter()
    if fresh and not dry_run:
        uow.note(
            "organising.register.imported", rows=checked.rows, good=len(fresh), faults=len(checked.faults)
        )
        take_over(uow, fresh, streets, areas, made)
    return _report(checked, len(fresh), clashes, made, dry_run=dry_run)


def _report(
    checked: CheckedRegister, fresh: int, clashes: Sequence[Fault], made: Counter[str], *, dry_run: bool
) -> ImportReport:
    good = len(checked.good) - len(clashes)
    return ImportReport(
        rows=checked.rows,
        good=good,
        created=0 if dry_run else fresh,
        known=good - fresh,
        faults=sorted([*checked.faults, *clashes], key=lambda fault: fault.row),
        is_dry=dry_run,
        not_kept=NOT_KEPT,
        made=dict(made),
    )


def places(uow: UnitOfWork) -> tuple[dict[str, OrgUnit], dict[tuple[str, str], OrgUnit]]:
    """Streets by the name a register uses, and areas by street and name, as far as the principal reaches."""
    kinds = (OrgUnitKind.STREET_FEDERATION.value, _AREA.value, OrgUnitKind.PARK_FEDERATION.value)
    mine = visible(uow.principal, IMPORT, OrgUnit.__table__.c.id)
    units = list(uow.session.scalars(select(OrgUnit).where(OrgUnit.kind.in_(kinds), mine)))
    by_id = {unit.id: unit for unit in units}
    streets = {_short(unit.name): unit for unit in units if unit.kind == OrgUnitKind.STREET_FEDERATION}
    areas = {
        (_short(by_id[unit.parent_id].name), _short(unit.name)): unit
        for unit in units
        if unit.kind != OrgUnitKind.STREET_FEDERATION and unit.parent_id in by_id
    }
    return streets, areas


def _short(name: str) -> str:
    """观湖街道总工会 → 观湖街道, 新田社区工联会 → 新田社区: registers name the area, the tree its federation."""
    for ending in ("总工会", "工会联合会", "工联会", "联合工会"):
        name = name.removesuffix(ending)
    return name


def _known(uow: UnitOfWork, rows: Sequence[UnionRow]) -> set[tuple[str, str]]:
    """Pairs of union and employer that are in already."""
    found = (
        select(GrassrootsUnion.name, Employer.name)
        .join(CoveredUnit, CoveredUnit.union_id == GrassrootsUnion.id)
        .join(Employer, Employer.id == CoveredUnit.employer_id)
        .where(GrassrootsUnion.name.in_([row.name for row in rows]))
    )
    return {(name, employer) for name, employer in uow.session.execute(found)}


def _apart_from_taken_codes(
    uow: UnitOfWork, register: Register, rows: Sequence[UnionRow]
) -> tuple[list[UnionRow], list[Fault]]:
    """Rows whose union code nobody else has, and a fault for each of the others."""
    codes = {row.uscc for row in rows if row.uscc}
    taken = set(
        uow.session.scalars(
            select(GrassrootsUnion.uscc).where(
                GrassrootsUnion.uscc.in_(codes), GrassrootsUnion.state.in_(HOLDING)
            )
        )
    )
    free, faults = [], []
    for row in rows:
        if row.uscc in taken:
            message = _("工会代码 {code} 已属于另一个工会，请核对。", code=row.uscc)
            faults.append(
                Fault(register.sheet, row.row, register.headings["uscc"], "union_code_taken", message)
            )
        else:
            free.append(row)
        if row.uscc:
            taken.add(row.uscc)
    return free, faults


def take_over(
    uow: UnitOfWork,
    rows: Sequence[UnionRow],
    streets: dict[str, OrgUnit],
    areas: dict[tuple[str, str], OrgUnit],
    made: Counter[str],
) -> None:
    """Write nodes, employers, unions, covered units, terms and transitions, each in one batch."""
    nodes = [_node(row, streets, areas, uow, made) for row in rows]
    insert_many(uow, OrgUnit, nodes)
    employers = _employers(uow, rows, made)
    unions = [_union_values(row, node["id"]) for row, node in zip(rows, nodes, strict=True)]
    insert_many(uow, GrassrootsUnion, unions)
    pairs = list(zip(rows, unions, strict=True))
    insert_many(
        uow,
        CoveredUnit,
        [{"union_id": u["id"], "employer_id": employers[_employer_key(r)]} for r, u in pairs],
    )
    insert_many(uow, CommitteeTerm, [_term(row, union["id"]) for row, union in pairs])
    insert_many(uow, RecordTransition, [_transition(uow, row, union) for row, union in pairs])


def _node(
    row: UnionRow,
    streets: dict[str, OrgUnit],
    areas: dict[tuple[str, str], OrgUnit],
    uow: UnitOfWork,
    made: Counter[str],
) -> dict[str, Any]:
    """The union's own node, below its community, or below its street where the register names none."""
    above = streets[row.street]
    if row.community:
        if (row.street, row.community) not in areas:
            area = new_unit(above, _AREA, row.community)
            uow.add(area)
            areas[row.street, row.community] = area
            made["communities"] += 1
        above = areas[row.street, row.community]
    unit = new_unit(above, OrgUnitKind.GRASSROOTS_UNION, row.name)
    return {
        "id": unit.id,
        "parent_id": unit.parent_id,
        "kind": unit.kind,
        "name": unit.name,
        "path": unit.path,
        "valid_from": row.founded_on,
        "valid_to": None,
    }


def _employer_key(row: UnionRow) -> tuple[str, str | None]:
    return (row.employer_name, row.employer_uscc)


def _employers(
    uow: UnitOfWork, rows: Sequence[UnionRow], made: Counter[str]
) -> dict[tuple[str, str | None], UUID]:
    """Ids of the employers that the rows name; those not known yet are entered."""
    ids = {key: employer.id for key, employer in find_employers(uow, map(_employer_key, rows)).items()}
    fresh: dict[str, dict[str, Any]] = {}
    for name, code in map(_employer_key, rows):
        # A code decides who an employer is; two spellings of its name are one employer.
        identity = code or name
        if (name, code) not in ids and identity not in fresh:
            fresh[identity] = {"id": new_id(), "name": name, "name_key": sort_key(name), "uscc": code}
    insert_many(uow, Employer, list(fresh.values()))
    made["employers"] += len(fresh)
    for name, code in map(_employer_key, rows):
        if (name, code) not in ids:
            ids[name, code] = fresh[code or name]["id"]
    return ids


def _union_values(row: UnionRow, node: UUID) -> dict[str, Any]:
    return {
        "id": new_id(),
        "org_unit_id": node,
        "state": UnionState.APPROVED.value,
        "name": row.name,
        "name_key": sort_key(row.name),
        "kind": row.kind,
        "uscc": row.uscc,
        "industry": row.industry or None,
        "chair_name": row.chair_name or None,
        "headcount": row.headcount,
        "women_staff": row.women_staff,
        "members": row.members,
        "women_members": row.women_members,
        "migrant_members": row.migrant_members,
        "near_relatives_excluded": False,
        "founded_on": row.founded_on,
    }


def _term(row: UnionRow, union_id: UUID) -> dict[str, Any]:
    started, years = row.term_started_on, row.term_years
    return {"union_id": union_id, "started_on": started, "years": years, "ends_on": term_end(started, years)}


def _transition(uow: UnitOfWork, row: UnionRow, union: dict[str, Any]) -> dict[str, Any]:
    """The union exists since its founding day, whenever the register is read in."""
    return {
        "record_type": GrassrootsUnion.__table__.fullname,  # type: ignore[attr-defined]
        "record_id": union["id"],
        "name": "register",
        "from_state": None,
        "to_state": union["state"],
        "effective_on": row.founded_on,
        "org_unit_id": union["org_unit_id"],
        "account_id": uow.principal.account_id,
        "person_id": uow.principal.person_id,
        "comment": None,
    }
