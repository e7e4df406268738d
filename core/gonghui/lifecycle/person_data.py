"""A person's data over the core and all plugins: a copy for themselves, and erasing what tells who they are."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    Column,
    ColumnElement,
    Table,
    UniqueConstraint,
    Uuid,
    any_,
    cast,
    literal,
    or_,
    select,
    text,
)
from sqlalchemy import Text as TextType

from gonghui.audit.erasing import Told, erase_payloads, last_number, touched_since
from gonghui.audit.recorder import json_value
from gonghui.auth.accounts import Account
from gonghui.auth.credentials import close_account
from gonghui.auth.idempotency_keys import IdempotencyKey
from gonghui.db.base import Base
from gonghui.db.sensitive import sealed_columns
from gonghui.db.unit_of_work import UnitOfWork, unaudited
from gonghui.db.writers import written_by
from gonghui.errors import Conflict
from gonghui.i18n import Text, _
from gonghui.jobs.ending import forget_files
from gonghui.lifecycle.job_kinds import kinds_of
from gonghui.lifecycle.person_rows import (
    NOBODY,
    Found,
    Human,
    human,
    remembered_answers_of,
    rows_of,
    staged_rows_of,
)
from gonghui.lifecycle.plugin_export import exported_columns, exported_row
from gonghui.lifecycle.plugin_holdings import title_of
from gonghui.parties.persons import Person
from gonghui.plugin_host.calls import CallFailed, guarded, hook_of
from gonghui.plugin_host.hooks import PersonalRecord
from gonghui.plugin_host.manifest import Plugin
from gonghui.plugin_host.registry import Registry
from gonghui.records.attachments.keeping import file_name
from gonghui.records.attachments.sweeping import drop
from gonghui.records.attachments.table import Attachment
from gonghui.records.bulk import erase_many, tell_anew
from gonghui.records.record_types import RECORD_TYPES
from gonghui.records.registers.runs import StagedRow
from gonghui.records.registers.uploads import discard_waiting
from gonghui.records.reveal import put_on_record
from gonghui.records.transitions import RecordTransition

EXPORTED, ERASED = "core.person.exported", "core.person.erased"
_CORE = _("公共信息")
_TITLES: Mapping[str, Text] = {
    "core.person": _("个人基本信息"),
    "core.account": _("账号"),
    "core.role_assignment": _("账号的角色"),
    "core.job": _("后台任务"),
    "core.opening": _("谁看过本人的敏感信息"),
}
#: Erased with the person, but in no copy: two who were taken for one may turn out to be two, and the reason names both.
_NOT_TOLD = frozenset({"core.person_merge"})
_STEPS, _FILES = _("办理经过"), _("附件")
#: Of a step, what concerns the person; who took it is somebody else.
_OF_A_STEP = (
    "record_type",
    "record_id",
    "name",
    "from_state",
    "to_state",
    "effective_on",
    "recorded_at",
    "comment",
)

Copy = dict[str, dict[str, list[dict[str, Any]]]]


def export_person(uow: UnitOfWork, registry: Registry, person_id: UUID, reason: str) -> Copy:
    """Whatever is held about a person, by part of the product and kind of row, as JSON would have it.

    Sealed values are opened, because it is the person's own copy; the trail and the person's list of openings tell who
    made it and why. Raises `NotFound`.
    """
    who = human(uow, person_id)
    copy: Copy = defaultdict(lambda: defaultdict(list))
    fields: set[str] = set()
    records: list[UUID] = []
    found = [each for each in rows_of(uow, who) if each.ids and each.table.fullname not in _NOT_TOLD]
    for each in found:
        part, title = _words(registry, each.table)
        rows = _rows(uow, each)
        copy[part][title] += rows
        records += each.ids
        fields |= {
            f"{each.table.fullname}.{column.name}"
            for column in sealed_columns(each.table)
            if any(row.get(column.name) is not None for row in rows)
        }
    for part, step in _steps(uow, registry, records):
        copy[part][str(_STEPS)].append(step)
    for file in files_of(uow, found):
        copy[_part(registry, file.record_type)][str(_FILES)].append(_told_of_file(file))
    for plugin in registry.plugins.values():
        for row_id in who.ids:
            for record in _told_by_hand(uow, registry, plugin, row_id):
                copy[str(plugin.name)][str(record.title)].append(dict(record.values))
    person = uow.session.get_one(Person, (uow.tenant_id, person_id))
    uow.note(EXPORTED, person, reason=reason, opened=sorted(fields))
    for name in sorted(fields):
        put_on_record(uow, person_id, name, reason)
    uow.session.flush()
    return {part: dict(titles) for part, titles in copy.items()}


def erase_person(uow: UnitOfWork, registry: Registry, person_id: UUID, reason: str) -> dict[str, int]:
    """Empty what tells who a person is and what is sealed about them; how many rows of each table that touched.

    Rows stay, and with them every figure: sex, year of birth and what a membership or a case was about are told of
    nobody from then on. Attachments of the person's records go, and so do the files that jobs gave and registers
    whose columns nobody has confirmed, because they may tell of anybody. Accounts are closed and lose their login.
    Entries of the trail stay with their digests; the payloads that held the person's name or login go, and the rows
    are told anew as they stand. Plugins answer for what no reference leads to. Free texts in plain columns (a
    comment, a remark) stay as they are, and so does who opened whose values. Doing it again changes nothing. Raises
    `NotFound`.
    """
    who = human(uow, person_id)
    with unaudited(uow) as connection:  # every payload and every waiting row is looked at
        connection.execute(text("SET LOCAL statement_timeout = 0"))
    every = list(rows_of(uow, who))
    found = [_telling(uow, each) for each in every if each.columns]
    waiting, answers = staged_rows_of(uow, who), remembered_answers_of(uow, who)
    _close_accounts(uow, who)
    sent_in = discard_waiting(uow)
    uow.note(ERASED)
    counts: Counter[str] = Counter()
    since = last_number(uow)
    for plugin in registry.plugins.values():
        counts[f"{plugin.id}.*"] = _erase_by_hand(uow, registry, plugin, who)
    uow.session.flush()
    touched = touched_since(uow, since)
    owners = [owner for each in found if each.identifies for owner in each.owners]
    payloads, others = erase_payloads(uow, _held(found) | touched, owners)
    for each in (each for each in found if each.ids):
        counts[each.table.fullname] += _empty(uow, each)
    _tell_anew(
        uow, others | touched, {(each.table.fullname, row_id) for each in found for row_id in each.ids}
    )
    counts["core.job"] += forget_files(
        uow, [kind.code for kind in kinds_of(registry).values() if kind.makes_file]
    )
    counts["core.attachment"] = drop(uow, _is_file_of(every))
    counts["core.register_run"] += sent_in
    counts["core.staged_row"] = _drop(uow, StagedRow, waiting)
    counts["core.idempotency_key"] = _drop(uow, IdempotencyKey, answers)
    person = uow.session.get_one(Person, (uow.tenant_id, person_id))
    told = {name: rows for name, rows in counts.items() if rows}
    uow.note(ERASED, person, reason=reason, rows=told, payloads=payloads)
    return told


def files_of_person(uow: UnitOfWork, person_id: UUID) -> Sequence[Attachment]:
    """The files of a person's records, for their own copy. Raises `NotFound`."""
    return files_of(uow, list(rows_of(uow, human(uow, person_id))))


def files_of(uow: UnitOfWork, found: Collection[Found]) -> Sequence[Attachment]:
    """The files of those of the rows that are records; removed ones are on their way out."""
    mine = (_is_file_of(found), Attachment.removed_at.is_(None))
    return uow.session.scalars(select(Attachment).where(*mine).order_by(Attachment.id)).all()


def _is_file_of(found: Collection[Found]) -> ColumnElement[bool]:
    records = [row_id for each in found if each.whole and _takes_files(each.table) for row_id in each.ids]
    return _is_one_of(Attachment.record_id, records)


def _takes_files(table: Table) -> bool:
    kind = RECORD_TYPES.get(table.fullname)
    return kind is not None and kind.attachments is not None


def _told_of_file(file: Attachment) -> dict[str, Any]:
    told = ("record_id", "paper", "name", "media_type", "size", "sha256", "uploaded_at")
    return {"file": file_name(file), **{name: json_value(getattr(file, name)) for name in told}}


def _part(registry: Registry, record_type: str) -> str:
    """The part of the product to which a record belongs."""
    plugin = registry.plugins.get(record_type.split(".", 1)[0])
    return str(plugin.name) if plugin else str(_CORE)


def _telling(uow: UnitOfWork, found: Found) -> Found:
    """Those of the rows that still tell something."""
    tells = or_(*(column.is_distinct_from(_nothing(column)) for column in found.columns))
    wanted = select(found.table.c.id).where(_is_one_of(found.table.c.id, found.ids), tells)
    return replace(found, ids=tuple(uow.session.scalars(wanted.order_by(found.table.c.id))))


def _close_accounts(uow: UnitOfWork, who: Human) -> None:
    theirs = select(Account).where(Account.person_id.in_(who.ids), Account.disabled_at.is_(None))
    for account in uow.session.scalars(theirs).all():
        close_account(uow, account)


def _erase_by_hand(uow: UnitOfWork, registry: Registry, plugin: Plugin, who: Human) -> int:
    """What the plugin empties by itself; where it fails, nothing at all is erased."""
    hook = hook_of(registry, plugin, "erase_person")
    if hook is None:
        return 0
    with written_by(uow, plugin.id):
        return sum(hook(uow=uow, person_id=each) for each in who.ids)


def _told_by_hand(
    uow: UnitOfWork, registry: Registry, plugin: Plugin, person_id: UUID
) -> list[PersonalRecord]:
    """What the plugin finds by itself. Raises `Conflict` where it fails: a copy with something missing is none."""
    hook = hook_of(registry, plugin, "export_person")
    if hook is None:
        return []
    try:
        told = guarded(uow, plugin, "export_person", lambda: list(hook(uow=uow, person_id=person_id)))
    except CallFailed as failed:
        message = _("插件“{plugin}”没有给出它保存的个人数据，请与平台联系。", plugin=plugin.name)
        raise Conflict("plugin_failed", message) from failed
    records: list[PersonalRecord] = told
    return records


def _words(registry: Registry, table: Table) -> tuple[str, str]:
    """The part of the product to which a table belongs, and what its rows are."""
    plugin = registry.plugins.get(table.schema or "")
    if plugin is None:
        return str(_CORE), str(_TITLES.get(table.fullname, table.name))
    return str(plugin.name), str(title_of(plugin, table))


def _rows(uow: UnitOfWork, found: Found) -> list[dict[str, Any]]:
    every = exported_columns(found.table)
    names = {"id", *(column.name for column in found.columns)}
    columns = every if found.whole else [column for column in every if column.name in names]
    wanted = select(*columns).where(_is_one_of(found.table.c.id, found.ids)).order_by(found.table.c.id)
    rows = uow.session.execute(wanted).mappings()
    return [exported_row(uow, columns, dict(row), is_open=True) for row in rows]


def _steps(
    uow: UnitOfWork, registry: Registry, records: Collection[UUID]
) -> list[tuple[str, dict[str, Any]]]:
    """The steps of a person's records, each with the name of the plugin that it belongs to."""
    table: Any = RecordTransition.__table__
    columns = [table.c[name] for name in _OF_A_STEP]
    wanted = select(*columns).where(_is_one_of(table.c.record_id, records))
    rows = uow.session.execute(wanted.order_by(table.c.recorded_at, table.c.id)).mappings()
    steps = []
    for row in rows:
        part = _part(registry, row["record_type"])
        steps.append((part, exported_row(uow, columns, dict(row), is_open=True)))
    return steps


def _held(found: Collection[Found]) -> set[Told]:
    """Rows of which the trail holds plain values that tell who the person is."""
    return {Told(each.table.fullname, row_id) for each in found if each.identifies for row_id in each.ids}


def _empty(uow: UnitOfWork, found: Found) -> int:
    values = {column.name: _nothing(column) for column in found.columns}
    return erase_many(uow, _models()[found.table.fullname], found.ids, values)


def _nothing(column: Column[Any]) -> ColumnElement[Any] | str | None:
    """What a column holds that tells of nobody any more."""
    if column.nullable:
        return None
    is_unique = any(
        column.name in key.columns for key in column.table.constraints if isinstance(key, UniqueConstraint)
    )
    return literal("erased-") + cast(column.table.c.id, TextType) if is_unique else NOBODY


def _tell_anew(uow: UnitOfWork, others: Collection[Told], already: Collection[tuple[str, UUID]]) -> None:
    models = _models()
    tables: dict[str, list[UUID]] = defaultdict(list)
    for told in others:
        if told not in already and told.table in models:
            tables[told.table].append(told.id)
    for name, ids in tables.items():
        tell_anew(uow, models[name], ids)


def _drop(uow: UnitOfWork, model: type[Base], ids: Collection[UUID]) -> int:
    """Delete rows that nothing else needs: a place to wait in, a memory of answers."""
    table: Any = model.__table__
    if ids:
        with unaudited(uow) as connection:
            connection.execute(table.delete().where(_is_one_of(table.c.id, ids)))
    return len(ids)


def _models() -> dict[str, type[Base]]:
    return {mapper.class_.__table__.fullname: mapper.class_ for mapper in Base.registry.mappers}


def _is_one_of(column: Any, ids: Collection[UUID]) -> ColumnElement[bool]:
    return column == any_(literal(list(ids), ARRAY(Uuid())))  # type: ignore[no-any-return]
