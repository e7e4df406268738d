"""The watch list: open, overdue and met deadlines of the records that one may see, and their numbers by unit."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, false, func, or_, select, tuple_

from gonghui.auth.scope import visible
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.i18n import text_from_json
from gonghui.records.deadline_rules import DeadlineRule, warning
from gonghui.records.deadlines import Deadline, DeadlineState, days_left
from gonghui.tenancy.org_tree import OrgUnit, in_subtree, under
from gonghui.values.principal import Principal

READ = "core.deadline.read"
#: What a list can be asked for; an overdue deadline is an open one.
STATES = ("open", "overdue", "met")

_D: Any = Deadline.__table__.c
_UNIT: Any = OrgUnit.__table__.c
_COLUMNS = (
    _D.id, _D.record_type, _D.record_id, _D.rule, _D.org_unit_id, _D.starts_on, _D.due_on, _D.suspended_since,
    _D.basis, _D.is_provisional, _D.explanation, _D.state, _D.met_on,
)  # fmt: skip


@dataclass(frozen=True)
class Wanted:
    """Which deadlines: in a state, due within so many days, by one rule, in the subtree of `path`."""

    today: date
    state: str = "open"
    within: int | None = None
    rule: str | None = None
    path: str | None = None


def list_deadlines(
    uow: UnitOfWork,
    rules: Sequence[DeadlineRule],
    wanted: Wanted,
    *,
    after: tuple[date, UUID] | None = None,
    limit: int = 50,
) -> list[dict[str, Any]]:
    """Deadlines by day and id, the most urgent first; `after` is the last of the page before. One statement."""
    order = (_D.due_on, _D.id)
    conditions = [*_conditions(wanted), seen(uow.principal, rules)]
    if after is not None:
        conditions.append(tuple_(*order) > after)
    same_unit = and_(_UNIT.tenant_id == _D.tenant_id, _UNIT.id == _D.org_unit_id)
    page = (
        select(*_COLUMNS, _UNIT.name.label("org_unit_name"))
        .join(OrgUnit.__table__, same_unit)
        .where(*conditions)
        .order_by(*order)
        .limit(limit)
    )
    by_code = {rule.code: rule for rule in rules}
    marks = {rule.code: rule.marks(uow) for rule in by_code.values()}
    found = uow.session.execute(page)
    return [_item(row, by_code[row.rule], marks[row.rule], wanted.today) for row in found]


def count_by_unit(
    uow: UnitOfWork,
    rules: Sequence[DeadlineRule],
    unit: OrgUnit,
    today: date,
    within: int,
    rule: str | None = None,
) -> dict[str, Any]:
    """Numbers of open deadlines at a unit itself and at and below each of its direct children. Two statements."""
    # Paths name every unit from the root down, each part ended by a dot: the part after the unit's own is its child's.
    child = func.split_part(_UNIT.path, ".", unit.path.count(".") + 1).label("child")
    same_unit = and_(_UNIT.tenant_id == _D.tenant_id, _UNIT.id == _D.org_unit_id)
    counts = uow.session.execute(
        select(child, *_counts(today, within))
        .join(OrgUnit.__table__, same_unit)
        .where(*_conditions(Wanted(today, rule=rule)), under([unit.path]), seen(uow.principal, rules))
        .group_by(child)
    )
    found = {row.child: _numbers(row) for row in counts}
    children = uow.session.execute(
        select(_UNIT.id, _UNIT.name, _UNIT.path).where(_UNIT.parent_id == unit.id).order_by(_UNIT.path)
    )
    nothing = {"open": 0, "due_soon": 0, "overdue": 0}
    return {
        "org_unit_id": unit.id,
        "within": within,
        "own": found.get("", nothing),
        "units": [
            {"org_unit_id": row.id, "name": row.name}
            | found.get(row.path.removeprefix(unit.path).rstrip("."), nothing)
            for row in children
        ],
    }


def seen(principal: Principal, rules: Sequence[DeadlineRule]) -> ColumnElement[bool]:
    """Whether the principal sees a deadline: the watch list at all, and the record that the deadline is about."""
    by_permission: dict[str, list[str]] = defaultdict(list)
    for rule in rules:
        by_permission[rule.permission].append(rule.code)
    of_records = [
        and_(_D.rule.in_(codes), visible(principal, permission, _D.org_unit_id))
        for permission, codes in by_permission.items()
        if principal.holds(permission)
    ]
    return and_(visible(principal, READ, _D.org_unit_id), or_(*of_records)) if of_records else false()


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    state = DeadlineState.MET if wanted.state == "met" else DeadlineState.OPEN
    conditions: list[ColumnElement[bool]] = [_D.state == state.value]
    if wanted.state == "overdue":
        conditions.append(_overdue(wanted.today))
    if wanted.within is not None:
        conditions.append(_D.due_on <= wanted.today + timedelta(days=wanted.within))
    if wanted.rule is not None:
        conditions.append(_D.rule == wanted.rule)
    if wanted.path is not None:
        conditions.append(in_subtree(_D.org_unit_id, (wanted.path,)))
    return conditions


def _overdue(today: date) -> ColumnElement[bool]:
    """Past its day; one that stands still was not past it when it stopped, and is not since."""
    return and_(_D.due_on < today, or_(_D.suspended_since.is_(None), _D.due_on < _D.suspended_since))


def _counts(today: date, within: int) -> list[ColumnElement[int]]:
    soon = and_(_D.due_on >= today, _D.due_on <= today + timedelta(days=within))
    return [
        func.count().label("open"),
        func.count().filter(soon).label("due_soon"),
        func.count().filter(_overdue(today)).label("overdue"),
    ]


def _numbers(row: Any) -> dict[str, int]:
    return {"open": row.open, "due_soon": row.due_soon, "overdue": row.overdue}


def _item(row: Any, rule: DeadlineRule, marks: Sequence[int], today: date) -> dict[str, Any]:
    left = days_left(row.due_on, row.suspended_since, today)
    is_open = row.state == DeadlineState.OPEN
    shown: Mapping[str, Any] = row._mapping
    return {
        **{
            name: shown[name]
            for name in (
                "id", "record_type", "record_id", "rule", "org_unit_id", "org_unit_name", "starts_on", "due_on",
                "basis", "is_provisional", "state", "met_on",
            )
        },
        "rule_title": str(rule.title),
        "days_left": left if is_open else None,
        "is_overdue": is_open and left < 0,
        "is_suspended": is_open and row.suspended_since is not None,
        "is_late": row.met_on is not None and days_left(row.due_on, row.suspended_since, row.met_on) < 0,
        "warning": warning(marks, left) if is_open else None,
        "explanation": str(text_from_json(row.explanation)),
    }  # fmt: skip
