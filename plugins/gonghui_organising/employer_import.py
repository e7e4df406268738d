"""Takes a register of employers over: known ones stay, codes are filled in, names that look alike wait for a person."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select

from gonghui.sdk import (
    CheckedRow,
    Conflict,
    Employer,
    EmployerBook,
    EmployerMatch,
    MatchState,
    Row,
    Sheet,
    UnitOfWork,
    _,
    delete_many,
    here,
    insert_many,
    new_id,
    nobody_names,
    publish_many,
    require_whole,
    sort_key,
)
from gonghui_organising.employer_register import EmployerRow, EmployerRules

IMPORT = "organising.employer.import"


class EmployerImporter:
    """One register of employers on its way in. Employers belong to the whole federation, and so does this."""

    def __init__(self, uow: UnitOfWork, sheet: Sheet, run_id: UUID) -> None:
        require_whole(uow.principal, IMPORT)
        self.made: Counter[str] = Counter()
        self._uow, self._sheet, self._run_id = uow, sheet, run_id
        self._rules = EmployerRules(demo_numbers=here(uow).is_demo)
        self._book = EmployerBook(uow)

    def examine(self, row: Row) -> CheckedRow:
        """Check a row by itself and against the rows before it."""
        checked = CheckedRow(row, self._sheet.headings)
        self._rules.examine(checked)
        return checked

    def ready(self, rows: Sequence[CheckedRow]) -> Sequence[EmployerRow]:
        """What the rows say."""
        return [row.value for row in rows]

    def settle(self, rows: Sequence[tuple[CheckedRow, Any]], *, write: bool) -> tuple[int, int]:
        """Leave out who is known, giving a code to whoever has none yet; enter the others."""
        fresh: list[EmployerRow] = []
        codes: dict[UUID, str] = {}
        for checked, _ready in rows:
            row: EmployerRow = checked.value
            found, is_new_code = self._find(row)
            if found is None:
                fresh.append(row)
            elif is_new_code and row.uscc:
                codes[found] = row.uscc
        if write:
            self._fill_in(codes)
            self._enter(fresh)
        return (len(fresh) if write else 0), len(rows) - len(fresh)

    def _find(self, row: EmployerRow) -> tuple[UUID | None, bool]:
        """The employer that a row names, and whether the row knows its code first. The code decides, then the name."""
        by_code = self._book.find(row.name, row.uscc) if row.uscc else None
        by_name = self._book.find(row.name, None)
        if by_code or not row.uscc:
            return by_code or by_name, False
        if by_name is None or self._book.has_code(by_name):
            return None, False  # a namesake with a code of its own is another employer
        return by_name, True

    def _fill_in(self, codes: Mapping[UUID, str]) -> None:
        wanted = select(Employer).where(Employer.id.in_(codes))
        for employer in self._uow.session.scalars(wanted).all():
            employer.uscc = codes[employer.id]
            self._book.add(employer.id, employer.name, employer.uscc)
        self.made.update(codes_filled=len(codes))
        self._uow.session.flush()

    def _enter(self, rows: Sequence[EmployerRow]) -> None:
        employers: list[dict[str, Any]] = []
        matches: list[dict[str, Any]] = []
        for row in rows:
            fresh = new_id()
            employers.append(
                {
                    "id": fresh,
                    "name": row.name,
                    "name_key": sort_key(row.name),
                    "uscc": row.uscc,
                    "run_id": self._run_id,
                }
            )
            matches += [
                {"employer_id": fresh, "candidate_id": other, "score": score, "run_id": self._run_id}
                for score, other in self._book.alike(row.described, row.uscc)
            ]
            # With its former names, so that a later row under one of them is asked about.
            self._book.add(fresh, row.described, row.uscc)
        insert_many(self._uow, Employer, employers)
        insert_many(self._uow, EmployerMatch, matches)
        told = [(employer["id"], None) for employer in employers]
        publish_many(self._uow, "organising.employer.imported", Employer, told)
        self.made.update(employer_matches=len(matches))


def undo_employers(uow: UnitOfWork, run_id: UUID) -> dict[str, int]:
    """Take back the employers of a run and the questions about them; codes that it filled in stay, being true.

    Raises `Conflict` where something names one of the employers by now, or somebody merged one.
    """
    mine = Employer.run_id == run_id
    ids = select(Employer.id).where(mine)
    asked = EmployerMatch.employer_id.in_(ids) | EmployerMatch.candidate_id.in_(ids)
    merged = select(EmployerMatch.id).where(asked, EmployerMatch.state == MatchState.SAME.value).limit(1)
    with uow.session.begin_nested():
        in_use = uow.session.scalars(merged).first()
        gone = {"employer_matches": delete_many(uow, EmployerMatch, asked) if in_use is None else 0}
        named = select(Employer.id).where(mine, ~nobody_names(Employer)).limit(1)
        if in_use is not None or uow.session.scalars(named).first() is not None:
            raise Conflict(
                "import_in_use", _("这次导入的单位已被工会或会员使用，或已与别的单位合并，不能整体撤销。")
            )
        gone["employers"] = delete_many(uow, Employer, mine)
    return gone
