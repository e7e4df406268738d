"""How a plugin stands at a tenant, and what comes with it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from gonghui.db.unit_of_work import UnitOfWork
from gonghui.i18n import Text, text_from_json
from gonghui.plugin_host.manifest import Plugin
from gonghui.plugin_host.registry import Registry
from gonghui.plugin_host.schedules import Schedule
from gonghui.tenancy.switches import PluginSwitch, positions

ON, OFF, STOPPED, UNPLANNED, LEAVING = "on", "off", "stopped", "not_planned", "leaving"


def standing(plugin: Plugin, row: PluginSwitch | None) -> dict[str, Any]:
    """How a plugin stands at a tenant, in a few words."""
    state = _state(row)
    reason = text_from_json(row.stopped_reason) if row is not None and row.stopped_reason else None
    return {
        "id": plugin.id,
        "name": str(plugin.name),
        "version": plugin.version,
        "on": state == ON,
        "state": state,
        "reason": str(reason) if reason is not None else None,
        "purge_on": row.purge_on if row is not None else None,
    }


def all_standing(uow: UnitOfWork, registry: Registry) -> list[dict[str, Any]]:
    """How every installed plugin stands at the tenant."""
    known = positions(uow)
    return [standing(plugin, known.get(plugin.id)) for plugin in registry.plugins.values()]


def brings(plugin: Plugin) -> dict[str, list[dict[str, Any]]]:
    """What comes with a plugin, by kind: each with its code and what it is in words."""
    return {
        "permissions": _coded((code, text) for code, text in plugin.permissions.items()),
        "roles": [
            {"code": r.code, "title": r.name, "permissions": list(r.permissions)} for r in plugin.roles
        ],
        "record_types": _coded((kind.code, kind.title) for kind in plugin.record_types),
        "registers": _coded((register.code, register.title) for register in plugin.imports),
        "deadlines": _coded((rule.code, rule.title) for rule in plugin.deadlines),
        "figures": _coded((indicator.code, indicator.title) for indicator in plugin.indicators),
        "events": _coded(plugin.events.items()),
        "reacts_to": _coded((name, name) for each in plugin.subscribers for name in each.events),
        "notifications": _coded((kind.code, kind.title) for kind in plugin.notifications),
        "answers": _coded((name, name) for name in plugin.provides),
        "schedules": [_schedule(each) for each in plugin.schedules],
    }


def _state(row: PluginSwitch | None) -> str:
    if row is None:
        return OFF
    if not row.is_planned:
        return UNPLANNED
    if row.is_on:
        return ON
    if row.purge_on is not None:
        return LEAVING
    return STOPPED if row.stopped_reason else OFF


def _coded(pairs: Iterable[tuple[str, Text | str]]) -> list[dict[str, Any]]:
    return [{"code": code, "title": str(text)} for code, text in pairs]


def _schedule(schedule: Schedule) -> dict[str, Any]:
    return {
        "code": schedule.name,
        "title": (schedule.job.__doc__ or schedule.name).strip().splitlines()[0],
        "at": schedule.at.isoformat("minutes"),
        "weekday": schedule.weekday,
        "day": schedule.day,
    }
