"""Reading beside what the record type gives: searches by number."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import ColumnElement, func, select

from gonghui.sdk import (
    Person,
    UnitOfWork,
    has_number,
    has_phone,
    keyring,
    mobile,
    normal_number,
    rows_with_ids,
    select_each,
    visible,
)
from gonghui_organising.members import members
from gonghui_organising.membership import Membership

_MEMBER: Any = Membership.__table__.c
_PERSON: Any = Person.__table__.c

_MOST_FOUND = 100

#: Whole numbers, whose index has their tail first.
_WHOLE: Mapping[str, Callable[[UnitOfWork, str], ColumnElement[bool]]] = {
    "id_number": has_number,
    "phone": has_phone,
}
#: What else a member may be searched by, with the index that finds it and the kind that keys it.
_MARKED: Mapping[str, tuple[Any, str]] = {
    "bank_card": (_PERSON.bank_card_index, "bank_card"),
    "id_number_tail": (_PERSON.id_number_tail, "id_number"),
    "phone_tail": (_PERSON.phone_tail, "phone"),
    "bank_card_tail": (_PERSON.bank_card_tail, "bank_card"),
}


def search_rows(uow: UnitOfWork, by: str, text: str, permission: str) -> list[dict[str, Any]]:
    """Members within reach who have exactly this number, or a number with these last four characters."""
    named = _named(uow, by, text)
    # Asking for a number again and again tells as much as opening it: the same permission.
    seen = visible(uow.principal, permission, _MEMBER.org_unit_id)
    # A number of somebody who was merged into another leads to that one.
    whose = select(func.coalesce(_PERSON.merged_into_id, _PERSON.id)).where(named)
    persons = list(uow.session.scalars(whose))
    ids = uow.session.scalars(select_each(_MEMBER.person_id, persons, _MEMBER.id, where=seen)).all()
    latest = sorted(ids, reverse=True)[:_MOST_FOUND]
    return rows_with_ids(uow, members, latest)


def _named(uow: UnitOfWork, by: str, text: str) -> ColumnElement[bool]:
    number = normal_number(text)
    if by == "phone":
        number = mobile(text, demo_numbers=True) or number
    if by in _WHOLE:
        return _WHOLE[by](uow, number)
    column, kind = _MARKED[by]
    ring = keyring(uow)
    found: ColumnElement[bool] = column == (
        ring.tail(kind, number) if by.endswith("_tail") else ring.index(kind, number)
    )
    return found
