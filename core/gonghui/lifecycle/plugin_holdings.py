"""What a plugin holds at a tenant: its own tables, and rows of the core that are there for it alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Table, and_, func, literal, or_, select, true, union_all
from sqlalchemy.sql.functions import FunctionElement

from gonghui.auth.idempotency_keys import IdempotencyKey
from gonghui.db.base import Base
from gonghui.db.sensitive import sealed_columns
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.events.deliveries import EventDelivery
from gonghui.events.outbox import OutboxEvent
from gonghui.i18n import Text, _
from gonghui.jobs.table import Job
from gonghui.notifications.inbox import Notification
from gonghui.parties.persons import Person
from gonghui.plugin_host.manifest import Plugin
from gonghui.records.attachments.table import Attachment
from gonghui.records.deadlines import Deadline
from gonghui.records.record_types import RecordType
from gonghui.records.registers.runs import RegisterRun, StagedRow
from gonghui.records.registers.synonyms import ColumnSynonym
from gonghui.records.sharing import RecordShare
from gonghui.records.transitions import RecordTransition
from gonghui.tenancy.parameter_overrides import ParameterOverride
from gonghui.tenancy.switches import PluginFailure

#: Tables of the core that hold rows of plugins, by the column that begins with a plugin's id, with what they hold.
MARKED: Mapping[type[Base], tuple[str, Text]] = {
    RecordTransition: ("record_type", _("办理经过")),
    Deadline: ("record_type", _("期限")),
    RecordShare: ("record_type", _("记录的共享")),
    Notification: ("record_type", _("通知")),
    Attachment: ("record_type", _("附件")),
    RegisterRun: ("register", _("名册导入")),
    ColumnSynonym: ("register", _("名册列名的其他叫法")),
    Job: ("permission", _("后台任务")),
    ParameterOverride: ("code", _("本会自定的数值")),
    EventDelivery: ("handler", _("事件引起的办理")),
    OutboxEvent: ("name", _("发生的事")),
}
#: Rows that go with a run of a register.
OF_A_RUN: Mapping[type[Base], Text] = {StagedRow: _("名册的待处理行")}


@dataclass(frozen=True)
class Holding:
    """Rows of one table that a plugin has, in words; `mark` says which, where they are not all of them.

    `purged_by` is the function of the database that deletes them, where the application may not.
    """

    table: Table
    title: Text
    wanted: ColumnElement[bool]
    mark: Mapping[str, str] = field(default_factory=dict)
    purged_by: FunctionElement[int] | None = None


@dataclass(frozen=True)
class RowCount:
    """How many rows of a table a plugin has at a tenant."""

    table: str
    title: Text
    rows: int


@dataclass(frozen=True)
class PersonalData:
    """Personal data that a table of a plugin holds: sealed columns, and columns that name a person."""

    table: str
    title: Text
    sealed: tuple[Text | str, ...]
    persons: tuple[Text | str, ...]

    @property
    def sentence(self) -> Text:
        """The same, for whoever decides."""
        if not self.persons:
            return _("{table}：加密保存 {columns}", table=self.title, columns=self.sealed)
        if not self.sealed:
            return _("{table}：指明个人（{persons}）", table=self.title, persons=self.persons)
        return _(
            "{table}：指明个人（{persons}），加密保存 {columns}",
            table=self.title,
            persons=self.persons,
            columns=self.sealed,
        )


def holdings(plugin: Plugin) -> list[Holding]:
    """Every table in which a plugin may have rows, in an order in which they can be deleted."""
    own = [Holding(table, title_of(plugin, table), true()) for table in reversed(tables_of(plugin))]
    return [*_of_the_core(plugin), *own]


def tables_of(plugin: Plugin) -> list[Table]:
    """The tables of a plugin's schema; whoever is referred to comes before those that refer to it."""
    return [table for table in Base.metadata.sorted_tables if table.schema == plugin.id]


def title_of(plugin: Plugin, table: Table) -> Text:
    """What the rows of a table are, in words; its name where neither a record type nor its model says."""
    titles = {kind.table: kind.title for kind in plugin.record_types}
    for kind in plugin.record_types:
        for child in kind.children:
            titles.setdefault(child.table, _("{what}：{step}", what=kind.title, step=child.title))
    if table not in titles:
        models = (mapper.class_ for mapper in Base.registry.mappers if mapper.local_table is table)
        said = next((model.table_title for model in models), None)
        return Text(table.name) if said is None else said
    return titles[table]


def row_counts(uow: UnitOfWork, plugin: Plugin) -> list[RowCount]:
    """How many rows the plugin has at the tenant, by table; tables without any are left out."""
    held = holdings(plugin)
    counts = [
        select(literal(number).label("number"), func.count().label("rows"))
        .select_from(each.table)
        .where(each.wanted)
        for number, each in enumerate(held)
    ]
    found = uow.session.execute(union_all(*counts).order_by("number"))
    return [RowCount(held[n].table.fullname, held[n].title, rows) for n, rows in found if rows]


def personal_data(plugin: Plugin) -> list[PersonalData]:
    """What the plugin's tables hold about persons, from its models alone."""
    found = []
    for table in tables_of(plugin):
        sealed = [column for column in sealed_columns(table) if column.info["personal"]]
        persons = [key.parent for column in table.columns for key in column.foreign_keys if _is_person(key)]
        if sealed or persons:
            words = dict(_words(plugin, table))
            sealed_words = tuple(words.get(c.name, c.name) for c in sealed)
            told = (sealed_words, tuple(words.get(c.name, _("本人")) for c in persons))
            found.append(PersonalData(table.fullname, title_of(plugin, table), *told))
    return found


def _is_person(key: Any) -> bool:
    """Whether a key of one column leads to a person: each reference has a second one that leads to the tenant."""
    person: Any = Person.__table__
    return key.column is person.c.id


def _words(plugin: Plugin, table: Table) -> Iterator[tuple[str, Text]]:
    """Columns of a table by the titles of its fields."""
    for kind in plugin.record_types:
        for bound in _fields(kind, table):
            if bound.column is not None:
                yield bound.column.name, bound.field.title


def _fields(kind: RecordType, table: Table) -> Iterator[Any]:
    if kind.table is table:
        yield from kind.bound
    for child in kind.children:
        if child.table is table:
            yield from child.bound


def _of_the_core(plugin: Plugin) -> Iterator[Holding]:
    """Rows of the core that are there for the plugin alone; what goes with a run comes before it."""
    prefix = f"{plugin.id}."
    for model, title in OF_A_RUN.items():
        table: Any = model.__table__
        mine = select(RegisterRun.id).where(RegisterRun.register.bool_op("^@")(prefix))
        yield Holding(table, title, table.c.run_id.in_(mine))
    for model, (column, title) in MARKED.items():
        table = model.__table__
        wanted = table.c[column].bool_op("^@")(prefix)
        by = func.core.purge_overrides(plugin.id) if model is ParameterOverride else None
        yield Holding(table, title, wanted, {"column": column, "prefix": prefix}, by)
    keys: Any = IdempotencyKey.__table__
    own = or_(*(_is_below(keys.c.path, path) for path in plugin.prefixes))
    yield Holding(keys, _("记住的请求回执"), own)
    failures: Any = PluginFailure.__table__
    yield Holding(failures, _("出错记录"), failures.c.plugin == plugin.id)


def _is_below(column: Any, path: str) -> ColumnElement[bool]:
    return or_(column == path, and_(column.is_not(None), column.bool_op("^@")(f"{path}/")))
