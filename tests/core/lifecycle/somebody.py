"""Somebody of whom a federation knows much: an account, records of several kinds, a telephone elsewhere."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import select
from tests.designs.dispute import dispute
from tests.designs.hardship import hardship
from tests.designs.profile import profiles
from tests.designs.rooms import rooms

from gonghui.auth.accounts import Account
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.parties.persons import Person
from gonghui.records.writing import change
from gonghui.sdk import create_record
from gonghui.testing import Federation
from gonghui_organising.demo_people import demo_id_number

NAME, NUMBER, PHONE = "样独一", demo_id_number(7_001, male=False), "12067669321"
OTHER_NUMBER = demo_id_number(7_002, male=False)
LOGIN, RELATIVE, EARLIER = "worker", "样亲属", "样旧亲"
IDENTITY = {"name": NAME, "document_kind": "resident_id", "id_number": NUMBER}


def somebody(federation: Federation) -> UUID:
    """Somebody with an account, a hardship file, a dispute, a profile and the telephone of a room."""
    with federation.uow() as uow:
        person = uow.session.scalars(
            select(Person).join(Account, Account.person_id == Person.id).where(Account.login == LOGIN)
        ).one()
        person.name, person.name_key, person.document_kind = NAME, "yang du yi", "resident_id"
        person.id_number, person.phone, person.sex, person.birth_year = NUMBER, PHONE, "female", 1990
        person_id = person.id
    with federation.uow() as uow:
        _records(uow, federation.units["garden"])
    return person_id


def _records(uow: UnitOfWork, place: UUID) -> None:
    household = [{"name": EARLIER, "relation": "spouse", "id_number": "样本号码"}]
    file = create_record(
        uow,
        hardship,
        {
            "org_unit_id": place,
            "applicant": IDENTITY,
            "cause": "重病",
            "income": 3_600_000,
            "rigid": 1_200_000,
            "health": "重大疾病",
            "household": household,
        },
    )
    put = {"household": [{"name": RELATIVE, "relation": "spouse", "id_number": "样本号码二"}]}
    change(uow, hardship, file.id, file.version, put)
    case = {
        "claimant": IDENTITY,
        "employer": {"name": "样本公司", "uscc": None},
        "cause": "pay",
        "facts": "拖欠工资",
    }
    create_record(uow, dispute, {"org_unit_id": place, "received_on": date(2024, 6, 3), **case})
    values = {
        "person": IDENTITY,
        "nickname": "小星",
        "birth_year": 1995,
        "consented": True,
        "marital_history": "离异",
    }
    create_record(uow, profiles, values)
    for phone in (f"{PHONE[:3]}-{PHONE[3:]}", "0755-29000000"):
        room = {"org_unit_id": place, "name": "样本小屋", "employer": {"name": "样本公司", "uscc": None}}
        create_record(uow, rooms, {**room, "contact_phone": phone})
