"""Notices of steps: whoever is expected to act next is told, and whoever brought the matter or whom it is about."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select

from gonghui.auth.accounts import Account
from gonghui.auth.holders import nearest_holders
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.i18n import Text, _
from gonghui.notifications.inbox import Notice
from gonghui.notifications.kinds import MOVED, WAITING
from gonghui.notifications.notify import notify
from gonghui.records.record import Record
from gonghui.records.record_types import RecordType
from gonghui.records.sharing import RecordShare
from gonghui.records.transitions import RecordTransition
from gonghui.records.workflow import CREATE, Transition
from gonghui.values import clock


def tell_of_step(
    uow: UnitOfWork, kind: RecordType, record_id: UUID, step: str, from_state: str | None, actor: UUID | None
) -> None:
    """Tell who is concerned by a step that a record has taken; `actor` is the account that took it.

    Nobody is told what they did themselves. Of a record whose trail is sealed only those hear who are to act next: who
    brought it is known to nobody. A record that has moved on since is told about by its later step.
    """
    record: Any = uow.session.get(kind.model, (uow.tenant_id, record_id))
    if record is None:
        return
    opened = _newly_awaited(kind, record, from_state)
    next_ones = _expected(uow, kind, record, opened) if opened else {}
    waiting = {account: steps for account, steps in next_ones.items() if account != actor}
    notify(uow, WAITING, [_waits(kind, record, account, steps) for account, steps in waiting.items()])
    if step == CREATE or kind.model.sealed_audit:
        return
    text = _("{what}：{step}，现在是“{state}”。", what=kind.title, step=_title(kind, step),
             state=kind.workflow.states[record.state])  # fmt: skip
    concerned = _concerned(uow, kind, record) - {actor} - waiting.keys()
    notify(uow, MOVED, [_notice(kind, record, account, text) for account in concerned])


def _newly_awaited(kind: RecordType, record: Record, from_state: str | None) -> list[Transition]:
    """Steps that somebody is expected to take now and was not before."""
    before = kind.workflow.awaited_from(from_state) if from_state is not None else []
    return [step for step in kind.workflow.awaited_from(record.state) if step not in before]


def _expected(
    uow: UnitOfWork, kind: RecordType, record: Record, steps: Collection[Transition]
) -> dict[UUID, list[Transition]]:
    """Accounts that may take one of `steps`, with those that each may take."""
    by_permission: dict[str, list[Transition]] = defaultdict(list)
    for step in steps:
        by_permission[kind.permission(step.name)].append(step)
    found: dict[UUID, list[Transition]] = defaultdict(list)
    for permission, account in _able(uow, kind, record, by_permission):
        found[account] += by_permission[permission]
    return found


def _able(
    uow: UnitOfWork, kind: RecordType, record: Record, by_permission: Mapping[str, Collection[Transition]]
) -> Iterator[tuple[str, UUID]]:
    """Who may take one of the steps, as far as roles and shares say: permission and account."""
    if kind.subtree:
        above = {name: all(step.above for step in steps) for name, steps in by_permission.items()}
        for holder in nearest_holders(uow, [record.org_unit_id], above):
            yield holder.permission, holder.account_id
    given = kind.shareable & by_permission.keys()
    if given:
        share, today = RecordShare, clock.today()
        valid = (share.valid_from <= today) & (share.valid_to.is_(None) | (share.valid_to >= today))
        shared = select(share.permission, share.account_id).where(
            share.record_id == record.id, share.permission.in_(given), valid
        )
        yield from ((permission, account) for permission, account in uow.session.execute(shared))


def _concerned(uow: UnitOfWork, kind: RecordType, record: Record) -> set[UUID]:
    """Open accounts of the person whom a record is about, and of whoever brought it."""
    first = select(RecordTransition.account_id).where(
        RecordTransition.record_id == record.id, RecordTransition.from_state.is_(None)
    )
    is_theirs = Account.id.in_(first)
    if kind.subject is not None:
        is_theirs |= Account.person_id == getattr(record, kind.subject)
    return set(uow.session.scalars(select(Account.id).where(is_theirs, Account.disabled_at.is_(None))))


def _waits(kind: RecordType, record: Record, account: UUID, steps: Collection[Transition]) -> Notice:
    titles = list(dict.fromkeys(step.title for step in steps))
    return _notice(kind, record, account, _("{what}等待办理：{steps}。", what=kind.title, steps=titles))


def _notice(kind: RecordType, record: Record, account: UUID, text: Text) -> Notice:
    return Notice(account, text, kind.table.fullname, record.id)


def _title(kind: RecordType, step: str) -> Text:
    known = {each.name: each.title for each in kind.workflow.transitions}
    return known.get(step, _("登记"))
