"""The console's navigation: what the reader may open, from the plugins that are on and the permissions held."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from flask import current_app, g

from gonghui.api.operations import SIGNED_IN
from gonghui.db.unit_of_work import UnitOfWork
from gonghui.i18n import Text, _
from gonghui.records.record_types import READ, RecordType
from gonghui.tenancy.org_tree import is_root
from gonghui.web import contributions


@dataclass(frozen=True)
class Entry:
    """A line of the navigation; whoever does not hold its permission does not see it. `of_whole`: held at the root."""

    title: Text | str
    path: str
    permission: str
    icon: str = "file-text"
    of_whole: bool = False


@dataclass(frozen=True)
class Section:
    """Lines under a heading; the first ones have none."""

    title: Text | str | None
    entries: tuple[Entry, ...]


#: The reader's own desk.
DESK = (
    Entry(_("待办"), "/console", SIGNED_IN, "inbox"),
    Entry(_("通知"), "/console/inbox", SIGNED_IN, "bell"),
    Entry(_("期限"), "/console/deadlines", "core.deadline.read", "calendar-due"),
    Entry(_("导入名册"), "/console/imports", "core.import.use", "file-import"),
    Entry(_("统计数字"), "/console/figures", "core.figure.read", "chart-bar"),
)
#: What an administrator does now and then.
ADMINISTRATION = (
    Entry(_("组织"), "/console/org", "core.org_unit.read", "sitemap"),
    Entry(_("人员与权限"), "/console/people", "core.role.grant", "users"),
    Entry(_("角色"), "/console/roles", "core.role.read", "shield"),
    Entry(_("数据质量"), "/console/quality", "core.quality.read", "list-check"),
    Entry(_("插件"), "/console/plugins", "core.plugin.read", "plug"),
    Entry(_("政策参数"), "/console/parameters", "core.parameter.read", "adjustments-horizontal"),
    Entry(_("节假日"), "/console/calendar", "core.calendar.read", "calendar"),
    Entry(_("审计记录"), "/console/trail", "core.audit.read", "shield-check"),
    Entry(_("未办成的任务"), "/console/events", "core.event.read", "alert-triangle", of_whole=True),
    Entry(_("已发消息"), "/console/messages", "core.message.read", "mail", of_whole=True),
    Entry(_("接口文档"), "/docs", SIGNED_IN, "book"),
)


def sections(uow: UnitOfWork) -> list[Section]:
    """The navigation of the reader, without headings that nothing stands under."""
    found = [Section(None, tuple(_open(uow, DESK)))]
    for plugin in current_app.extensions["gonghui"].registry.plugins.values():
        if plugin.id in g.tenant.plugins_on:
            entries = (*_open(uow, map(entry_of, plugin.record_types)), *_linked(uow, plugin.id))
            found.append(Section(plugin.name, entries))
    found.append(Section(_("管理"), tuple(_open(uow, ADMINISTRATION))))
    return [section for section in found if section.entries]


def entry_of(kind: RecordType) -> Entry:
    """The line that opens the list of a record type."""
    return Entry(kind.title, list_path(kind), kind.permission(READ))


def list_path(kind: RecordType) -> str:
    """The address of the list of a record type; a record's own stands below it, by its id."""
    return console_path(kind.plugin, kind.path)


def console_path(plugin: str, path: str) -> str:
    """The address of a list of a plugin."""
    return f"/console/{plugin}/{path}"


def record_path(kind: RecordType, record_id: UUID) -> str:
    """The address of a record's own page."""
    return f"{list_path(kind)}/{record_id}"


def _open(uow: UnitOfWork, entries: Iterator[Entry] | tuple[Entry, ...]) -> Iterator[Entry]:
    """Those that the reader may open; an entry leads to a page that there is."""
    pages = current_app.extensions["gonghui_pages"]
    for entry in entries:
        if entry.path in pages and _may_open(uow, entry):
            yield entry


def _may_open(uow: UnitOfWork, entry: Entry) -> bool:
    if entry.permission == SIGNED_IN:
        return True
    roots = uow.principal.roots(entry.permission)
    return any(map(is_root, roots)) if entry.of_whole else bool(roots)


def _linked(uow: UnitOfWork, plugin_id: str) -> Iterator[Entry]:
    for owner, link in contributions.links(uow):
        if owner == plugin_id:
            yield Entry(link.title, link.path, link.permission, "arrow-right")
