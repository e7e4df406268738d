"""Finding people by what somebody types: a name, the last four digits of a number, or a whole number."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, String, literal, or_, select, union_all

from gonghui.db.ciphers import TAIL
from gonghui.db.lookups import name_begins
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.parties.persons import Person, has_number, has_phone
from gonghui.records.record_types import READ, RecordType
from gonghui.records.sight import visible
from gonghui.tenancy.keys import keyring, masked
from gonghui.tenancy.org_tree import OrgUnit
from gonghui.tenancy.tenants import here
from gonghui.values.documents import normal_number
from gonghui.values.phones import mobile

_PERSON: Any = Person.__table__.c
_UNIT: Any = OrgUnit.__table__.c


def find_people(uow: UnitOfWork, kinds: Sequence[RecordType], text: str, limit: int) -> list[dict[str, Any]]:
    """Records that are about whom the text fits, as far as one may read them; numbers are masked. One statement.

    A person is nothing that one reads by itself: whoever may read no record about them does not find them. Nor do
    records help that tell no more than a name: a number would be confirmed by its being found.
    """
    fits = _fits(uow, text)
    about = [kind for kind in kinds if _tells_numbers(kind) and uow.principal.holds(kind.permission(READ))]
    if fits is None or not about:
        return []
    people = select(_PERSON.id).where(_PERSON.merged_into_id.is_(None), fits).cte("people")
    records = union_all(*(_records(uow, kind, people) for kind in about)).subquery()
    numbers = (_PERSON.id_number, _PERSON.phone)
    found = (
        select(records, _PERSON.name, *numbers, _UNIT.name.label("unit"))
        .join(Person.__table__, _PERSON.id == records.c.person_id)
        .join(OrgUnit.__table__, _UNIT.id == records.c.org_unit_id)
        .order_by(_PERSON.name_key, _PERSON.id, records.c.id)
        .limit(limit)
    )
    by_code = {kind.code: kind for kind in about}
    return [
        {
            "id": row.id,
            "kind": by_code[row.code],
            "name": row.name,
            "unit": row.unit,
            "state": by_code[row.code].workflow.states[row.state],
            "id_number": masked(uow, _PERSON.id_number, row.person_id, row.id_number),
            "phone": masked(uow, _PERSON.phone, row.person_id, row.phone),
        }
        for row in uow.session.execute(found)
    ]


def _tells_numbers(kind: RecordType) -> bool:
    if kind.subject is None:
        return False
    told = kind.joined.get(kind.subject)
    return told is None or any(bound.is_sealed for bound in told)


def _records(uow: UnitOfWork, kind: RecordType, people: Any) -> Any:
    table = kind.table.c
    return select(
        literal(kind.code, String).label("code"),
        table.id,
        table.state,
        table.org_unit_id,
        table[str(kind.subject)].label("person_id"),
    ).where(
        table[str(kind.subject)].in_(select(people.c.id)),
        visible(kind, uow.principal, kind.permission(READ), as_stranger=False),
    )


def _fits(uow: UnitOfWork, text: str) -> ColumnElement[bool] | None:
    """The condition under which a person is meant; None where the text can be nobody's."""
    typed = text.strip()
    number = normal_number(typed)
    if not any(sign.isdigit() for sign in number):
        return name_begins(_PERSON.name, _PERSON.name_key, typed) if typed else None
    ring = keyring(uow)
    if len(number) == TAIL:
        tails = (
            _PERSON.id_number_tail == ring.tail("id_number", number),
            _PERSON.phone_tail == ring.tail("phone", number),
        )
        return or_(*tails)
    phone = mobile(typed, demo_numbers=here(uow).is_demo)
    ways = [has_number(uow, number)]
    if phone is not None:
        ways.append(has_phone(uow, phone))
    return or_(*ways)
