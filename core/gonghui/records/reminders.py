"""Reminders of deadlines: before they are due, once they are over, and one level up when nobody acts even then."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Mapped

from gonghui.auth.holders import Holder, holders, nearest_holders
from gonghui.db.base import TenantTable, ref, unique
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.i18n import Text, _
from gonghui.notifications.inbox import Notice
from gonghui.notifications.kinds import DUE_SOON, ESCALATED, OVERDUE, NotificationKind
from gonghui.notifications.notify import notify
from gonghui.records.bulk import insert_many
from gonghui.records.deadline_lists import READ
from gonghui.records.deadline_rules import DeadlineRule, warning
from gonghui.records.deadlines import Deadline, DeadlineState
from gonghui.records.record_types import RECORD_TYPES, RecordType
from gonghui.tenancy.parameters import figure
from gonghui.values import clock

_OVERDUE, _ESCALATED = "overdue", "escalated"
_D: Any = Deadline.__table__.c


class DeadlineReminder(TenantTable):
    """That a deadline was spoken of, and at which stage: so many days before (`7`), `overdue` or `escalated`."""

    __tablename__ = "deadline_reminder"
    #: With the day, because a deadline that was extended is spoken of anew.
    __table_args__ = (unique("deadline_id", "stage", "due_on"),)
    #: A memory, so that nobody is told twice.
    audited = False

    deadline: Mapped[Deadline] = ref(Deadline, cascade=True)
    deadline_id: Mapped[UUID]
    stage: Mapped[str]
    due_on: Mapped[date]


class _Reached(NamedTuple):
    """A stage that an open deadline has come to."""

    deadline: Any
    stage: str
    left: int

    @property
    def kind(self) -> NotificationKind:
        """What it is told as."""
        return {_OVERDUE: OVERDUE, _ESCALATED: ESCALATED}.get(self.stage, DUE_SOON)


def remind(uow: UnitOfWork, kinds: Sequence[RecordType], rules: Sequence[DeadlineRule]) -> dict[str, int]:
    """Tell of every deadline that has come to a new stage; how many there were, by kind of notification.

    Told are those who are expected to act, nearest to the record; of what has been overdue for longer than the
    federation allows (`core.deadline.escalate_after`), those who watch deadlines above them as well. A deadline that
    stands still is not spoken of.
    """
    by_code = {rule.code: rule for rule in rules}
    reached = list(_reached(uow, by_code))
    expected = _expected(uow, kinds, by_code, [each.deadline for each in reached])
    over = _over_them(uow, expected, [each.deadline for each in reached if each.stage == _ESCALATED])
    notices: dict[NotificationKind, list[Notice]] = defaultdict(list)
    for each in reached:
        place = (each.deadline.rule, each.deadline.org_unit_id)
        accounts = over[place] if each.stage == _ESCALATED else expected[place].keys()
        notices[each.kind] += [_notice(by_code[each.deadline.rule], each, account) for account in accounts]
    for kind, told in notices.items():
        notify(uow, kind, told)
    insert_many(
        uow,
        DeadlineReminder,
        [{"deadline_id": d.id, "stage": stage, "due_on": d.due_on} for d, stage, _left in reached],
    )
    return dict(Counter(each.kind.code for each in reached))


def _reached(uow: UnitOfWork, rules: Mapping[str, DeadlineRule]) -> Iterator[_Reached]:
    """Stages that nobody was told of yet."""
    today, marks = clock.today(), {code: rule.marks(uow) for code, rule in rules.items()}
    patience = figure(uow, "core.deadline.escalate_after").value
    earliest = max((mark for each in marks.values() for mark in each), default=0)
    wanted = (
        _D.state == DeadlineState.OPEN.value,
        _D.suspended_since.is_(None),
        _D.rule.in_(rules),
        _D.due_on <= today + timedelta(days=earliest),
    )
    columns = (_D.id, _D.rule, _D.due_on, _D.org_unit_id, _D.record_type, _D.record_id)
    open_ones = uow.session.execute(select(*columns).where(*wanted).order_by(_D.due_on, _D.id)).all()
    said = _said(uow, wanted)
    for deadline in open_ones:
        left = (deadline.due_on - today).days
        for stage in _stages(left, marks[deadline.rule], patience):
            if (deadline.id, stage, deadline.due_on) not in said:
                yield _Reached(deadline, stage, left)


def _said(uow: UnitOfWork, wanted: Collection[Any]) -> set[tuple[Any, ...]]:
    memory = DeadlineReminder.__table__.c
    same = (memory.tenant_id == _D.tenant_id) & (memory.deadline_id == _D.id)
    found = (
        select(memory.deadline_id, memory.stage, memory.due_on).join(Deadline.__table__, same).where(*wanted)
    )
    return {tuple(row) for row in uow.session.execute(found)}


def _stages(left: int, marks: Sequence[int], patience: int) -> Iterator[str]:
    """Stages at which a deadline is that has so many days left."""
    if left < 0:
        yield _OVERDUE
        if left < -patience:
            yield _ESCALATED
    elif (mark := warning(marks, left)) is not None:
        yield str(mark)


def _expected(
    uow: UnitOfWork,
    kinds: Sequence[RecordType],
    rules: Mapping[str, DeadlineRule],
    deadlines: Sequence[Any],
) -> dict[tuple[str, UUID], dict[UUID, str]]:
    """Who is to act, by rule and unit: accounts with the path of their role.

    They may take a step that meets the deadline, or, where none does, read the record.
    """
    units: dict[str, set[UUID]] = defaultdict(set)
    for each in deadlines:
        units[each.rule].add(each.org_unit_id)
    steps = [(kind, step) for kind in kinds for step in kind.workflow.transitions if step.is_offered]
    found: dict[tuple[str, UUID], dict[UUID, str]] = defaultdict(dict)
    for code, places in units.items():  # a handful of rules, however many deadlines
        meeting = [(kind, step) for kind, step in steps if code in {rule.code for rule in step.meets}]
        permissions = {kind.permission(step.name): step.above for kind, step in meeting}
        for holder in nearest_holders(uow, places, permissions or {rules[code].permission: False}):
            found[code, holder.unit_id][holder.account_id] = holder.path
    return found


def _over_them(
    uow: UnitOfWork, expected: Mapping[tuple[str, UUID], Mapping[UUID, str]], deadlines: Sequence[Any]
) -> dict[tuple[str, UUID], set[UUID]]:
    """Who watches deadlines one level above those who are to act, by rule and unit."""
    watching: dict[UUID, list[Holder]] = defaultdict(list)
    for holder in holders(uow, {each.org_unit_id for each in deadlines}, [READ]) if deadlines else ():
        watching[holder.unit_id].append(holder)
    found: dict[tuple[str, UUID], set[UUID]] = defaultdict(set)
    for rule, unit_id in {(each.rule, each.org_unit_id) for each in deadlines}:
        acting = min((len(path) for path in expected[rule, unit_id].values()), default=None)
        above = [each for each in watching[unit_id] if acting is None or len(each.path) < acting]
        depth = max((len(each.path) for each in above), default=0)
        found[rule, unit_id] = {each.account_id for each in above if len(each.path) == depth}
    return found


def _notice(rule: DeadlineRule, reached: _Reached, account: UUID) -> Notice:
    deadline = reached.deadline
    what = RECORD_TYPES[deadline.record_type].title
    told: dict[str, Any] = {"what": what, "rule": rule.title, "n": abs(reached.left), "day": deadline.due_on}
    if reached.left < 0:
        text: Text = _("{what}：“{rule}”已逾期 {n} 天（{day}到期）。", **told)
    else:
        text = _("{what}：“{rule}”还剩 {n} 天（{day}到期）。", **told)
    return Notice(account, text, deadline.record_type, deadline.record_id)
