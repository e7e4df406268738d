"""Handing over: when an officer leaves or is away, another account takes roles, and what was shared, from a day on."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import or_, select

from gonghui.auth.accounts import Account, RoleAssignment
from gonghui.auth.role_giving import GRANT, check_days, given_now, refuse_self, require_over
from gonghui.auth.scope import reaches
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.errors import Conflict, FieldFault, forbidden, invalid
from gonghui.i18n import _
from gonghui.records.sharing import RecordShare
from gonghui.tenancy.org_tree import OrgUnit
from gonghui.values import clock


@dataclass(frozen=True)
class HandedOver:
    """How much went to the other account."""

    roles: int
    shares: int


def hand_over(uow: UnitOfWork, leaving: Account, successor: Account, day: date) -> HandedOver:
    """Let `successor` hold from a day on what `leaving` holds until the day before: roles, and records shared with it.

    What waits for somebody waits for their role at their unit, so it follows the roles. Raises `Conflict`, `Invalid`,
    `Forbidden`.
    """
    require_over(uow, leaving)
    refuse_self(uow, leaving)
    _check_pair(leaving, successor)
    check_days(day, None)
    _hold(uow, leaving, successor)
    uow.note("core.account.handed_over", leaving, successor=str(successor.id), day=day.isoformat())
    rows = [row for row in given_now(uow, leaving.id, day) if row.deputy_for_id is None]
    held = {(row.role_id, row.org_unit_id) for row in given_now(uow, successor.id, day)}
    for row in rows:
        if (row.role_id, row.org_unit_id) not in held:
            uow.add(_copy(row, successor, max(day, row.valid_from), row.valid_to))
        _end_before(uow, row, day)
    shares = _hand_over_shares(uow, leaving, successor, day)
    uow.session.flush()
    return HandedOver(len(rows), shares)


def appoint_deputy(
    uow: UnitOfWork,
    absent: Account,
    deputy: Account,
    assignment_ids: Collection[UUID],
    *,
    first: date,
    last: date,
) -> list[RoleAssignment]:
    """Let `deputy` hold roles of `absent` for some days, marked as held in their place, and never without them.

    What `absent` holds for somebody else goes to nobody further. Raises as `hand_over` does.
    """
    _check_pair(absent, deputy)
    check_days(first, last)
    _hold(uow, absent, deputy)
    own = [row for row in given_now(uow, absent.id, first) if row.deputy_for_id is None]
    rows = [row for row in own if row.id in assignment_ids and row.valid_from <= last]
    if not rows:
        raise invalid(FieldFault("/roles", "required", _("选择要代理的角色。")))
    _require_at(uow, {row.org_unit_id for row in rows})
    _refuse_twice(uow, rows, absent, deputy, first, last)
    uow.note("core.role.deputised", absent, deputy=str(deputy.id), until=last.isoformat())
    made = [_copy(row, deputy, max(first, row.valid_from), last, deputy_for_id=absent.id) for row in rows]
    uow.add(*made)
    uow.session.flush()
    return made


def count_shares(uow: UnitOfWork, account_id: UUID) -> int:
    """How many records are shared with an account today."""
    return len({row.record_id for row in _shares(uow, account_id, clock.today())})


def _check_pair(one: Account, other: Account) -> None:
    if one.id == other.id:
        raise invalid(FieldFault("/to", "same_account", _("选择另一个账号。")))
    if other.disabled_at is not None:
        raise Conflict("account_closed", _("这个账号已停用，先重新启用。"))
    if other.kind != one.kind:
        raise invalid(FieldFault("/to", "kind_differs", _("只能交给同一类账号。")))


def _hold(uow: UnitOfWork, *accounts: Account) -> None:
    """Lock the accounts, so that of a form that was sent twice the second finds what the first has done."""
    ids = select(Account.id).where(Account.id.in_([account.id for account in accounts]))
    uow.session.execute(ids.order_by(Account.id).with_for_update())


def _require_at(uow: UnitOfWork, unit_ids: Collection[UUID]) -> None:
    paths = uow.session.scalars(select(OrgUnit.path).where(OrgUnit.id.in_(unit_ids)))
    if not all(reaches(uow.principal, GRANT, path) for path in paths):
        raise forbidden(GRANT)


def _refuse_twice(
    uow: UnitOfWork,
    rows: Collection[RoleAssignment],
    absent: Account,
    deputy: Account,
    first: date,
    last: date,
) -> None:
    """Raise `Conflict` where the deputy stands in with one of the roles on some of the days already."""
    standing = [row for row in given_now(uow, deputy.id, first) if row.deputy_for_id == absent.id]
    held = {(row.role_id, row.org_unit_id) for row in standing if row.valid_from <= last}
    for row in rows:
        if (row.role_id, row.org_unit_id) in held:
            unit = uow.session.get_one(OrgUnit, (uow.tenant_id, row.org_unit_id))
            raise Conflict("role_held", _("这个账号在“{unit}”已有这个角色。", unit=unit.name))


def _copy(
    row: RoleAssignment, to: Account, first: date, last: date | None, deputy_for_id: UUID | None = None
) -> RoleAssignment:
    return RoleAssignment(
        account_id=to.id,
        role_id=row.role_id,
        org_unit_id=row.org_unit_id,
        valid_from=first,
        valid_to=min(filter(None, (last, row.valid_to)), default=None),
        deputy_for_id=deputy_for_id,
    )


def _end_before(uow: UnitOfWork, row: RoleAssignment, day: date) -> None:
    if row.valid_from >= day:
        uow.session.delete(row)
    else:
        row.valid_to = day - timedelta(days=1)


def _hand_over_shares(uow: UnitOfWork, leaving: Account, successor: Account, day: date) -> int:
    """Shares of the one become shares of the other; what the other has for itself already stays as it is."""
    rows = _shares(uow, leaving.id, day)
    own = {(row.record_id, row.permission) for row in _every_share(uow, successor.id)}
    for row in rows:
        if (row.record_id, row.permission) not in own:
            uow.add(
                RecordShare(
                    account_id=successor.id,
                    record_type=row.record_type,
                    record_id=row.record_id,
                    permission=row.permission,
                    valid_from=max(day, row.valid_from),
                    valid_to=row.valid_to,
                )
            )
        row.valid_to = day - timedelta(days=1)
    return len({row.record_id for row in rows})


def _shares(uow: UnitOfWork, account_id: UUID, day: date) -> list[RecordShare]:
    lasting = or_(RecordShare.valid_to.is_(None), RecordShare.valid_to >= day)
    return list(uow.session.scalars(select(RecordShare).where(RecordShare.account_id == account_id, lasting)))


def _every_share(uow: UnitOfWork, account_id: UUID) -> list[RecordShare]:
    return list(uow.session.scalars(select(RecordShare).where(RecordShare.account_id == account_id)))
