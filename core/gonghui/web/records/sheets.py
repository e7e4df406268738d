"""Sheets: what a form of a record type asks for, for a new record, a change, a step or a list by itself."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from gonghui.api.record_schemas import LONGEST_COMMENT
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.i18n import Text, _
from gonghui.records.fields import Bound, Field, Kind, bind
from gonghui.records.record import Record
from gonghui.records.record_types import CHANGE, Child, RecordType
from gonghui.records.sight import permits
from gonghui.records.workflow import CREATE, Comment, Transition

_FILED, _TOLD = _("登记在"), _("基本情况")
COMMENT, EFFECTIVE = "comment", "effective_on"


@dataclass(frozen=True)
class Table:
    """Rows that belong to a record; `is_one` where there can be only one. Rows that are there keep their ids."""

    child: Child
    bounds: tuple[Bound, ...]
    is_one: bool = False
    keeps_ids: bool = False

    @property
    def name(self) -> str:
        """What the content calls it."""
        return self.child.one or self.child.name


@dataclass(frozen=True)
class Sheet:
    """Groups of fields with their headings, tables of rows, and the permission by which one picks."""

    groups: tuple[tuple[Text | None, tuple[Bound, ...]], ...]
    tables: tuple[Table, ...]
    permission: str
    is_new: bool

    @property
    def bounds(self) -> list[Bound]:
        """All fields in order."""
        return [bound for _title, bounds in self.groups for bound in bounds]


def for_creation(uow: UnitOfWork, kind: RecordType) -> Sheet:
    """What a new record asks for; who enters their own need not say who they are."""
    permission = kind.permission(CREATE)
    filed = list(kind.once)
    if kind.place is None and all(bound.name != "org_unit_id" for bound in filed):
        filed[:0] = bind((Field("org_unit_id", _("所属组织"), required=True),), kind.table)
    is_own = permission in kind.personal and not uow.principal.holds(permission)
    told = [b for b in _fields(kind) if b.field.settable and not (is_own and _is_subject(kind, b))]
    begun = {kind.workflow.initial, *kind.workflow.also_initial}
    return Sheet(
        _grouped((_FILED, filed), (_TOLD, told)), _tables(kind, begun, is_new=True), permission, is_new=True
    )


def for_change(kind: RecordType) -> Sheet:
    """What may be changed of a record."""
    told = [b for b in _fields(kind) if b.field.settable and not b.field.fixed]
    tables = _tables(kind, kind.workflow.changeable, is_new=False)
    return Sheet(_grouped((_TOLD, told)), tables, kind.permission(CHANGE), is_new=False)


def for_list(kind: RecordType, child: Child) -> Sheet:
    """One list of a record by itself."""
    table = Table(child, _writable(child), keeps_ids=child.write is None)
    return Sheet((), (table,), child.permission or kind.permission(CHANGE), is_new=False)


def for_step(uow: UnitOfWork, kind: RecordType, record: Record | None, step: Transition) -> Sheet:
    """What a step asks; the day of effect where it may be an earlier one. Many records have it of today."""
    asked = [*bind(step.asks, kind.table), *_always(uow, kind, record, step)]
    return Sheet(_grouped((None, asked)), (), kind.permission(step.name), is_new=True)


def _always(uow: UnitOfWork, kind: RecordType, record: Record | None, step: Transition) -> Iterator[Bound]:
    if step.comment is not Comment.NONE:
        is_required = step.comment is Comment.REQUIRED
        title = _("理由") if is_required else _("说明")
        comment = Field(COMMENT, title, required=is_required, longest=LONGEST_COMMENT, kind=Kind.TEXT)
        yield Bound(comment, Kind.TEXT, None)
    permission = step.backdate or kind.backdate
    if permission is not None and record is not None and permits(uow, kind, record, permission):
        help_text = _("不填就是今天；填早于今天的日期会记为补录。")
        yield Bound(Field(EFFECTIVE, _("生效日期"), kind=Kind.DATE, help=help_text), Kind.DATE, None)


def _fields(kind: RecordType) -> list[Bound]:
    return [*(bound for bounds in kind.joined.values() for bound in bounds), *kind.bound]


def _is_subject(kind: RecordType, bound: Bound) -> bool:
    return bound.column is not None and bound.column.name == kind.subject


def _grouped(
    *groups: tuple[Text | None, Sequence[Bound]],
) -> tuple[tuple[Text | None, tuple[Bound, ...]], ...]:
    """Groups that ask for something; the only one needs no heading, and a party is a group of its own."""
    found: list[tuple[Text | None, tuple[Bound, ...]]] = []
    for title, bounds in groups:
        plain = tuple(bound for bound in bounds if bound.kind not in (Kind.PERSON, Kind.EMPLOYER))
        found += [(bound.field.title, (bound,)) for bound in bounds if bound not in plain]
        found += [(title, plain)] if plain else []
    return tuple(found)


def _tables(kind: RecordType, states: Collection[str], *, is_new: bool) -> tuple[Table, ...]:
    open_ones = [child for child in kind.children if not child.states or not child.states.isdisjoint(states)]
    return tuple(
        Table(child, _writable(child), child.one is not None, keeps_ids=child.write is None and not is_new)
        for child in open_ones
    )


def _writable(child: Child) -> tuple[Bound, ...]:
    return tuple(bound for bound in child.bound if bound.field.settable)
