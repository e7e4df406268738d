"""What waits for whoever asks: records of all record types with a step that somebody is expected to take.

A step is expected where it is declared so (`awaited`), and where it meets a deadline that is near or has passed.
However many kinds and rows there are, a page takes two statements and the numbers one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    String,
    and_,
    any_,
    cast,
    column,
    exists,
    false,
    func,
    literal,
    not_,
    or_,
    select,
    true,
    tuple_,
    union_all,
)

from gonghui.auth.holders import held_below
from gonghui.auth.scope import visible as within
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.i18n import Text
from gonghui.records.deadlines import Deadline, DeadlineState
from gonghui.records.naming import name_of
from gonghui.records.record_types import READ, RecordType
from gonghui.records.sight import visible, without_role
from gonghui.records.transitions import RecordTransition, has_taken, has_written
from gonghui.records.workflow import Transition
from gonghui.tenancy.org_tree import PATH_PART, OrgUnit
from gonghui.values import clock
from gonghui.values.principal import Principal

#: Where a record without a deadline stands among those that have one.
NO_DAY = date(9999, 12, 31)
_UNIT: Any = OrgUnit.__table__.c
_D: Any = Deadline.__table__.c
_RUNNING = (_D.state == DeadlineState.OPEN.value, _D.suspended_since.is_(None))
_STEP: Any = RecordTransition.__table__
#: A deadline that is no further away makes whoever can meet it act.
SOON = timedelta(days=30)


@dataclass(frozen=True)
class Desk:
    """Which of what waits: of one record type, at a unit and below it (`path`), also what others stand nearer to."""

    kinds: Sequence[RecordType]
    only: str | None = None
    path: str | None = None
    everything: bool = False
    only_overdue: bool = False


@dataclass(frozen=True)
class Item:
    """A record that waits."""

    kind: RecordType
    id: UUID
    name: str
    unit: str
    steps: tuple[Text, ...]
    due_on: date | None
    days_left: int | None

    @property
    def place(self) -> tuple[date, UUID]:
        """Where it stands in the list."""
        return self.due_on or NO_DAY, self.id


class Count(NamedTuple):
    """How many wait, and how many of them beyond their day."""

    total: int
    overdue: int


class _Ask(NamedTuple):
    """What the steps have in common by which one condition tells who may take them."""

    permission: str
    above: bool
    own: bool
    not_by: tuple[str, ...]
    #: Codes of the deadlines that have to be near; none where the step is awaited anyhow.
    rules: tuple[str, ...]
    #: A step that leads back to where the record stands, and is expected once.
    loop: str | None


def list_waiting(
    uow: UnitOfWork, desk: Desk, *, after: tuple[date, UUID] | None = None, limit: int
) -> list[Item]:
    """What waits, the overdue first, then by day, then the oldest; `after` is where the page before ended."""
    found = _found(uow, desk, [kind for kind in desk.kinds if desk.only in (None, kind.code)])
    if found is None:
        return []
    order = (found.c.due_on, found.c.id)
    page = select(found).order_by(*order).limit(limit)
    if after is not None:
        page = page.where(tuple_(*order) > tuple_(*(literal(part) for part in after)))
    rows = uow.session.execute(page).all()
    names = _names(uow, desk.kinds, rows)
    by_code, today = {kind.code: kind for kind in desk.kinds}, clock.today()
    return [_item(by_code[row.code], row, names, today) for row in rows]


def count_waiting(uow: UnitOfWork, desk: Desk) -> dict[str, Count]:
    """How many records wait, by the code of their record type; one statement."""
    found = _found(uow, desk, desk.kinds)
    if found is None:
        return {}
    overdue = func.count().filter(found.c.due_on < clock.today())
    counted = select(found.c.code, func.count(), overdue).group_by(found.c.code)
    return {code: Count(total, late) for code, total, late in uow.session.execute(counted)}


def awaits(uow: UnitOfWork, kind: RecordType) -> ColumnElement[bool]:
    """The condition under which a record is on the desk of whoever asks."""
    placed = _placed(uow, Desk([kind]), [kind])
    if placed is None:
        return false()
    waiting = select(placed.c.id).where(_is_nearest(uow, placed, [kind]))
    # As an array, which is made once: a join would look through all that waits for each record.
    of_these: ColumnElement[bool] = kind.table.c.id == any_(func.array(waiting.scalar_subquery()))
    return of_these


def may_be_awaited(kind: RecordType, principal: Principal) -> bool:
    """Whether the principal is somebody of whom a step of such a record could be expected."""
    return any(_may_take(kind, principal, step) for step in kind.workflow.transitions if _is_expected(step))


def awaited_now(kind: RecordType, state: str, taken: Collection[str]) -> list[Transition]:
    """Steps that a record in a state still waits for, which has the steps called `taken` behind it."""
    return [
        step
        for step in kind.workflow.awaited_from(state)
        if not (_leads_back(kind, step) and step.name in taken)
    ]


def _found(uow: UnitOfWork, desk: Desk, kinds: Sequence[RecordType]) -> Any:
    """One row for each record that waits, with the permissions for what may be done; None where nothing can wait."""
    placed = _placed(uow, desk, kinds)
    if placed is None:
        return None
    due = _due().subquery()
    columns = (placed.c.code, placed.c.id, placed.c.state, placed.c.unit)
    day = func.coalesce(due.c.due_on, NO_DAY)
    return (
        select(
            *columns, day.label("due_on"), func.array_agg(placed.c.permission.distinct()).label("permissions")
        )
        .select_from(placed)
        .outerjoin(due, due.c.record_id == placed.c.id)
        .where(true() if desk.everything else _is_nearest(uow, placed, kinds))
        .where(day < clock.today() if desk.only_overdue else true())
        .group_by(*columns, due.c.due_on)
        .subquery()
    )


def _placed(uow: UnitOfWork, desk: Desk, kinds: Sequence[RecordType]) -> Any:
    """One row for each record and each condition under which a step is open; None where no step can be."""
    branches = [branch for kind in kinds for branch in _branches(uow, kind)]
    if not branches:
        return None
    open_to_me = union_all(*branches).cte("open_to_me")
    return (
        select(open_to_me, _UNIT.path, _UNIT.name.label("unit"))
        .join(OrgUnit.__table__, _UNIT.id == open_to_me.c.org_unit_id)
        .where(true() if desk.path is None else _UNIT.path.bool_op("^@")(desk.path))
        .cte("placed")
    )


def _branches(uow: UnitOfWork, kind: RecordType) -> Iterator[Select[Any]]:
    """For each condition under which steps are open to the principal, the records that are in their states."""
    asks: dict[_Ask, set[str]] = defaultdict(set)
    for step in kind.workflow.transitions:
        if _is_expected(step):
            rules = () if step.awaited else tuple(rule.code for rule in step.meets)
            loop = step.name if _leads_back(kind, step) else None
            ask = _Ask(kind.permission(step.name), step.above, step.own, step.not_by, rules, loop)
            asks[ask] |= kind.workflow.sources(step)
    for ask, states in asks.items():
        for by_role, may in _ways(uow, kind, ask):
            table = kind.table.c
            yield select(
                literal(kind.code, String).label("code"),
                table.id,
                table.org_unit_id,
                table.state,
                literal(ask.permission, String).label("permission"),
                literal(ask.above).label("above"),
                literal(by_role).label("by_role"),
            ).where(
                # As part of the statement, so that an index over one state serves.
                table.state.in_([literal(state, String, literal_execute=True) for state in sorted(states)]),
                may,
                visible(kind, uow.principal, kind.permission(READ)),
                *_by_another(uow, kind, ask),
                *_soon(kind, ask),
                *_once(kind, ask),
            )


def _is_expected(step: Transition) -> bool:
    return step.awaited or (step.is_offered and bool(step.meets))


def _leads_back(kind: RecordType, step: Transition) -> bool:
    return step.target in kind.workflow.sources(step)


def _may_take(kind: RecordType, principal: Principal, step: Transition) -> bool:
    permission = kind.permission(step.name)
    is_theirs = step.own and principal.person_id is not None and permission in kind.personal
    return principal.holds(permission) or is_theirs or permission in kind.shareable


def _soon(kind: RecordType, ask: _Ask) -> Iterator[ColumnElement[bool]]:
    if ask.rules:
        near = (_D.rule.in_(ask.rules), _D.due_on <= clock.today() + SOON)
        yield kind.table.c.id.in_(select(_D.record_id).where(*_RUNNING, *near))


def _once(kind: RecordType, ask: _Ask) -> Iterator[ColumnElement[bool]]:
    """The state alone does not tell whether it was done: a step led here, and this one was not taken since."""
    if ask.loop is None or ask.rules:
        return
    table, led, done = kind.table.c, _STEP.alias(), _STEP.alias()
    here = (led.c.record_type == kind.table.fullname, led.c.to_state == table.state)
    yield exists().where(led.c.record_id == table.id, *here, led.c.from_state != led.c.to_state)
    yield ~exists().where(done.c.record_id == table.id, done.c.name == ask.loop)


def _ways(uow: UnitOfWork, kind: RecordType, ask: _Ask) -> Iterator[tuple[bool, ColumnElement[bool]]]:
    principal, unit = uow.principal, kind.table.c.org_unit_id
    if kind.subtree and principal.holds(ask.permission):
        may = within(principal, ask.permission, unit)
        if ask.above and not principal.is_unrestricted:
            own = select(_UNIT.id).where(_UNIT.path.in_(principal.roots(ask.permission)))
            may = and_(may, unit.not_in(own))
        yield True, may
    ways = [] if ask.above else without_role(kind, principal, ask.permission)
    if ways:
        yield False, or_(*ways)


def _by_another(uow: UnitOfWork, kind: RecordType, ask: _Ask) -> Iterator[ColumnElement[bool]]:
    """Separation of duties, as `steps.py` keeps it: whoever acted before or is concerned does not decide."""
    if ask.not_by:
        yield not_(has_taken(kind.table.c.id, ask.not_by, uow.principal))
        yield not_(has_written(kind.table.c.id, kind.acts_of_writing, uow.principal))
    if kind.subject is not None and not ask.own and uow.principal.person_id is not None:
        yield kind.table.c[kind.subject].is_distinct_from(uow.principal.person_id)


def _is_nearest(uow: UnitOfWork, placed: Any, kinds: Sequence[RecordType]) -> ColumnElement[bool]:
    """Whether nobody whose role stands between the principal's and the record's unit could act as well."""
    permissions = {
        k.permission(step.name) for k in kinds for step in k.workflow.transitions if _is_expected(step)
    }
    held = held_below(uow.principal, permissions).cte("held")
    # A unit's path is made of parts of one length, so that those above it are found by equality, which can be hashed.
    parts = func.length(placed.c.path, type_=Integer) // PATH_PART
    # A function in a join may name the rows before it.
    depth = (
        func.generate_series(1, parts).table_valued(column("value", Integer), name="depth").render_derived()
    )
    over = func.left(placed.c.path, depth.c.value * PATH_PART).label("over")
    # Apart from what is held (OFFSET 0), or the database would count the parts again for each role of many.
    above = select(placed, over).join(depth, true()).where(placed.c.by_role).offset(0).subquery("above_it")
    nearer = (
        select(above.c.id, above.c.permission)
        .join(held, and_(held.c.path == above.c.over, held.c.permission == above.c.permission))
        .where(not_(and_(above.c.above, held.c.path == above.c.path)))
        .cte("nearer")
    )
    same = and_(nearer.c.id == placed.c.id, nearer.c.permission == placed.c.permission)
    return or_(not_(placed.c.by_role), ~exists().where(same).correlate(placed))


def _due() -> Select[Any]:
    """The first day by which something must happen to a record; what stands still has none."""
    return select(_D.record_id, func.min(_D.due_on).label("due_on")).where(*_RUNNING).group_by(_D.record_id)


def _names(uow: UnitOfWork, kinds: Sequence[RecordType], rows: Sequence[Any]) -> Mapping[UUID, str]:
    """What the records of a page are called, in one statement."""
    ids: dict[str, list[UUID]] = defaultdict(list)
    for row in rows:
        ids[row.code].append(row.id)
    named = [
        select(kind.table.c.id, cast(name_of(kind), String).label("name")).where(
            kind.table.c.id.in_(ids[kind.code])
        )
        for kind in kinds
        if kind.code in ids
    ]
    return {row.id: row.name for row in uow.session.execute(union_all(*named))} if named else {}


def _item(kind: RecordType, row: Any, names: Mapping[UUID, str], today: date) -> Item:
    due_on = None if row.due_on == NO_DAY else row.due_on
    return Item(
        kind,
        row.id,
        names.get(row.id) or str(kind.title),
        row.unit,
        tuple(step.title for step in _steps(kind, row)),
        due_on,
        None if due_on is None else (due_on - today).days,
    )


def _steps(kind: RecordType, row: Any) -> list[Transition]:
    expected = filter(_is_expected, kind.workflow.open_from(row.state))
    return [step for step in expected if kind.permission(step.name) in row.permissions]
