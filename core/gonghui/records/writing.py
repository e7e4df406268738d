"""Writing records: bringing one into being, changing what it says, putting the rows that belong to it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select

from gonghui.auth import scope
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.db.writers import written_by
from gonghui.errors import Conflict, FieldFault, invalid, not_found
from gonghui.i18n import _
from gonghui.records.entering import (
    Columns,
    Values,
    entered,
    entered_each,
    is_person,
    refuse_unchoosable,
)
from gonghui.records.fields import Bound
from gonghui.records.key_conflicts import refused_by_keys
from gonghui.records.record import Record, check_version
from gonghui.records.record_types import CHANGE, Child, RecordType
from gonghui.records.sight import found, reached, require
from gonghui.records.steps import refuse_subject
from gonghui.records.transitions import transition_row
from gonghui.records.workflow import CREATE
from gonghui.tenancy.org_tree import OrgUnit
from gonghui.values import clock
from gonghui.values.names import sort_key


def create(uow: UnitOfWork, kind: RecordType, values: Values) -> Record:
    """Bring a record into being, in its first state.

    Raises `NotFound` for a unit out of reach, `Invalid` with every fault of the content.
    """
    if kind.create is not None:
        with written_by(uow, kind.plugin):
            made = kind.create(uow, values)
        uow.publish(f"{kind.code}.created", made, step=CREATE)
        return made
    permission = kind.permission(CREATE)
    place, subject_id = _place(uow, kind, values, permission)
    told = values if subject_id is None else _without_subject(uow, kind, values, subject_id)
    uow.note(f"{kind.code}.created")
    record = kind.model(org_unit_id=place.id, state=kind.workflow.initial)
    _set(record, kind, entered(uow, _settable(kind), told, permission))
    if subject_id is not None:
        setattr(record, str(kind.subject), subject_id)
    _complete(uow, kind, record, values, is_new=True)
    with refused_by_keys(kind):
        row = transition_row(uow, record, CREATE, None)
        uow.add(record, row)
        _put_along(uow, kind, record, values, permission)
        uow.publish(f"{kind.code}.created", record, step=CREATE, transition_id=row.id)
        uow.session.flush()
    return record


def change(uow: UnitOfWork, kind: RecordType, record_id: UUID, version: int | None, values: Values) -> Record:
    """Change what a record says, in the states that allow it. Lists that are given take the place of the old ones.

    Raises `NotFound`, `Forbidden`, `PreconditionRequired` or `Stale` for the version, `Conflict` for the state,
    `Invalid` with every fault of the content.
    """
    permission = kind.permission(CHANGE)
    record = _taken(uow, kind, record_id, version, permission, kind.workflow.changeable)
    if kind.subject is not None and not reached(uow, kind, record, permission):
        values = _without_subject(uow, kind, values, getattr(record, kind.subject))
    uow.note(f"{kind.code}.changed")
    if kind.change is not None:
        with written_by(uow, kind.plugin):
            kind.change(uow, record, values)
    else:
        _set(record, kind, entered(uow, _settable(kind), values, permission))
    # A change of the lists alone is a change of the record: its version moves too, and once.
    record.changed_at = clock.now()
    _complete(uow, kind, record, values, is_new=False)
    with refused_by_keys(kind):
        _put_along(uow, kind, record, values, permission)
        uow.publish(f"{kind.code}.changed", record)
        uow.session.flush()
    return record


def put_list(
    uow: UnitOfWork,
    kind: RecordType,
    child: Child,
    record_id: UUID,
    version: int | None,
    rows: Sequence[Values],
) -> Record:
    """Put one list of a record by itself, in the states in which that list is open; `rows` take the place of the old.

    Raises `NotFound`, `Forbidden`, `PreconditionRequired` or `Stale` for the version, `Conflict` for the state,
    `Invalid` for the rows.
    """
    permission = child.permission or kind.permission(CHANGE)
    record = _taken(uow, kind, record_id, version, permission, child.states)
    if child.permission is not None and permission not in kind.personal:
        refuse_subject(uow, kind, record)
    uow.note(f"{kind.code}.{child.name}_put")
    record.changed_at = clock.now()
    with refused_by_keys(kind):
        put_rows(uow, kind, record, child, rows, permission)
        faults = _faults_of_rules(uow, kind, record, {child.name: rows})
        if faults:
            raise invalid(*faults)
        uow.publish(f"{kind.code}.{child.name}_put", record)
        uow.session.flush()
    return record


def _put_told(uow: UnitOfWork, kind: RecordType, record: Record, values: Values, permission: str) -> None:
    for child in kind.children:
        rows = values.get(child.name) if child.one is None else values.get(child.one) and [values[child.one]]
        if rows is not None:
            put_rows(uow, kind, record, child, rows, permission)


def put_rows(
    uow: UnitOfWork, kind: RecordType, record: Record, child: Child, rows: Sequence[Values], permission: str
) -> None:
    """Let the list be these rows: one with the `id` of a row that is there changes it, the others are new."""
    if child.write is not None:
        with written_by(uow, kind.plugin):
            child.write(uow, record, rows)
        return
    link = child.link(kind.table)
    there = {row.id: row for row in _rows_of(uow, child, link, record)}
    faults = list(_missing_in_rows(child, rows, there))
    if faults:
        raise invalid(*faults)
    columns = entered_each(uow, child.bound, rows, permission, lambda index: f"/{child.name}/{index}")
    gone = there.keys() - {told.get("id") for told in rows}
    for row_id in gone:
        uow.session.delete(there[row_id])
    if gone:  # before others take their place: the same key may come again
        uow.session.flush()
    put: list[Any] = []
    for told, values in zip(rows, columns, strict=True):
        row = there[told["id"]] if told.get("id") else child.model(**{link: record.id})
        for name, value in values.items():
            setattr(row, name, value)
        put.append(row)
    uow.add(*put)
    if child.after is not None:
        with uow.session.no_autoflush, written_by(uow, kind.plugin):
            child.after(uow, record, put)


def _put_along(uow: UnitOfWork, kind: RecordType, record: Record, values: Values, permission: str) -> None:
    """Put the lists that came with a record's content; each has its states and its permission here, too."""
    for child in kind.children:
        rows = values.get(child.name) if child.one is None else values.get(child.one) and [values[child.one]]
        if rows is None:
            continue
        _require_state(record, child.states or kind.workflow.states.keys())
        if child.permission is not None:
            require(uow, kind, record, child.permission)
        put_rows(uow, kind, record, child, rows, child.permission or permission)


def _missing_in_rows(child: Child, rows: Sequence[Values], there: Mapping[UUID, Any]) -> Iterator[FieldFault]:
    """Rows that name what is not there, or name it twice, and new ones that lack something."""
    named: set[Any] = set()
    for index, row in enumerate(rows):
        pointer, known = f"/{child.name}/{index}", row.get("id")
        if known is None:
            for bound in child.bound:
                if bound.field.required and row.get(bound.name) is None:
                    message = _("请填写{field}。", field=bound.field.title)
                    yield FieldFault(f"{pointer}/{bound.name}", "required", message)
        elif known not in there or known in named:
            yield FieldFault(f"{pointer}/id", "row_unknown", _("这一行不属于这条记录，或写了两次。"))
        named.add(known)


def _rows_of(uow: UnitOfWork, child: Child, link: str, record: Record) -> list[Any]:
    if record in uow.session.new:
        return []
    mine = select(child.model).where(getattr(child.model, link) == record.id)
    return list(uow.session.scalars(mine))


def _place(uow: UnitOfWork, kind: RecordType, values: Values, permission: str) -> tuple[OrgUnit, UUID | None]:
    """Where the record is filed, and whose it will be where somebody enters it for themselves."""
    principal = uow.principal
    if kind.place is None:
        return scope.unit_within(uow, principal, permission, values["org_unit_id"]), None
    # What may not be chosen and what there is not look alike, so nothing is filed by it.
    refuse_unchoosable(uow, _settable(kind), values, permission)
    with written_by(uow, kind.plugin):
        unit = kind.place(uow, values)
    if principal.is_unrestricted or (kind.subtree and scope.reaches(principal, permission, unit.path)):
        return unit, None
    if permission in kind.personal and principal.person_id is not None:
        return unit, principal.person_id
    raise not_found()


def _without_subject(uow: UnitOfWork, kind: RecordType, values: Values, subject_id: UUID) -> Values:
    """Content without the person whom it is about: who has no role here writes of no other. Raises `Invalid`."""
    for bound in kind.bound:
        if bound.column is None or bound.column.name != kind.subject or bound.name not in values:
            continue
        value = values[bound.name]
        if value is not None and not is_person(uow, bound, value, subject_id):
            raise invalid(FieldFault(f"/{bound.name}", "not_yourself", _("只能填写本人。")))
        return {name: other for name, other in values.items() if name != bound.name}
    return values


def _settable(kind: RecordType) -> list[Bound]:
    return [bound for bound in kind.bound if bound.field.settable]


def _set(record: Record, kind: RecordType, columns: Columns) -> None:
    for name, value in columns.items():
        setattr(record, name, value)
    if "name_key" in kind.table.columns and "name" in columns:
        record.name_key = sort_key(columns["name"] or "")  # type: ignore[attr-defined]


def _complete(uow: UnitOfWork, kind: RecordType, record: Record, values: Values, *, is_new: bool) -> None:
    """Derive what nobody types, then hold the whole against the rules. Raises `Invalid`."""
    with uow.session.no_autoflush:
        faults = list(_missing(kind, record)) if is_new else []
        if not faults and kind.derive is not None:
            with written_by(uow, kind.plugin):
                kind.derive(uow, record, values)
        faults += _faults_of_rules(uow, kind, record, values)
    if faults:
        raise invalid(*faults)


def _faults_of_rules(uow: UnitOfWork, kind: RecordType, record: Record, values: Values) -> list[FieldFault]:
    with written_by(uow, kind.plugin):
        return [fault for rule in kind.rules for fault in rule(uow, record, values)]


def _missing(kind: RecordType, record: Record) -> Iterator[FieldFault]:
    for bound in _settable(kind):
        if bound.field.required and bound.column is not None and getattr(record, bound.column.name) is None:
            yield FieldFault(f"/{bound.name}", "required", _("请填写{field}。", field=bound.field.title))


def _taken(
    uow: UnitOfWork,
    kind: RecordType,
    record_id: UUID,
    version: int | None,
    permission: str,
    states: Collection[str],
) -> Record:
    """The record, locked: seen (else 404), permitted (403), up to date (428, 412), open for changes (409)."""
    record = found(uow, kind, record_id, lock=True)
    require(uow, kind, record, permission)
    check_version(record, version)
    _require_state(record, states)
    return record


def _require_state(record: Record, states: Collection[str]) -> None:
    if record.state not in states:
        message = _("当前状态不允许修改。")
        raise Conflict("state_forbids", message, extra={"state": record.state, "allowed": sorted(states)})
