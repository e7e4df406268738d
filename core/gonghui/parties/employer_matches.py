"""Employer matches: names that look alike wait for a person who says whether they are one employer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Index, select
from sqlalchemy.orm import Mapped, mapped_column

from gonghui.db.base import TenantTable, one_of, ref, unique
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.errors import Conflict
from gonghui.i18n import _
from gonghui.parties.employers import Employer
from gonghui.parties.merging import move_back, move_references
from gonghui.values import clock
from gonghui.values.firms import ASK, FirmName, blocks, likeness, read_firm, same_key

_CANDIDATES = 3
_CODE = "uscc"


class MatchState(StrEnum):
    """Whether two employers are one: not decided, decided yes, decided no."""

    OPEN = "open"
    SAME = "same"
    DIFFERENT = "different"


class EmployerMatch(TenantTable):
    """Two employers whose names look alike: `employer` came in later, `candidate` was known."""

    __tablename__ = "employer_match"
    __table_args__ = (
        unique("employer_id", "candidate_id"),
        one_of("state", MatchState),
        Index("ix_employer_match_state", "tenant_id", "state", "id"),
        Index("ix_employer_match_candidate", "tenant_id", "candidate_id"),
    )

    employer: Mapped[Employer] = ref(Employer)
    employer_id: Mapped[UUID]
    candidate: Mapped[Employer] = ref(Employer)
    candidate_id: Mapped[UUID]
    score: Mapped[int]
    state: Mapped[str] = mapped_column(default=MatchState.OPEN.value)
    moved: Mapped[dict[str, Any]] = mapped_column(default=dict)
    run_id: Mapped[UUID | None]
    decided_at: Mapped[datetime | None]


class EmployerBook:
    """All employers of a federation by code and by name, for as long as a register is taken over."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._by_code: dict[str, UUID] = {}
        self._by_key: dict[str, UUID] = {}
        self._codes: dict[UUID, str] = {}
        # Read once and kept: more names than a cache holds are compared with each other again and again.
        self._firms: dict[UUID, FirmName] = {}
        self._blocks: dict[str, set[UUID]] | None = None
        merged: dict[UUID, tuple[str, str | None, UUID]] = {}
        known = select(Employer.id, Employer.name, Employer.uscc, Employer.merged_into_id)
        for employer_id, name, code, stands in uow.session.execute(known):
            if stands is None:
                self.add(employer_id, name, code)
            else:
                merged[employer_id] = (name, code, stands)
        self._add_merged(merged)

    def find(self, name: str, code: str | None) -> UUID | None:
        """The employer with this code; without one, the only employer whose name differs in writing at most."""
        return self._by_code.get(code) if code else self._by_key.get(same_key(name))

    def add(self, employer_id: UUID, name: str, code: str | None) -> None:
        """Take an employer in. Where several share a name, one with a code stands for it."""
        if code:
            self._by_code[code] = employer_id
        if code or same_key(name) not in self._by_key:
            self._by_key[same_key(name)] = employer_id
        if code:
            self._codes[employer_id] = code
        self._firms[employer_id] = firm = read_firm(name)
        if self._blocks is not None:
            self._enter(self._blocks, employer_id, firm)

    def has_code(self, employer_id: UUID) -> bool:
        """Whether a code of the employer is known, its own or that of one which it stands for."""
        return employer_id in self._codes

    def alike(self, name: str, code: str | None = None) -> list[tuple[int, UUID]]:
        """Employers that may be this one, the likeliest first; none whose code says that they are another one."""
        if self._blocks is None:
            self._blocks = defaultdict(set)
            for employer_id, known in self._firms.items():
                self._enter(self._blocks, employer_id, known)
        firm = read_firm(name)
        near = {employer_id for block in blocks(firm) for employer_id in self._blocks.get(block, ())}
        if code:
            near = {employer_id for employer_id in near if self._codes.get(employer_id, code) == code}
        scored = ((likeness(firm, self._firms[other]), other) for other in near)
        return sorted((pair for pair in scored if pair[0] >= ASK), reverse=True)[:_CANDIDATES]

    def _add_merged(self, merged: Mapping[UUID, tuple[str, str | None, UUID]]) -> None:
        """Let names and codes that were merged lead to the employer that stands for them: their rows still exist."""
        for name, code, into in merged.values():
            stands = into
            while stands in merged:
                stands = merged[stands][2]
            self._by_key.setdefault(same_key(name), stands)
            if code:
                self._by_code.setdefault(code, stands)
                self._codes.setdefault(stands, code)

    @staticmethod
    def _enter(blocked: dict[str, set[UUID]], employer_id: UUID, firm: FirmName) -> None:
        for block in blocks(firm):
            blocked.setdefault(block, set()).add(employer_id)


def decide_match(uow: UnitOfWork, match: EmployerMatch, *, same: bool) -> None:
    """Say whether the two are one employer. If so, the one that was known stands for both. Raises `Conflict`."""
    if match.state != MatchState.OPEN:
        raise Conflict("match_decided", _("这一对单位已经判断过。"))
    uow.note("core.employer_match.decided")
    if same:
        employer, candidate = _pair(uow, match)
        if employer.uscc and candidate.uscc and employer.uscc != candidate.uscc:
            raise Conflict("codes_differ", _("两个单位的统一社会信用代码不同，不会是同一个单位。"))
        if employer.merged_into_id or candidate.merged_into_id:
            # Merging on would close a ring, or move what a decision before this one has moved already.
            raise Conflict("already_merged", _("其中一个单位已并入别的单位。先重新打开那一次判断。"))
        match.moved = move_references(
            uow, Employer, match.employer_id, match.candidate_id, apart_from=EmployerMatch
        )
        employer.merged_into_id = candidate.id
        if employer.uscc and not candidate.uscc:
            match.moved = {**match.moved, _CODE: [employer.uscc]}
            _move_code(uow, employer, candidate)
        match.state = MatchState.SAME.value
    else:
        match.state = MatchState.DIFFERENT.value
    match.decided_at = clock.now()
    uow.session.flush()


def reopen_match(uow: UnitOfWork, match: EmployerMatch) -> None:
    """Take a decision back; what was moved goes back. Raises `Conflict`."""
    if match.state == MatchState.OPEN:
        raise Conflict("match_open", _("这一对单位还没有判断。"))
    uow.note("core.employer_match.reopened")
    if match.state == MatchState.SAME:
        employer, candidate = _pair(uow, match)
        if candidate.merged_into_id:
            raise Conflict("already_merged", _("其中一个单位已并入别的单位。先重新打开那一次判断。"))
        employer.merged_into_id = None
        if match.moved.get(_CODE) == [candidate.uscc]:
            _move_code(uow, candidate, employer)
        moved: Mapping[str, list[str]] = match.moved
        move_back(
            uow, Employer, moved, old=match.employer_id, new=match.candidate_id, apart_from=EmployerMatch
        )
    match.state, match.moved, match.decided_at = MatchState.OPEN.value, {}, None
    uow.session.flush()


def _move_code(uow: UnitOfWork, giver: Employer, taker: Employer) -> None:
    """Let the one employer have the other's code; no code is held twice, not even for a moment."""
    code, giver.uscc = giver.uscc, None
    uow.session.flush()
    taker.uscc = code


def _pair(uow: UnitOfWork, match: EmployerMatch) -> Sequence[Employer]:
    found = uow.session.scalars(
        select(Employer)
        .where(Employer.id.in_([match.employer_id, match.candidate_id]))
        .order_by(Employer.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    return sorted(found, key=lambda employer: employer.id != match.employer_id)
