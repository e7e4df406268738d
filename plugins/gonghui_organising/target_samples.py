"""Assessments, prospects, hang-points, issues, quotas and venues as samples for the contract kit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from itertools import cycle
from typing import Any
from uuid import UUID

from sqlalchemy import select

from gonghui.sdk import (
    Account,
    OrgUnit,
    Record,
    RecordType,
    UnitOfWork,
    clock,
    create_record,
    new_id,
    step,
)
from gonghui_organising.demo import demo_code
from gonghui_organising.demo_targets import RESULTS
from gonghui_organising.grading import assessments
from gonghui_organising.hang_points import hang_points
from gonghui_organising.issues import issues
from gonghui_organising.prospects import prospects
from gonghui_organising.quotas import quotas
from gonghui_organising.union import GrassrootsUnion
from gonghui_organising.union_samples import founding_values
from gonghui_organising.unions import unions
from gonghui_organising.venues import venues

Steps = tuple[tuple[str, dict[str, Any]], ...]
Maker = Callable[[UnitOfWork, UUID], UUID]
_AT = "/api/v1/organising"
_RIGHT = (  # whom the contract asks to do it rightly: not the ones who did what came before
    "firm",
    "garden",
    "east",
    "district",
)


@contextmanager
def _as_others(uow: UnitOfWork) -> Iterator[Callable[[], None]]:
    """Whoever acts becomes another officer at each call: those whom the contract does not ask to do it rightly."""
    myself = uow.principal
    wanted = select(Account.id, Account.person_id).where(Account.login.not_in(_RIGHT)).order_by(Account.id)
    others = cycle(uow.session.execute(wanted).all())

    def change() -> None:
        account_id, person_id = next(others)
        uow.become(replace(myself, account_id=account_id, person_id=person_id))

    yield change
    uow.become(myself)


def taken(uow: UnitOfWork, kind: RecordType, values: dict[str, Any], steps: Steps) -> UUID:
    """A record made and put through steps, each by another officer."""
    with _as_others(uow) as change:
        change()
        record: Record = create_record(uow, kind, values)
        for name, answers in steps:
            change()
            step(uow, kind, record, kind.workflow.named(name), answers)
    return record.id


def approved_union(uow: UnitOfWork, place: UUID) -> UUID:
    """A union in force."""
    return approved(uow, founding_values(place))


def approved(uow: UnitOfWork, values: dict[str, Any]) -> UUID:
    """A founding with these values, approved with effect in June 2024."""
    with _as_others(uow) as change:
        change()
        union = create_record(uow, unions, values)
        step(uow, unions, union, unions.workflow.named("submit"), {})
        change()
        reply = {"approval_no": "示工复〔2024〕9号", "term_years": 5, "effective_on": date(2024, 6, 20)}
        step(uow, unions, union, unions.workflow.named("approve"), reply)
    return union.id


def _assessment(*steps: tuple[str, dict[str, Any]]) -> Maker:
    def make(uow: UnitOfWork, place: UUID) -> UUID:
        values = {
            "union_id": approved_union(uow, place),
            "assessed_on": clock.today(),
            "results": RESULTS,
        }
        return taken(uow, assessments, values, steps)

    return make


def _employer() -> dict[str, Any]:
    tail = new_id().hex[-6:]
    return {"name": f"深圳市未建{tail}电子有限公司", "uscc": demo_code("91", int(tail, 16))}


def prospect_values(place: UUID, employer: dict[str, Any] | None = None) -> dict[str, Any]:
    visit = {"visited_on": clock.today(), "visitor": "王示例", "met": "行政经理", "outcome": "willing",
             "next_on": clock.today() + timedelta(days=14)}  # fmt: skip
    return {
        "org_unit_id": place,
        "employer": employer or _employer(),
        "headcount": 120,
        "lists": ["high_tech"],
        "visits": [visit],
    }


def _prospect(*steps: tuple[str, dict[str, Any]]) -> Maker:
    def make(uow: UnitOfWork, place: UUID) -> UUID:
        return taken(uow, prospects, prospect_values(place), steps)

    return make


def prospect_with_union(uow: UnitOfWork, place: UUID) -> UUID:
    """A prospect whose employer has founded a union since."""
    employer = _employer()
    prospect_id = taken(uow, prospects, prospect_values(place, employer), (("agree", {}), ("begin", {})))
    approved(uow, {**founding_values(place), "employers": [employer]})
    return prospect_id


def covering_union(uow: UnitOfWork, _place: UUID) -> UUID:
    """The union that was approved last: the one that covers the prospect made before."""
    latest = select(GrassrootsUnion.id).where(GrassrootsUnion.state == "approved")
    return uow.session.scalars(latest.order_by(GrassrootsUnion.id.desc()).limit(1)).one()


def hang_point_values(place: UUID) -> dict[str, Any]:
    return {
        "org_unit_id": place,
        "kind": "community",
        "leader_name": "冯示例",
        "leader_office": "区总工会副主席",
        "starts_on": date(2024, 1, 1),
        "ends_on": date(2099, 12, 31),
        "visits": [{"visited_on": date(2024, 6, 20), "place": "示例工业园", "findings": "届期将满"}],
    }


def _hang_point(uow: UnitOfWork, place: UUID) -> UUID:
    return taken(uow, hang_points, hang_point_values(place), ())


def officer_account(uow: UnitOfWork, _place: UUID) -> UUID:
    return uow.session.scalars(select(Account.id).where(Account.login == "garden")).one()


def _issue(*steps: str) -> Maker:
    def make(uow: UnitOfWork, place: UUID) -> UUID:
        assign = {"owner_id": officer_account(uow, place), "due_on": clock.today() + timedelta(days=30)}
        answers: dict[str, dict[str, Any]] = {"assign": assign, "resolve": {"resolution": "已补选"}}
        values = {"org_unit_id": place, "title": "尚未设立女职工委员会"}
        return taken(uow, issues, values, tuple((name, answers.get(name, {})) for name in steps))

    return make


def issue_of_mine(uow: UnitOfWork, place: UUID) -> UUID:
    """An issue that is settled, owned by somebody who is not asked to close it, raised by whoever is."""
    worker = uow.session.scalars(select(Account.id).where(Account.login == "admin")).one()
    raiser = uow.session.execute(
        select(Account.id, Account.person_id)
        .where(Account.login.in_(_RIGHT))
        .order_by(Account.login != "garden")
    ).first()
    myself = uow.principal
    if raiser is not None:
        uow.become(replace(myself, account_id=raiser.id, person_id=raiser.person_id))
    issue = create_record(uow, issues, {"org_unit_id": place, "title": "尚未公开经费"})
    uow.become(myself)
    assign = {"owner_id": worker, "due_on": clock.today() + timedelta(days=30)}
    for name, answers in (("assign", assign), ("resolve", {"resolution": "已公开"})):
        step(uow, issues, issue, issues.workflow.named(name), answers)
    return issue.id


def street(uow: UnitOfWork, place: UUID) -> UUID:
    """The street above a place."""
    unit = uow.session.get_one(OrgUnit, (uow.tenant_id, place))
    if unit.parent_id is None or unit.kind == "street_federation":
        return unit.id
    return street(uow, unit.parent_id)


def _quota(*steps: str) -> Maker:
    def make(uow: UnitOfWork, place: UUID) -> UUID:
        # Each sample in a year of its own: a street has one quota for a thing and a period.
        values = {
            "org_unit_id": street(uow, place),
            "period": str(2100 + int(new_id().hex[-3:], 16)),
            "indicator": "organising.unions_founded",
            "target": 50,
        }
        return taken(uow, quotas, values, tuple((name, {}) for name in steps))

    return make


def venue_at(*steps: str) -> Maker:
    """A maker of workers' homes that have come as far as the last of `steps`."""

    def make(uow: UnitOfWork, place: UUID) -> UUID:
        values = {
            "org_unit_id": place,
            "name": "示例工业园职工之家",
            "kind": "workers_home",
            "address": "示例路1号",
            "expected_on": date(2024, 6, 30),
        }
        return taken(uow, venues, values, tuple((name, {}) for name in steps))

    return make


def _of(path: str, name: str, plain: Maker, **at: Maker) -> dict[str, Maker]:
    """Samples for the operations on one record: `plain`, but for the steps that need another state."""
    found = {
        f"POST {_AT}/{path}/{{{name}_id}}/{step_name.replace('_', '-')}": make
        for step_name, make in at.items()
    }
    return {f"{name}_id": plain, **found}


_ASIDE = ("set-aside", {"set_aside_reason": "refuses"})
SAMPLES: dict[str, Callable[[UnitOfWork, UUID], Any]] = {
    "approved_union": approved_union,
    "covering union": covering_union,
    "officer_account": officer_account,
    "street_id": street,
    **_of(
        "assessments",
        "assessment",
        _assessment(),
        confirm=_assessment(("propose", {})),
        **{"return": _assessment(("propose", {}))},
    ),
    **_of(
        "prospects",
        "prospect",
        _prospect(),
        begin=_prospect(("agree", {})),
        found=prospect_with_union,
        resume=_prospect(_ASIDE),
    ),
    **_of("hang-points", "hang_point", _hang_point),
    **_of(
        "issues",
        "issue",
        _issue(),
        take_back=_issue("assign"),
        resolve=_issue("assign"),
        close=issue_of_mine,
        reopen=_issue("assign", "resolve"),
    ),
    **_of("quotas", "quota", _quota()),
    **_of("venues", "venue", venue_at(), open=venue_at("finish"), close=venue_at("finish")),
}
