"""Reorganising: what moves where from which day, what is refused, what waits, and what stays on record."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from threading import Barrier, Event
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError, OperationalError

from gonghui.audit.entries import AuditEntry
from gonghui.audit.replay import replay
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.errors import Conflict, DomainError, Forbidden
from gonghui.lifecycle.reorganisation import Change, Close, Merge, Move, Rename, Reorganisation, Split
from gonghui.lifecycle.reorganising import cancel, preview, reorganise, settle
from gonghui.records.bulk import insert_many
from gonghui.sdk import create_record
from gonghui.tenancy.org_history import edges_of, units_under
from gonghui.tenancy.org_tree import OrgEdge, OrgUnit, OrgUnitKind, new_unit
from gonghui.testing import Federation
from gonghui.testing.federation import UNITS
from gonghui.testing.queries import counted_statements
from gonghui.values import clock
from gonghui_organising.union_samples import founding_values
from gonghui_organising.unions import unions

DAY = date(2024, 5, 1)
BEFORE = DAY - timedelta(days=1)


def tomorrow() -> date:
    return clock.today() + timedelta(days=1)


def unit_of(uow: UnitOfWork, unit_id: UUID) -> OrgUnit:
    return uow.session.get_one(OrgUnit, (uow.tenant_id, unit_id), populate_existing=True)


def done(federation: Federation, change: Change, day: date | None = DAY, by: str = "admin") -> Any:
    with federation.uow(by) as uow:
        return reorganise(uow, change, effective_on=day, decision="示工发〔2024〕8号")


def refusal(federation: Federation, change: Change, day: date | None = DAY) -> str:
    with pytest.raises(DomainError) as refused, federation.uow("admin") as uow:
        reorganise(uow, change, effective_on=day)
    faults = refused.value.faults
    return faults[0].code if faults else refused.value.code


def under_then(federation: Federation, unit: str, on: date) -> set[UUID]:
    with federation.uow() as uow:
        return units_under(uow, federation.units[unit], on=on)


def named(federation: Federation, *short: str) -> set[UUID]:
    return {federation.units[each] for each in short}


def test_a_moved_unit_takes_its_subtree_along_and_both_parents_stay_on_record(
    old_federation: Federation,
) -> None:
    units = old_federation.units
    done(old_federation, Move(units["garden"], units["west"]))
    with old_federation.uow() as uow:
        west, garden, firm = (unit_of(uow, units[name]) for name in ("west", "garden", "firm"))
        edges = [
            (e.parent_name, e.valid_from, e.valid_to, e.cause, e.decision) for e in edges_of(uow, garden.id)
        ]
    assert garden.path.startswith(west.path)
    assert firm.path.startswith(garden.path)
    assert edges == [
        (UNITS["east"], date(2020, 1, 1), BEFORE, "founded", None),
        (UNITS["west"], DAY, None, "moved", "示工发〔2024〕8号"),
    ]
    assert under_then(old_federation, "east", BEFORE) == named(old_federation, "east", "garden", "firm")
    assert under_then(old_federation, "east", DAY) == named(old_federation, "east")
    assert named(old_federation, "garden", "firm") <= under_then(old_federation, "west", DAY)


def test_scope_follows_the_present_tree(old_federation: Federation) -> None:
    units = old_federation.units
    path = f"/api/v1/org-units/{units['garden']}"
    assert [old_federation.client(who).get(path).status_code for who in ("east", "west")] == [200, 404]
    done(old_federation, Move(units["garden"], units["west"]))
    assert [old_federation.client(who).get(path).status_code for who in ("east", "west")] == [404, 200]


def test_a_merged_unit_is_closed_and_found_from_its_successor(old_federation: Federation) -> None:
    units = old_federation.units
    outcome = done(old_federation, Merge((units["east"], units["west"]), units["east"]))
    with old_federation.uow() as uow:
        east, west, river = (unit_of(uow, units[name]) for name in ("east", "west", "river"))
    assert (west.valid_to, west.successor_id, west.parent_id) == (BEFORE, east.id, east.id)
    assert (river.parent_id, east.valid_to) == (east.id, None)
    assert west.path.startswith(east.path)
    assert outcome.effects.units == 3
    assert old_federation.client("east").get(f"/api/v1/org-units/{west.id}").status_code == 200
    # An officer of the merged street keeps it, and nothing else.
    own = old_federation.client("west")
    assert own.get(f"/api/v1/org-units/{west.id}").status_code == 200
    assert own.get(f"/api/v1/org-units/{river.id}").status_code == 404
    assert outcome.effects.assignments_staying == 1
    assert len(outcome.notices) == 1


def test_units_merge_into_a_new_one(old_federation: Federation) -> None:
    units = old_federation.units
    done(old_federation, Merge((units["east"], units["west"]), name="新街道总工会"))
    with old_federation.uow() as uow:
        found = uow.session.scalars(select(OrgUnit).where(OrgUnit.name == "新街道总工会")).one()
        merged = [unit_of(uow, units[name]) for name in ("east", "west")]
        (edge,) = edges_of(uow, found.id)
    assert (found.kind, found.valid_from, found.parent_id) == ("street_federation", DAY, units["district"])
    assert {unit.successor_id for unit in merged} == {found.id}
    assert (edge.cause, edge.valid_from, edge.valid_to) == ("merged", DAY, None)


def test_what_was_set_up_here_after_the_day_stood_where_it_first_stood(federation: Federation) -> None:
    """The whole federation came on board today, and records what happened years ago."""
    units = federation.units
    done(federation, Merge((units["east"], units["west"]), units["east"]))
    with federation.uow() as uow:
        edges = [(e.parent_id, e.valid_from, e.valid_to) for e in edges_of(uow, units["river"])]
    assert edges == [(units["west"], BEFORE, BEFORE), (units["east"], DAY, None)]
    assert under_then(federation, "west", date(2023, 1, 1)) == named(federation, "west", "river", "firm_west")
    assert under_then(federation, "west", DAY) == named(federation, "west")
    done(federation, Rename(units["east"], "东明街道总工会"))
    history = federation.client("admin").get(f"/api/v1/org-units/{units['east']}/history").json
    assert [former["name"] for former in history["former_names"]] == [UNITS["east"]]


def test_what_was_moved_to_a_unit_after_the_day_comes_to_its_successor(old_federation: Federation) -> None:
    units = old_federation.units
    done(old_federation, Move(units["garden"], units["west"]), date(2024, 6, 1))
    done(old_federation, Merge((units["west"], units["east"]), name="新街道总工会"), date(2024, 7, 1))
    done(old_federation, Move(units["firm"], units["river"]), date(2024, 8, 1))
    with old_federation.uow() as uow:
        new = uow.session.scalars(select(OrgUnit).where(OrgUnit.name == "新街道总工会")).one()
        edges = [(e.parent_id, e.valid_from) for e in edges_of(uow, units["garden"])]
    assert edges[1:] == [(units["west"], date(2024, 6, 1)), (new.id, date(2024, 7, 1))]
    assert units["firm"] in under_then(old_federation, "garden", date(2024, 7, 31))


def test_a_split_sets_some_children_under_a_new_sibling(old_federation: Federation) -> None:
    units = old_federation.units
    done(old_federation, Split(units["east"], "新街道总工会", (units["garden"],)))
    with old_federation.uow() as uow:
        found = uow.session.scalars(select(OrgUnit).where(OrgUnit.name == "新街道总工会")).one()
        garden, firm, east = (unit_of(uow, units[name]) for name in ("garden", "firm", "east"))
    assert (found.kind, found.parent_id) == (east.kind, east.parent_id)
    assert garden.parent_id == found.id
    assert firm.path.startswith(garden.path)
    assert garden.path.startswith(found.path)


def test_a_unit_bears_the_name_of_the_day(old_federation: Federation) -> None:
    east = old_federation.units["east"]
    done(old_federation, Rename(east, "东明街道总工会"))
    admin = old_federation.client("admin")
    history = admin.get(f"/api/v1/org-units/{east}/history").json
    assert history["name"] == "东明街道总工会"
    assert [(f["name"], f["valid_to"]) for f in history["former_names"]] == [(UNITS["east"], "2024-04-30")]
    for on, name in ((BEFORE, UNITS["east"]), (DAY, "东明街道总工会"), (date(2010, 1, 1), UNITS["east"])):
        tree = {
            unit["id"]: unit["name"] for unit in admin.get(f"/api/v1/org-units/tree?on={on}").json["items"]
        }
        assert tree[str(east)] == name


def test_a_closed_unit_stays_where_it_stood_and_takes_nothing_new(old_federation: Federation) -> None:
    units = old_federation.units
    assert refusal(old_federation, Close(units["garden"])) == "units_below"
    done(old_federation, Close(units["firm"]))
    done(old_federation, Close(units["garden"]))
    assert units["garden"] in under_then(old_federation, "east", clock.today())
    assert refusal(old_federation, Move(units["firm_west"], units["garden"])) == "unit_closed"
    body = {"parent_id": units["garden"], "kind": "grassroots_union", "name": "新工会"}
    refused = old_federation.client("admin").post("/api/v1/org-units", body)
    assert (refused.status_code, refused.json["errors"][0]["code"]) == (422, "unit_closed")


_REFUSED: dict[str, tuple[Callable[[dict[str, UUID]], Change], str]] = {
    "under itself": (lambda u: Move(u["garden"], u["garden"]), "kind_misplaced"),
    "where its kind may not stand": (lambda u: Move(u["east"], u["garden"]), "kind_misplaced"),
    "where it stands already": (lambda u: Move(u["garden"], u["east"]), "already_there"),
    "of the root": (lambda u: Move(u["district"], u["east"]), "root_stays"),
    "of nothing known": (lambda u: Move(UUID(int=1), u["east"]), "unknown_unit"),
    "of one": (lambda u: Merge((u["east"], u["east"]), u["east"]), "too_few_units"),
    "of different kinds": (lambda u: Merge((u["east"], u["river"]), u["east"]), "kinds_differ"),
    "into one that is not among them": (lambda u: Merge((u["east"], u["west"]), u["garden"]), "not_among_them"),
    "into nothing": (lambda u: Merge((u["east"], u["west"])), "required"),
    "under one that is merged": (lambda u: Merge((u["garden"], u["river"]), None, "新", u["river"]), "in_circle"),
    "of parents that differ, nowhere": (lambda u: Merge((u["garden"], u["river"]), None, "新"), "required"),
    "of no child": (lambda u: Split(u["east"], "新街道总工会", (u["river"],)), "no_child"),
    "without children": (lambda u: Split(u["east"], "新街道总工会", ()), "too_few_units"),
    "to the same name": (lambda u: Rename(u["east"], UNITS["east"]), "same_name"),
}  # fmt: skip


@pytest.mark.parametrize("case", _REFUSED)
def test_what_the_tree_forbids_is_refused(old_federation: Federation, case: str) -> None:
    make, code = _REFUSED[case]
    assert refusal(old_federation, make(old_federation.units)) == code


def test_edges_are_written_forwards_only(old_federation: Federation) -> None:
    units = old_federation.units
    done(old_federation, Move(units["garden"], units["west"]))
    assert refusal(old_federation, Move(units["garden"], units["east"]), BEFORE) == "changed_since"
    assert (
        refusal(old_federation, Merge((units["east"], units["west"]), units["west"]), BEFORE)
        == "changed_since"
    )
    done(old_federation, Rename(units["east"], "东明街道总工会"))
    assert refusal(old_federation, Rename(units["east"], "东光街道总工会"), BEFORE) == "changed_since"


def test_a_second_change_on_one_day_takes_the_place_of_the_first(federation: Federation) -> None:
    units = federation.units
    for parent in ("west", "district", "east"):
        done(federation, Move(units["garden"], units[parent]), None)
    with federation.uow() as uow:
        (edge,) = edges_of(uow, units["garden"])
    assert (edge.parent_id, edge.valid_from, edge.valid_to) == (units["east"], clock.today(), None)


def test_the_database_holds_one_edge_a_day(old_federation: Federation) -> None:
    units = old_federation.units
    twice = {"unit_id": units["garden"], "parent_id": units["west"], "cause": "moved"}
    with pytest.raises(IntegrityError, match="ex_org_edge_one_a_day"), old_federation.uow() as uow:
        insert_many(uow, OrgEdge, [twice | {"valid_from": DAY}])
    early = {"valid_from": date(2000, 1, 1), "valid_to": date(2000, 1, 2), "is_first": True}
    with pytest.raises(IntegrityError, match="uq_org_edge_first"), old_federation.uow() as uow:
        insert_many(uow, OrgEdge, [twice | early])


# --- who may, and when


def test_the_past_needs_a_permission_of_its_own(old_federation: Federation) -> None:
    units = old_federation.units
    old_federation.add_officer("clerk", "clerk", "district", ["core.org_unit.reorganise"])
    move = Move(units["garden"], units["west"])
    with pytest.raises(Forbidden), old_federation.uow("clerk") as uow:
        reorganise(uow, move, effective_on=DAY)
    assert done(old_federation, move, None, by="clerk").state == "applied"


def test_a_day_to_come_is_planned_and_applied_when_it_is_there(old_federation: Federation) -> None:
    units, day = old_federation.units, tomorrow()
    outcome = done(old_federation, Move(units["garden"], units["west"]), day)
    with old_federation.uow() as uow:
        assert settle(uow) == []
        assert unit_of(uow, units["garden"]).parent_id == units["east"]
    assert outcome.state == "planned"
    with clock.at(clock.now() + timedelta(days=3)), old_federation.uow() as uow:
        (record,) = settle(uow)
        assert unit_of(uow, units["garden"]).parent_id == units["west"]
        assert edges_of(uow, units["garden"])[-1].valid_from == day
        assert settle(uow) == []
    assert (record.state, record.id) == ("applied", outcome.record.id)
    with old_federation.uow() as uow:
        moved = uow.session.scalars(
            select(AuditEntry.actor_kind).where(AuditEntry.action == "core.org_unit.moved")
        )
        assert set(moved) == {"system"}


def test_a_later_request_settles_what_is_due(old_federation: Federation) -> None:
    units = old_federation.units
    done(old_federation, Move(units["garden"], units["west"]), tomorrow())
    with clock.at(clock.now() + timedelta(days=1)):
        old_federation.client("admin").get("/api/v1/org-units/tree")
        found = old_federation.client("admin").get(f"/api/v1/org-units/{units['garden']}").json
    assert found["parent_id"] == str(units["west"])


def test_a_plan_that_the_tree_no_longer_allows_fails_with_its_reason(old_federation: Federation) -> None:
    units = old_federation.units
    done(old_federation, Move(units["garden"], units["west"]), tomorrow())
    done(old_federation, Rename(units["river"], "河东社区工联会"), tomorrow())
    done(old_federation, Merge((units["east"], units["west"]), units["east"]), None)
    with clock.at(clock.now() + timedelta(days=1)), old_federation.uow() as uow:
        states = [(record.state, record.reason) for record in settle(uow)]
    assert states == [("failed", f"“{UNITS['west']}”已撤销。"), ("applied", None)]


def test_a_plan_can_be_cancelled_once(old_federation: Federation) -> None:
    units = old_federation.units
    record = done(old_federation, Move(units["garden"], units["west"]), tomorrow()).record
    with old_federation.uow("admin") as uow:
        assert cancel(uow, record.id).state == "cancelled"
    with pytest.raises(Conflict, match="not_planned"), old_federation.uow("admin") as uow:
        cancel(uow, record.id)
    with clock.at(clock.now() + timedelta(days=1)), old_federation.uow() as uow:
        assert settle(uow) == []


# --- what it touches


def test_a_preview_counts_and_changes_nothing(
    old_federation: Federation, table_texts: Callable[[Federation], dict[str, list[str]]]
) -> None:
    units = old_federation.units
    with old_federation.uow("east") as uow:
        create_record(uow, unions, founding_values(units["garden"]))
    before = table_texts(old_federation)
    with old_federation.uow("admin") as uow:
        outcome = preview(uow, Merge((units["east"], units["west"]), units["west"]), DAY)
    body = {"unit_ids": [units["east"], units["west"]], "into_id": units["west"], "preview": True}
    answer = old_federation.client("admin").post("/api/v1/org-units/merge", body)
    assert answer.status_code == 200
    assert answer.json["effects"] == {
        "units": 4,
        "records": {"organising.grassroots_union": 1},
        "role_assignments": 3,
        "assignments_staying": 1,
    }
    assert (answer.json["id"], answer.json["state"], outcome.record) == (None, "preview", None)
    after = table_texts(old_federation)
    changed = {name for name in before if sorted(before[name]) != sorted(after[name])}
    assert changed <= {"core.auth_session"}


def test_a_large_subtree_moves_in_few_statements_and_the_trail_rebuilds_it(
    old_federation: Federation,
) -> None:
    units = old_federation.units
    with old_federation.uow() as uow:
        garden = unit_of(uow, units["garden"])
        below = [new_unit(garden, OrgUnitKind.GRASSROOTS_UNION, f"样本{n}厂") for n in range(1_000)]
        columns = ("id", "parent_id", "kind", "name", "path", "valid_from")
        insert_many(uow, OrgUnit, [{name: getattr(unit, name) for name in columns} for unit in below])
    with old_federation.uow("admin") as uow, counted_statements(uow.session.get_bind()) as sent:
        reorganise(uow, Merge((units["east"], units["west"]), units["west"]))
    assert len(sent) <= 40
    with old_federation.uow() as uow:
        rebuilt = replay(uow)
        paths = dict(map(tuple, uow.session.execute(select(OrgUnit.id, OrgUnit.path))))
        edges = uow.session.execute(select(OrgEdge.id, OrgEdge.parent_id, OrgEdge.valid_to)).all()
    assert {UUID(key): row["path"] for key, row in rebuilt["core.org_unit"].items()} == paths
    told = {UUID(key): (row["parent_id"], row["valid_to"]) for key, row in rebuilt["core.org_edge"].items()}
    assert told == {
        e.id: (str(e.parent_id) if e.parent_id else None, e.valid_to.isoformat() if e.valid_to else None)
        for e in edges
    }


# --- at one moment


def test_two_reorganisations_come_one_after_the_other(old_federation: Federation) -> None:
    units, start = old_federation.units, Barrier(2)

    def move(parent: str) -> str:
        start.wait(10)
        return str(done(old_federation, Move(units["garden"], units[parent])).state)

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(move, ["west", "district"])) == ["applied", "applied"]
    with old_federation.uow() as uow:
        garden, firm = unit_of(uow, units["garden"]), unit_of(uow, units["firm"])
        assert firm.path.startswith(garden.path)
        assert edges_of(uow, garden.id)[-1].parent_id == garden.parent_id
        assert uow.session.scalars(select(Reorganisation.state)).all() == ["applied", "applied"]


def test_a_unit_is_not_set_up_where_its_parent_no_longer_stands(old_federation: Federation) -> None:
    units, read, moved = old_federation.units, Event(), Event()

    def set_up() -> None:
        with old_federation.uow() as uow:
            unit = new_unit(unit_of(uow, units["garden"]), OrgUnitKind.GRASSROOTS_UNION, "样本三厂")
            read.set()
            moved.wait(10)
            uow.add(unit)

    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(set_up)
        read.wait(10)
        done(old_federation, Move(units["garden"], units["west"]))
        moved.set()
        with pytest.raises(OperationalError, match="has been moved"):
            running.result(10)
