"""Walking by chance: principals who try steps of all kinds of records, mostly ones that the state allows."""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache
from random import Random
from typing import Any
from uuid import UUID

from sqlalchemy import select
from tests.designs import RECORD_TYPES, samples
from tests.designs.course import courses, enrolments
from tests.designs.dispute import dispute
from tests.designs.hardship import hardship
from tests.designs.profile import profiles
from tests.designs.rooms import rooms

from gonghui.auth.accounts import account_by_id
from gonghui.auth.recognition import principal_by_id
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.errors import DomainError
from gonghui.records.bulk_steps import take_steps, undone_alone
from gonghui.records.fields import Field, Kind
from gonghui.records.record_types import RecordType
from gonghui.records.steps import take_step
from gonghui.records.timers import run_timers
from gonghui.records.workflow import Comment, Transition
from gonghui.records.writing import create, put_list
from gonghui.testing import Federation
from gonghui.values import clock
from gonghui.values.principal import Principal, system
from gonghui_organising import member_samples, member_steps
from gonghui_organising.members import members
from gonghui_organising.membership import Membership
from gonghui_organising.union import GrassrootsUnion
from gonghui_organising.union_samples import founding_values
from gonghui_organising.unions import unions

TRIED, IN_ONE = int(os.environ.get("GONGHUI_WALK_STEPS", "10000")), 40
OFFICERS = ("district", "east", "west", "garden", "second", "firm", "auditor", "guest")
FIRST_DAY = datetime(2024, 5, 6, 2, tzinfo=UTC)
#: All kinds that are walked over: the designs, unions and members.
WALKED = (*RECORD_TYPES, unions, members)


class Abandoned(Exception):
    """A transaction that ends halfway."""


@cache
def states_that_go_on(kind: RecordType) -> frozenset[str]:
    """States from which some step leads on."""
    return frozenset(state for state in kind.workflow.states if kind.workflow.open_from(state))


@dataclass
class Walkers:
    """Everybody who acts at one federation, driven by one source of chance."""

    federation: Federation
    chance: Random
    principals: dict[str, Principal] = field(default_factory=dict)
    #: State and version of each record, by kind, as they were read or written last.
    known: dict[Any, dict[UUID, tuple[str, int]]] = field(default_factory=lambda: defaultdict(dict))
    makers: dict[UUID, Principal] = field(default_factory=dict)
    #: Whether nothing happened since that `known` does not tell.
    is_sure: bool = False
    tried: int = 0
    taken: int = 0
    refusals: Counter[str] = field(default_factory=Counter)
    serial: Iterator[int] = field(default_factory=lambda: iter(range(1, 10**6)))

    def prepare(self) -> None:
        """Accounts: two of one person among them, and workers who are the subjects of records."""
        federation = self.federation
        federation.add_officer("second", "community_officer", "garden")
        workers = [federation.add_worker() for _ in range(30)]
        with federation.uow() as uow:
            same = account_by_id(uow, federation.accounts["garden"])
            second = account_by_id(uow, federation.accounts["second"])
            assert same is not None
            assert second is not None
            second.person_id = same.person_id
        with federation.uow() as uow:
            for login in (*OFFICERS, *workers):
                self.principals[login] = principal_by_id(uow, federation.accounts[login])

    def walk(self) -> None:
        """One transaction of many acts on one day; some are abandoned at its end."""
        day = FIRST_DAY + timedelta(days=self.tried // 12)
        with clock.at(day), suppress(Abandoned), self.federation.uow() as uow:
            if not self.is_sure:
                self._look(uow)
            self.is_sure = False
            for _ in range(IN_ONE):
                uow.become(self._who())
                self._one(uow)
            if self.chance.random() < 0.03:
                raise Abandoned
            if self.chance.random() < 0.2:
                uow.become(system(uow.tenant_id))
                run_timers(uow, RECORD_TYPES)
            else:
                self.is_sure = True

    def _who(self) -> Principal:
        everybody = [*OFFICERS, self.chance.choice(sorted(self.principals))]
        likely = self.chance.choices(["district", "east", "garden", "second"], k=1)[0]
        return self.principals[likely if self.chance.random() < 0.75 else self.chance.choice(everybody)]

    def _look(self, uow: UnitOfWork) -> None:
        """What there is, as it is: the transaction before may have been abandoned."""
        for model in (*(kind.model for kind in RECORD_TYPES), GrassrootsUnion, Membership):
            table: Any = model.__table__
            rows = uow.session.execute(
                select(table.c.id, table.c.state, table.c.version).order_by(table.c.id)
            )
            self.known[model] = {row.id: (row.state, row.version) for row in rows}

    def _one(self, uow: UnitOfWork) -> None:
        act = self.chance.choices(list(_ACTS), weights=list(_ACTS.values()))[0]
        try:
            with suppress(Abandoned), undone_alone(uow):
                act(self, uow)
        except DomainError as refusal:
            self.refusals[f"{refusal.status} {refusal.code}"] += 1

    # --- acts

    def begin(self, uow: UnitOfWork) -> None:
        """Bring a record of some kind into being, each kind up to a number that the walk can keep alive."""
        kind = self.chance.choice(RECORD_TYPES)
        if len(self._alive(kind)) < 40:
            if not kind.subtree:
                uow.become(self.chance.choice(self._workers()))
            place = self.federation.units[self.chance.choice(["garden", "garden", "garden", "river"])]
            made = create(uow, kind, self._content(kind, place))
            self.makers[made.id] = uow.principal
            self._note(made)

    def step(self, uow: UnitOfWork) -> None:
        """Try a transition of a record: mostly one that its state allows."""
        alive = [(kind, one) for kind in RECORD_TYPES for one in self._alive(kind)]
        if not alive:
            raise Abandoned
        kind, record_id = self.chance.choice(alive)
        if self.chance.random() < 0.1:
            record_id = self._some(kind.model)[0]
        state, version = self.known[kind.model][record_id]
        if kind.subject is not None and record_id in self.makers and self.chance.random() < 0.6:
            uow.become(self.makers[record_id])
        allowed = [t for t in kind.workflow.open_from(state) if t.timer is None]
        anything = not allowed or self.chance.random() < 0.1
        transition = self.chance.choice(kind.workflow.transitions if anything else allowed)
        if (transition.above or transition.not_by) and self.chance.random() < 0.7:
            uow.become(self.principals["district" if transition.above else "east"])
        self.tried += 1
        if self.chance.random() < 0.02:
            version = self.chance.choice([None, version + 1])  # type: ignore[list-item]
        self._note(take_step(uow, kind, record_id, version, transition.name, self._answers(transition)))
        self.taken += 1

    def add_seats(self, uow: UnitOfWork) -> None:
        """A course gets another seat, as when a larger room is found; somebody who waits may be admitted."""
        waiting = select(enrolments.table.c.course_id).where(
            enrolments.table.c.is_waiting, enrolments.table.c.state == "applied"
        )
        wanted = sorted(set(uow.session.scalars(waiting))) or [self._some(courses.model)[0]]
        course = uow.session.get_one(courses.model, (uow.tenant_id, self.chance.choice(wanted)))
        uow.note("designs.course.more_seats")
        course.seats += 1  # type: ignore[attr-defined]
        uow.session.flush()
        self._note(course)

    def several(self, uow: UnitOfWork) -> None:
        """Try a transition of several records at once."""
        kind = self.chance.choice([hardship, enrolments])
        transition = self.chance.choice([t for t in kind.workflow.transitions if t.in_bulk])
        chosen = [self._some(kind.model) for _ in range(self.chance.randint(1, 5))]
        versions = [(record_id, version) for record_id, (_state, version) in dict(chosen).items()]
        self.tried += len(versions)
        together = self.chance.random() < 0.3
        done = take_steps(
            uow, kind, transition.name, versions, self._answers(transition), all_or_nothing=together
        )
        for one in done:
            if one.refusal is None:
                self.known[kind.model][one.id] = (str(one.state), int(one.version or 0))
                self.taken += 1
            else:
                self.refusals[f"{one.refusal.status} {one.refusal.code}"] += 1

    def rows(self, uow: UnitOfWork) -> None:
        """Put a list of a record by itself."""
        kind = self.chance.choice([hardship, dispute, enrolments, rooms])
        child = next(child for child in kind.children if child.states)
        record_id, (_state, version) = self._some(kind.model)
        rows = [self._row(child.fields, number) for number in range(self.chance.randint(0, 3))]
        self._note(put_list(uow, kind, child, record_id, version, rows))

    def union(self, uow: UnitOfWork) -> None:
        """Found a union, or try a step of one."""
        if not self.known[GrassrootsUnion] or (
            len(self.known[GrassrootsUnion]) < 100 and self.chance.random() < 0.3
        ):
            place = self.federation.units[self.chance.choice(["garden", "garden", "east", "river"])]
            self._note(create(uow, unions, founding_values(place)))
            return
        self._step_of(uow, unions)

    def member(self, uow: UnitOfWork) -> None:
        """Enter a member, or try a step of one."""
        if not self.known[Membership] or (len(self.known[Membership]) < 150 and self.chance.random() < 0.3):
            enter = self.chance.choice([member_steps.apply, member_steps.register])
            place = self.federation.units[self.chance.choice(["firm", "firm", "firm_west"])]
            self._note(enter(uow, member_samples.member_values(place)))
            return
        self._step_of(uow, members)

    def _step_of(self, uow: UnitOfWork, kind: RecordType) -> None:
        record_id, (state, version) = self._some(kind.model)
        offered = [each for each in kind.workflow.transitions if each.is_offered and each.name != "dissolve"]
        fitting = [each for each in offered if state in kind.workflow.sources(each)]
        transition = self.chance.choice(fitting if fitting and self.chance.random() < 0.8 else offered)
        self.tried += 1
        answers = (
            {**self._answers(transition), "term_years": 5} if kind is unions else self._answers(transition)
        )
        self._note(take_step(uow, kind, record_id, version, transition.name, answers))
        self.taken += 1

    # --- content

    def _content(self, kind: RecordType, place: UUID) -> dict[str, Any]:
        person = samples.person()
        if kind is hardship:
            return samples.hardship_values(place)
        if kind is dispute:
            told = {"claimant": person, "employer": {"name": "深圳市样本电子有限公司", "uscc": None}}
            return told | {
                "org_unit_id": place,
                "cause": "pay",
                "facts": "欠薪",
                "received_on": clock.today(),
            }
        if kind is rooms:
            return {"org_unit_id": place, "name": "样本小屋", "employer": {"name": "样本厂", "uscc": None}}
        if kind is courses:
            seats = self.chance.randint(1, 3)
            return {"org_unit_id": place, "name": "样本课程", "starts_at": clock.now(), "seats": seats}
        if kind is enrolments:
            # A few courses that many want, so that there are waiting lists.
            wanted = [one for one, (state, _version) in self.known[courses.model].items() if state == "open"][
                -4:
            ]
            course_id = self.chance.choice(wanted or [self._some(courses.model)[0]])
            return {"course_id": course_id} | self.chance.choice([{}, {"person": person}])
        if kind is profiles:
            return {"nickname": "小星", "birth_year": 1995, "consented": self.chance.random() < 0.8}
        return {"profile_id": self._some(profiles.model)[0]}

    def _answers(self, transition: Transition) -> dict[str, Any]:
        answers = {one.name: self._answer(one) for one in transition.asks if self.chance.random() < 0.97}
        if transition.comment is not Comment.NONE and self.chance.random() < 0.9:
            answers["comment"] = "如实办理"
        if self.chance.random() < 0.15:
            answers["effective_on"] = clock.today() + timedelta(days=self.chance.choice([-3, -1, 0, 1]))
        return answers

    def _answer(self, one: Field) -> Any:
        if one.name == "agency_id":
            return self.federation.accounts[self.chance.choice(["guest", "guest", "guest", "east"])]
        if one.choices is not None:
            return self.chance.choice(list(one.choices))
        numbers: Mapping[str, Any] = {"panel": 5, "agreed": 1_000_000, "term_years": 5}
        return numbers.get(
            one.name, clock.today() if one.name.endswith("_on") else f"示例{next(self.serial)}号"
        )

    def _row(self, fields: tuple[Field, ...], number: int) -> dict[str, Any]:
        by_name: Mapping[str, Any] = {"amount": 80_000, "slot": number + 1, "came": True, "remark": "整洁"}
        return {
            one.name: self.chance.choice(list(one.choices))
            if one.choices
            else by_name.get(one.name, date(2024, 7, 1))
            for one in fields
            if one.kind is not Kind.SENSITIVE
        }

    def _alive(self, kind: RecordType) -> list[UUID]:
        """Records of a kind from which some step leads on."""
        going_on, known = states_that_go_on(kind), self.known[kind.model]
        return [record_id for record_id, (state, _version) in known.items() if state in going_on]

    def _workers(self) -> list[Principal]:
        return [self.principals[login] for login in sorted(self.principals) if login.startswith("worker")]

    def _some(self, model: Any) -> tuple[UUID, tuple[str, int]]:
        known = self.known[model]
        if not known:
            raise Abandoned
        record_id = self.chance.choice(list(known)[-60:])
        return record_id, known[record_id]

    def _note(self, record: Any) -> None:
        self.known[type(record)][record.id] = (record.state, record.version)


_ACTS: dict[Callable[[Walkers, UnitOfWork], None], int] = {
    Walkers.begin: 22,
    Walkers.step: 66,
    Walkers.several: 2,
    Walkers.add_seats: 1,
    Walkers.rows: 2,
    Walkers.union: 8,
    Walkers.member: 8,
}
