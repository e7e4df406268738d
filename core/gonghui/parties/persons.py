"""Persons: a human being known to a tenant, once, by an identity document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import CheckConstraint, ColumnElement, Index, Text, and_, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped

from gonghui.db.base import TenantTable
from gonghui.db.sensitive import Sensitive, blind_index, blind_tail, identifying, sensitive
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.errors import Conflict
from gonghui.i18n import _
from gonghui.tenancy.keys import keyring
from gonghui.values.names import sort_key


class Person(TenantTable):
    """A human being. Numbers are sealed; sex and year of birth are plain, because figures are asked by them."""

    __tablename__ = "person"
    __table_args__ = (
        CheckConstraint("sex IN ('male', 'female')", "sex"),
        Index("ix_person_name_key", "tenant_id", "name_key"),
        Index(
            "ix_person_merged_into",
            "tenant_id",
            "merged_into_id",
            postgresql_where=text("merged_into_id IS NOT NULL"),
        ),
        CheckConstraint("(id_number_tail IS NULL) = (id_number_index IS NULL)", "id_number_tail"),
        # One index for both: whoever asks for a whole number asks for its tail too (`has_number`, `has_phone`).
        Index(
            "uq_person_document",
            "tenant_id",
            "id_number_tail",
            "id_number_index",
            "document_kind",
            unique=True,
            postgresql_where=text("id_number_tail IS NOT NULL"),
        ),
        Index(
            "ix_person_phone",
            "tenant_id",
            "phone_tail",
            "phone_index",
            postgresql_where=text("phone_tail IS NOT NULL"),
        ),
        Index(
            "ix_person_bank_card_index",
            "tenant_id",
            "bank_card_index",
            postgresql_where=text("bank_card_index IS NOT NULL"),
        ),
        Index(
            "ix_person_bank_card_tail",
            "tenant_id",
            "bank_card_tail",
            postgresql_where=text("bank_card_tail IS NOT NULL"),
        ),
    )

    name: Mapped[str] = identifying()
    #: Sorted by its bytes, so that one index serves both its beginning and the order of names.
    name_key: Mapped[str] = identifying(Text(collation="C"))
    sex: Mapped[str | None]
    birth_year: Mapped[int | None]
    document_kind: Mapped[str | None] = identifying()
    born_on: Mapped[Sensitive] = sensitive("birth")
    id_number: Mapped[Sensitive] = sensitive("id_number")
    id_number_index: Mapped[bytes | None] = blind_index("id_number")
    id_number_tail: Mapped[int | None] = blind_tail("id_number")
    phone: Mapped[Sensitive] = sensitive("phone")
    phone_index: Mapped[bytes | None] = blind_index("phone")
    phone_tail: Mapped[int | None] = blind_tail("phone")
    bank_card: Mapped[Sensitive] = sensitive("bank_card")
    bank_card_index: Mapped[bytes | None] = blind_index("bank_card")
    bank_card_tail: Mapped[int | None] = blind_tail("bank_card")
    ethnicity: Mapped[str | None]
    political_status: Mapped[str | None]
    education: Mapped[str | None]
    household_kind: Mapped[str | None]
    is_migrant_worker: Mapped[bool | None]
    #: Another row of the same human being that stands for both since a merge.
    merged_into_id: Mapped[UUID | None]
    #: The run of a register that made the row. No key: a run may be forgotten before its persons.
    run_id: Mapped[UUID | None]


class Identity(NamedTuple):
    """Who somebody is by a document that has been read and found sound."""

    name: str
    document_kind: str
    id_number: str
    sex: str | None
    born_on: date | None


def new_person(name: str, **facts: Any) -> Person:
    """A person not yet in the database."""
    return Person(name=name, name_key=sort_key(name), **facts)


def person_values(identity: Identity, facts: Mapping[str, Any]) -> dict[str, Any]:
    """Columns of a person with this identity."""
    columns = person_columns([identity], [facts])
    return {name: column[0] for name, column in columns.items()}


def person_columns(
    identities: Sequence[Identity], facts: Sequence[Mapping[str, Any]]
) -> dict[str, Sequence[Any]]:
    """Columns of persons with these identities, whose facts name the same columns."""
    names, kinds, numbers, sexes, born_on = zip(*identities, strict=True)
    return {
        "name": names,
        "name_key": [sort_key(name) for name in names],
        "document_kind": kinds,
        "id_number": numbers,
        "sex": sexes,
        "birth_year": [day.year if day else None for day in born_on],
        "born_on": [day.isoformat() if day else None for day in born_on],
        **{name: [fact[name] for fact in facts] for name in facts[0]},
    }


def enter_person(uow: UnitOfWork, identity: Identity, facts: Mapping[str, Any]) -> tuple[Person, bool]:
    """The person with this document, and whether they were entered just now.

    Two who enter the same person at once get the same row: the database holds a document once, and whoever
    comes second waits and then finds the first one's.
    """
    known = person_with_document(uow, identity.document_kind, identity.id_number)
    if known is not None:
        return _of_the_same_name(known, identity), False
    person = Person(**person_values(identity, facts))
    try:
        with uow.session.begin_nested():
            uow.add(person)
            uow.session.flush()
    except IntegrityError:
        known = person_with_document(uow, identity.document_kind, identity.id_number)
        if known is None:
            raise
        return _of_the_same_name(known, identity), False
    return person, True


def tell_of_person(
    uow: UnitOfWork, person: Person, facts: Mapping[str, Any], *, only_gaps: bool = False
) -> None:
    """Note what is told of a person (`phone`, …); `only_gaps`: it fills what nobody knew and overwrites nothing."""
    for name, value in facts.items():
        if not only_gaps or (value is not None and getattr(person, name) is None):
            setattr(person, name, value)
    uow.session.flush()


def _of_the_same_name(known: Person, identity: Identity) -> Person:
    """A number alone opens nobody's record: whoever enters it knows whose it is."""
    if known.name != identity.name:
        message = _("这个证件号码已登记在另一个姓名之下。照证件核对姓名和号码。")
        raise Conflict("name_disagrees", message)
    return known


def has_number(uow: UnitOfWork, number: str) -> ColumnElement[bool]:
    """The condition under which a row of `Person` has a document of this number, as `normal_number` gives it."""
    ring = keyring(uow)
    return and_(
        Person.id_number_tail == ring.tail("id_number", number),
        Person.id_number_index == ring.index("id_number", number),
    )


def has_phone(uow: UnitOfWork, number: str) -> ColumnElement[bool]:
    """The condition under which a row of `Person` has this phone, a number as `mobile` gives it."""
    ring = keyring(uow)
    return and_(
        Person.phone_tail == ring.tail("phone", number), Person.phone_index == ring.index("phone", number)
    )


def person_with_document(uow: UnitOfWork, kind: str, number: str) -> Person | None:
    """The person who carries this document; after a merge, the row that stands for them."""
    wanted = select(Person).where(Person.document_kind == kind, has_number(uow, number))
    return standing_for(uow, uow.session.scalars(wanted).one_or_none())


def standing_for(uow: UnitOfWork, person: Person | None) -> Person | None:
    """The row that stands for a person after merges."""
    while person is not None and person.merged_into_id is not None:
        person = uow.session.scalars(select(Person).where(Person.id == person.merged_into_id)).one_or_none()
    return person


def person_by_id(uow: UnitOfWork, person_id: UUID) -> Person:
    """The row of a person; whoever asks has seen a record that names them. Raises SQLAlchemy's `NoResultFound`."""
    return uow.session.scalars(select(Person).where(Person.id == person_id)).one()
