"""Units where nobody works: areas at which no open account holds a role."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, and_, select

from gonghui.auth.accounts import Account, RoleAssignment, in_force
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.tenancy.org_tree import OrgUnit


def units_without_officer(
    uow: UnitOfWork,
    kinds: Sequence[str],
    wanted: ColumnElement[bool],
    *,
    after: UUID | None = None,
    limit: int = 50,
) -> Sequence[OrgUnit]:
    """Open units of `kinds` at which nobody holds a role today, by id."""
    given = RoleAssignment
    somebody = (
        select(given.id)
        .join(Account, and_(Account.tenant_id == given.tenant_id, Account.id == given.account_id))
        .where(
            given.tenant_id == OrgUnit.tenant_id,
            given.org_unit_id == OrgUnit.id,
            in_force(),
            Account.disabled_at.is_(None),
        )
        .correlate(OrgUnit)
    )
    page = (
        select(OrgUnit)
        .where(OrgUnit.kind.in_(kinds), OrgUnit.valid_to.is_(None), wanted, ~somebody.exists())
        .order_by(OrgUnit.id)
        .limit(limit)
    )
    return uow.session.scalars(page if after is None else page.where(OrgUnit.id > after)).all()
