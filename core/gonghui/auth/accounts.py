"""Accounts, their roles and where in the tree the roles hold."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Index, and_, or_, select
from sqlalchemy.orm import Mapped, mapped_column

from gonghui.auth.passwords import hash_password
from gonghui.db.base import TenantTable, ref, unique
from gonghui.db.sensitive import identifying
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.parties.persons import Person
from gonghui.tenancy.org_tree import OrgUnit
from gonghui.values import clock
from gonghui.values.principal import PrincipalKind


class Account(TenantTable):
    """What signs in, by `login`. Its kind says what the principal will be, `person_id` who stands behind it."""

    __tablename__ = "account"
    __table_args__ = (unique("login"),)

    person: Mapped[Person | None] = ref(Person, optional=True)
    person_id: Mapped[UUID | None]
    kind: Mapped[str]
    login: Mapped[str] = identifying()
    password_hash: Mapped[str | None] = mapped_column(info={"redacted": True, "identifying": True})
    disabled_at: Mapped[datetime | None]


class Role(TenantTable):
    """A named set of permissions."""

    __tablename__ = "role"
    __table_args__ = (unique("code"),)

    code: Mapped[str]
    name: Mapped[str]
    permissions: Mapped[list[str]]
    #: Permissions of the product's own role that this federation has left out.
    declined: Mapped[list[str]] = mapped_column(default=list)


class RoleAssignment(TenantTable):
    """A role given to an account at an org unit, valid there and below, between two dates."""

    __tablename__ = "role_assignment"
    __table_args__ = (
        Index("ix_role_assignment_account_id", "tenant_id", "account_id"),
        Index("ix_role_assignment_unit", "tenant_id", "org_unit_id"),
    )

    account: Mapped[Account] = ref(Account, cascade=True)
    account_id: Mapped[UUID]
    role: Mapped[Role] = ref(Role)
    role_id: Mapped[UUID]
    org_unit: Mapped[OrgUnit] = ref(OrgUnit)
    org_unit_id: Mapped[UUID]
    valid_from: Mapped[date] = mapped_column(default=clock.today)
    valid_to: Mapped[date | None]
    #: For whom the account stands in, where it does so for a time.
    deputy_for: Mapped[Account | None] = ref(Account, optional=True)
    deputy_for_id: Mapped[UUID | None]


def in_force(on: date | None = None) -> ColumnElement[bool]:
    """The condition under which a role is held on a day (today)."""
    day, given = on or clock.today(), RoleAssignment
    return and_(given.valid_from <= day, or_(given.valid_to.is_(None), given.valid_to >= day))


def open_account(
    uow: UnitOfWork,
    login: str,
    *,
    kind: PrincipalKind,
    person: Person | None = None,
    password: str | None = None,
) -> Account:
    """Open an account; `person` is the human being behind it, if there is one."""
    uow.note("core.account.opened")
    account = Account(
        kind=kind.value,
        login=login.strip().lower(),
        person_id=person.id if person else None,
        password_hash=hash_password(password) if password else None,
    )
    uow.add(account)
    uow.session.flush()
    return account


def assign(
    uow: UnitOfWork,
    account: Account,
    role: Role,
    unit: OrgUnit,
    *,
    valid_from: date | None = None,
    valid_to: date | None = None,
    deputy_for_id: UUID | None = None,
) -> RoleAssignment:
    """Give `account` a role at `unit` and below, from a day (today) to another; as a deputy, for whom it stands in."""
    uow.note("core.role.assigned")
    assignment = RoleAssignment(
        account_id=account.id,
        role_id=role.id,
        org_unit_id=unit.id,
        valid_from=valid_from or clock.today(),
        valid_to=valid_to,
        deputy_for_id=deputy_for_id,
    )
    uow.add(assignment)
    return assignment


def find_account(uow: UnitOfWork, login: str) -> Account | None:
    """The account that signs in as `login`."""
    return uow.session.scalars(select(Account).where(Account.login == login.strip().lower())).one_or_none()


def extend_role(uow: UnitOfWork, code: str, name: str, permissions: list[str]) -> Role:
    """The role `code` with at least these permissions, made where it is missing."""
    role = uow.session.scalars(select(Role).where(Role.code == code)).one_or_none()
    if role is None:
        role = Role(code=code, name=name, permissions=sorted(set(permissions)))
        uow.add(role)
    elif not set(permissions) <= set(role.permissions):
        role.permissions = sorted({*role.permissions, *permissions})
    uow.session.flush()
    return role


def account_by_id(uow: UnitOfWork, account_id: UUID) -> Account | None:
    """The account with this id."""
    return uow.session.scalars(select(Account).where(Account.id == account_id)).one_or_none()
