"""Ten thousand steps by chance: no state that no workflow knows, no two hands that are one, a trail that fits."""

from __future__ import annotations

import itertools
import os
from collections import Counter, defaultdict
from random import Random
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from tests.core.audit.test_replay import actual, differences, told
from tests.designs import RECORD_TYPES
from tests.designs.asking import long_standing
from tests.designs.course import courses, enrolments
from tests.designs.hardship import hardship
from tests.designs.profile import likes, profiles
from tests.designs.walking import TRIED, WALKED, Walkers

from gonghui.records.transitions import RecordTransition
from gonghui.records.workflow import CREATE
from gonghui.tenancy.org_tree import OrgUnit
from gonghui.testing import World
from gonghui_organising.membership import Membership
from gonghui_organising.union import GrassrootsUnion


@pytest.fixture(scope="module")
def walked(world: World) -> Walkers:
    """A federation at which ten thousand steps were tried. The seed of a run that failed can be set."""
    seed = int(os.environ.get("GONGHUI_WALK_SEED", "20261126"))
    print(f"\nGONGHUI_WALK_SEED={seed}")
    walkers = Walkers(long_standing(world), Random(seed))
    walkers.prepare()
    while walkers.tried < TRIED:
        walkers.walk()
    print(f"{walkers.tried} tried, {walkers.taken} taken, refused: {dict(walkers.refusals.most_common())}")
    return walkers


Steps = dict[UUID, list[RecordTransition]]


@pytest.fixture(scope="module")
def steps(walked: Walkers) -> Steps:
    """Every step of every record, in the order in which they were written down."""
    with walked.federation.uow() as uow:
        found: Steps = defaultdict(list)
        for row in uow.session.scalars(select(RecordTransition).order_by(RecordTransition.id)):
            found[row.record_id].append(row)
    return found


def test_most_steps_are_taken_and_every_refusal_is_one_of_the_domain(walked: Walkers) -> None:
    assert walked.tried >= TRIED
    assert walked.taken > TRIED // 4
    assert {refusal.partition(" ")[0] for refusal in walked.refusals} <= {
        "403",
        "404",
        "409",
        "412",
        "422",
        "428",
    }
    for expected in ("409 same_person", "409 state_forbids", "404 not_found", "422 invalid_content"):
        assert walked.refusals[expected] > 0


def test_every_step_leads_from_a_state_that_allows_it_to_the_one_that_it_names(
    walked: Walkers, steps: Steps
) -> None:
    by_table = {kind.table.fullname: kind for kind in WALKED}
    taken: Counter[tuple[str, str]] = Counter()
    for rows in steps.values():
        assert rows[0].from_state is None
        for before, row in itertools.pairwise(rows):
            assert row.from_state == before.to_state
            workflow = by_table[row.record_type].workflow
            transition = workflow.named(row.name)
            assert row.from_state in workflow.sources(transition)
            assert row.to_state in transition.targets
            taken[row.record_type, row.name] += 1
    every = {(kind.table.fullname, t.name) for kind in RECORD_TYPES for t in kind.workflow.transitions}
    assert len(every - set(taken)) <= 3, every - set(taken)  # nobody shared a profile; others are rare
    assert sum(taken.values()) > TRIED // 4


def test_every_record_is_in_the_state_of_its_last_step(walked: Walkers, steps: Steps) -> None:
    with walked.federation.uow() as uow:
        for model in (*(kind.model for kind in RECORD_TYPES), GrassrootsUnion, Membership):
            table: Any = model.__table__
            for row in uow.session.execute(select(table.c.id, table.c.state)):
                assert steps[row.id][-1].to_state == row.state


def test_nobody_took_two_steps_that_want_two_persons(walked: Walkers, steps: Steps) -> None:
    checked = 0
    for kind in (hardship,):
        for rows in steps.values():
            if rows[0].record_type != kind.table.fullname:
                continue
            for index, row in enumerate(rows):
                wanted = kind.workflow.named(row.name).not_by if row.name != CREATE else ()
                earlier = {one.person_id for one in rows[:index] if one.name in wanted}
                assert row.person_id not in earlier
                checked += bool(wanted)
    for rows in steps.values():
        if rows[0].record_type == "organising.grassroots_union":
            submitters = {one.person_id for one in rows if one.name == "submit"}
            approvals = [one for one in rows if one.name == "approve"]
            assert all(one.person_id not in submitters for one in approvals)
            checked += len(approvals)
    assert checked > 20


def test_the_next_upper_body_took_what_is_its_own(walked: Walkers, steps: Steps) -> None:
    by_account = {p.account_id: p for p in walked.principals.values()}
    with walked.federation.uow() as uow:
        paths = {row.id: row.path for row in uow.session.execute(select(OrgUnit.id, OrgUnit.path))}
    approvals = [
        r
        for rows in steps.values()
        for r in rows
        if (r.record_type, r.name) == ("designs.hardship_file", "approve")
    ]
    assert approvals
    for row in approvals:
        held = by_account[row.account_id].roots("designs.hardship.approve")
        assert any(
            paths[row.org_unit_id].startswith(root) and paths[row.org_unit_id] != root for root in held
        )


def test_no_course_gives_more_seats_than_it_has(walked: Walkers) -> None:
    with walked.federation.uow() as uow:
        seats = {row.id: row.seats for row in uow.session.execute(select(courses.table))}
        held: Counter[UUID] = Counter()
        for row in uow.session.execute(select(enrolments.table)):
            held[row.course_id] += row.state in ("applied", "attended") and not row.is_waiting
    assert held
    assert all(number <= seats[course] for course, number in held.items())


def test_who_enters_without_a_role_enters_for_themselves(walked: Walkers, steps: Steps) -> None:
    workers = {p.account_id: p.person_id for p in walked.principals.values() if not p.grants}
    with walked.federation.uow() as uow:
        owners = {row.id: row.person_id for row in uow.session.execute(select(enrolments.table))}
        owners |= {row.id: row.person_id for row in uow.session.execute(select(profiles.table))}
    by_workers = [rows[0] for key, rows in steps.items() if key in owners and rows[0].account_id in workers]
    assert by_workers
    assert all(owners[row.record_id] == workers[row.account_id] for row in by_workers)
    assert likes.model.sealed_audit


def test_the_trail_rebuilds_every_table(walked: Walkers) -> None:
    with walked.federation.uow() as uow:
        rows, rebuilt = actual(uow), told(uow)
    assert sum(map(len, rows.values())) > 1_000
    assert differences(rows, rebuilt) == []
