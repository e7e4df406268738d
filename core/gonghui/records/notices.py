"""Notices of steps: whoever is expected to act next is told, and whoever brought the matter or whom it is about."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select

from gonghui.auth.accounts import Account
from gonghui.auth.holders import nearest_holders
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.events.handlers import Event
from gonghui.i18n import Text, _
from gonghui.notifications.inbox import Notice
from gonghui.notifications.kinds import MOVED, WAITING
from gonghui.notifications.notify import notify
from gonghui.records.record import Record
from gonghui.records.record_types import RECORD_TYPES, RecordType
from gonghui.records.sharing import RecordShare
from gonghui.records.transitions import RecordTransition
from gonghui.records.workflow import CREATE, Transition
from gonghui.values import clock


def facts_told(kinds: Iterable[RecordType]) -> tuple[str, ...]:
    """Names of the facts that somebody may have to be told of: every step, and a creation that asks for a next one."""
    names = []
    for kind in kinds:
        names += [f"{kind.code}.{step.act}" for step in kind.workflow.transitions]
        begins = (kind.workflow.initial, *kind.workflow.also_initial)
        if any(kind.workflow.awaited_from(state) for state in begins):
            names.append(f"{kind.code}.created")
    return tuple(names)


def tell_of_steps(uow: UnitOfWork, event: Event) -> None:
    """Tell who is concerned by the steps that an event is about; nobody is told what they did themselves.

    Of a record whose trail is sealed only those hear who are to act next: who brought it is known to nobody. A record
    that is gone, or has moved on since, is left to its later step.
    """
    kind = RECORD_TYPES[str(event.subject_table)]
    steps = _steps(uow, event)
    records = _records(uow, kind, steps)
    expected = _expected(uow, kind, records, steps)
    brought = {} if kind.model.sealed_audit else _concerned(uow, kind, records.values())
    waiting, moved = [], []
    for step in steps:
        record = records.get(step.record_id)
        if record is None:
            continue
        next_ones = {who: what for who, what in expected[record.id].items() if who != step.account_id}
        waiting += [_waits(kind, record, who, what) for who, what in next_ones.items()]
        if step.name != CREATE:
            concerned = brought.get(record.id, set()) - {step.account_id} - next_ones.keys()
            moved += [_notice(kind, record, who, _moved(kind, record, step)) for who in concerned]
    notify(uow, WAITING, waiting)
    notify(uow, MOVED, moved)


def _steps(uow: UnitOfWork, event: Event) -> list[RecordTransition]:
    """The steps that an event tells of: the one that it names, or the latest of that name of each of its records."""
    step = RecordTransition
    if "transition_id" in event.facts:
        return list(uow.session.scalars(select(step).where(step.id == UUID(event.facts["transition_id"]))))
    records = [record_id for record_id, _version in event.records]
    named = select(step).where(step.record_id.in_(records), step.name == event.facts["step"])
    taken = uow.session.scalars(named.order_by(step.recorded_at, step.id))
    return list({each.record_id: each for each in taken}.values())


def _records(uow: UnitOfWork, kind: RecordType, steps: Sequence[RecordTransition]) -> dict[UUID, Record]:
    """The records that are still where the steps have led them."""
    led_to = {step.record_id: step.to_state for step in steps}
    found = uow.session.scalars(select(kind.model).where(kind.model.id.in_(led_to)))
    return {record.id: record for record in found if record.state == led_to[record.id]}


def _expected(
    uow: UnitOfWork, kind: RecordType, records: Mapping[UUID, Record], steps: Sequence[RecordTransition]
) -> dict[UUID, dict[UUID, list[Transition]]]:
    """Who may take a step that is awaited now and was not before: steps by record and account."""
    found: dict[UUID, dict[UUID, list[Transition]]] = defaultdict(lambda: defaultdict(list))
    groups: dict[tuple[str | None, str], list[Record]] = defaultdict(list)
    for step in steps:
        if step.record_id in records:
            groups[step.from_state, step.to_state].append(records[step.record_id])
    for (before, now), members in groups.items():  # as many as a workflow has steps, not as there are records
        awaited = kind.workflow.awaited_from(before) if before is not None else []
        opened = [step for step in kind.workflow.awaited_from(now) if step not in awaited]
        able = _able(uow, kind, members, opened) if opened else {}
        for place in able:
            for account, permissions in able[place].items():
                found[place][account] = [s for s in opened if kind.permission(s.name) in permissions]
    return found


def _able(
    uow: UnitOfWork, kind: RecordType, records: Sequence[Record], steps: Sequence[Transition]
) -> dict[UUID, dict[UUID, set[str]]]:
    """Who may take one of the steps, as far as roles and shares say: permissions by record and account."""
    by_permission: dict[str, list[Transition]] = defaultdict(list)
    for step in steps:
        by_permission[kind.permission(step.name)].append(step)
    found: dict[UUID, dict[UUID, set[str]]] = defaultdict(lambda: defaultdict(set))
    for record_id, permission, account in (
        *_by_role(uow, kind, records, by_permission),
        *_by_share(uow, records, kind.shareable & by_permission.keys()),
    ):
        found[record_id][account].add(permission)
    return found


def _by_role(
    uow: UnitOfWork,
    kind: RecordType,
    records: Sequence[Record],
    by_permission: Mapping[str, Collection[Transition]],
) -> Iterator[tuple[UUID, str, UUID]]:
    if not kind.subtree:
        return
    above = {name: all(step.above for step in steps) for name, steps in by_permission.items()}
    at_unit: dict[UUID, list[UUID]] = defaultdict(list)
    for record in records:
        at_unit[record.org_unit_id].append(record.id)
    for holder in nearest_holders(uow, at_unit, above):
        for record_id in at_unit[holder.unit_id]:
            yield record_id, holder.permission, holder.account_id


def _by_share(
    uow: UnitOfWork, records: Sequence[Record], permissions: Collection[str]
) -> Iterator[tuple[UUID, str, UUID]]:
    if not permissions:
        return
    share, today = RecordShare, clock.today()
    valid = (share.valid_from <= today) & (share.valid_to.is_(None) | (share.valid_to >= today))
    found = select(share.record_id, share.permission, share.account_id).where(
        share.record_id.in_([record.id for record in records]), share.permission.in_(permissions), valid
    )
    yield from ((row.record_id, row.permission, row.account_id) for row in uow.session.execute(found))


def _concerned(uow: UnitOfWork, kind: RecordType, records: Collection[Record]) -> dict[UUID, set[UUID]]:
    """Open accounts of the persons whom records are about, and of whoever brought them, by record."""
    first, account = RecordTransition.__table__.c, Account.__table__.c
    brought = (
        select(first.record_id, account.id)
        .join(Account.__table__, (account.tenant_id == first.tenant_id) & (account.id == first.account_id))
        .where(first.record_id.in_([record.id for record in records]), first.from_state.is_(None))
    )
    ways = [brought]
    if kind.subject is not None:
        table: Any = kind.table.c
        same = (account.tenant_id == table.tenant_id) & (account.person_id == table[kind.subject])
        about = select(table.id, account.id).join(Account.__table__, same)
        ways.append(about.where(table.id.in_([record.id for record in records])))
    found: dict[UUID, set[UUID]] = defaultdict(set)
    for way in ways:
        for record_id, account_id in uow.session.execute(way.where(account.disabled_at.is_(None))):
            found[record_id].add(account_id)
    return found


def _waits(kind: RecordType, record: Record, account: UUID, steps: Sequence[Transition]) -> Notice:
    text = _("{what}等待办理：{steps}。", what=kind.title, steps=[step.title for step in steps])
    return _notice(kind, record, account, text)


def _moved(kind: RecordType, record: Record, step: RecordTransition) -> Text:
    title = kind.workflow.named(step.name).title
    return _("{what}：{step}，现在是“{state}”。", what=kind.title, step=title,
             state=kind.workflow.states[record.state])  # fmt: skip


def _notice(kind: RecordType, record: Record, account: UUID, text: Text) -> Notice:
    return Notice(account, text, kind.table.fullname, record.id)
