"""Who did a step, and who is expected to take the next one, by name."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from sqlalchemy import and_, func, select

from gonghui.auth.accounts import Account
from gonghui.auth.holders import accounts_of, nearest_holders
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.i18n import Text, _
from gonghui.parties.persons import Person
from gonghui.records.record import Record
from gonghui.records.record_types import RecordType
from gonghui.records.sharing import sharers
from gonghui.records.workflow import Transition

_MOST_NAMES = 3


def names_of(uow: UnitOfWork, accounts: Collection[UUID]) -> dict[UUID, str]:
    """What people call whoever signs in by these accounts."""
    if not accounts:
        return {}
    same = and_(Person.tenant_id == Account.tenant_id, Person.id == Account.person_id)
    named = select(Account.id, func.coalesce(Person.name, Account.login)).outerjoin(Person, same)
    return {row[0]: row[1] for row in uow.session.execute(named.where(Account.id.in_(accounts)))}


def expected(
    uow: UnitOfWork, kind: RecordType, record: Record, steps: Sequence[Transition]
) -> dict[str, set[UUID]]:
    """Accounts of those who stand nearest to each of the steps, by its name."""
    permissions = {step.name: kind.permission(step.name) for step in steps}
    above = {permissions[step.name]: all(o.above for o in steps if permissions[o.name] == permissions[step.name])
             for step in steps}  # fmt: skip
    found: dict[str, set[UUID]] = {permission: set() for permission in above}
    if kind.subtree and above:
        for holder in nearest_holders(uow, [record.org_unit_id], above):
            found[holder.permission].add(holder.account_id)
    for permission in kind.shareable & above.keys():
        found[permission] |= sharers(uow, record, permission)
    owner = getattr(record, kind.subject) if kind.subject and any(step.own for step in steps) else None
    own = accounts_of(uow, [owner]).get(owner, set()) if owner is not None else set()
    return {step.name: found[permissions[step.name]] | (own if step.own else set()) for step in steps}


def listed(accounts: Collection[UUID], names: Mapping[UUID, str]) -> Text | str:
    """Some names: 李某、王某 等 5 人."""
    known = sorted(names[each] for each in accounts if each in names)
    if len(known) <= _MOST_NAMES:
        return "、".join(known)
    return _("{some}等 {n} 人", some=known[:_MOST_NAMES], n=len(known))
