"""The sample district's targets, made up: grades, firms without a union, leaders' visits, quotas, workers' homes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from gonghui.sdk import (
    OrgUnit,
    OrgUnitKind,
    Record,
    RecordType,
    UnitOfWork,
    account_principal_by_id,
    clock,
    create_record,
    find_units,
    take_step,
    visible,
)
from gonghui_organising.founding import READ
from gonghui_organising.grading import assessments
from gonghui_organising.hang_points import hang_points
from gonghui_organising.issues import issues
from gonghui_organising.prospects import prospects
from gonghui_organising.quotas import quotas
from gonghui_organising.union import GrassrootsUnion, UnionState
from gonghui_organising.venues import venues

#: Answers to every criterion but the one that is worked out.
RESULTS: list[dict[str, Any]] = [
    {"criterion": "democratic_election", "met": True, "evidence": "选举结果批复"},
    {"criterion": "own_account", "met": True, "evidence": "开户许可"},
    {"criterion": "legal_person", "met": True, "evidence": "法人资格证书"},
    {"criterion": "yearly_meeting", "met": True, "evidence": "会议记录"},
    {"criterion": "disclosure", "met": True},
    {"criterion": "collective_contract", "met": True, "evidence": "合同已备案"},
    {"criterion": "activities", "number": 6},
    {"criterion": "premises", "met": True},
]
_GRADED = 6
_FIRST, _LAST = date(2024, 1, 1), date(2024, 12, 31)
#: How far each workers' home has come by mid-2024: five in use, four built, two under construction.
_HOMES = (("finish", "open"),) * 5 + (("finish",),) * 4 + ((),) * 2


class _Desk:
    """Whoever acts at the moment, among the officers of the sample district."""

    def __init__(self, uow: UnitOfWork, accounts: Mapping[str, UUID]) -> None:
        self.uow, self.accounts = uow, accounts

    def sit(self, login: str) -> None:
        """Let `login` act from here on."""
        self.uow.become(account_principal_by_id(self.uow, self.accounts[login]))

    def take(self, kind: RecordType, record: Record, name: str, **answers: Any) -> None:
        """A step of a record."""
        take_step(self.uow, kind, record.id, record.version, name, answers)


def fill_targets(uow: UnitOfWork, accounts: Mapping[str, UUID]) -> None:
    """Work of a community, a street and the district on the targets of the year, each step by whoever takes it."""
    operator, desk = uow.principal, _Desk(uow, accounts)
    place = find_units(uow, "新田社区工联会", (OrgUnitKind.COMMUNITY_FEDERATION,))[0]
    _grade(desk)
    _visit_firms(desk, place)
    _supervise(desk, place)
    _set_quotas(desk)
    _build_homes(desk, place)
    uow.become(operator)


def _grade(desk: _Desk) -> None:
    desk.sit("xintian")
    table: Any = GrassrootsUnion.__table__.c
    mine = visible(desk.uow.principal, READ, table.org_unit_id)
    found = select(table.id).where(table.state == UnionState.APPROVED.value, mine).order_by(table.id)
    made = []
    for union_id in desk.uow.session.scalars(found.limit(_GRADED)).all():
        values = {"union_id": union_id, "assessed_on": date(2024, 6, 3), "results": RESULTS}
        made.append(create_record(desk.uow, assessments, values))
    for assessment in made:
        desk.take(assessments, assessment, "propose")
    desk.sit("guanhu")
    for assessment in made[:-1]:
        desk.take(assessments, assessment, "confirm", effective_on=date(2024, 6, 20))


def _visit_firms(desk: _Desk, place: OrgUnit) -> None:
    desk.sit("xintian")
    today = clock.today()
    for serial, (outcome, lists) in enumerate(
        (("willing", ["top_hundred"]), ("hesitant", ["high_tech"]), ("refuses", ["above_scale"]), (None, []))
    ):
        visit = {"visited_on": today - timedelta(days=5), "visitor": "王示例", "met": "行政经理",
                 "outcome": outcome, "next_step": "送建会指引", "next_on": today + timedelta(days=9)}  # fmt: skip
        values = {
            "org_unit_id": place.id,
            "employer": {"name": f"深圳市未建会第{serial + 1}科技有限公司", "uscc": None},
            "headcount": 60 + 45 * serial,
            "industry": "制造业",
            "lists": lists,
            "owner_id": desk.accounts["xintian"],
            "visits": [visit] if outcome else [],
        }
        prospect = create_record(desk.uow, prospects, values)
        if outcome == "willing":
            desk.take(prospects, prospect, "agree")
        elif outcome == "refuses":
            desk.take(prospects, prospect, "set-aside", set_aside_reason="refuses")
        elif outcome:
            desk.take(prospects, prospect, "contact")


def _supervise(desk: _Desk, place: OrgUnit) -> None:
    desk.sit("district")
    visits = [
        {"visited_on": date(2024, month, 18), "place": "新田示例工业园", "findings": "部分企业届期将满"}
        for month in (3, 4, 6)
    ]
    values = {"org_unit_id": place.id, "kind": "community", "leader_name": "冯示例", "visits": visits,
              "leader_office": "区总工会副主席", "starts_on": _FIRST, "ends_on": _LAST}  # fmt: skip
    point = create_record(desk.uow, hang_points, values)
    due_on = clock.today() + timedelta(days=30)
    for title in ("示例工业园尚未设立女职工委员会", "两家企业未按期换届"):
        values = {"org_unit_id": place.id, "title": title, "hang_point_id": point.id}
        issue = create_record(desk.uow, issues, values)
        desk.take(issues, issue, "assign", owner_id=desk.accounts["guanhu"], due_on=due_on)


def _set_quotas(desk: _Desk) -> None:
    streets = select(OrgUnit.id).where(OrgUnit.kind == OrgUnitKind.STREET_FEDERATION.value)
    for serial, street_id in enumerate(desk.uow.session.scalars(streets.order_by(OrgUnit.name)).all()):
        values = {
            "org_unit_id": street_id,
            "period": "2024H1",
            "indicator": "organising.unions_founded",
            "target": 2 + serial % 3,
        }
        quota = create_record(desk.uow, quotas, values)
        desk.take(quotas, quota, "issue")


def _build_homes(desk: _Desk, place: OrgUnit) -> None:
    for serial, steps in enumerate(_HOMES):
        values = {
            "org_unit_id": place.id,
            "name": f"试点园区第{serial + 1}职工之家",
            "kind": "workers_home",
            "address": f"示例路{serial + 1}号",
            "expected_on": date(2024, 6, 30),
        }
        venue = create_record(desk.uow, venues, values)
        for name, day in zip(steps, (date(2024, 4, 8), date(2024, 5, 6)), strict=False):
            desk.take(venues, venue, name, effective_on=day)
