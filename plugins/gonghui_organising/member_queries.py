"""Reading members: lists, details, and searches by number, masked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, func, select

from gonghui.sdk import (
    Employer,
    OrgUnit,
    Person,
    UnitOfWork,
    has_phone,
    keyring,
    mask,
    masked,
    mobile,
    name_begins,
    normal_number,
    not_found,
    open_value,
    select_each,
    under,
    unit_within,
    visible,
)
from gonghui_organising.member_identity import READ
from gonghui_organising.membership import Membership, MembershipTransfer
from gonghui_organising.transfers import in_sight

_MEMBER: Any = Membership.__table__.c
_PERSON: Any = Person.__table__.c
_UNIT: Any = OrgUnit.__table__.c
_EMPLOYER: Any = Employer.__table__.c
_TRANSFER: Any = MembershipTransfer.__table__.c

_LISTED = (
    _MEMBER.id, _MEMBER.state, _MEMBER.org_unit_id, _MEMBER.person_id, _MEMBER.joined_on, _MEMBER.new_form_group,
    _MEMBER.employment_form, _MEMBER.occupation, _MEMBER.version, _PERSON.name, _PERSON.sex, _PERSON.birth_year,
    _PERSON.document_kind, _PERSON.id_number, _PERSON.phone, _UNIT.name.label("union_name"),
    _EMPLOYER.name.label("employer_name"),
)  # fmt: skip
_MORE = (
    _MEMBER.first_joined_on, _MEMBER.union_office, _MEMBER.card_number, _MEMBER.remark, _MEMBER.created_at,
    _MEMBER.changed_at, _MEMBER.employer_id, _PERSON.born_on, _PERSON.bank_card, _PERSON.ethnicity,
    _PERSON.political_status, _PERSON.education, _PERSON.household_kind, _PERSON.is_migrant_worker,
)  # fmt: skip
_TABLES = (
    Membership.__table__.join(
        Person.__table__, and_(_PERSON.tenant_id == _MEMBER.tenant_id, _PERSON.id == _MEMBER.person_id)
    )
    .join(OrgUnit.__table__, and_(_UNIT.tenant_id == _MEMBER.tenant_id, _UNIT.id == _MEMBER.org_unit_id))
    .outerjoin(
        Employer.__table__,
        and_(_EMPLOYER.tenant_id == _MEMBER.tenant_id, _EMPLOYER.id == _MEMBER.employer_id),
    )
)
_SEALED = {"id_number": _PERSON.id_number, "phone": _PERSON.phone, "born_on": _PERSON.born_on,
           "bank_card": _PERSON.bank_card}  # fmt: skip

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


def list_rows(uow: UnitOfWork, query: Mapping[str, Any], after: UUID | None) -> list[dict[str, Any]]:
    """A page of members that the principal sees, the newest first, one row more than asked."""
    page = _filtered(uow, select(*_LISTED).select_from(_TABLES), query)
    if after is not None:
        page = page.where(_MEMBER.id < after)
    found = uow.session.connection().execute(page.order_by(_MEMBER.id.desc()).limit(query["limit"] + 1))
    return list(_shown(uow, found.mappings()))


def count_rows(uow: UnitOfWork, query: Mapping[str, Any]) -> int:
    """How many members the whole list has."""
    joined = select(func.count()).select_from(_TABLES if query.get("q") or query.get("sex") else Membership)
    return uow.session.scalar(_filtered(uow, joined, query)) or 0


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
    query = select(*_LISTED).select_from(_TABLES).where(_MEMBER.id.in_(latest)).order_by(_MEMBER.id.desc())
    return list(_shown(uow, uow.session.connection().execute(query).mappings()))


def read_row(uow: UnitOfWork, member_id: UUID) -> dict[str, Any]:
    """One member. Raises `NotFound` for one that is not there or not to be seen."""
    seen = visible(uow.principal, READ, _MEMBER.org_unit_id)
    query = select(*_LISTED, *_MORE).select_from(_TABLES).where(_MEMBER.id == member_id, seen)
    found = uow.session.connection().execute(query).mappings().one_or_none()
    if found is None:
        raise not_found()
    row = next(_shown(uow, [found]))
    card = open_value(uow, _MEMBER.card_number, member_id, row["card_number"])
    row["card_number"] = mask("card_number", card) if card else None
    return row


def export_rows(uow: UnitOfWork, query: Mapping[str, Any], permission: str) -> Iterator[dict[str, Any]]:
    """Every member of the list whom `permission` reaches, masked, as they come from the database."""
    everyone = _filtered(uow, select(*_LISTED, *_MORE).select_from(_TABLES), query)
    everyone = everyone.where(visible(uow.principal, permission, _MEMBER.org_unit_id)).order_by(_MEMBER.id)
    found = uow.session.connection().execute(everyone.execution_options(yield_per=1_000))
    return _shown(uow, found.mappings())


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


def _filtered(uow: UnitOfWork, statement: Select[Any], query: Mapping[str, Any]) -> Select[Any]:
    wanted = [visible(uow.principal, READ, _MEMBER.org_unit_id)]
    wanted += [
        _MEMBER[name] == query[name]
        for name in ("state", "new_form_group", "employment_form")
        if name in query
    ]
    if "sex" in query:
        wanted.append(_PERSON.sex == query["sex"])
    if "org_unit_id" in query:
        unit = unit_within(uow, uow.principal, READ, query["org_unit_id"])
        wanted.append(_MEMBER.org_unit_id.in_(select(OrgUnit.id).where(under([unit.path]))))
    if query.get("q"):
        wanted.append(name_begins(_PERSON.name, _PERSON.name_key, query["q"]))
    return statement.where(and_(*wanted))


def _shown(uow: UnitOfWork, rows: Iterable[Mapping[Any, Any]]) -> Iterator[dict[str, Any]]:
    """Rows with their sensitive values masked."""
    for found in rows:
        row = {str(key): value for key, value in found.items()}
        person_id = row.pop("person_id")
        for name, column in _SEALED.items():
            if row.get(name) is not None:
                row[name] = masked(uow, column, person_id, row[name])
        yield row
