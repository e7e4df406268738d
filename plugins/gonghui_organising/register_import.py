"""Takes a register of unions over: the good rows go in at once, the others are named, known ones stay as they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from gonghui.sdk import (
    CheckedRow,
    Conflict,
    Employer,
    OrgUnit,
    OrgUnitKind,
    RecordTransition,
    Row,
    Sheet,
    UnitOfWork,
    _,
    clock,
    delete_many,
    figure,
    find_employers,
    here,
    insert_many,
    new_id,
    new_unit,
    nobody_names,
    publish_many,
    sort_key,
    visible,
)
from gonghui_organising.re_election_steps import forget_unbegun
from gonghui_organising.register import Rules, UnionRow, UnionRules
from gonghui_organising.union import (
    CommitteeTerm,
    CoveredUnit,
    GrassrootsUnion,
    UnionPaper,
    UnionState,
    term_end,
)

IMPORT = "organising.union.import"

#: States in which a union holds its code.
HOLDING = (UnionState.SUBMITTED.value, UnionState.APPROVED.value)
_AREA = OrgUnitKind.COMMUNITY_FEDERATION


class UnionImporter:
    """One register of unions on its way in. A union is known by its name and employer."""

    def __init__(self, uow: UnitOfWork, sheet: Sheet, run_id: UUID) -> None:
        self.made: Counter[str] = Counter()
        self._uow, self._sheet, self._run_id = uow, sheet, run_id
        self._streets, self._areas = places(uow)
        self._rules = UnionRules(
            Rules(
                streets=set(self._streets),
                communities={name: street for street, name in self._areas},
                today=clock.today(),
                terms=figure(uow, "organising.committee.term_years").value,
                demo_numbers=here(uow).is_demo,
            )
        )

    def examine(self, row: Row) -> CheckedRow:
        """Check a row by itself and against the rows before it."""
        checked = CheckedRow(row, self._sheet.headings)
        self._rules.examine(checked)
        return checked

    def ready(self, rows: Sequence[CheckedRow]) -> Sequence[UnionRow]:
        """What the rows say."""
        return [row.value for row in rows]

    def settle(self, rows: Sequence[tuple[CheckedRow, Any]], *, write: bool) -> tuple[int, int]:
        """Leave out unions that are in already, refuse those whose code another one has, write the others."""
        known = _known(self._uow, [row.value for row, _ready in rows])
        fresh = [row for row, _ready in rows if (row.value.name, row.value.employer_name) not in known]
        taken = len(rows) - len(fresh)
        _refuse_taken_codes(self._uow, fresh)
        good = [row.value for row in fresh if not row.faults]
        if write and good:
            take_over(self._uow, good, self._streets, self._areas, self.made, self._run_id)
        return (len(good) if write else 0), taken


def undo_unions(uow: UnitOfWork, run_id: UUID) -> dict[str, int]:
    """Take back the unions, nodes and employers of a run. Raises `Conflict` where something rests on one by now."""
    mine = GrassrootsUnion.run_id == run_id
    units = list(uow.session.scalars(select(GrassrootsUnion.org_unit_id).where(mine)))
    unions = list(uow.session.scalars(select(GrassrootsUnion.id).where(mine)))
    changed = uow.session.scalars(select(GrassrootsUnion.id).where(mine, GrassrootsUnion.version > 1)).first()
    gone: dict[str, int] = {}
    try:
        with uow.session.begin_nested():
            forget_unbegun(uow, unions)
            delete_many(uow, RecordTransition, RecordTransition.record_id.in_(unions))
            for part in (CoveredUnit, CommitteeTerm, UnionPaper):
                delete_many(uow, part, part.union_id.in_(unions))
            gone["unions"] = delete_many(uow, GrassrootsUnion, mine)
            delete_many(uow, OrgUnit, OrgUnit.id.in_(units))
            mine_and_empty = (OrgUnit.run_id == run_id) & nobody_names(OrgUnit)
            gone["communities"] = delete_many(uow, OrgUnit, mine_and_empty)
    except IntegrityError:
        changed = unions[0]
    if changed is not None:
        raise Conflict("import_in_use", _("这次导入的工会已有会员或后续变动，不能整体撤销。请逐个更正。"))
    unused = (Employer.run_id == run_id) & nobody_names(Employer)
    gone["employers"] = delete_many(uow, Employer, unused)
    return gone


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


def _refuse_taken_codes(uow: UnitOfWork, rows: Sequence[CheckedRow]) -> None:
    """Note a fault where another union has the code of a row already."""
    codes = {row.value.uscc for row in rows if row.value.uscc}
    held = select(GrassrootsUnion.uscc).where(
        GrassrootsUnion.uscc.in_(codes), GrassrootsUnion.state.in_(HOLDING)
    )
    taken = set(uow.session.scalars(held))
    for row in rows:
        code = row.value.uscc
        if code in taken:
            message = _("工会代码 {code} 已属于另一个工会，请核对。", code=code)
            row.note("uscc", "union_code_taken", message)
        elif code:
            taken.add(code)


def take_over(
    uow: UnitOfWork,
    rows: Sequence[UnionRow],
    streets: dict[str, OrgUnit],
    areas: dict[tuple[str, str], OrgUnit],
    made: Counter[str],
    run_id: UUID | None = None,
) -> None:
    """Write nodes, employers, unions, covered units, terms and transitions, each in one batch."""
    nodes = [_node(row, streets, areas, uow, made, run_id) for row in rows]
    insert_many(uow, OrgUnit, nodes)
    employers = _employers(uow, rows, made, run_id)
    unions = [_union_values(row, node["id"], run_id) for row, node in zip(rows, nodes, strict=True)]
    insert_many(uow, GrassrootsUnion, unions)
    pairs = list(zip(rows, unions, strict=True))
    insert_many(
        uow,
        CoveredUnit,
        [{"union_id": u["id"], "employer_id": employers[_employer_key(r)]} for r, u in pairs],
    )
    insert_many(uow, CommitteeTerm, [_term(row, union["id"]) for row, union in pairs])
    insert_many(uow, RecordTransition, [_transition(uow, row, union) for row, union in pairs])
    publish_many(uow, "organising.union.imported", GrassrootsUnion, [(union["id"], 1) for union in unions])


def _node(
    row: UnionRow,
    streets: dict[str, OrgUnit],
    areas: dict[tuple[str, str], OrgUnit],
    uow: UnitOfWork,
    made: Counter[str],
    run_id: UUID | None,
) -> dict[str, Any]:
    """The union's own node, below its community, or below its street where the register names none."""
    above = streets[row.street]
    if row.community:
        if (row.street, row.community) not in areas:
            area = new_unit(above, _AREA, row.community)
            area.run_id = run_id
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
        "run_id": run_id,
    }


def _employer_key(row: UnionRow) -> tuple[str, str | None]:
    return (row.employer_name, row.employer_uscc)


def _employers(
    uow: UnitOfWork, rows: Sequence[UnionRow], made: Counter[str], run_id: UUID | None
) -> dict[tuple[str, str | None], UUID]:
    """Ids of the employers that the rows name; those not known yet are entered."""
    ids = {key: employer.id for key, employer in find_employers(uow, map(_employer_key, rows)).items()}
    fresh: dict[str, dict[str, Any]] = {}
    for name, code in map(_employer_key, rows):
        # A code decides who an employer is; two spellings of its name are one employer.
        identity = code or name
        if (name, code) not in ids and identity not in fresh:
            fresh[identity] = {
                "id": new_id(),
                "name": name,
                "name_key": sort_key(name),
                "uscc": code,
                "run_id": run_id,
            }
    insert_many(uow, Employer, list(fresh.values()))
    made["employers"] += len(fresh)
    for name, code in map(_employer_key, rows):
        if (name, code) not in ids:
            ids[name, code] = fresh[code or name]["id"]
    return ids


def _union_values(row: UnionRow, node: UUID, run_id: UUID | None) -> dict[str, Any]:
    return {
        "id": new_id(),
        "org_unit_id": node,
        "run_id": run_id,
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
        "contact_phone": row.contact_phone,
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
