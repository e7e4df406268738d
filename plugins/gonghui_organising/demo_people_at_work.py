"""The sample district's questionnaire, groups, helpers and union workers: a few of each, by the real services."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from gonghui.sdk import (
    Principal,
    Record,
    UnitOfWork,
    account_principal_by_id,
    clock,
    create_record,
    new_id,
    put_list,
    step,
    whole_federation,
)
from gonghui_organising import sheet_taking
from gonghui_organising.demo_people import demo_id_number
from gonghui_organising.helper import helpers
from gonghui_organising.membership import Membership, MembershipState
from gonghui_organising.questionnaire import questionnaires, questions_of
from gonghui_organising.staff import staff_members
from gonghui_organising.staff_certificate import staff_certificates
from gonghui_organising.subdivision import group_assignments, subdivisions
from gonghui_organising.union import GrassrootsUnion, UnionState

_SERIAL = 9_900_000
"""Made-up identity numbers of these people begin here, far from those of the members."""
_IN_GROUPS = 10
_QUESTIONS: tuple[dict[str, Any], ...] = (
    {"number": 1, "text": "单位有工会吗？", "kind": "single", "choices": ["有", "没有", "不清楚"]},
    {
        "number": 2,
        "text": "最想要哪些服务？",
        "kind": "multiple",
        "choices": ["培训", "体检", "法律援助", "文体"],
    },
    {"number": 3, "text": "单位大约有多少职工？", "kind": "number", "least": 1, "most": 100_000},
    {"number": 4, "text": "还有什么建议？", "kind": "text"},
)


def fill_people_at_work(
    uow: UnitOfWork, chance: random.Random, places: list[UUID], accounts: Mapping[str, UUID]
) -> None:
    """Fill in what a first look needs; `places` are communities. The district decides on what was entered."""
    district = account_principal_by_id(uow, accounts["district"])
    _survey(uow, chance, places)
    _groups(uow)
    for serial in range(6):
        _helper(uow, places[serial % len(places)], serial, district)
        _worker(uow, places[serial % len(places)], serial, district)


def _survey(uow: UnitOfWork, chance: random.Random, places: list[UUID]) -> None:
    today = clock.today()
    questions = [{**question, "is_required": question["number"] == 1} for question in _QUESTIONS]
    made: Any = create_record(
        uow,
        questionnaires,
        {
            "org_unit_id": whole_federation(uow).id,
            "title": "非公企业建会摸底调查",
            "purpose": "了解未建会企业和职工的需求",
            "audience": "园区企业职工",
            "is_named": False,
            "questions": questions,
        },
    )
    days = {"opens_on": today - timedelta(days=20), "closes_on": today + timedelta(days=20)}
    _take(uow, questionnaires, made, "open", days)
    keys = [str(question.id) for question in questions_of(uow, made.id)]
    for place in places[:4]:
        sheets = [
            {
                "sheet_key": new_id(),
                "edition": made.edition,
                "filled_at": clock.now() - timedelta(days=chance.randrange(1, 15)),
                "answers": _answers(chance, keys),
            }
            for _n in range(15)
        ]
        sheet_taking.take_collected(uow, made.id, place, sheets)


def _answers(chance: random.Random, keys: list[str]) -> dict[str, Any]:
    single, several, number, _text = _QUESTIONS
    values = [
        chance.choice(single["choices"]),
        chance.sample(several["choices"], 2),
        chance.randrange(number["least"], 400),
        chance.choice(["多办培训", "希望有体检", None]),
    ]
    return dict(zip(keys, values, strict=True))


def _groups(uow: UnitOfWork) -> None:
    """A branch with two groups at the union that has most members, who are split between the groups."""
    most = (
        select(Membership.org_unit_id)
        .join(GrassrootsUnion, GrassrootsUnion.org_unit_id == Membership.org_unit_id)
        .where(Membership.state == MembershipState.ACTIVE.value)
        .where(GrassrootsUnion.state == UnionState.APPROVED.value)
        .group_by(Membership.org_unit_id)
        .order_by(func.count().desc(), Membership.org_unit_id)
        .limit(1)
    )
    unit_id = uow.session.scalars(most).first()
    if unit_id is None:
        return
    branch = _part(uow, unit_id, "一车间分会", kind="branch")
    parts = [
        _part(uow, unit_id, name, kind="group", branch_id=branch.id) for name in ("甲班小组", "乙班小组")
    ]
    here = (Membership.org_unit_id == unit_id, Membership.state == MembershipState.ACTIVE.value)
    mine = select(Membership.id).where(*here).order_by(Membership.id).limit(_IN_GROUPS)
    for number, member_id in enumerate(uow.session.scalars(mine).all()):
        part = parts[number % len(parts)]
        content = {"subdivision_id": part.id, "membership_id": member_id, "from_on": date(2024, 3, 1)}
        create_record(uow, group_assignments, content)


def _part(uow: UnitOfWork, unit_id: UUID, name: str, **values: Any) -> Record:
    part = create_record(uow, subdivisions, {"org_unit_id": unit_id, "name": name, **values})
    return _take(uow, subdivisions, part, "establish", {"effective_on": date(2024, 3, 1)})


def _person(serial: int, name: str) -> dict[str, Any]:
    number = demo_id_number(_SERIAL + serial, male=serial % 2 == 0)
    return {"name": name, "document_kind": "resident_id", "id_number": number}


def _helper(uow: UnitOfWork, place: UUID, serial: int, district: Principal) -> None:
    helper = create_record(
        uow,
        helpers,
        {
            "org_unit_id": place,
            "person": _person(serial, "吴示例"),
            "kind": "volunteer" if serial % 2 else "activist",
            "skills": ["调解", "宣传"],
        },
    )
    confirmed = _decide(uow, district, helpers, helper, "confirm", date(2024, 4, 8))
    served = [{"served_on": date(2024, 5, 11), "what": "园区入企走访", "hours": 3}]
    put_list(uow, helpers, helpers.children[0], helper.id, confirmed.version, served)


def _worker(uow: UnitOfWork, place: UUID, serial: int, district: Principal) -> None:
    hired = date(2023, 7, 3)
    member = create_record(
        uow,
        staff_members,
        {
            "org_unit_id": whole_federation(uow).id,
            "person": _person(100 + serial, "郑示例"),
            "contract_until": date(2029, 6, 30),
            "grades": [{"grade": "一级", "from_on": hired}],
            "postings": [{"unit": place, "task": "试点园区专人负责", "share": "full", "from_on": hired}],
        },
    )
    _take(uow, staff_members, member, "appoint", {"effective_on": hired})
    if serial % 3 == 0:  # somebody who is still to sit the exam
        return
    certificate = create_record(
        uow,
        staff_certificates,
        {
            "staff_member_id": member.id,
            "kind": "social_worker",
            "level": "助理社会工作师",
            "number": f"示例证书{serial:04d}",
            "issuer": "示例市人力资源和社会保障局",
            "issued_on": date(2023, 10, 20),
            "valid_to": clock.today() + timedelta(days=60 + 100 * serial),
        },
    )
    _decide(uow, district, staff_certificates, certificate, "verify", date(2023, 11, 1))


def _decide(uow: UnitOfWork, by: Principal, kind: Any, record: Any, name: str, day: date) -> Record:
    """A step that somebody else than whoever entered the record has to take."""
    myself = uow.principal
    uow.become(by)
    taken = _take(uow, kind, record, name, {"effective_on": day})
    uow.become(myself)
    return taken


def _take(uow: UnitOfWork, kind: Any, record: Any, name: str, answers: dict[str, Any]) -> Record:
    taken: Record = step(uow, kind, record, kind.workflow.named(name), answers)
    return taken
