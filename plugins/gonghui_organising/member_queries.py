"""Reading beside what the record type gives: searches by number, and the list of transfers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import and_, func, select

from gonghui.sdk import (
    Employer,
    OrgUnit,
    Person,
    UnitOfWork,
    has_phone,
    keyring,
    mobile,
    normal_number,
    not_found,
    rows_with_ids,
    select_each,
    visible,
)
from gonghui_organising.members import members
from gonghui_organising.membership import Membership, MembershipTransfer
from gonghui_organising.transfers import in_sight

_MEMBER: Any = Membership.__table__.c
_PERSON: Any = Person.__table__.c
_UNIT: Any = OrgUnit.__table__.c
_EMPLOYER: Any = Employer.__table__.c
_TRANSFER: Any = MembershipTransfer.__table__.c

_MOST_FOUND = 100

#: What a member may be searched by, with the index that finds it and the kind that keys it.
SEARCHES: Mapping[str, tuple[Any, str]] = {
    "id_number": (_PERSON.id_number_index, "id_number"),
    "phone": (_PERSON.phone_index, "phone"),
    "bank_card": (_PERSON.bank_card_index, "bank_card"),
    "id_number_tail": (_PERSON.id_number_tail, "id_number"),
    "phone_tail": (_PERSON.phone_tail, "phone"),
    "bank_card_tail": (_PERSON.bank_card_tail, "bank_card"),
}


def search_rows(uow: UnitOfWork, by: str, text: str, permission: str) -> list[dict[str, Any]]:
    """Members within reach who have exactly this number, or a number with these last four characters."""
    column, kind = SEARCHES[by]
    ring, number = keyring(uow), normal_number(text)
    if by == "phone":
        number = mobile(text, demo_numbers=True) or number
    mark = ring.tail(kind, number) if by.endswith("_tail") else ring.index(kind, number)
    named = has_phone(uow, number) if by == "phone" else column == mark
    # Asking for a number again and again tells as much as opening it: the same permission.
    seen = visible(uow.principal, permission, _MEMBER.org_unit_id)
    # A number of somebody who was merged into another leads to that one.
    whose = select(func.coalesce(_PERSON.merged_into_id, _PERSON.id)).where(named)
    persons = list(uow.session.scalars(whose))
    ids = uow.session.scalars(select_each(_MEMBER.person_id, persons, _MEMBER.id, where=seen)).all()
    latest = sorted(ids, reverse=True)[:_MOST_FOUND]
    return rows_with_ids(uow, members, latest)


def list_transfers(uow: UnitOfWork, query: Mapping[str, Any], after: UUID | None) -> list[dict[str, Any]]:
    """Transfers that wait at, or went to, the principal's units; a name is all that they say of the member."""
    from_unit = OrgUnit.__table__.alias("from_unit")
    columns = (
        _TRANSFER.id, _TRANSFER.kind, _TRANSFER.state, _TRANSFER.membership_id, _TRANSFER.org_unit_id,
        _TRANSFER.counterpart, _TRANSFER.reason, _TRANSFER.lapses_on, _TRANSFER.requested_at, _TRANSFER.decided_at,
        _TRANSFER.version, _UNIT.name.label("union_name"), from_unit.c.name.label("from_union_name"),
        _PERSON.name.label("name"),
    )  # fmt: skip
    same = _TRANSFER.tenant_id
    tables = (
        MembershipTransfer.__table__.join(
            Membership.__table__, and_(_MEMBER.tenant_id == same, _MEMBER.id == _TRANSFER.membership_id)
        )
        .join(Person.__table__, and_(_PERSON.tenant_id == same, _PERSON.id == _MEMBER.person_id))
        .join(OrgUnit.__table__, and_(_UNIT.tenant_id == same, _UNIT.id == _TRANSFER.org_unit_id))
        .outerjoin(from_unit, and_(from_unit.c.tenant_id == same, from_unit.c.id == _TRANSFER.from_unit_id))
    )
    page = select(*columns).select_from(tables)
    page = page.where(in_sight(uow.principal))
    if "state" in query:
        page = page.where(_TRANSFER.state == query["state"])
    if "transfer_id" in query:
        page = page.where(_TRANSFER.id == query["transfer_id"])
    if after is not None:
        page = page.where(_TRANSFER.id < after)
    found = uow.session.connection().execute(page.order_by(_TRANSFER.id.desc()).limit(query["limit"] + 1))
    return [dict(row) for row in found.mappings()]


def read_transfer(uow: UnitOfWork, transfer_id: UUID) -> dict[str, Any]:
    """One transfer. Raises `NotFound`."""
    rows = list_transfers(uow, {"transfer_id": transfer_id, "limit": 1}, None)
    if not rows:
        raise not_found()
    return rows[0]
